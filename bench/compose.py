"""What composing costs: ours against the standard library's, for the same content, interleaved.

Times are CPU microseconds a message, the median of the rounds. The library's side renders by plain
Jinja2, and signs nothing: rows with RSA or Ed25519 set our signed mail against its unsigned one.
What a parser reads must be the same on both sides, else there are no figures.
Run as `python -m bench.compose`, with `--json` for machines.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jinja2 import DictLoader, Environment, select_autoescape

from app.composer import Composer, ComposerConfig
from app.composer.catalogue import built_in_sources
from app.domain.job import Trail
from app.domain.key_file import read_signing_key
from app.domain.message import Address, Attachment, Message
from app.domain.record import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.signing_key import SigningKey

NOW = datetime(2025, 11, 22, 8, 6, 5, tzinfo=UTC)
TRAIL = Trail(Origin("email-queue", 0, 7), first_seen_ms=1_763_798_000_000)
SENDER = "Shop <mail@shop.example>"
ROUND_S = 0.05

TEXT = "Hello there, this is a line as people write them.\n" * 20
HTML = '<p style="margin:0 0 16px">Hello there, a paragraph of it.</p>\n' * 30
TEMPLATE = "template, 3 kB"
MESSAGES: dict[str, dict[str, Any]] = {
    TEMPLATE: {
        "template": "password-reset",
        "data": {"name": "Ann", "link": f"https://shop.example/r?t={'0123456789abcdef' * 3}"},
    },
    "text": {"text": TEXT},
    "text and html, 3 kB": {"text": TEXT, "html": HTML},
    "text with umlauts, 3 kB": {"text": "Grüße an alle, eine Zeile, wie man sie schreibt.\n" * 60},
    "text in Cyrillic, 3 kB": {"text": "Здравствуйте, это строка письма.\n" * 50},
    "text, 1 MB attached": {
        "text": TEXT,
        "attachments": (Attachment("a.pdf", "application/pdf", b"\x00%PDF" * 200_000),),
    },
}


class Library:
    """What a Python team would write."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=DictLoader(built_in_sources()), autoescape=select_autoescape(["html.j2"])
        )

    def compose(self, message: Message) -> bytes:
        text, html, subject = message.text, message.html, message.subject
        if message.template is not None:
            text, html, subject = (
                self._templates.get_template(f"{message.template}.{kind}.j2").render(message.data)
                for kind in ("txt", "html", "subject")
            )
        mail = EmailMessage(policy=SMTP)
        mail["Date"] = NOW
        mail["From"] = SENDER
        mail["To"] = ", ".join(f"{each.name} <{each.spec}>" for each in message.to)
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{message.id}@shop.example>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        if html is not None:
            mail.add_alternative(html, subtype="html")
        for each in message.attachments:
            main, _, sub = each.content_type.partition("/")
            mail.add_attachment(each.content, maintype=main, subtype=sub, filename=each.filename)
        return mail.as_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="as JSON instead of a table")
    arguments = parser.parse_args()
    library = Library()
    rows: list[tuple[str, str, tuple[SigningKey, ...]]] = [(name, name, ()) for name in MESSAGES]
    rows += [(f"{TEMPLATE}, {kind}", TEMPLATE, keys) for kind, keys in signing_keys().items()]
    results = [
        compared(
            title,
            made(MESSAGES[name]),
            Composer(ComposerConfig(default_from=SENDER, signing_keys=keys)),
            library,
            arguments.rounds,
        )
        for title, name, keys in rows
    ]
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{'message':<30}{'bytes':>9}{'ours, us':>11}{'library, us':>13}{'ratio':>8}")
    for each in results:
        print(
            f"{each['message']:<30}{each['bytes']:>9}{each['ours_us']:>11}"
            f"{each['library_us']:>13}{each['ratio']:>8}"
        )


def signing_keys() -> dict[str, tuple[SigningKey, ...]]:
    rsa = key_of(generate_private_key(65537, 2048))
    ed25519 = key_of(Ed25519PrivateKey.generate())
    return {"RSA": (rsa,), "Ed25519": (ed25519,), "both": (rsa, ed25519)}


def key_of(private: RSAPrivateKey | Ed25519PrivateKey) -> SigningKey:
    with tempfile.NamedTemporaryFile() as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        return read_signing_key("shop.example", "s1", Path(file.name))


def made(fields: dict[str, Any]) -> Message:
    if "template" not in fields:
        fields = {"subject": "Reset your password", **fields}
    return Message(id="m-1", to=(Address("ann", "example.com", "Ann Doe"),), **fields)


def compared(
    name: str, message: Message, composer: Composer, library: Library, rounds: int
) -> dict[str, Any]:
    def ours() -> bytes:
        return composer.compose(message, TRAIL, message.to, now=NOW).content

    def theirs() -> bytes:
        return library.compose(message)

    if read(ours()) != read(theirs()):
        raise SystemExit(f"{name}: the two mails do not say the same")
    times: dict[Callable[[], bytes], list[float]] = {ours: [], theirs: []}
    for _ in range(rounds):
        for function, taken in times.items():
            taken.append(cpu_us(function))
    ours_us, library_us = (statistics.median(taken) for taken in times.values())
    return {
        "message": name,
        "bytes": len(ours()),
        "ours_us": round(ours_us, 1),
        "library_us": round(library_us, 1),
        "ratio": round(library_us / ours_us, 1),
    }


def read(content: bytes) -> list[object]:
    """What a mail says: addresses, subject, and each part's type and content."""
    mail = message_from_bytes(content, policy=SMTP)
    parts: list[object] = [str(mail[name]) for name in ("From", "To", "Subject")]
    for part in mail.walk():
        if not part.is_multipart():
            text = part.get_content()
            # The library adds a last line end.
            parts += [part.get_content_type(), part.get_filename()]
            parts.append(text.rstrip() if isinstance(text, str) else text)
    return parts


def cpu_us(function: Callable[[], bytes]) -> float:
    """A call's mean over a round of at least `ROUND_S`."""
    calls = 0
    start = time.process_time()
    while (passed := time.process_time() - start) < ROUND_S:
        function()
        calls += 1
    return passed / calls * 1e6


if __name__ == "__main__":
    main()
