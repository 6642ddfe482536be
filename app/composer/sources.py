"""From the files of a folder to templates that can be used, and what is wrong with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError

from app.composer import mjml
from app.composer.broken import BrokenTemplate, TemplateBroken
from app.composer.catalogue import built_in_sources
from app.composer.environment import compiled, needed

if TYPE_CHECKING:
    from collections.abc import Mapping


def usable(
    files: Mapping[str, str], last_good: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, BrokenTemplate]]:
    """Sources by file name, and what is broken, by file name.

    A file that is broken, or gone while another still needs it, stays as it was in `last_good`.
    """
    good: dict[str, str] = {}
    broken: dict[str, BrokenTemplate] = {}
    for name in files:
        try:
            if (source := _source(name, files)) is not None:
                good[name] = source
        except TemplateBroken as error:
            broken[name] = error.broken
            if name in last_good:
                good[name] = last_good[name]
    while wanting := _wanting(good):
        for name, missing in wanting:
            if missing in last_good:
                good[missing] = last_good[missing]
                broken[missing] = BrokenTemplate(missing, None, f"is gone, but {name} needs it")
            elif name in last_good and good.get(name) != last_good[name]:
                good[name] = last_good[name]
                broken[name] = BrokenTemplate(name, None, f"needs {missing}, which is not there")
            else:
                good.pop(name, None)
                broken[name] = BrokenTemplate(name, None, f"needs {missing}, which is not there")
    return good, broken


def _source(name: str, files: Mapping[str, str]) -> str | None:
    """None for a part of MJML, which is nothing by itself."""
    source = files[name]
    _check(name, source)
    if not name.endswith(mjml.ENDING):
        return source
    if name.startswith("_"):
        return None
    twin = name.removesuffix(mjml.ENDING) + ".html.j2"
    if twin in files:
        raise TemplateBroken(BrokenTemplate(name, None, f"stands beside {twin}; remove one"))
    html = mjml.html_of(name, files)
    _check(name, html)
    return html


def _check(name: str, source: str) -> None:
    try:
        compiled(name, source)
    except TemplateSyntaxError as error:
        broken = BrokenTemplate(name, error.lineno, error.message or "cannot be read")
        raise TemplateBroken(broken) from None
    except Exception as error:  # noqa: BLE001 - such as blocks nested deeper than Python allows
        broken = BrokenTemplate(name, None, f"cannot be compiled: {error}")
        raise TemplateBroken(broken) from None


def _wanting(good: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who needs what is not there."""
    there = {*good, *built_in_sources()}
    return [
        (name, each)
        for name, source in good.items()
        for each in needed(name, source)
        if each not in there
    ]
