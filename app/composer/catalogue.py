"""Which templates there are, and which of their files serve a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from app.composer.environment import new_environment
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FILE: Final = re.compile(
    rf"({_NAME.pattern})(?:\.([A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*))?\.(html|mjml|txt|subject)\.j2"
)
_SHOWN_NAME: Final = 80

# File names by kind ("html", "txt", "subject"), by locale ("" for none), by template name.
_Layer = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """The files that serve a message, of which one at least is there; `size` of their sources."""

    name: str
    subject: Template | None
    text: Template | None
    html: Template | None
    size: int


class Catalogue:
    """Templates that do not change: an operator's own before the built-in ones.

    Text and HTML always come from the same folder and locale, so that both say the same; the
    subject may come from a more general place.
    """

    def __init__(self, own: Mapping[str, str]) -> None:
        """`own`: sources by file name. Raises Jinja's `TemplateSyntaxError`."""
        built_in = built_in_sources()
        self._sources = {**built_in, **own}
        environment = new_environment(self._sources)
        # All are compiled now, also those that are only included or extended.
        self._templates = {name: environment.get_template(name) for name in self._sources}
        self._layers = (_layer(own), _layer(built_in))
        self._plain: dict[str, TemplateSet] = {}
        for name in self.names:
            if (found := self._find(name, ("",))) is not None:
                self._plain[name] = found

    @property
    def names(self) -> list[str]:
        return sorted({name for layer in self._layers for name in layer})

    def find(self, name: str, locale: str | None) -> TemplateSet:
        """`InvalidMessage` (field `template`) when there is none of that name or language."""
        canonical = name.replace("_", "-")
        if not locale and (found := self._plain.get(canonical)) is not None:
            return found
        if not _NAME.fullmatch(name):
            raise InvalidMessage(
                "template", "a template's name has ASCII letters, digits, - and _ only"
            )
        known = self.names
        if canonical not in known:
            raise InvalidMessage(
                "template",
                f"unknown template {name[:_SHOWN_NAME]!r}, known are {', '.join(known)}",
            )
        if (found := self._find(canonical, _preference(locale))) is not None:
            return found
        locales = self.locales(canonical)
        raise InvalidMessage(
            "template", f"{name!r} is not there for this `locale`, only for {', '.join(locales)}"
        )

    def locales(self, name: str) -> list[str]:
        """The languages of a template, `""` for the one without."""
        return sorted({each for layer in self._layers for each in layer.get(name, ())})

    def _find(self, name: str, locales: Sequence[str]) -> TemplateSet | None:
        entries = [
            layer[name][locale]
            for layer in self._layers
            if name in layer
            for locale in locales
            if locale in layer[name]
        ]
        if not entries:
            return None
        body = next((each for each in entries if "html" in each or "txt" in each), {})
        subject = next((each for each in entries if "subject" in each), {})
        files = (subject.get("subject"), body.get("txt"), body.get("html"))
        return TemplateSet(
            name=name,
            subject=self._template(files[0]),
            text=self._template(files[1]),
            html=self._template(files[2]),
            size=sum(len(self._sources[file]) for file in files if file is not None),
        )

    def _template(self, file: str | None) -> Template | None:
        return None if file is None else self._templates[file]


@lru_cache(maxsize=1)
def built_in_sources() -> Mapping[str, str]:
    folder = resources.files("app.composer") / "templates"
    return {
        file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".j2")
    }


def _layer(sources: Mapping[str, str]) -> _Layer:
    layer: _Layer = {}
    for file in sorted(sources):
        if match := _FILE.fullmatch(file):
            name, locale, kind = match.groups(default="")
            by_locale = layer.setdefault(name.replace("_", "-"), {})
            kind = "html" if kind == "mjml" else kind
            by_locale.setdefault(_tag(locale), {}).setdefault(kind, file)
    return layer


def _tag(locale: str) -> str:
    return locale.replace("_", "-").lower()


def _preference(locale: str | None) -> list[str]:
    """`pt-BR` → `pt-br`, `pt`, none (RFC 4647 3.4, lookup)."""
    subtags = _tag(locale or "").split("-")
    return ["-".join(subtags[:count]) for count in range(len(subtags), 0, -1)] + [""]
