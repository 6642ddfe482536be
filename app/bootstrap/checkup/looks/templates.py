"""The templates of EMAIL_TEMPLATES, compiled and rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.checkup.templates import TemplateFacts
from app.composer.inspection import inspect_templates

if TYPE_CHECKING:
    from app.settings import Settings


def template_facts(settings: Settings) -> TemplateFacts:
    """Reads the folder; takes as long as compiling does."""
    try:
        found = inspect_templates(
            settings.email_templates,
            largest_mail=settings.email_max_bytes,
            inline_css=settings.email_inline_css,
        )
    except ValueError as error:
        return TemplateFacts(unusable=str(error))
    return TemplateFacts(
        broken=tuple((each.file, _reason(each.line, each.reason)) for each in found.broken),
        failed=tuple((each.name, each.sample, each.reason) for each in found.failed),
        rendered=found.rendered,
        compiled=found.compiled,
    )


def _reason(line: int | None, reason: str) -> str:
    return reason if line is None else f"line {line}: {reason}"
