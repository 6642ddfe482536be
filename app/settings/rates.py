"""Kinds of settings that are rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from app.settings.addresses import parse_domain
from app.settings.compounds import pairs
from app.settings.kinds import Kind
from app.settings.quantities import parse_rate

ALL_OTHERS: Final = "*"


@dataclass(frozen=True, slots=True)
class Rate(Kind):
    """So many a second, from text like `50/s`."""

    metavar = "RATE"
    allowed = "a rate above 0, such as 50/s, 600/m, 10000/h, 50000/d"

    @override
    def parse(self, text: str) -> float:
        return parse_rate(text)


@dataclass(frozen=True, slots=True)
class DomainRates(Kind):
    """`domain=rate` by comma, domains as A-labels; `*` stands for each domain not named."""

    metavar = "DOMAIN=RATE,..."
    allowed = "domain=rate by comma, * for each other domain, such as gmail.com=20/s,*=100/s"

    @override
    def parse(self, text: str) -> dict[str, float]:
        rates: dict[str, float] = {}
        for name, value in pairs(text).items():
            domain = ALL_OTHERS if name == ALL_OTHERS else _named(name)
            if domain in rates:
                raise ValueError(f"{domain} is given twice")
            try:
                rates[domain] = parse_rate(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return rates


def _named(name: str) -> str:
    try:
        return parse_domain(name)
    except ValueError as error:
        raise ValueError(f"{name!r}: {error}") from None
