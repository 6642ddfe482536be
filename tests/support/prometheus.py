"""A real Prometheus on a free port that scrapes one service."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any, Self

from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
global: {{scrape_interval: {every}s, scrape_timeout: {within}s, evaluation_interval: {every}s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: mailer
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""


class Prometheus:
    """A context manager, in `folder`; it scrapes the port `target` every so many seconds."""

    def __init__(self, folder: Path, target: int, rules: Path, *, every_s: int = 1) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._config = CONFIG.format(
            rules=json.dumps(str(rules)), target=target, every=every_s, within=max(1, every_s - 1)
        )
        self._process: ChildProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        return None if shutil.which("prometheus") else "not installed"

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "prometheus.yml"
        config.write_text(self._config)
        self._process = ChildProcess(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--enable-feature=exemplar-storage",
            ],
            log=self._folder / "prometheus.log",
        )
        wait_until(self._is_ready, "Prometheus is ready", 30)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """An instant vector; AssertionError where Prometheus refuses the expression."""
        asked = urllib.parse.urlencode({"query": expression})
        answer = self._get(f"/api/v1/query?{asked}")
        assert answer["status"] == "success", (expression, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def alerts(self) -> set[str]:
        """Those that are pending or firing."""
        return {
            alert["labels"]["alertname"] for alert in self._get("/api/v1/alerts")["data"]["alerts"]
        }

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.running, self._process.tail()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def _get(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                found = json.load(refused)
        return found
