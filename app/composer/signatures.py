"""DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, over what the composer wrote itself."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from app.composer.canonical import relaxed_body, relaxed_header
from app.composer.headers import FOLD, WIDTH
from app.domain.signing_key import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.signing_key import SigningKey

# The headers of RFC 6376 5.4.1, but for Date: Amazon SES replaces it, and Message-ID; `t=` has the
# time. These are named once more than they are there, so that nobody can add another.
_SEALED: Final = (
    *("From", "To", "Cc", "Reply-To", "Subject"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
)
# Named where they are there; relays and mailing lists may add them where not.
_COVERED: Final = (
    *("In-Reply-To", "References", "Feedback-ID", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("List-Id", "List-Help", "List-Subscribe", "List-Post", "List-Owner", "List-Archive"),
)
# At most: names and domain, hashes, and a signature of 4096 bits, with folds.
MOST_SIZE: Final = 2048


class Signer:
    """Signs mail whose From domain, or a domain above it, has keys: once with each of them."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys_of = lru_cache(maxsize=1024)(partial(keys_of, keys))

    def most_size(self, domain: str) -> int:
        """What `sign` adds at most to mail from that domain."""
        return MOST_SIZE * len(self._keys_of(domain))

    def takes_long(self, domain: str) -> bool:
        """Whether signing mail from that domain is better done in a thread."""
        keys = self._keys_of(domain)
        return bool(keys) and any(key.takes_long for key in keys)

    def signs(self, domain: str) -> bool:
        """Whether there is a key for mail from that domain."""
        return bool(self._keys_of(domain))

    def sign(self, head: str, body: bytes, *, domain: str, at: int) -> str:
        """The DKIM-Signature lines, to be put before the rest; "" when no key is for the domain.

        `head` is all other header lines, `body` what follows the empty line, `at` epoch seconds.
        """
        keys = self._keys_of(domain)
        if not keys:
            return ""
        fields = relaxed_header(head)
        names = _signed_names(tuple(name for name in _ORDER if name in fields))
        signed = "".join(f"{fields[name]}\r\n" for name in _ORDER if name in fields)
        body_hash = _base64(hashlib.sha256(relaxed_body(body)).digest())
        return "".join(
            _signature(key, signed, [*_tags(key, at), *names, f"bh={body_hash};"]) for key in keys
        )


def _signature(key: SigningKey, signed: str, tags: Sequence[str]) -> str:
    # What stands before `b=` is signed in its relaxed form, the folds as spaces.
    data = f"{signed}dkim-signature:{' '.join(tags)} b="
    signature = _base64(key.sign(data.encode()))
    room = WIDTH - len("b= ")
    pieces = [signature[start : start + room] for start in range(0, len(signature), room)]
    lines = [*tags, f"b={FOLD.join(pieces)}"]
    return f"DKIM-Signature: {FOLD.join(lines)}\r\n"


def _tags(key: SigningKey, at: int) -> list[str]:
    """The first tags, a line each."""
    return [
        f"v=1; a={key.algorithm}; c=relaxed/relaxed; t={at};",
        f"d={key.domain};",
        f"s={key.selector};",
    ]


@lru_cache(maxsize=256)
def _signed_names(present: tuple[str, ...]) -> tuple[str, ...]:
    """The tag `h=` for these headers, in lines; few combinations of them occur."""
    *names, last = [*(_SPELLING[name] for name in present), *_SEALED]
    lines = ["h="]
    for piece in (*(f"{name}:" for name in names), f"{last};"):
        # One column is the fold's.
        if len(lines[-1]) + len(piece) >= WIDTH:
            lines.append("")
        lines[-1] += piece
    return tuple(lines)


def _base64(octets: bytes) -> str:
    return b2a_base64(octets, newline=False).decode("ascii")


_SPELLING: Final = {name.lower(): name for name in (*_SEALED, *_COVERED)}
_ORDER: Final = tuple(_SPELLING)
