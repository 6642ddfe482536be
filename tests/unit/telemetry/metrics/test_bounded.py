from __future__ import annotations

from app.telemetry.metrics.bounded import BoundedLabel


def test_the_first_values_are_told_apart_and_the_others_are_one() -> None:
    label = BoundedLabel(2)
    assert ["a", "b", "other", "a", "other"] == [label(each) for each in "abcad"]


def test_a_missing_value_is_none() -> None:
    label = BoundedLabel(1)
    assert ["none", "none", "a"] == [label(each) for each in (None, "", "a")]


def test_what_looks_like_an_address_or_is_very_long_is_not_shown() -> None:
    label = BoundedLabel(10)
    assert "other" == label("ann@example.com")
    assert "other" == label("x" * 101)
