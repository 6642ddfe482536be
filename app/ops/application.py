"""The HTTP routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.ops.health import lesser_issues, live_issues, ready_issues

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

    from app.ops.health import HealthSource

_NOT_STORED: Final = {"cache-control": "no-store"}


def create_app(health: HealthSource, metrics: CollectorRegistry) -> Starlette:
    """The routes.

    `GET /health/live` and `/health/ready`: 200 or 503, with a status and its issues; those that
    do not keep mail from flowing stand beside a 200 too.
    `GET /metrics`: the registry in Prometheus' text form.
    """

    async def live(_: Request) -> JSONResponse:
        return _verdict("live", live_issues(health.snapshot()))

    async def ready(_: Request) -> JSONResponse:
        snapshot = health.snapshot()
        return _verdict("ready", ready_issues(snapshot), lesser_issues(snapshot))

    async def scraped(_: Request) -> Response:
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/metrics", scraped),
        ]
    )


def _verdict(good: str, issues: tuple[str, ...], lesser: tuple[str, ...] = ()) -> JSONResponse:
    return JSONResponse(
        {"status": f"not {good}" if issues else good, "issues": [*issues, *lesser]},
        status_code=503 if issues else 200,
        headers=_NOT_STORED,
    )
