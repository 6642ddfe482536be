"""What a caller sent, bounded and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_origin

import orjson
from pydantic import BaseModel, ValidationError

from app.ops.problems import Fault, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

LARGEST_BODY: Final = 64 * 1024


def query_of(model: type[BaseModel] | None, given: QueryParams) -> BaseModel | None:
    """`Problem` 422 for what the model does not take, unknown names included."""
    if model is None:
        return None
    values: dict[str, object] = {}
    for name in given:
        several = given.getlist(name)
        fact = model.model_fields.get(name)
        is_list = fact is not None and get_origin(fact.annotation) is list
        values[name] = several if is_list or len(several) > 1 else several[0]
    return _valid(model, values, "query")


async def body_of(model: type[BaseModel] | None, request: Request) -> BaseModel | None:
    """`Problem` 413, 415, 400 or 422; without a body the model's defaults."""
    if model is None:
        return None
    raw = await _bounded(request)
    if not raw:
        return _valid(model, {}, "body")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "the body has to be application/json")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Problem(400, "the body is not JSON") from None
    return _valid(model, document, "body")


async def _bounded(request: Request) -> bytes:
    too_large = Problem(
        413, f"a body of at most {LARGEST_BODY} bytes is taken", headers={"connection": "close"}
    )
    length = request.headers.get("content-length", "")
    if length.isdigit() and (len(length) > 18 or int(length) > LARGEST_BODY):
        raise too_large
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            raise too_large
    return bytes(raw)


def _valid(model: type[BaseModel], given: object, what: str) -> BaseModel:
    if not isinstance(given, dict):
        raise Problem(422, f"the {what} has to be an object")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = _faults(error, what)
    raise Problem(422, "; ".join(f"{each.where}: {each.detail}" for each in faults), errors=faults)


def _faults(error: ValidationError, what: str) -> list[Fault]:
    """What is wrong, without what was sent: it may be a secret, or an address."""
    return [
        Fault(where=".".join(map(str, (what, *each["loc"]))), detail=_said(each))
        for each in error.errors(include_url=False, include_input=False)
    ]


def _said(found: Mapping[str, object]) -> str:
    context = found.get("ctx")
    if found["type"] == "value_error" and isinstance(context, dict):
        return str(context["error"])
    text = str(found["msg"])
    return text[:1].lower() + text[1:]
