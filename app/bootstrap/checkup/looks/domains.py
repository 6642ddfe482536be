"""What DNS says of a sender's domain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from app.bootstrap.checkup import spf
from app.bootstrap.checkup.domains import DomainFacts
from app.domain.signing_key import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dns.rdata import Rdata

    from app.domain.signing_key import SigningKey

_DEEPEST: Final = 10


class Names:
    """Questions to DNS; what is not there is an empty answer."""

    def __init__(self, server: tuple[str, int] | None, seconds: float) -> None:
        """`server`: address and port of one to ask, the system's where None.

        OSError where the system names none.
        """
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration as error:
            raise OSError(str(error)) from None
        if server is not None:
            self._resolver.nameservers = [server[0]]
            self._resolver.port = server[1]
        self._resolver.lifetime = seconds

    async def exists(self, name: str) -> bool:
        """Whether there is such a name, with whatever records."""
        try:
            await self._resolver.resolve(name, "SOA", raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return False
        except dns.exception.DNSException as error:
            raise _trouble(error) from None
        return True

    async def texts(self, name: str) -> tuple[str, ...]:
        """TXT records, the strings of each put together (RFC 7208 section 3.3)."""
        found = await self._ask(name, "TXT")
        return tuple(
            b"".join(each.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]  # a TXT's
            for each in found
        )

    async def exchangers(self, name: str) -> tuple[str, ...]:
        """MX, `.` for a domain that says it takes no mail (RFC 7505)."""
        found = await self._ask(name, "MX")
        hosts = [str(each.exchange) for each in found]  # type: ignore[attr-defined]  # an MX's
        return tuple(host if host == "." else host.rstrip(".") for host in hosts)

    async def has_address(self, name: str) -> bool:
        return any(await asyncio.gather(self._ask(name, "A"), self._ask(name, "AAAA")))

    async def _ask(self, name: str, kind: str) -> Sequence[Rdata]:
        try:
            return list(await self._resolver.resolve(name, kind))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as error:
            raise _trouble(error) from None


async def domain_facts(
    names: Names, domain: str, keys: Sequence[SigningKey], bounce: str
) -> DomainFacts:
    """Facts with the reason in `dns` where DNS gives no answer."""
    try:
        if not await names.exists(domain):
            return DomainFacts(domain, exists=False)
        return await _facts(names, domain, keys_of(keys, domain), bounce)
    except OSError as error:
        return DomainFacts(domain, dns=str(error))


async def _facts(names: Names, domain: str, keys: Sequence[SigningKey], bounce: str) -> DomainFacts:
    places = [f"{key.selector}._domainkey.{key.domain}" for key in keys]
    (exchangers, has_address, texts, dmarc), records = await asyncio.gather(
        asyncio.gather(
            names.exchangers(domain),
            names.has_address(domain),
            names.texts(domain),
            _dmarc(names, domain),
        ),
        asyncio.gather(*map(names.texts, places)),
    )
    own = tuple(each for each in texts if spf.is_spf(each))
    lookups, lacking = await _lookups(names, own[0]) if len(own) == 1 else (0, [])
    return DomainFacts(
        domain,
        exchangers=exchangers,
        has_address=has_address,
        spf=own,
        spf_lookups=lookups,
        spf_lacking=tuple(lacking),
        dmarc=dmarc,
        keys=keys,
        key_records=dict(zip(places, records, strict=True)),
        bounce=bounce,
    )


async def _dmarc(names: Names, domain: str) -> tuple[str, ...]:
    """Of the domain, else of the nearest above it that has any."""
    while domain.count(".") >= 1:
        texts = await names.texts(f"_dmarc.{domain}")
        if found := tuple(each for each in texts if each.upper().startswith("V=DMARC1")):
            return found
        domain = domain.partition(".")[2]
    return ()


async def _lookups(names: Names, record: str, depth: int = 0) -> tuple[int, list[str]]:
    """How many a receiver makes, with those of what it includes; and what lacks a record there.

    At most some more than are allowed.
    """
    count, lacking = spf.asks(record), []
    for domain in spf.includes(record):
        if depth >= _DEEPEST or count > spf.MOST_LOOKUPS:
            break
        found = [text for text in await names.texts(domain) if spf.is_spf(text)]
        if not found:
            lacking.append(domain)
        for text in found:
            further, more = await _lookups(names, text, depth + 1)
            count += further
            lacking += more
    return count, lacking


def _trouble(error: dns.exception.DNSException) -> OSError:
    if isinstance(error, dns.exception.Timeout):
        return OSError("DNS gave no answer")
    return OSError(f"DNS: {str(error).partition(': ')[0] or type(error).__name__}")
