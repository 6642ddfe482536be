"""Jinja2 as templates see it: sandboxed, strict, lenient about the capitals of Go's field names."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape
from typing_extensions import override

from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template

_BLANK_LINES: Final = re.compile(r"\n\s*\n")


class _MissingData(UndefinedError):
    """A name without a value was used; `owner` is the object that lacks it, or `missing`."""

    def __init__(self, message: str | None = None, *, name: str, owner: object) -> None:
        super().__init__(message)
        self.name = name
        self.owner = owner


class _NotShowable(TemplateError):
    """What a template shows has no text: null, or a function."""


class _Undefined(StrictUndefined):
    __slots__ = ()

    @override
    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        if exc is UndefinedError and hint is None and name is not None:
            # Jinja only ever calls it with the message.
            exc = cast("type[_MissingData]", partial(_MissingData, name=name, owner=obj))
        super().__init__(hint, obj, name, exc)  # type: ignore[arg-type]  # narrower there


class _Context(Context):
    @override
    def resolve_or_missing(self, key: str) -> Any:
        for scope in (self.vars, self.parent):
            if key in scope:
                return scope[key]
        return self.parent.get(_other_case(key), missing)


class _Environment(ImmutableSandboxedEnvironment):
    context_class = _Context

    @override
    def getattr(self, obj: Any, attribute: str) -> Any:
        """In data a key comes before a method: `order.items` is what the message says."""
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            if (other := _other_case(attribute)) in obj:
                return obj[other]
        return super().getattr(obj, attribute)

    @override
    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict) and isinstance(argument, str):
            return self.getattr(obj, argument)
        return super().getitem(obj, argument)


def new_environment(sources: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """For templates by file name, each compiled once; those called `….html.j2` escape values."""

    def load(name: str) -> tuple[str, str, None] | None:
        source = sources.get(name)
        return None if source is None else (source, name, None)

    environment = _Environment(
        loader=FunctionLoader(load),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=_Undefined,
        finalize=_showable,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["paragraphs"] = _paragraphs
    return environment


class Rendering:
    """One message's data, for all the files of its template."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self._name = name
        self._data = data
        self._variables = {**_GLOBALS, **data}

    def of(self, template: Template) -> str:
        """`InvalidMessage` names the missing datum, else the template's file and line.

        `Template.render` does the same, but spends most of its time on merging globals.
        """
        context = _Context(template.environment, self._variables, template.name, template.blocks)
        try:
            return "".join(template.root_render_func(context))
        except _MissingData as error:
            field = _path(self._data, error.owner, error.name)
            raise InvalidMessage(field, f"missing, template {self._name!r} needs it") from None
        except Exception as error:  # noqa: BLE001 - a template can raise anything
            # The text of other errors than Jinja's may quote the data.
            why = str(error) if isinstance(error, TemplateError) else type(error).__name__
            raise InvalidMessage(
                "template", f"{self._name!r} cannot be rendered: {why} ({_place(error, template)})"
            ) from None


def _other_case(name: str) -> str:
    return name[:1].swapcase() + name[1:]


def _showable(value: object) -> object:
    if value is None:
        raise _NotShowable("a value to be shown is null")
    if callable(value) and not isinstance(value, StrictUndefined):
        raise _NotShowable("a value to be shown is a function")
    return value


def _paragraphs(value: object) -> Markup:
    """Plain text as HTML: blank lines divide paragraphs, other line ends are kept."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    paragraphs = [
        '<p style="margin:0 0 16px">' + paragraph.replace("\n", "<br>\n") + "</p>\n"
        for paragraph in _BLANK_LINES.split(str(escape(text)))
    ]
    return Markup("".join(paragraphs))  # noqa: S704 - escaped above


def _path(data: Mapping[str, Any], owner: object, name: str) -> str:
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


def _place(error: Exception, template: Template) -> str:
    """The innermost line of a template; the lines of a traceback are those of generated code."""
    place = template.name or ""
    step = error.__traceback__
    while step is not None:
        source = step.tb_frame.f_globals.get("__jinja_template__")
        if source is not None:
            place = f"{source.name}, line {source.get_corresponding_lineno(step.tb_lineno)}"
        step = step.tb_next
    return place


_GLOBALS: Final[Mapping[str, Any]] = new_environment({}).globals
