"""A message and its recipients, made into an envelope and bytes."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple

from app.composer.bounces import BounceAddress
from app.composer.budget import Budget
from app.composer.contents import own_contents, rendered_contents
from app.composer.entities import root_entity
from app.composer.extras import AUTO_SUBMITTED, DATE, MESSAGE_ID, extra_headers
from app.composer.folder import Templates
from app.composer.headers import header
from app.composer.identity import date, digest, envid
from app.composer.mailboxes import NOBODY_SHOWN, address_header, from_header
from app.composer.signatures import Signer
from app.composer.size import data_size, estimate
from app.composer.styles import style_inliner
from app.composer.unsubscribing import unsubscribe_headers
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage
from app.domain.message import Address
from app.domain.smtp import Composed, Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.composer.broken import BrokenTemplate
    from app.composer.catalogue import TemplateSet
    from app.composer.config import ComposerConfig
    from app.domain.job import Trail
    from app.domain.message import Message
    from app.domain.signing_key import SigningKey

_OURS: Final = header("Auto-Submitted", "auto-generated")
# How often a datum is taken to be shown, in text and HTML, as UTF-8 and base64.
_OFTEN: Final = 8


class _Draft(NamedTuple):
    """A message that lacks nothing but signatures of its From's `domain`."""

    envelope: Envelope
    message_id: str
    domain: str
    head: str
    body: bytes
    now: datetime


class Composer:
    """Makes bytes of messages; reads no file but those of the template folder.

    All attempts at a message get the same bytes but for Date, boundaries, signatures, and templates
    that were edited in between.
    """

    def __init__(self, config: ComposerConfig) -> None:
        """Raises `ValueError`, naming the setting that is wrong."""
        self._default_from = _default_from(config.default_from)
        self._bounce = None if config.envelope_from is None else BounceAddress(config.envelope_from)
        self._templates = Templates(config.templates)
        self._signer = Signer(config.signing_keys)
        # Threads of its own, for a name that DNS does not resolve holds up the loop's.
        self._threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="signing")
        self._inlined = style_inliner() if config.inline_css else None
        self._max_bytes = config.max_bytes

    def sign_with(self, keys: Sequence[SigningKey]) -> None:
        """Mail composed from now on is signed with these."""
        self._signer = Signer(keys)

    def compose(
        self, message: Message, trail: Trail, recipients: Sequence[Address], *, now: datetime
    ) -> Composed:
        """The message for these of its recipients.

        Raises `InvalidMessage`, naming the field, for what can never be sent.
        """
        return self._finished(self._draft(message, trail, recipients, now))

    async def compose_aside(
        self, message: Message, trail: Trail, recipients: Sequence[Address], *, now: datetime
    ) -> Composed:
        """As `compose`, with the signing in a thread where it takes long."""
        draft = self._draft(message, trail, recipients, now)
        if self._signer.takes_long(draft.domain):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._finished, draft)
        return self._finished(draft)

    def estimate(self, message: Message) -> int:
        """How many bytes `compose` makes of it at most, found without composing.

        Of a template's output it is a guess: the source, and the data several times.
        """
        size = estimate(message)
        if sender := message.sender or self._default_from:
            size += self._signer.most_size(sender.domain)
        if message.template is None:
            return size
        try:
            template = self._templates.current().find(message.template, message.locale)
        except InvalidMessage:
            return size
        return size + template.size + _OFTEN * data_size(message.data)

    def _draft(
        self, message: Message, trail: Trail, recipients: Sequence[Address], now: datetime
    ) -> _Draft:
        sender = message.sender or self._default_from
        if sender is None:
            raise InvalidMessage("from", "missing, and EMAIL_FROM is not set")
        if message.template is None:
            subject, text, html = own_contents(message)
        else:
            template = self._templates.current().find(message.template, message.locale)
            subject, text, html = rendered_contents(
                message, template, Budget(self._max_bytes), self._inlined
            )
        name = digest(message, trail)
        extras = extra_headers(message)
        message_id = extras.replaced.get(MESSAGE_ID) or f"<{name}@{sender.domain}>"
        entity = root_entity(text, html, message.attachments)
        automatic = extras.replaced.get(AUTO_SUBMITTED)
        headers = [
            f"Date: {extras.replaced.get(DATE) or date(now)}\r\n",
            from_header(sender),
            _recipient_headers(message),
            header("Subject", subject),
            f"Message-ID: {message_id}\r\n",
            header("Auto-Submitted", automatic) if automatic else _OURS,
            unsubscribe_headers(message.unsubscribe) if message.unsubscribe else "",
            extras.lines,
            f"MIME-Version: 1.0\r\n{entity.headers}",
        ]
        body = b"".join(entity.body)
        if body and not body.endswith(b"\r\n"):
            body += b"\r\n"
        return _Draft(
            envelope=self._envelope(message, sender, recipients, name),
            message_id=message_id,
            domain=sender.domain,
            head="".join(headers),
            body=body,
            now=now,
        )

    def _finished(self, draft: _Draft) -> Composed:
        """Nothing changes the bytes hereafter."""
        head, body = draft.head, draft.body
        if self._signer.signs(draft.domain):
            at = int(draft.now.timestamp())
            head = self._signer.sign(head, body, domain=draft.domain, at=at) + head
        content = f"{head}\r\n".encode() + body
        if len(content) > self._max_bytes:
            raise InvalidMessage(
                "", f"too large: {len(content)} bytes composed, at most {self._max_bytes} allowed"
            )
        return Composed(draft.envelope, content, draft.message_id)

    def template(self, name: str, locale: str | None) -> TemplateSet:
        """The files that serve a message; `InvalidMessage` when there is none of that name."""
        return self._templates.current().find(name, locale)

    def broken(self) -> tuple[BrokenTemplate, ...]:
        """Templates whose last edit cannot be used; looks at the folder once a second at most."""
        return self._templates.broken()

    def reload(self) -> tuple[BrokenTemplate, ...]:
        """Read all templates again, now; what is broken stays as it was."""
        return self._templates.reload()

    def _envelope(
        self, message: Message, sender: Address, recipients: Sequence[Address], name: str
    ) -> Envelope:
        # Their local parts stand in headers, which only SMTPUTF8 lets be UTF-8.
        involved = [sender, *message.to, *message.cc, *message.reply_to]
        if recipients is not message.to:
            involved += recipients
        given = message.envelope_from
        if given is None:
            reverse_path = self._bounce.of(message.id, name) if self._bounce else sender.spec
        elif isinstance(given, Address):
            involved.append(given)
            reverse_path = given.spec
        else:
            reverse_path = given
        return Envelope(
            sender=reverse_path,
            recipients=tuple([recipient.spec for recipient in recipients]),
            smtputf8=not all(address.local.isascii() for address in involved),
            envid=envid(message.id, name),
        )


def _recipient_headers(message: Message) -> str:
    """Bcc is not among them, and is not to be guessed from their absence either."""
    lines = ""
    if message.to:
        lines += address_header("To", message.to)
    if message.cc:
        lines += address_header("Cc", message.cc)
    if message.reply_to:
        lines += address_header("Reply-To", message.reply_to)
    return lines if message.to or message.cc else NOBODY_SHOWN + lines


def _default_from(value: str | None) -> Address | None:
    if value is None:
        return None
    try:
        return parse_address(value, "EMAIL_FROM")
    except InvalidMessage as error:
        raise ValueError(
            f"EMAIL_FROM: {value!r} {error.reason}; like Shop <mail@example.com>"
        ) from error
