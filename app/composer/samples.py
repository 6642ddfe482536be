"""Samples of data: of the built-in templates, and of an operator's own, from files beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENDING: Final = ".sample.json"

_PERSON: Final = {"name": "Ann", "link": "https://shop.example.com/start/17"}
BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {
    "plain": {"subject": "Opening hours", "body": "We are open from 9 to 18.\n\nSee you."},
    "password-reset": _PERSON,
    "welcome": _PERSON,
    "order-confirmation": {
        "name": "Ann",
        "order": "17",
        "items": [{"name": "Lamp", "quantity": 2, "price": "€ 19.90"}],
        "total": "€ 39.80",
    },
    "notification": {"title": "Maintenance", "body": "On Sunday from 2 to 3."},
}


def sample_file(name: str) -> str:
    """Where the sample of a template of one's own stands, in the same folder."""
    return f"{name}{ENDING}"


def samples_in(folder: Path) -> dict[str, str]:
    """Texts of the samples there, by template; `_` and `-` are the same. OSError."""
    return {
        file.name.removesuffix(ENDING).replace("_", "-"): file.read_text("utf-8-sig", "replace")
        for file in sorted(folder.iterdir())
        if file.name.endswith(ENDING) and file.is_file()
    }


def read_sample(text: str) -> dict[str, Any]:
    """The data of a message; ValueError for anything but an object in JSON."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("is no object")  # noqa: TRY004 - the text is wrong, not its type here
    return found
