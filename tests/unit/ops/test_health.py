from __future__ import annotations

from dataclasses import replace

from app.ops import RelayHealth, Snapshot, Stall, lesser_issues, live_issues, ready_issues

WELL = Snapshot(started=True, joined=True, relays=(RelayHealth("mail:587", usable=True),))


def test_is_ready_and_alive_when_nothing_is_wrong() -> None:
    assert ready_issues(WELL) == ()
    assert live_issues(WELL) == ()


def test_is_alive_but_not_ready_while_starting() -> None:
    starting = Snapshot(started=False, joined=False)
    assert ready_issues(starting) == ("starting",)
    assert live_issues(starting) == ()


def test_is_not_ready_before_joining_the_group() -> None:
    assert ready_issues(replace(WELL, joined=False)) == ("not a member of the consumer group yet",)


def test_is_not_ready_while_draining_whatever_else_is_wrong() -> None:
    draining = replace(WELL, draining=True, joined=False)
    assert ready_issues(draining) == ("draining: what runs may end, nothing new is taken up",)
    assert live_issues(draining) == ()


def test_names_each_trouble() -> None:
    troubled = replace(WELL, troubles=(("publishing", "no broker answers"),))
    assert ready_issues(troubled) == ("publishing: no broker answers",)
    assert live_issues(troubled) == ()


def test_is_ready_while_one_of_several_relays_is_usable() -> None:
    relays = (RelayHealth("a", usable=False, trouble="refused"), RelayHealth("b", usable=True))
    assert ready_issues(replace(WELL, relays=relays)) == ()


def test_is_not_ready_when_no_relay_is_usable() -> None:
    relays = (RelayHealth("a", usable=False, trouble="refused"), RelayHealth("b", usable=False))
    assert ready_issues(replace(WELL, relays=relays)) == (
        "relay a is left alone: refused",
        "relay b is left alone",
    )


def test_is_neither_ready_nor_alive_with_a_loop_standing_still() -> None:
    stalled = replace(WELL, stalls=(Stall("reading the queue", 61.2),))
    assert ready_issues(stalled) == ("reading the queue has not turned for 61 s",)
    assert live_issues(stalled) == ready_issues(stalled)


def test_is_ready_with_trouble_that_lets_mail_flow_and_tells_it() -> None:
    lesser = replace(WELL, lesser_troubles=(("shared store", "deduplication is not kept"),))
    assert ready_issues(lesser) == ()
    assert lesser_issues(lesser) == ("shared store: deduplication is not kept",)
