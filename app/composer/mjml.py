"""Templates written in MJML, made HTML when they are loaded."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from app.composer.broken import BrokenTemplate, TemplateBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDING: Final = ".mjml.j2"
_JINJA: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MARK: Final = re.compile(r"jinja(\d+)mark")


def html_of(file: str, sources: Mapping[str, str]) -> str:
    """A Jinja template of HTML; `sources` are the folder's, for `mj-include`.

    Raises `TemplateBroken`. What Jinja understands is no XML, so MJML sees marks in its place.
    """
    library = _library(file)
    marked: list[str] = []

    def mark(found: re.Match[str]) -> str:
        marked.append(found[0])
        return f"jinja{len(marked) - 1}mark"

    def protected(source: str) -> str:
        return _JINJA.sub(mark, source)

    def included(path: str) -> str:
        if path not in sources:
            raise ValueError(f"{path} is not there")
        return protected(sources[path])

    try:
        html: str = library.mjml2html(protected(sources[file]), include_loader=included)
    except ValueError as error:
        raise TemplateBroken(BrokenTemplate(file, None, f"is no MJML: {error}")) from None
    kept = {int(number) for number in _MARK.findall(html)}
    for number, jinja in enumerate(marked):
        if number not in kept and not jinja.startswith("{#"):
            raise TemplateBroken(
                BrokenTemplate(file, None, f"MJML drops {jinja}; <mj-raw> around it keeps it")
            )
    return _MARK.sub(lambda found: marked[int(found[1])], html)


def _library(file: str) -> Any:
    try:
        return import_module("mjml")
    except ImportError:
        raise TemplateBroken(
            BrokenTemplate(file, None, "needs MJML: pip install 'kafka-mailer[mjml]'")
        ) from None
