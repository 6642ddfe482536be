"""Whether receivers will believe mail from the sender's domain: SPF, DKIM and DMARC in DNS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup import spf
from app.bootstrap.checkup.dkim_record import KeyRecord, holds
from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.domain.finding import Finding
    from app.domain.signing_key import SigningKey

NO_DNS: Final = Fault(
    Area.DOMAINS,
    "dns_unreachable",
    Verdict.WARNING,
    "could not be looked at: {reason}",
    "Receivers look at SPF, DKIM and DMARC; whether they are right is not known here.",
    "Run this where DNS can be asked, or name a server with --dns.",
)
NO_DOMAIN: Final = Fault(
    Area.DOMAINS,
    "domain_missing",
    Verdict.PROBLEM,
    "is not there in DNS",
    "Most receivers refuse mail from a domain that does not exist.",
    "Correct EMAIL_FROM, or register the domain.",
)
NO_MX: Final = Fault(
    Area.DOMAINS,
    "domain_takes_no_mail",
    Verdict.WARNING,
    "takes no mail: {reason}",
    "Bounces and answers do not arrive, and some receivers refuse senders that none can reach.",
    "Give the domain an MX record, or send bounces elsewhere by EMAIL_ENVELOPE_FROM.",
)
NO_SPF: Final = Fault(
    Area.DOMAINS,
    "spf_missing",
    Verdict.WARNING,
    "has no SPF record",
    "Large receivers want SPF or DKIM of everybody, and both of who sends much.",
    "Add a TXT record to {subject} as your relay's provider says, such as \"v=spf1 "
    'include:spf.provider.example ~all".',
)
SEVERAL_SPF: Final = Fault(
    Area.DOMAINS,
    "spf_several",
    Verdict.PROBLEM,
    "has {count} SPF records",
    "With more than one, receivers take none (RFC 7208 section 4.5).",
    "Put what they say into one record.",
)
BAD_SPF: Final = Fault(
    Area.DOMAINS,
    "spf_broken",
    Verdict.PROBLEM,
    "has an SPF record that cannot be used: {reason}",
    "Receivers take a broken record for a failure.",
    "Correct the TXT record of {subject}.",
)
SENDS_NONE: Final = Fault(
    Area.DOMAINS,
    "spf_sends_none",
    Verdict.PROBLEM,
    'says by SPF ("{record}") that nobody may send mail from it',
    "Receivers believe that, and refuse.",
    "Name your relay in the SPF record before -all, or send from another domain.",
)
OPEN_SPF: Final = Fault(
    Area.DOMAINS,
    "spf_open",
    Verdict.WARNING,
    "lets the whole world send by SPF (+all)",
    "Such a record is worth nothing, and receivers count it against the domain.",
    "End the record with ~all or -all.",
)
NO_KEY: Final = Fault(
    Area.DOMAINS,
    "dkim_missing",
    Verdict.PROBLEM,
    "has no DKIM record, yet mail is signed with its key",
    "A signature that cannot be checked counts as none.",
    "Publish the public half of the key of DKIM_KEYS as a TXT record at {subject}.",
)
OTHER_KEY: Final = Fault(
    Area.DOMAINS,
    "dkim_differs",
    Verdict.PROBLEM,
    "has the public half of another key than DKIM_KEYS",
    "Every signature fails, and DMARC with it.",
    "Publish the public half of this key, or give DKIM_KEYS the key of this selector.",
)
BAD_KEY: Final = Fault(
    Area.DOMAINS,
    "dkim_broken",
    Verdict.PROBLEM,
    "has a DKIM record that cannot be used: {reason}",
    "Every signature fails, and DMARC with it.",
    "Publish it anew; long keys stand in several quoted strings of one TXT record.",
)
TESTING: Final = Fault(
    Area.DOMAINS,
    "dkim_testing",
    Verdict.WARNING,
    "has a DKIM record that is marked as a test (t=y)",
    "Receivers may treat signed mail as if it were not.",
    "Take t=y out once it works.",
)
NO_DMARC: Final = Fault(
    Area.DOMAINS,
    "dmarc_missing",
    Verdict.WARNING,
    "has no DMARC record, nor has a domain above it",
    "Large receivers want one of who sends much; without it anybody may write in its name.",
    'Add a TXT record to _dmarc.{subject}: "v=DMARC1; p=none; rua=mailto:you@example.com" to '
    "begin with.",
)
BAD_DMARC: Final = Fault(
    Area.DOMAINS,
    "dmarc_broken",
    Verdict.PROBLEM,
    "has a DMARC record that cannot be used: {reason}",
    "Receivers act as if there were none.",
    "Correct the TXT record of _dmarc.{subject}.",
)
UNALIGNED: Final = Fault(
    Area.DOMAINS,
    "dmarc_unaligned",
    Verdict.PROBLEM,
    "asks by DMARC (p={policy}) to refuse mail that neither SPF nor DKIM vouches for; bounces go "
    "to {bounce}, and no key of DKIM_KEYS is for it",
    "Unless the relay signs for {subject} itself, receivers refuse the mail or file it as spam.",
    "Sign with a key of {subject} in DKIM_KEYS or at the relay, or let EMAIL_ENVELOPE_FROM be of "
    "this domain.",
)

FAULTS: Final = (
    NO_DNS,
    NO_DOMAIN,
    NO_MX,
    NO_SPF,
    SEVERAL_SPF,
    BAD_SPF,
    SENDS_NONE,
    OPEN_SPF,
    NO_KEY,
    OTHER_KEY,
    BAD_KEY,
    TESTING,
    NO_DMARC,
    BAD_DMARC,
    UNALIGNED,
)


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """What DNS says of a sender's domain; texts are TXT records, whole.

    `dns` is why it could not be asked. `exchangers`: MX by name, `.` for a domain that says it
    takes no mail. `dmarc`: of the domain or the nearest above it that has any. `spf_lookups`: how
    many further questions its SPF record leads to; `spf_lacking`: what it includes in vain.
    `bounce`: the domain of the envelope's sender.
    """

    domain: str
    dns: str | None = None
    exists: bool = True
    exchangers: tuple[str, ...] = ()
    has_address: bool = False
    spf: tuple[str, ...] = ()
    spf_lookups: int = 0
    spf_lacking: tuple[str, ...] = ()
    dmarc: tuple[str, ...] = ()
    keys: Sequence[SigningKey] = ()
    key_records: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bounce: str = ""


def judge_domain(facts: DomainFacts) -> list[Finding]:
    """What receivers will hold against mail from it, else what they will find."""
    if facts.dns is not None:
        return [NO_DNS.found(facts.domain, reason=facts.dns)]
    if not facts.exists:
        return [NO_DOMAIN.found(facts.domain)]
    return [*_exchange(facts), *_spf(facts), *_keys(facts), *_dmarc(facts)]


def _exchange(facts: DomainFacts) -> Iterator[Finding]:
    if facts.exchangers == (".",):
        yield NO_MX.found(facts.domain, reason="its MX record says so")
    elif not facts.exchangers and not facts.has_address:
        yield NO_MX.found(facts.domain, reason="it has neither an MX record nor an address")


def _spf(facts: DomainFacts) -> Iterator[Finding]:
    domain = facts.domain
    if not facts.spf:
        yield NO_SPF.found(domain)
    elif len(facts.spf) > 1:
        yield SEVERAL_SPF.found(domain, count=len(facts.spf))
    elif (reason := spf.flaw(facts.spf[0], facts.spf_lookups, facts.spf_lacking)) is not None:
        yield BAD_SPF.found(domain, reason=reason)
    elif spf.sends_none(facts.spf[0]):
        yield SENDS_NONE.found(domain, record=facts.spf[0])
    elif spf.is_open(facts.spf[0]):
        yield OPEN_SPF.found(domain)
    else:
        yield well(Area.DOMAINS, domain, f"SPF: {facts.spf[0]}")


def _keys(facts: DomainFacts) -> Iterator[Finding]:
    if not facts.keys:
        yield well(Area.DOMAINS, facts.domain, "DKIM: not signed here (DKIM_KEYS); the relay may")
    for key in facts.keys:
        place = f"{key.selector}._domainkey.{key.domain}"
        records = facts.key_records.get(place, ())
        if not records:
            yield NO_KEY.found(place)
            continue
        try:
            record = KeyRecord.read(records)
            fits = holds(record, key)
        except ValueError as error:
            yield BAD_KEY.found(place, reason=error)
            continue
        if not fits:
            yield OTHER_KEY.found(place)
        elif record.testing:
            yield TESTING.found(place)
        else:
            yield well(Area.DOMAINS, place, f"DKIM: fits the key of {key.bits} bits")


def _dmarc(facts: DomainFacts) -> Iterator[Finding]:
    domain = facts.domain
    if not facts.dmarc:
        yield NO_DMARC.found(domain)
        return
    if len(facts.dmarc) > 1:
        yield BAD_DMARC.found(domain, reason=f"there are {len(facts.dmarc)}")
        return
    tags = spf.tags(facts.dmarc[0])
    policy = tags.get("p", "").lower()
    if policy not in {"none", "quarantine", "reject"}:
        yield BAD_DMARC.found(domain, reason="p= is neither none, quarantine nor reject")
    elif policy != "none" and not facts.keys and not _are_aligned(facts.bounce, domain):
        yield UNALIGNED.found(domain, policy=policy, bounce=facts.bounce or "nowhere")
    else:
        yield well(Area.DOMAINS, domain, f"DMARC: p={policy}")


def _are_aligned(bounce: str, domain: str) -> bool:
    """One is the other or below it: relaxed alignment, as far as it is known without a list."""
    return bool(bounce) and (f".{bounce}".endswith(f".{domain}") or domain.endswith(f".{bounce}"))
