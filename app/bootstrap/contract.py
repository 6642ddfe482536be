"""What others rely on, as documents for their tools: messages, results, topics, HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app import __version__
from app.bootstrap.asyncapi import asyncapi
from app.bootstrap.configs import routes
from app.bootstrap.operations_table import Desks, operations_at
from app.intake.message_schema import message_schema
from app.ops.application import described
from app.ops.openapi import describe
from app.ops.seeing import seeing
from app.outcomes.result_schema import result_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.settings import Settings


def _message(_: Settings) -> dict[str, Any]:
    return message_schema()


def _result(_: Settings) -> dict[str, Any]:
    return result_schema()


def _asyncapi(settings: Settings) -> dict[str, Any]:
    return asyncapi(routes(settings), __version__)


def _openapi(_: Settings) -> dict[str, Any]:
    nobody: Any = _Nobody()
    offered = operations_at(Desks(*[nobody] * len(Desks._fields)))
    operations = described([*seeing(nobody, nobody), *offered], nobody)
    return describe([each for each in operations if each.described], __version__)


class _Nobody:
    """Stands where the service would be asked; whoever only describes the calls asks nothing."""

    def __getattr__(self, name: str) -> _Nobody:
        return self


DOCUMENTS: Final[Mapping[str, Callable[[Settings], dict[str, Any]]]] = {
    "message": _message,
    "result": _result,
    "asyncapi": _asyncapi,
    "openapi": _openapi,
}
