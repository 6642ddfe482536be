"""Jinja2 as templates see it: sandboxed, strict, lenient about the capitals of Go's field names."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Self, cast

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    UndefinedError,
    nodes,
)
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape
from typing_extensions import override

from app.composer.bounded_code import (
    BoundedCode,
    compared,
    concatenated,
    contained,
    cut,
)
from app.composer.budget import charge, gather, step
from app.composer.formats import charge_format
from app.composer.growth import (
    bounded_filter,
    bounded_test,
    charge_call,
    charge_operator,
    is_boundless,
    safe_range,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from types import CodeType

    from jinja2 import Environment, Template

_PLAIN: Final = (str, int, float)
_BLANK_LINES: Final = re.compile(r"\n\s*\n")


class MissingData(UndefinedError):
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
            exc = cast("type[MissingData]", partial(MissingData, name=name, owner=obj))
        super().__init__(hint, obj, name, exc)  # type: ignore[arg-type]  # narrower there


class TemplateContext(Context):
    @override
    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        found = self.parent.get(key, missing)
        return self.parent.get(_other_case(key), missing) if found is missing else found

    @classmethod
    def of(cls, template: Template, variables: dict[str, Any]) -> Self:
        """As the constructor makes it; that spends most of its time on what never changes."""
        made = cls.__new__(cls)
        made.parent = variables
        made.vars = {}
        made.environment = environment = template.environment
        made.eval_ctx = context = EvalContext.__new__(EvalContext)
        context.environment = environment
        context.autoescape = escapes_html(template.name)
        context.volatile = False
        made.exported_vars = set()
        made.name = template.name
        made.globals_keys = set()
        made.blocks = {name: [block] for name, block in template.blocks.items()}
        return made


class _Environment(ImmutableSandboxedEnvironment):
    """Everything that a template does is paid for out of the message's budget."""

    context_class = TemplateContext
    code_generator_class = BoundedCode
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    step = staticmethod(step)
    concat = staticmethod(gather)
    concatenated = staticmethod(concatenated)
    compared = staticmethod(compared)
    contained = staticmethod(contained)
    cut = staticmethod(cut)

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

    @override
    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        paid = charge_call(obj, args, kwargs)
        return super().call(context, obj, *paid, **kwargs)

    @override
    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        charge_operator(operator, left, right)
        return super().call_binop(context, operator, left, right)

    @override
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and not is_boundless(obj, attr)

    @override
    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        formatted = super().wrap_str_format(value)
        if formatted is None:
            return None

        def paid(*args: Any, **kwargs: Any) -> str:
            charge_format(value.__self__, args, kwargs)
            return formatted(*args, **kwargs)

        return paid


class _Loader(BaseLoader):
    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    @override
    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        if (source := self._sources.get(name)) is None:
            raise TemplateNotFound(name)
        code = compiled(name, source)
        return environment.template_class.from_code(environment, code, globals or {})


@lru_cache(maxsize=1024)
def compiled(name: str, source: str) -> CodeType:
    """Raises Jinja's `TemplateSyntaxError`; after an edit, only what was edited is compiled."""
    return new_environment({}).compile(source, name, name)


@lru_cache(maxsize=1024)
def needed(name: str, source: str) -> tuple[str, ...]:
    """The files without which a template can never be rendered."""
    tree = new_environment({}).parse(source, name, name)
    wanted = (nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)
    found = [
        getattr(node, "template", None)
        for kind in wanted
        for node in tree.find_all(kind)
        if not getattr(node, "ignore_missing", False)
    ]
    return tuple(
        each.value
        for each in found
        if isinstance(each, nodes.Const) and isinstance(each.value, str)
    )


def escapes_html(name: str | None) -> bool:
    """Whether a template of this name makes HTML."""
    return name is not None and name.endswith((".html.j2", ".mjml.j2"))


def new_environment(sources: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """For templates by file name; HTML escapes values."""
    environment = _Environment(
        loader=_Loader(sources),
        autoescape=escapes_html,
        undefined=_Undefined,
        finalize=_showable,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["paragraphs"] = _paragraphs
    filters = environment.filters
    filters.update({name: bounded_filter(name, function) for name, function in filters.items()})
    tests: dict[str, Any] = environment.tests
    tests.update({name: bounded_test(name, test) for name, test in tests.items()})
    environment.globals["range"] = safe_range
    # Filler text is for drafts, and has no bounds.
    del environment.globals["lipsum"]
    return environment


def _other_case(name: str) -> str:
    return name[:1].swapcase() + name[1:]


def _showable(value: object) -> object:
    if isinstance(value, _PLAIN):
        return value
    if value is None:
        raise _NotShowable("a value to be shown is null")
    if isinstance(value, StrictUndefined):
        return value
    if callable(value):
        raise _NotShowable("a value to be shown is a function")
    charge(value)
    return value


def _paragraphs(value: object) -> Markup:
    """Plain text as HTML: blank lines divide paragraphs, other line ends are kept."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    paragraphs = [
        '<p style="margin:0 0 16px">' + paragraph.replace("\n", "<br>\n") + "</p>\n"
        for paragraph in _BLANK_LINES.split(str(escape(text)))
    ]
    return Markup("".join(paragraphs))  # noqa: S704 - escaped above
