from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings.addresses import BounceSender, Sender
from app.settings.compounds import (
    Breaker,
    BreakerValues,
    Brokers,
    DurationPairs,
    Durations,
    Host,
    StartPoint,
)
from app.settings.kinds import (
    Choice,
    Duration,
    Fraction,
    Kind,
    Port,
    Secret,
    Size,
    Switch,
    Text,
    Whole,
)
from app.settings.paths import ExistingFile, ExistingFolder
from app.settings.rates import DomainRates, Rate

if TYPE_CHECKING:
    from pathlib import Path

PHASES = DurationPairs(("connect", "dot"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Whole(1), "12", 12),
        (Whole(), "+3", 3),
        (Port(), "65535", 65535),
        (Fraction(), "0.25", 0.25),
        (Fraction(), "1", 1.0),
        (Duration(), "2m", 120.0),
        (Size(), "1KiB", 1024),
        (Switch(), "TRUE", True),
        (Switch(), "off", False),
        (Choice(("auto", "SSL")), "ssl", "SSL"),
        (Text(), "\u00fcber uns", "\u00fcber uns"),
        (Host(), "mail.example.com", "mail.example.com"),
        (Host(), "smtp_relay", "smtp_relay"),
        (Host(), "::1", "::1"),
        (Host(), "10.0.0.1", "10.0.0.1"),
        (Brokers(), "a:1,b:2", ("a:1", "b:2")),
        (Brokers(), "a, b:2 ,a:9092", ("a:9092", "b:2")),
        (Brokers(), "[::1]:9093,[fe80::1]", ("[::1]:9093", "[fe80::1]:9092")),
        (Durations(), "30s, 5m,2h", (30.0, 300.0, 7200.0)),
        (
            DurationPairs(),
            "password_reset=1h,receipt=2d",
            {"password_reset": 3600, "receipt": 172800},
        ),
        (PHASES, "dot=10m", {"dot": 600}),
        (StartPoint(), "LATEST", "latest"),
        (StartPoint(), "2h", 7200.0),
        (Breaker(), "failures=3,reset=1m", BreakerValues(3, 60)),
        (Breaker(), "failures=9", BreakerValues(9, 10)),
        (Breaker(), "reset=500ms", BreakerValues(5, 0.5)),
        (Sender(), "Shop <no-reply@example.com>", "Shop <no-reply@example.com>"),
        (Sender(), "root@localhost", "root@localhost"),
        (BounceSender(), "bounce+{id}@example.com", "bounce+{id}@example.com"),
        (BounceSender(), "<>", "<>"),
        (Rate(), "50/s", 50.0),
        (Rate(), "90 / M", 1.5),
        (Rate(), "7200/h", 2.0),
        (Rate(), "86400/d", 1.0),
        (Rate(), "2.5", 2.5),
        (DomainRates(), "gmail.com=20/s,*=100/s", {"gmail.com": 20.0, "*": 100.0}),
        (DomainRates(), "Bücher.example=60/m", {"xn--bcher-kva.example": 1.0}),
    ],
)
def test_reads(kind: Kind, text: str, value: object) -> None:
    assert value == kind.parse(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Whole(1), "0"),
        (Whole(1, 5), "6"),
        (Whole(), "1.0"),
        (Whole(), "1e3"),
        (Whole(), "1_000"),
        (Whole(), "9" * 5000),
        (Port(), "0"),
        (Port(), "65536"),
        (Port(), "tcp://10.0.0.1:25"),
        (Fraction(), "1.1"),
        (Fraction(), "nan"),
        (Fraction(), "half"),
        (Duration(), "0s"),
        (Duration(at_most=600), "11m"),
        (Size(at_least=1024), "1023"),
        (Switch(), "maybe"),
        (Choice(("a", "b")), "c"),
        (Text(), "a\nb"),
        (Text(pattern="[a-z]+"), "abc1"),
        (Host(), "http://mail"),
        (Host(), "mail:25"),
        (Host(), "300.1.1.1"),
        (Host(), "a b"),
        (Host(), "-a"),
        (Host(), "a..b"),
        (Brokers(), "a:1,"),
        (Brokers(), "a:x"),
        (Brokers(), "a:0"),
        (Brokers(), "::1"),
        (Brokers(), "[mail]:9092"),
        (Brokers(), "kafka://a:1"),
        (Durations(), "30s,0"),
        (Durations(), "30s;5m"),
        (DurationPairs(), "1h"),
        (DurationPairs(), "a=1h,a=2h"),
        (DurationPairs(), "a=,b=1h"),
        (DurationPairs(), "a=soon"),
        (DurationPairs(), "*=1h"),
        (PHASES, "greeting=1s"),
        (StartPoint(), "yesterday"),
        (Breaker(), "failures=0"),
        (Breaker(), "failures=x,reset=1s"),
        (Breaker(), "reset=0"),
        (Breaker(), "after=1s"),
        (Sender(), "no-reply"),
        (Sender(), "a@b.test, c@d.test"),
        (BounceSender(), "Shop <bounce@example.com>"),
        (BounceSender(), "{id}{id}@example.com"),
        (BounceSender(), "bounce@{id}"),
        (Rate(), "0/s"),
        (Rate(), "5/w"),
        (Rate(), "fast"),
        (Rate(), "1e9"),
        (Rate(), "9" * 400),
        (DomainRates(), "gmail.com"),
        (DomainRates(), "gmail.com=fast"),
        (DomainRates(), "a b=1/s"),
        (DomainRates(), "gmail.com=1/s,GMAIL.com=2/s"),
    ],
)
def test_refuses_with_a_reason_and_what_is_allowed(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        kind.parse(text)
    assert "\n" not in str(refusal.value)
    assert kind.allowed
    assert kind.metavar


def test_a_port_set_by_kubernetes_is_explained() -> None:
    with pytest.raises(ValueError, match="enableServiceLinks"):
        Port().parse("tcp://10.0.0.1:25")


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret().parse(" pass word ")
    assert secret.get_secret_value() == " pass word "
    assert "pass" not in repr(secret)


def test_paths_must_lead_to_what_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert ExistingFile().parse(str(file)) == file
    assert ExistingFolder().parse(str(tmp_path)) == tmp_path
    for kind, path in (
        (ExistingFile(), tmp_path / "absent"),
        (ExistingFile(), tmp_path),
        (ExistingFolder(), file),
        (ExistingFolder(), tmp_path / "absent"),
    ):
        with pytest.raises(ValueError, match=r"directory"):
            kind.parse(str(path))
