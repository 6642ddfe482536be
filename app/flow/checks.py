"""Refusing numbers that make no sense, naming what and what is allowed."""

from __future__ import annotations

from math import isfinite


def require_count(name: str, value: object, *, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number of at least {least}")


def require_positive(name: str, value: object) -> None:
    if not _number(value) or value <= 0:  # type: ignore[operator]  # _number has told
        raise ValueError(f"{name} is {value!r}; allowed: a number above 0")


def require_not_negative(name: str, value: object) -> None:
    if not _number(value) or value < 0:  # type: ignore[operator]  # _number has told
        raise ValueError(f"{name} is {value!r}; allowed: a number of at least 0")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
