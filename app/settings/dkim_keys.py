"""The keys that sign the mail: which domain's, under which selector, in which file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.settings.addresses import domain_of
from app.settings.files import why_unreadable
from app.settings.kinds import Kind

if TYPE_CHECKING:
    from app.domain.signing_key import SigningKey

# A name in DNS: a domain, and a selector (RFC 6376 3.1).
_LABEL: Final = r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class DkimKeys(Kind):
    """`domain:selector:file` by comma; gives the keys themselves, so that bad files end a start."""

    metavar = "DOMAIN:SELECTOR:FILE,..."
    allowed = (
        "domain:selector:file, several by comma, one RSA and one Ed25519 key for a domain; "
        "each file a private key in PEM, not encrypted, RSA of 1024 to 4096 bits or Ed25519"
    )

    @override
    def parse(self, text: str) -> tuple[SigningKey, ...]:
        if "PRIVATE KEY" in text:
            raise ValueError("holds a key itself, not the path of its file")
        keys: dict[tuple[str, str], SigningKey] = {}
        selectors = set()
        for number, item in enumerate(text.split(","), start=1):
            key = _key(item, number)
            kind = (key.domain, key.algorithm)
            if kind in keys:
                raise ValueError(f"{key.domain} has two keys for {key.algorithm}")
            if (key.domain, key.selector) in selectors:
                raise ValueError(f"{key.domain} has the selector {key.selector} twice")
            keys[kind] = key
            selectors.add((key.domain, key.selector))
        return tuple(keys.values())


def _key(item: str, number: int) -> SigningKey:
    # Imported when a key is there to be read: its library would slow every --help.
    from app.domain.key_file import read_signing_key  # noqa: PLC0415

    domain, selector, file = (part.strip() for part in (*item.split(":", 2), "", "")[:3])
    if not domain or not selector or not file:
        raise ValueError(f"item {number} is not domain:selector:file")
    if not _NAME.fullmatch(selector.lower()):
        raise ValueError(f"item {number} has a selector that cannot stand in DNS")
    try:
        ascii_domain = domain_of(f"a@{domain}")
    except ValueError:
        ascii_domain = ""
    if not _NAME.fullmatch(ascii_domain):
        raise ValueError(f"item {number} begins with what is no domain")
    path = Path(file).expanduser()
    try:
        return read_signing_key(ascii_domain, selector.lower(), path)
    except OSError as error:
        raise ValueError(f"{path}: {why_unreadable(error)}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
