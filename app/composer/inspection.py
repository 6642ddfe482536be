"""A folder of templates looked at from outside: what compiles, and what a sample makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.composer.budget import Budget
from app.composer.catalogue import Catalogue
from app.composer.contents import rendered_contents
from app.composer.folder import read_folder
from app.composer.samples import BUILT_IN, read_sample, sample_file, samples_in
from app.composer.sources import usable
from app.composer.styles import style_inliner
from app.domain.errors import InvalidMessage
from app.domain.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.composer.broken import BrokenTemplate

_SUBJECT = "Subject"


@dataclass(frozen=True, slots=True)
class FailedSample:
    """A template that cannot be rendered with its sample."""

    name: str
    sample: str
    reason: str


@dataclass(frozen=True, slots=True)
class InspectedTemplates:
    """`compiled` counts templates by name, of which `rendered` are well with their sample."""

    broken: tuple[BrokenTemplate, ...]
    failed: tuple[FailedSample, ...]
    rendered: tuple[str, ...]
    compiled: int


def inspect_templates(
    folder: Path | None, *, largest_mail: int, inline_css: bool = False
) -> InspectedTemplates:
    """The built-in ones too. ValueError for a folder or a setting that cannot be used at all."""
    inlined = style_inliner() if inline_css else None
    files: dict[str, str] = {}
    unreadable: Mapping[str, BrokenTemplate] = {}
    texts: dict[str, str] = {}
    if folder is not None:
        try:
            files, unreadable = read_folder(folder)
            texts = samples_in(folder)
        except OSError as error:
            raise ValueError(f"EMAIL_TEMPLATES: {folder}: {error.strerror}") from None
    good, broken = usable(files, {})
    catalogue = Catalogue(good)
    failed, rendered = [], []
    for name in catalogue.names:
        sample, place = _sample(name, texts)
        if sample is None:
            continue
        reason = _why_not(catalogue, name, sample, largest_mail, inlined)
        if reason is None:
            rendered.append(name)
        else:
            failed.append(FailedSample(name, place, reason))
    return InspectedTemplates(
        (*unreadable.values(), *broken.values()),
        tuple(failed),
        tuple(rendered),
        len(catalogue.names),
    )


def _sample(name: str, texts: Mapping[str, str]) -> tuple[str | Mapping[str, Any] | None, str]:
    """One's own comes first, also for a template that takes a built-in one's place."""
    if name in texts:
        return texts[name], sample_file(name)
    return BUILT_IN.get(name), "the built-in sample"


def _why_not(
    catalogue: Catalogue,
    name: str,
    sample: str | Mapping[str, Any],
    largest_mail: int,
    inlined: Callable[[str], str] | None,
) -> str | None:
    """In every language of the template."""
    try:
        data = read_sample(sample) if isinstance(sample, str) else sample
        for locale in catalogue.locales(name):
            found = catalogue.find(name, locale or None)
            # A message gives the subject where the template has none.
            subject = None if found.subject is not None else _SUBJECT
            message = Message(id="sample", subject=subject, data=data)
            rendered_contents(message, found, Budget(largest_mail), inlined)
    except (InvalidMessage, ValueError) as error:
        return str(error)
    return None
