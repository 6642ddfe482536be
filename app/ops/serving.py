"""From a table of operations to an application that serves them."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.ops.operation import Call, Reply
from app.ops.problems import Problem
from app.ops.reading import body_of, query_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.ops.access import Access
    from app.ops.operation import Operation

PARAMETER: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_HEADERS: Final = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}


def serving(operations: Sequence[Operation], access: Access) -> ASGIApp:
    """Serves exactly these; every error is a problem of RFC 9457."""
    paths: dict[str, dict[str, Operation]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method] = each
    application = Starlette(
        routes=[
            Route(path, _endpoint(by_method, access), methods=list(_METHODS))
            for path, by_method in paths.items()
        ],
        exception_handlers={HTTPException: _problem, Exception: _failed},
    )
    # A redirect would repeat what the Host header claims.
    application.router.redirect_slashes = False
    return _Secured(application)


def _endpoint(
    by_method: dict[str, Operation], access: Access
) -> Callable[[Request], Awaitable[Response]]:
    methods = {*by_method, "OPTIONS", *(["HEAD"] if "GET" in by_method else [])}
    allow = ", ".join(sorted(methods))

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": allow})
        method = "GET" if request.method == "HEAD" else request.method
        operation = by_method.get(method)
        if operation is None:
            raise Problem(405, f"allowed here: {allow}", headers={"allow": allow})
        return await _served(operation, request, access)

    return endpoint


async def _served(operation: Operation, request: Request, access: Access) -> Response:
    access.check(request, operation.need)
    query = query_of(operation.query, request.query_params)
    try:
        body = await body_of(operation.body, request)
    except ClientDisconnect:
        return Response(status_code=400)  # to nobody
    peer = request.client.host if request.client else ""
    call = Call(
        peer,
        request.path_params,
        query,
        body,
        accept=request.headers.get("accept", ""),
        known=request.headers.get("if-none-match", ""),
    )
    reply = await operation.handle(call)
    return _written(operation, reply, only_head=request.method == "HEAD")


def _written(operation: Operation, reply: Reply, *, only_head: bool) -> Response:
    headers = dict(reply.headers)
    match reply.body:
        case None:
            return Response(status_code=reply.status, headers=headers)
        case BaseModel() as model:
            raw = model.model_dump_json().encode()
        case bytes() as raw:
            pass
        case stream if only_head:
            # A stream would go on and on, and nobody would read it.
            raw = b""
        case stream:
            return StreamingResponse(stream, reply.status, headers, operation.media_type)
    return Response(raw, reply.status, headers, operation.media_type)


async def _problem(_: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.answer()
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    detail = "there is nothing here" if error.status_code == 404 else str(error.detail)
    return Problem(error.status_code, detail, headers=error.headers).answer()


async def _failed(_: Request, error: Exception) -> Response:
    """The server logs the error with its traceback."""
    del error
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a bug; the log has more").answer()


class _Secured:
    """Adds the headers that every answer has, where the answer has no own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                added = [item for item in _HEADERS.items() if item[0] not in own]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, sending)
