"""SPF records as receivers read them (RFC 7208)."""

from __future__ import annotations

import pytest

from app.bootstrap.checkup import spf


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1",
        "v=spf1 -all",
        "v=spf1 +mx a:mail.example.com/24 ~all",
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?all",
        "v=spf1 include:_spf.example.com redirect=example.net",
        "v=spf1 exists:%{i}.spf.example.com exp=explain.example.com x-own.mod=1 -all",
    ],
)
def test_records_that_can_be_used(record: str) -> None:
    assert spf.is_spf(record)
    assert spf.flaw(record, spf.asks(record)) is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("v=spf1 includes:x.example -all", "'includes:x.example' is no mechanism"),
        ("v=spf1 include: -all", "'include:' names nothing"),
        ("v=spf1 ip4:mail.example.com", "'ip4:mail.example.com' is no network"),
        ("v=spf1 ip6:192.0.2.1", "'ip6:192.0.2.1' is no network"),
        ("v=spf1 192.0.2.1 -all", "'192.0.2.1' is no mechanism"),
    ],
)
def test_records_that_cannot(record: str, said: str) -> None:
    assert said == spf.flaw(record, 0)


def test_what_a_record_costs_and_takes_in() -> None:
    record = (
        "v=spf1 a mx ptr ip4:192.0.2.1 include:a.example include:%{d}.b.example redirect=c.example"
    )
    assert spf.asks(record) == 6
    assert spf.includes(record) == ["a.example", "c.example"]
    assert "11 look-ups" in (spf.flaw(record, 11) or "")


def test_who_may_send() -> None:
    assert spf.sends_none("v=spf1 -ALL")
    assert not spf.sends_none("v=spf1 mx -all")
    assert spf.is_open("v=spf1 mx all")
    assert not spf.is_open("v=spf1 mx ~all")
    assert not spf.is_spf("v=spf10 mx")
