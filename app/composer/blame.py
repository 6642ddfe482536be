"""Where in data and templates the fault lies when a template cannot be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError
from jinja2.utils import missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template


def why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it goes into itself too deeply"
    # The text of other errors than Jinja's may quote the data.
    return str(error) if isinstance(error, TemplateError) else type(error).__name__


def path_of(data: Mapping[str, Any], owner: object, name: str) -> str:
    """Where the datum was looked for, like `data.items[2].price`."""
    if owner is missing:
        return f"data.{name}"
    places = (path for path, value in _walk(data, "data") if value is owner)
    return f"{next(places, 'data')}.{name}"


def _walk(data: object, path: str) -> Iterator[tuple[str, object]]:
    """Every value and where it stands; data may be nested deeper than Python recurses."""
    ahead = [(path, data)]
    while ahead:
        path, value = ahead.pop()
        yield path, value
        if isinstance(value, dict):
            ahead += [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            ahead += [(f"{path}[{index}]", item) for index, item in enumerate(value)]


def place_of(error: Exception, template: Template) -> str:
    """The innermost line of a template; the lines of a traceback are those of generated code."""
    source, line = None, 0
    entry = error.__traceback__
    while entry is not None:
        found = entry.tb_frame.f_globals.get("__jinja_template__")
        if found is not None:
            source, line = found, entry.tb_lineno
        entry = entry.tb_next
    if source is None:
        return template.name or ""
    if source.name.endswith(".mjml.j2"):
        # Its lines are those of the HTML that was made of it.
        return str(source.name)
    return f"{source.name}, line {source.get_corresponding_lineno(line)}"
