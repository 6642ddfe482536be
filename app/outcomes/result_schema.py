"""A result as JSON Schema (draft 7), made from the type that the writer fills."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from typing_extensions import Doc

from app.outcomes.result import Result

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"


def result_schema(ref: str = "#/definitions/{}") -> dict[str, Any]:
    """Of a value in the topic of results; `ref` is where definitions are found."""
    made = TypeAdapter(Result).json_schema(ref_template=ref.format("{model}"))
    made["definitions"] = {name: _untitled(each) for name, each in made.pop("$defs").items()}
    made["properties"] = {
        name: {"description": _about(name), **_plain(each)}
        for name, each in made["properties"].items()
    }
    return {"$schema": _DRAFT, **made, "title": "A result of kafka-mailer"}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Draft 7 reads nothing beside a reference."""
    schema = _untitled(schema)
    return {"allOf": [schema]} if "$ref" in schema else schema


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles, which repeat the names."""
    without = {name: value for name, value in schema.items() if name != "title"}
    if isinstance(properties := without.get("properties"), dict):
        without["properties"] = {name: _untitled(each) for name, each in properties.items()}
    return without


def _about(name: str) -> str:
    hint = _HINTS[name]
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each.documentation for each in notes if isinstance(each, Doc)), "")


_HINTS: Final = get_type_hints(Result, include_extras=True)
