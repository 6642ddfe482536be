"""The HTTP routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.ops.health import live_issues, ready_issues

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.ops.health import HealthSource

_NOT_STORED: Final = {"cache-control": "no-store"}


def create_app(health: HealthSource) -> Starlette:
    """`GET /health/live` and `/health/ready`: 200 or 503, with a status and its issues."""

    async def live(_: Request) -> JSONResponse:
        return _verdict("live", live_issues(health.snapshot()))

    async def ready(_: Request) -> JSONResponse:
        return _verdict("ready", ready_issues(health.snapshot()))

    return Starlette(routes=[Route("/health/live", live), Route("/health/ready", ready)])


def _verdict(good: str, issues: tuple[str, ...]) -> JSONResponse:
    return JSONResponse(
        {"status": f"not {good}" if issues else good, "issues": list(issues)},
        status_code=503 if issues else 200,
        headers=_NOT_STORED,
    )
