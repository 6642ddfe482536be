"""Lists of mail domains, in which `*.example.com` stands for all below `example.com`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def is_among(domain: str, domains: Collection[str]) -> bool:
    """Whether the list has the domain; both in lower case, as A-labels."""
    return domain in domains or any(
        each.startswith("*.") and domain.endswith(each[1:]) for each in domains
    )
