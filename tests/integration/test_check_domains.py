"""`check` on senders' domains, of which a name server of the test's own tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.checked import Check
from tests.support.dns_server import DnsServer
from tests.support.environment import leave_own_settings
from tests.support.ports import free_port
from tests.support.signing import KeyPair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "shop.example"
KEY_PLACE = f"mail._domainkey.{DOMAIN}"
SPF = ("v=spf1 include:spf.provider.example mx -all",)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return KeyPair.rsa()


@pytest.fixture
def names(pair: KeyPair) -> Iterator[DnsServer]:
    """As they should be."""
    with DnsServer() as server:
        server.records |= {
            (DOMAIN, "MX"): ["10 mx.shop.example."],
            (DOMAIN, "TXT"): [*SPF, "something else"],
            ("spf.provider.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"],
            (KEY_PLACE, "TXT"): [pair.record],
            (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"],
        }
        yield server


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    pair: KeyPair,
    names: DnsServer,
) -> Any:
    leave_own_settings(monkeypatch, tmp_path)
    pair.signing_key(tmp_path, DOMAIN, "mail")
    env = {
        "EMAIL_FROM": f"Shop <mail@{DOMAIN}>",
        "DKIM_KEYS": f"{DOMAIN}:mail:{tmp_path}/mail.{DOMAIN}.pem",
    }
    run = Check(monkeypatch, capsys, env)
    return lambda **more: run("domains", "--dns", names.address, **more)


def test_a_domain_that_is_well(check: Any) -> None:
    found = check()
    assert (0, set()) == (found.code, found.faults)
    assert ["SPF: ", "DKIM: ", "DMARC: "] == [
        each["text"].partition(" ")[0] + " " for each in found.findings
    ]


def other_key() -> str:
    return KeyPair.rsa().record


@pytest.mark.parametrize(
    ("code", "place", "records", "said"),
    [
        ("domain_missing", None, (), "EMAIL_FROM"),
        ("domain_takes_no_mail", (DOMAIN, "MX"), ("0 .",), "MX record"),
        ("spf_missing", (DOMAIN, "TXT"), ("something else",), "v=spf1"),
        ("spf_several", (DOMAIN, "TXT"), (*SPF, "v=spf1 a -all"), "one record"),
        ("spf_broken", (DOMAIN, "TXT"), ("v=spf1 ip4:relay -all",), "TXT record"),
        ("spf_broken", ("spf.provider.example", "TXT"), ("v=spf1" + 9 * " a",), "TXT record"),
        ("spf_broken", (DOMAIN, "TXT"), ("v=spf1 include:gone.example -all",), "TXT record"),
        ("spf_sends_none", (DOMAIN, "TXT"), ("v=spf1 -all",), "before -all"),
        ("spf_open", (DOMAIN, "TXT"), ("v=spf1 +all",), "-all"),
        ("dkim_missing", (KEY_PLACE, "TXT"), (), KEY_PLACE),
        ("dkim_differs", (KEY_PLACE, "TXT"), other_key, "selector"),
        ("dkim_broken", (KEY_PLACE, "TXT"), ("v=DKIM1; k=rsa; p=MIIB",), "quoted strings"),
        ("dkim_broken", (KEY_PLACE, "TXT"), ("v=DKIM1; p=",), "anew"),
        ("dmarc_missing", (f"_dmarc.{DOMAIN}", "TXT"), (), f"_dmarc.{DOMAIN}"),
        ("dmarc_broken", (f"_dmarc.{DOMAIN}", "TXT"), ("v=DMARC1;",), f"_dmarc.{DOMAIN}"),
    ],
)
def test_what_receivers_would_hold_against_it(
    code: str, place: tuple[str, str] | None, records: Any, said: str, check: Any, names: DnsServer
) -> None:
    if place is None:
        names.records.clear()
    else:
        names.records[place] = list((records(),) if callable(records) else records)
    found = check()
    assert {code} == found.codes
    assert said in found.mend(code)
    assert (1 if found.one(code)["verdict"] == "problem" else 0) == found.code


def test_bounces_that_go_elsewhere_and_nobody_who_signs(check: Any) -> None:
    found = check(env={"DKIM_KEYS": "", "EMAIL_ENVELOPE_FROM": "bounce+{id}@bounces.example"})
    assert {"dmarc_unaligned"} == found.codes
    assert "bounces.example" in found.one("dmarc_unaligned")["text"]


def test_the_policy_of_the_domain_above_counts(check: Any) -> None:
    found = check(env={"EMAIL_FROM": f"mail@{DOMAIN}"})
    above = check(env={"EMAIL_FROM": f"mail@news.{DOMAIN}"})
    assert found.code == 0
    assert {"domain_missing"} == above.codes


def test_names_that_nobody_tells(check: Any, names: DnsServer) -> None:
    names.refuse = True
    found = check(timeout=1)
    assert (0, {("dns_unreachable", DOMAIN)}) == (found.code, found.faults)
    assert "--dns" in found.mend("dns_unreachable")


def test_a_name_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    run = Check(monkeypatch, capsys, {"EMAIL_FROM": f"mail@{DOMAIN}"})
    found = run("domains", "--dns", f"127.0.0.1:{free_port()}", timeout=0.5)
    assert (0, {"dns_unreachable"}) == (found.code, found.codes)
