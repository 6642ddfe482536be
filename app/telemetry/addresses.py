"""How mail addresses may be shown in logs (`LOG_ADDRESSES`)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from app.domain.address_digest import address_digest
from app.domain.addresses import mask_address

_LOCAL: Final = r"[^\s@<>()\[\]:;,\"'\\|]"
_ADDRESS: Final = re.compile(
    # Local part, at the start of its run of characters so that a search stays linear.
    rf"(?:(?<!{_LOCAL})(?P<local>{_LOCAL}+?)|\"(?P<quoted>[^\"\r\n]{{1,256}})\")"
    r"(?:@|%40)"
    r"(?P<domain>[\w](?:[\w.-]*\w)?|\[[^\]\s]*\])"
)
_USER_INFO: Final = re.compile(r"(?<=://)[^\s/@]*@")


class AddressPolicy(StrEnum):
    MASKED = "masked"
    HASHED = "hashed"
    FULL = "full"


class AddressView:
    """Shows an address as the policy says: `u***@example.com`, 12 hex digits, or whole."""

    def __init__(self, policy: AddressPolicy | str = AddressPolicy.MASKED) -> None:
        self.policy: Final = AddressPolicy(policy)

    def show(self, address: str) -> str:
        if self.policy is AddressPolicy.FULL:
            return address
        if self.policy is AddressPolicy.HASHED:
            return address_digest(address)[:12]
        return mask_address(address)

    def scrub(self, text: str) -> str:
        """Shows every address inside a text that way; credentials in URLs always disappear."""
        if "@" not in text and "%40" not in text:
            return text
        if "://" in text:
            text = _USER_INFO.sub("", text)
        if self.policy is AddressPolicy.FULL:
            return text
        return _ADDRESS.sub(self._shown, text)

    def _shown(self, match: re.Match[str]) -> str:
        return self.show(f"{match['local'] or match['quoted']}@{match['domain']}")
