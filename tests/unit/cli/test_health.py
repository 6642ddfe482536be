"""`health`, against a server that answers as the service does, or does not."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from app.cli.main import run_command_line
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT = {
    "status": "degraded",
    "phase": "running",
    "issues": [
        {
            "code": "relay_away",
            "severity": "warning",
            "text": "relay a is left alone",
            "since": "2026-01-01T00:00:00Z",
            "action": "Look at the relay.",
        }
    ],
}


@contextmanager
def _answering(answers: dict[str, tuple[int, Any]]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[self.path]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        @override
        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _health(port: int, *arguments: str) -> int:
    return run_command_line(["health", f"--port={port}", *arguments])


def test_tells_what_is_wrong_since_when_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with _answering({"/health": (200, REPORT)}) as port:
        assert _health(port) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "degraded running",
        "warning: relay a is left alone (since 2026-01-01T00:00:00Z)",
        "    Look at the relay.",
    ]


def test_prints_its_answer_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with _answering({"/health": (200, REPORT)}) as port:
        assert _health(port, "--json") == 0
    assert json.loads(capsys.readouterr().out) == REPORT


@pytest.mark.parametrize("asked", ["live", "ready"])
@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_asks_the_probe_alone(asked: str, status: int, code: int) -> None:
    answers = {f"/health/{asked}": (status, {"status": asked, "issues": []})}
    with _answering(answers) as port:
        assert _health(port, f"--{asked}") == code


def test_one_that_is_down_is_not_well() -> None:
    with _answering({"/health": (200, {"status": "down", "issues": []})}) as port:
        assert _health(port) == 1


def test_no_answer_ends_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert _health(port, "--live") == 3
    assert f"no answer from the service at 127.0.0.1:{port}" in capsys.readouterr().err


def test_an_answer_of_another_program_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with _answering({"/health/live": (200, b"<html>")}) as port:
        assert _health(port, "--live") == 3
    assert "is not kafka-mailer" in capsys.readouterr().err
