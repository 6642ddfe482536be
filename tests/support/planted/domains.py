"""Sender's domains that receivers do not believe."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bootstrap.checkup.domains import DomainFacts, judge_domain
from tests.support.planted.planting import Planting
from tests.support.signing import KeyPair

if TYPE_CHECKING:
    from app.domain.finding import Finding
    from app.domain.signing_key import SigningKey

PLACE = "mail._domainkey.example.com"
BASE = DomainFacts(
    "example.com",
    exchangers=("mx.example.com",),
    has_address=True,
    spf=("v=spf1 include:spf.provider.example -all",),
    spf_lookups=3,
    dmarc=("v=DMARC1; p=reject",),
    bounce="example.com",
)


@cache
def pair() -> KeyPair:
    return KeyPair.ed25519()


@cache
def key() -> SigningKey:
    with tempfile.TemporaryDirectory() as folder:
        return pair().signing_key(Path(folder), "example.com", "mail")


def judged(*, record: str | None = None, **changes: Any) -> list[Finding]:
    """Signed with a key whose record is as it should be, or as given, `""` for none."""
    published = pair().record if record is None else record
    facts = replace(BASE, keys=(key(),), key_records={PLACE: (published,) if published else ()})
    return judge_domain(replace(facts, **changes))


HEALTHY = judged


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judged, **changes))


PLANTED = (
    planted("dns_unreachable", "--dns", dns="DNS gave no answer"),
    planted("domain_missing", "EMAIL_FROM", exists=False),
    planted("domain_takes_no_mail", "MX", exchangers=(".",)),
    planted("domain_takes_no_mail", "MX", exchangers=(), has_address=False),
    planted("spf_missing", "v=spf1", spf=()),
    planted("spf_several", "one record", spf=("v=spf1 -all", "v=spf1 mx -all")),
    planted("spf_broken", "'ip5:1.2.3.4'", spf=("v=spf1 ip5:1.2.3.4 -all",)),
    planted("spf_broken", "11 look-ups", spf_lookups=11),
    planted("spf_broken", "spf.gone.example", spf_lacking=("spf.gone.example",)),
    planted("spf_sends_none", "before -all", spf=("v=spf1 -all",)),
    planted("spf_open", "~all", spf=("v=spf1 mx +all",)),
    planted("dkim_missing", PLACE, record=""),
    planted("dkim_differs", "DKIM_KEYS", record=KeyPair.ed25519().record),
    planted("dkim_broken", "revokes", record="v=DKIM1; k=ed25519; p="),
    planted("dkim_broken", "base64", record="v=DKIM1; k=ed25519; p=!"),
    planted("dkim_testing", "t=y", record=f"{pair().record}; t=y"),
    planted("dmarc_missing", "_dmarc.example.com", dmarc=()),
    planted("dmarc_broken", "p=", dmarc=("v=DMARC1; p=perhaps",)),
    planted("dmarc_unaligned", "EMAIL_ENVELOPE_FROM", keys=(), bounce="bounces.example.net"),
)
