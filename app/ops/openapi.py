"""The description of the HTTP interface, made from the table that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from app.ops.access import Need
from app.ops.operation import EVENT_STREAM
from app.ops.problems import MEDIA_TYPE, ProblemDetails
from app.ops.serving import PARAMETER
from app.ops.statuses import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

    from app.ops.operation import Operation

_REF: Final = "#/components/schemas/{model}"
_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_KINDS: Final[dict[str, Any]] = {"int": {"type": "integer", "minimum": 0}}


def describe(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    schemas, definitions = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        path = PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "kafka-mailer",
            "version": version,
            "description": "Seeing and changing a running instance.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "OPS_TOKEN"}
            },
        },
    }


def _operation(each: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.about,
        "responses": {
            **{str(status): _answer(each, status, schemas) for status in each.answers},
            **{str(status): _problem(status) for status in sorted(_problems(each))},
        },
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _KINDS.get(kind, _TEXT)}
        for name, kind in PARAMETER.findall(each.path)
    ]
    if each.query is not None:
        parameters += _query(each.query)
    if parameters:
        described["parameters"] = parameters
    if each.body is not None:
        needed = any(field.is_required() for field in each.body.model_fields.values())
        described["requestBody"] = {
            "required": needed,
            "content": {"application/json": {"schema": schemas[each.body, "validation"]}},
        }
    if each.need is not Need.NOTHING:
        described["security"] = [{"token": []}]
        if each.need is Need.TOKEN_UNLESS_PUBLIC:
            described["security"].append({})
    return described


def _answer(each: Operation, status: int, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": in_words(status)}
    model = each.answers[status]
    if model is not None:
        schema = schemas[model, "serialization"]
        if each.media_type == EVENT_STREAM:
            schema = _event(schema)
        described["content"] = {each.media_type: {"schema": schema}}
    elif status not in {204, 304}:
        described["content"] = {each.media_type: {"schema": {"type": "string"}}}
    return described


def _event(schema: dict[str, Any]) -> dict[str, Any]:
    """One of a stream's events, whose data is JSON of this schema."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    return {
        "type": "object",
        "properties": {"event": {"type": "string"}, "data": data},
        "required": ["event", "data"],
    }


def _problems(each: Operation) -> set[int]:
    found = {500, *each.problems}
    if each.need is not Need.NOTHING:
        found |= {401, 403}
    if each.query is not None:
        found.add(422)
    if each.body is not None:
        found |= {400, 413, 415, 422}
    if PARAMETER.search(each.path):
        found.add(404)
    return found - set(each.answers)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=ProblemDetails.__name__)}
    return {
        "description": in_words(status),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": each.pop("description", ""),
            "schema": each,
        }
        for name, each in schema["properties"].items()
    ]


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    wanted: dict[Any, None] = {(ProblemDetails, "serialization"): None}
    for each in operations:
        wanted |= {(m, "serialization"): None for m in each.answers.values() if m is not None}
        if each.body is not None:
            wanted[each.body, "validation"] = None
    schemas, top = models_json_schema(list(wanted), ref_template=_REF)
    return schemas, top.get("$defs", {})
