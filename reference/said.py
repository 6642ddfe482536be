"""What the service's code logs, read from the code itself."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOGGERS: Final = frozenset({"log", "_log", "logger"})
_LEVELS: Final = {
    **{level: level for level in ("debug", "info", "warning", "error", "critical")},
    "exception": "error",
    "log": "warning or error",
}
# Which argument names what was done.
_AUDITING: Final = {"audit": 1, "steer": 0}
_PLACE: Final = re.compile(r"%(?:\.\d+)?[a-z]")


class Line(NamedTuple):
    """`text` has … for what differs."""

    logger: str
    level: str
    text: str


def lines_of(package: Path) -> list[Line]:
    """Each line that is logged in words, sorted."""
    found = {line for file in package.rglob("*.py") for line in _lines_in(file, package)}
    return sorted(found)


def audited(package: Path) -> list[str]:
    """The names of what `app.ops.audit` logs, sorted."""
    found = {"admin.settings"}
    for file in package.rglob("*.py"):
        for call in _calls(file):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if (place := _AUDITING.get(name)) is not None and (text := _text(call.args[place])):
                found.add(f"admin.{text}")
    return sorted(found)


def _lines_in(file: Path, package: Path) -> Iterator[Line]:
    module = ".".join((package.name, *file.relative_to(package).with_suffix("").parts))
    logger = _logger_of(file) or module
    for call in _calls(file):
        function = call.func
        if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
            continue
        if function.value.id not in _LOGGERS or function.attr not in _LEVELS:
            continue
        words = call.args[1:2] if function.attr == "log" else call.args[:1]
        text = _text(words[0]) if words else None
        shown = _PLACE.sub("…", text or "")
        if shown.strip("…: ") and not shown.startswith("pool."):
            yield Line(logger, _LEVELS[function.attr], shown)


def _calls(file: Path) -> Iterator[ast.Call]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _logger_of(file: Path) -> str | None:
    """The name that is given to `getLogger`; None for the module's own."""
    for call in _calls(file):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr == "getLogger" and call.args:
            return _text(call.args[0])
    # The pool has one logger for all of its modules.
    return "app.pool" if file.parent.name == "pool" else None


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(each) or "…" for each in parts)
        case _:
            return None
