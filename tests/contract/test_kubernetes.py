"""What `deploy/kubernetes` asks for is valid, fits together, and is what the service knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import Mock

import kubernetes_validate
import pytest
import yaml

import app
from app.ops.seeing import seeing
from app.settings import Loaded, load
from tests.support.environment import leave_own_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy" / "kubernetes"
# unhealthyPodEvictionPolicy is newer than 1.26.
VERSIONS: Final = ("1.27", kubernetes_validate.latest_version())
PASSWORD: Final = "secret-of-the-relay"
NAME: Final = "kafka-mailer"
LABELS: Final = {"app.kubernetes.io/name": NAME}


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


MANIFESTS: Final = {
    path.relative_to(FOLDER).as_posix(): _read(path)
    for path in sorted(FOLDER.rglob("*.yaml"))
    if path.name != "kustomization.yaml"
}
OWN_KINDS: Final = ("ServiceMonitor", "ScaledObject")
DEPLOYMENT: Final = MANIFESTS["base/deployment.yaml"]["spec"]
POD: Final = DEPLOYMENT["template"]["spec"]
(CONTAINER,) = POD["containers"]


def _variables() -> dict[str, str]:
    lines = (FOLDER / "base" / "settings.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _example() -> Any:
    return _read(FOLDER / "example" / "kustomization.yaml")


def _load(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Loaded:
    """As in the pod: these variables, and a file of the Secret."""
    leave_own_settings(monkeypatch, folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "SMTP_PASSWORD").write_text(PASSWORD)
    return load(env_file=None, secrets_folder=secrets)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "manifest", [each for each in MANIFESTS if MANIFESTS[each]["kind"] not in OWN_KINDS]
)
def test_kubernetes_takes_it(manifest: str, version: str) -> None:
    assert kubernetes_validate.validate(MANIFESTS[manifest], version, strict=True)


def test_what_is_listed_is_there_and_what_is_there_is_listed() -> None:
    listed = set()
    for path in FOLDER.rglob("kustomization.yaml"):
        document = _read(path)
        for name in (*document.get("resources", ()), *document.get("components", ())):
            target = (path.parent / name).resolve()
            assert target.exists(), f"{path}: {name}"
            listed.add(target)
        for generator in document.get("configMapGenerator", ()):
            assert all((path.parent / each).is_file() for each in generator.get("envs", ()))
    assert {(FOLDER / each).resolve() for each in MANIFESTS} <= listed


def test_names_and_labels_fit_together() -> None:
    ours = {path: each for path, each in MANIFESTS.items() if each["kind"] != "Namespace"}
    for path, each in ours.items():
        assert each["metadata"] == {"name": NAME, "labels": LABELS}, path
    assert DEPLOYMENT["template"]["metadata"]["labels"] == LABELS
    assert MANIFESTS["base/service.yaml"]["spec"]["selector"] == LABELS
    for selector in (
        DEPLOYMENT["selector"],
        POD["topologySpreadConstraints"][0]["labelSelector"],
        MANIFESTS["base/disruption-budget.yaml"]["spec"]["selector"],
        MANIFESTS["base/network-policy.yaml"]["spec"]["podSelector"],
        MANIFESTS["monitoring/service-monitor.yaml"]["spec"]["selector"],
    ):
        assert selector == {"matchLabels": LABELS}


def test_settings_and_secrets_come_from_what_the_example_makes() -> None:
    generated = {
        each["name"] for each in _read(FOLDER / "base/kustomization.yaml")["configMapGenerator"]
    }
    assert {source["configMapRef"]["name"] for source in CONTAINER["envFrom"]} == generated
    assert {each["name"] for each in _example()["configMapGenerator"]} == generated
    (volume,) = POD["volumes"]
    (secret,) = _example()["secretGenerator"]
    assert volume["secret"]["secretName"] == secret["name"]
    (mount,) = CONTAINER["volumeMounts"]
    assert (mount["name"], mount["mountPath"]) == (volume["name"], "/run/secrets")
    assert "secrets/" in (FOLDER / "example" / ".gitignore").read_text().splitlines()


def test_every_variable_is_a_setting_with_a_value_that_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    more = dict(
        literal.split("=", 1)
        for generator in _example()["configMapGenerator"]
        for literal in generator["literals"]
    )
    (secret,) = _example()["secretGenerator"]
    assert [Path(each).name for each in secret["files"]] == ["SMTP_PASSWORD"]
    variables = _variables() | more
    loaded = _load(variables, monkeypatch, tmp_path)
    assert loaded.notices == ()
    assert {name.lower() for name in variables} < set(loaded.given)
    password = loaded.settings.smtp_password
    assert password is not None
    assert password.get_secret_value() == PASSWORD


def test_the_pod_outlives_the_drain_and_serves_where_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = _load(_variables(), monkeypatch, tmp_path).settings
    assert POD["terminationGracePeriodSeconds"] >= settings.shutdown_timeout + 15
    (port,) = CONTAINER["ports"]
    assert port["containerPort"] == settings.ops_port
    (served,) = MANIFESTS["base/service.yaml"]["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    (scraped,) = MANIFESTS["monitoring/service-monitor.yaml"]["spec"]["endpoints"]
    assert scraped["port"] == served["name"]
    policy = MANIFESTS["base/network-policy.yaml"]["spec"]
    assert policy["ingress"][0]["ports"] == [{"port": port["name"]}]
    out = {each["port"] for rule in policy["egress"] for each in rule["ports"]}
    brokers = {int(broker.rpartition(":")[2]) for broker in settings.kafka_brokers}
    assert {53, settings.smtp_port, *brokers} == out


def test_what_is_asked_over_http_is_there() -> None:
    paths = {each.path for each in seeing(Mock(), Mock())}
    probes = [
        CONTAINER[f"{kind}Probe"]["httpGet"]["path"]
        for kind in ("startup", "liveness", "readiness")
    ]
    (scraped,) = MANIFESTS["monitoring/service-monitor.yaml"]["spec"]["endpoints"]
    assert {*probes, scraped["path"]} <= paths
    liveness = CONTAINER["livenessProbe"]
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 60, "the watchdog's own time"


def test_the_pod_may_do_nothing_that_it_does_not_need() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    pod = POD["securityContext"]
    assert (pod["runAsUser"], pod["runAsGroup"]) == tuple(int(each) for each in user.groups())
    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (POD["automountServiceAccountToken"], POD["enableServiceLinks"]) == (False, False)


def test_the_scrape_has_the_name_that_the_alerts_ask_for() -> None:
    (scraped,) = MANIFESTS["monitoring/service-monitor.yaml"]["spec"]["endpoints"]
    assert scraped["relabelings"] == [{"targetLabel": "job", "replacement": "mailer"}]
    assert 'job="mailer"' in (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()


def test_it_scales_by_the_lags_of_the_two_groups(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = _load(_variables(), monkeypatch, tmp_path).settings
    scaled = MANIFESTS["autoscaling/scaled-object.yaml"]["spec"]
    assert scaled["scaleTargetRef"] == {"kind": "Deployment", "name": NAME}
    assert settings.kafka_commit == "submitted"
    assert scaled["minReplicaCount"] >= 1, "what is taken up is no lag"
    assert scaled["maxReplicaCount"] >= scaled["minReplicaCount"]
    queue, retries = (trigger["metadata"] for trigger in scaled["triggers"])
    for metadata in (queue, retries):
        assert all(isinstance(value, str) for value in metadata.values()), "KEDA wants text"
        assert metadata["bootstrapServers"] == ",".join(settings.kafka_brokers)
        assert metadata["offsetResetPolicy"] == settings.kafka_start
    assert queue["consumerGroup"] == settings.kafka_group_id
    assert queue["topic"] == settings.kafka_topic
    assert retries["consumerGroup"] == f"{settings.kafka_group_id}-retry"
    assert "topic" not in retries, "all of the group's"
    (patch,) = _read(FOLDER / "autoscaling" / "kustomization.yaml")["patches"]
    assert yaml.safe_load(patch["patch"]) == [{"op": "remove", "path": "/spec/replicas"}]


def test_what_the_operators_read_has_names_that_they_know() -> None:
    """Kubernetes' own schemas do not have these two kinds."""
    monitor, scaled = (
        MANIFESTS["monitoring/service-monitor.yaml"],
        MANIFESTS["autoscaling/scaled-object.yaml"],
    )
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(monitor["spec"]) <= {"selector", "endpoints", "namespaceSelector", "jobLabel"}
    (endpoint,) = monitor["spec"]["endpoints"]
    assert set(endpoint) <= {"port", "path", "interval", "scrapeTimeout", "relabelings"}
    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    assert set(scaled["spec"]) <= {
        *("scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval"),
        *("cooldownPeriod", "advanced", "triggers"),
    }
    behavior = scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": NAME},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": NAME},
            "maxReplicas": scaled["spec"]["maxReplicaCount"],
            "behavior": behavior,
        },
    }
    assert kubernetes_validate.validate(autoscaler, VERSIONS[-1], strict=True), "KEDA makes one"
    for trigger in scaled["spec"]["triggers"]:
        assert set(trigger) == {"type", "name", "metadata"}
        assert trigger["type"] == "kafka"
        assert set(trigger["metadata"]) <= {
            *("bootstrapServers", "consumerGroup", "topic", "lagThreshold", "offsetResetPolicy"),
            *("activationLagThreshold", "allowIdleConsumers", "limitToPartitionsWithLag"),
        }


