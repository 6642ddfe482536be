"""`kafka-mailer health`: what the service that runs here says of itself."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final

import click

from app.cli.flags import load_from, settings_flags
from app.cli.verbs import ExamplesCommand
from app.domain.errors import ServerUnreachable

_ANSWER_S: Final = 4.0
_PATHS: Final = {"live": "/health/live", "ready": "/health/ready", None: "/health"}
_OK: Final = 200


@settings_flags("ops_host", "ops_port")
@click.command(
    cls=ExamplesCommand,
    short_help="Ask the service that runs here how it is.",
    examples=(
        ("kafka-mailer health", "what is wrong, since when, and what to do"),
        ("kafka-mailer health --ready && echo mail flows", ""),
        ("kafka-mailer health --live", "as the health check of the container image does"),
    ),
)
@click.option("--live", "asked", flag_value="live", help="Whether it works, or is to be replaced.")
@click.option("--ready", "asked", flag_value="ready", help="Whether mail flows through it.")
@click.option("--json", "as_json", is_flag=True, help="Print its answer as it is.")
def command(*, asked: str | None, as_json: bool, **parameters: Any) -> int:
    """Ask the service on this machine how it is, at OPS_PORT.

    Exit code 0 when it is well (degraded is: mail flows), 1 when not, 3 when it gives no answer
    within four seconds.
    """
    settings = load_from(parameters).settings
    status, body = _ask(_reachable(settings.ops_host), settings.ops_port, _PATHS[asked])
    if as_json:
        click.echo(body)
    else:
        _tell(json.loads(body))
    return 0 if status == _OK and json.loads(body)["status"] != "down" else 1


def _reachable(host: str) -> str:
    """Where to ask one that listens at `host`, which may be all of the machine's addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - none is listened on


def _ask(host: str, port: int, path: str) -> tuple[int, str]:
    """Status and body of the answer, asked directly, whatever proxy the environment names."""
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read().decode()
        json.loads(body)["status"]
    except (OSError, http.client.HTTPException) as error:
        said = str(error) or type(error).__name__
        raise ServerUnreachable(f"no answer from the service at {host}:{port}: {said}") from None
    except (ValueError, KeyError, TypeError):
        raise ServerUnreachable(f"what answers at {host}:{port} is not kafka-mailer") from None
    finally:
        connection.close()
    return answer.status, body


def _tell(report: dict[str, Any]) -> None:
    click.echo(" ".join(str(report[name]) for name in ("status", "phase") if name in report))
    for issue in report.get("issues", ()):
        since = f" (since {issue['since']})" if issue.get("since") else ""
        click.echo(f"{issue['severity']}: {issue['text']}{since}")
        click.echo(f"    {issue['action']}")
