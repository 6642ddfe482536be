from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.relay.choice import Ask, Choice
from app.relay.config import RelayConfig

ANY = Ask("receipt", "example.com")


def relay(name: str, **settings: Any) -> RelayConfig:
    return RelayConfig(host="mail.example", name=name, **settings)


def test_the_lowest_priority_is_asked_first() -> None:
    choice = Choice([relay("spare", priority=2), relay("a"), relay("b")])
    assert (("a", "b"), ("spare",)) == choice.levels(ANY)


def test_a_relay_restricted_to_types_serves_those_alone_and_before_all_others() -> None:
    choice = Choice([relay("all"), relay("receipts", types=frozenset({"receipt"}), priority=9)])
    assert (("receipts",), ("all",)) == choice.levels(Ask("receipt", None))
    assert (("all",),) == choice.levels(Ask("welcome", None))
    assert (("all",),) == choice.levels(Ask(None, None))


def test_who_names_type_and_sender_comes_before_who_names_one() -> None:
    types, senders = frozenset({"receipt"}), frozenset({"example.com"})
    choice = Choice(
        [
            relay("all"),
            relay("type", types=types),
            relay("both", types=types, senders=senders),
            relay("sender", senders=senders),
        ]
    )
    assert (("both",), ("type", "sender"), ("all",)) == choice.levels(ANY)
    assert (("type",), ("all",)) == choice.levels(Ask("receipt", "other.example"))


def test_a_message_that_none_serves_has_no_level() -> None:
    choice = Choice([relay("receipts", types=frozenset({"receipt"}))])
    assert () == choice.levels(Ask("welcome", None))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_turns_follow_the_weights_exactly_over_each_round(weights: list[int]) -> None:
    names = [f"relay-{number}" for number in range(len(weights))]
    choice = Choice(
        [relay(name, weight=weight) for name, weight in zip(names, weights, strict=True)]
    )
    turns = Counter(choice.pick(names) for _ in range(3 * sum(weights)))
    assert {name: 3 * weight for name, weight in zip(names, weights, strict=True)} == turns


def test_a_heavy_relays_turns_are_spread() -> None:
    choice = Choice([relay("heavy", weight=3), relay("light")])
    turns = "".join(choice.pick(["heavy", "light"])[0] for _ in range(8))
    assert "hhhh" not in turns