def test_the_image_is_the_one_that_is_built() -> None:
    assert CONTAINER["image"] == NAME
    assert f"--tag {NAME} " in (ROOT / "Makefile").read_text()
    (image,) = _example()["images"]
    assert (image["name"], image["newTag"]) == (NAME, app.__version__)


def test_kustomize_puts_the_example_together(
    tmp_path: Path, without: Callable[[str, str], None]
) -> None:
    if not (kubectl := shutil.which("kubectl")):
        without("kubectl", "not installed")
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    example = tmp_path / "kubernetes" / "example"
    secrets = example / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "SMTP_PASSWORD").write_text(PASSWORD)
    built = subprocess.run(
        [str(kubectl), "kustomize", str(example)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    documents = {each["kind"]: each for each in yaml.safe_load_all(built.stdout)}
    for kind, document in documents.items():
        if kind not in OWN_KINDS:
            kubernetes_validate.validate(document, VERSIONS[-1], strict=True)
        assert document["metadata"].get("namespace", "mail") == "mail"
    deployment = documents["Deployment"]["spec"]
    pod = deployment["template"]["spec"]
    assert "replicas" not in deployment
    configuration, secret = documents["ConfigMap"], documents["Secret"]
    (container,) = pod["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": configuration["metadata"]["name"]}}]
    assert pod["volumes"][0]["secret"]["secretName"] == secret["metadata"]["name"]
    assert set(secret["data"]) == {"SMTP_PASSWORD"}
    assert _variables().items() <= configuration["data"].items()
