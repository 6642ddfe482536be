"""Subject, text and HTML of a message: its own, or its template's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.composer.headers import clean_value
from app.composer.plaintext import text_of
from app.composer.rendering import Rendering
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.composer.budget import Budget
    from app.composer.catalogue import TemplateSet
    from app.domain.message import Message


class Contents(NamedTuple):
    """`subject` is fit for a header; `text` or `html` is there."""

    subject: str
    text: str | None
    html: str | None


def own_contents(message: Message) -> Contents:
    """Of a message without a template; raises `InvalidMessage` for what is missing."""
    if message.subject is None:
        raise InvalidMessage("subject", "missing, and there is no template to give one")
    if message.text is None and message.html is None:
        raise InvalidMessage("text", "missing, as are `html` and `template`: one is needed")
    return Contents(clean_value(message.subject, "subject"), message.text, message.html)


def rendered_contents(
    message: Message,
    template: TemplateSet,
    budget: Budget,
    inlined: Callable[[str], str] | None = None,
) -> Contents:
    """The template's, where the message has none of its own; what is empty counts as absent.

    `inlined` is what becomes of the template's HTML, never of the message's own.

    Raises `InvalidMessage` for missing data and whatever else hinders rendering.
    """
    name = template.name
    rendering = Rendering(name, message.data, budget)
    subject, text, html = message.subject, message.text or None, message.html or None
    if not subject:
        if template.subject is None:
            raise InvalidMessage("subject", f"missing, and template {name!r} has none")
        subject = rendering.of(template.subject).strip()
    if html is None and template.html is not None:
        html = rendering.of(template.html)
        if inlined is not None:
            html = inlined(html)
    if text is None and template.text is not None:
        text = rendering.of(template.text)
    if text is None and html is not None:
        text = text_of(html) or None
    if text is None and html is None:
        raise InvalidMessage("text", f"missing, as is `html`, and template {name!r} has neither")
    return Contents(clean_value(subject, "subject"), text, html)
