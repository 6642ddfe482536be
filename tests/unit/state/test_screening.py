"""Who gets no mail, and who does."""

from __future__ import annotations

from app.domain.address_digest import raw_digest
from app.domain.outcome import ErrorKind
from app.state.screening import SuppressionScreen
from app.state.suppressed import Suppressed
from tests.support.waiting import run
from tests.unit.outcomes.builders import accepted, job, refused, said

NOW = 1_767_225_600_000


def test_only_the_suppressed_are_withheld_and_told_why() -> None:
    known = Suppressed(lambda: NOW)
    known.put(0, raw_digest("ann@example.com"), None, manual=True)
    known.put(0, raw_digest("bob@example.com"), NOW + 1, manual=False)
    screen = SuppressionScreen(known, ttl_s=60, clock=lambda: NOW)
    withheld = run(screen.withhold(job("ann", "bob", "cid")))
    assert {address: it.detail for address, it in withheld.items()} == {
        "ann@example.com": "the address is suppressed by hand",
        "bob@example.com": "the address is suppressed since mail to it bounced",
    }
    assert {it.kind for it in withheld.values()} == {ErrorKind.SUPPRESSED}
    assert all(it.permanent and not it.suppress for it in withheld.values())


def test_an_address_is_found_however_it_is_written() -> None:
    known = Suppressed(lambda: NOW)
    known.put(0, raw_digest("ANN@example.com"), None, manual=True)
    screen = SuppressionScreen(known, ttl_s=60, clock=lambda: NOW)
    assert list(run(screen.withhold(job("Ann")))) == ["Ann@example.com"]


def test_what_bounced_is_withheld_at_once_and_for_its_time() -> None:
    now = NOW
    known = Suppressed(lambda: now)
    screen = SuppressionScreen(known, ttl_s=60, clock=lambda: now)
    full = said("dan", 550, "5.2.2", "mailbox full")
    run(screen.judged(job("ann", "bob", "dan"), [refused("ann"), accepted("bob"), full]))
    assert list(run(screen.withhold(job("ann", "bob", "dan")))) == ["ann@example.com"]
    now += 60_000
    assert run(screen.withhold(job("ann"))) == {}
