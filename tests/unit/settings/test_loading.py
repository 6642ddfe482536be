"""Which source counts, what is told of it, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import InvalidSettings, Loaded, Source, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def _refusal(
    flags: Mapping[str, str] | None = None, *, secrets_folder: Path | None = None
) -> InvalidSettings:
    with pytest.raises(InvalidSettings) as refusal:
        load(flags, secrets_folder=secrets_folder)
    return refusal.value


def _source(loaded: Loaded, field: str) -> str:
    return str(loaded.given[field])


def test_the_defaults_count_when_nothing_is_given() -> None:
    loaded = load()
    assert loaded.settings.kafka_topic == "email-queue"
    assert loaded.given == {}
    assert loaded.notices == ()


def test_each_source_gives_way_to_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secrets: Path
) -> None:
    flags: dict[str, str] = {}

    def now() -> tuple[int, str]:
        loaded = load(flags, secrets_folder=secrets)
        return loaded.settings.email_worker_count, _source(loaded, "email_worker_count")

    monkeypatch.setenv("EMAIL_PROFILE", "high-throughput")
    assert now() == (5, "profile high-throughput")
    (secrets / "email_worker_count").write_text("6\n")
    assert now() == (6, f"secret file {secrets / 'email_worker_count'}")
    (tmp_path / ".env").write_text("EMAIL_WORKER_COUNT=7\n")
    assert now() == (7, ".env")
    monkeypatch.setenv("EMAIL_WORKER_COUNT", "8")
    assert now() == (8, "environment")
    flags["email_worker_count"] = "9"
    assert now() == (9, "flag --workers")


def test_a_profile_sets_workers_and_buffer() -> None:
    settings = load({"email_profile": "constrained"}).settings
    assert (1, (1, 5), 50) == (
        settings.email_worker_count,
        settings.worker_bounds,
        settings.email_worker_buffer,
    )


def test_a_profile_may_be_written_in_any_case() -> None:
    assert load({"email_profile": "High-Throughput"}).settings.email_worker_buffer == 1000


def test_variables_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("smtp_port", "2525")
    assert load().settings.smtp_port == 2525


def test_of_several_spellings_the_one_in_upper_case_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAFKA_TOPIC", "upper")
    monkeypatch.setenv("kafka_topic", "lower")
    monkeypatch.setenv("SMTP_RELAYS", "")
    monkeypatch.setenv("smtp_relays", "smtp://elsewhere.example")
    (tmp_path / ".env").write_text("SMTP_HOST=upper.example\nsmtp_host=lower.example\n")
    settings = load().settings
    assert settings.kafka_topic == "upper"
    assert settings.smtp_relays is None
    assert settings.smtp_host == "upper.example"


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMTP_HOST=mail\n")
    for name in ("SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "SMTP_PASSWORD_FILE", "OPS_TOKEN"):
        monkeypatch.setenv(name, "")
    settings = load().settings
    assert settings.smtp_host == "mail"
    assert settings.smtp_user is None
    assert settings.smtp_password is None


def test_empty_means_off_where_that_is_a_meaning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("EMAIL_RESULTS_TOPIC=elsewhere\n")
    monkeypatch.setenv("EMAIL_RESULTS_TOPIC", "")
    monkeypatch.setenv("EMAIL_SUPPRESSIONS_TOPIC", "")
    loaded = load()
    assert loaded.settings.email_results_topic is None
    assert loaded.given["email_results_topic"].source is Source.ENVIRONMENT


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\n")
    monkeypatch.setenv("SMTP_PORT", "0")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", "/nowhere/at/all")
    error = _refusal({"email_worker_count": "ten"})
    assert str(error).splitlines() == [
        "6 settings are wrong:",
        (
            '  SMTP_PASSWORD_FILE="/nowhere/at/all" (environment): no such file or directory; '
            "allowed: the path of a readable file"
        ),
        (
            '  EMAIL_WORKER_COUNT="ten" (flag --workers): not a whole number; '
            "allowed: a whole number from 1 to 10000"
        ),
        '  SMTP_PORT="0" (environment): too small; allowed: a whole number from 1 to 65535',
        '  LOG_LEVEL="loud" (.env): unknown; allowed: debug, info, warning, error',
        "  KAFKA_SASL_USERNAME: needed by KAFKA_SECURITY_PROTOCOL (SASL_SSL, environment)",
        "  KAFKA_SASL_PASSWORD: needed by KAFKA_SECURITY_PROTOCOL (SASL_SSL, environment)",
    ]


def test_a_rule_is_silent_where_a_value_is_wrong_by_itself() -> None:
    flags = {"email_worker_count": "ten", "email_workers_max": "5"}
    assert [each.variable for each in _refusal(flags).problems] == ["EMAIL_WORKER_COUNT"]


def test_a_wrong_value_is_shown_on_one_line_and_not_endless() -> None:
    (problem,) = _refusal({"kafka_topic": "a\nb" + "c" * 1000}).problems
    assert "\n" not in str(problem)
    assert len(str(problem)) < 300


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("SMTP_USER", "shop")
    monkeypatch.setenv("OPS_TOKEN", "hunter2")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "hunter2")
    assert "hunter2" not in str(_refusal())
    monkeypatch.delenv("OPS_TOKEN")
    monkeypatch.delenv("KAFKA_SASL_PASSWORD")
    assert "hunter2" not in repr(load())


def test_a_secret_may_stand_in_a_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "one").write_text(" pass word \r\n")
    (tmp_path / "two").write_text("other\n")
    monkeypatch.setenv("SMTP_USER", "shop")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", str(tmp_path / "one"))
    loaded = load()
    assert loaded.settings.smtp_password is not None
    assert loaded.settings.smtp_password.get_secret_value() == " pass word "
    assert loaded.given["smtp_password"].source is Source.SECRET_FILE

    loaded = load({"smtp_password_file": str(tmp_path / "two")})
    assert loaded.settings.smtp_password is not None
    assert loaded.settings.smtp_password.get_secret_value() == "other"

    monkeypatch.setenv("SMTP_PASSWORD", "direct")
    loaded = load({"smtp_password_file": str(tmp_path / "two")})
    assert loaded.settings.smtp_password is not None
    assert loaded.settings.smtp_password.get_secret_value() == "direct"


def test_the_folder_of_secrets_is_read_in_any_case_and_for_every_setting(secrets: Path) -> None:
    (secrets / "SMTP_user").write_text("shop\n")
    (secrets / "smtp_password").write_text("hunter2\n")
    (secrets / "unrelated").mkdir()
    settings = load(secrets_folder=secrets).settings
    assert settings.smtp_user == "shop"
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "hunter2"


def test_secrets_may_be_links_as_kubernetes_mounts_them(tmp_path: Path, secrets: Path) -> None:
    real = tmp_path / "..data"
    real.mkdir()
    (real / "smtp_host").write_text("mail")
    (secrets / "smtp_host").symlink_to(real / "smtp_host")
    assert load(secrets_folder=secrets).settings.smtp_host == "mail"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "not utf-8 text"), (b"x" * 70_000, "larger than 64 kib")],
)
def test_a_secret_file_that_is_no_secret_is_named(
    content: bytes, reason: str, secrets: Path
) -> None:
    path = secrets / "smtp_password"
    path.write_bytes(content)
    (problem,) = _refusal(secrets_folder=secrets).problems
    assert str(problem) == (
        f"SMTP_PASSWORD (secret file {path}): {reason}; allowed: a readable file"
    )


def test_an_unreadable_dotenv_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SMTP_HOST=\xff\n")
    (problem,) = _refusal().problems
    assert str(problem) == ".env: not UTF-8 text"


def test_a_folder_in_the_place_of_dotenv_is_as_none(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert load().given == {}


def test_what_is_for_the_command_line_alone_is_read_from_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    monkeypatch.setenv("IGNORE_CHECKPOINT", "true")
    (secrets / "ignore_checkpoint").write_text("true")
    assert load(secrets_folder=secrets).settings.ignore_checkpoint is False
    assert load({"ignore_checkpoint": "true"}).settings.ignore_checkpoint is True


def test_misspelt_variables_are_told_with_the_settings_and_with_the_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SMTP_HOTS=mail\n")
    said = ("SMTP_HOTS is not a setting and is ignored; did you mean SMTP_HOST?",)
    assert load().notices == said
    monkeypatch.setenv("SMTP_PORT", "x")
    assert _refusal().notices == said


def test_values_in_dotenv_may_be_quoted_and_commented(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mail\nexport SMTP_HOST='mail' # ours\nSMTP_PORT=\"2525\"\n")
    settings = load().settings
    assert (settings.smtp_host, settings.smtp_port) == ("mail", 2525)
