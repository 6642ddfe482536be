"""Keeping strangers' HTML for a frame."""

from __future__ import annotations

import pytest

from app.ops.previews import HEADERS, KEPT, LIFE_S, MOST_BYTES, Previews
from app.ops.problems import Problem


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def key(path: str | None) -> str:
    assert path is not None
    return path.removeprefix("/previews/")


def test_a_page_is_there_for_five_minutes() -> None:
    clock = Clock()
    previews = Previews(clock)
    kept = key(previews.keep("<p>gr\u00fc\u00df dich</p>"))
    clock.now = LIFE_S - 1
    assert previews.page(kept) == "<p>gr\u00fc\u00df dich</p>".encode()
    clock.now = LIFE_S
    with pytest.raises(Problem) as missing:
        previews.page(kept)
    assert missing.value.status_code == 404


def test_the_address_cannot_be_guessed() -> None:
    previews = Previews()
    keys = {key(previews.keep("the same")) for _ in range(3)}
    assert len(keys) == 3
    assert all(len(each) >= 32 for each in keys)


def test_few_are_kept_and_never_too_much() -> None:
    previews = Previews()
    keys = [key(previews.keep(str(number))) for number in range(KEPT + 1)]
    with pytest.raises(Problem):
        previews.page(keys[0])
    assert previews.page(keys[1]) == b"1"
    large = "x" * (MOST_BYTES // 2)
    assert previews.keep(large + "x") is None
    last = [key(previews.keep(large)) for _ in range(3)]
    with pytest.raises(Problem):
        previews.page(last[0])
    assert previews.page(last[2]) == large.encode()


def test_what_is_no_text_is_kept_all_the_same() -> None:
    previews = Previews()
    assert previews.page(key(previews.keep("\ud800"))) == b"?"


def test_nothing_in_it_may_run_or_load() -> None:
    policy = HEADERS["content-security-policy"]
    assert "allow-scripts" not in policy
    for rule in ("sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"):
        assert rule in policy
