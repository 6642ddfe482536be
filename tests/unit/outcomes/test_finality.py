"""A message's end is the union over its results."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.outcome import Status
from app.outcomes.finality import Awaited, Course

FINAL = st.sampled_from([one for one in Status if one is not Status.RETRYING])


def result(status: str, identity: str = "a", origin: str = "q/0/1", **who: str) -> dict[str, Any]:
    recipients = [
        {"address": address, "status": fate, "code": 250} for address, fate in who.items()
    ]
    return {"id": identity, "origin": origin, "status": status, "recipients": recipients}


def course_of(*results: dict[str, Any]) -> Course:
    course = Course()
    for one in results:
        course.note(one)
    return course


def test_one_that_died_at_first_counts_when_the_other_was_delivered_later() -> None:
    first = result("retrying", ann="dead", ben="retrying")
    assert not course_of(first).final
    course = course_of(
        first, result("retrying", ben="retrying"), result("delivered", ben="delivered")
    )
    assert course.final
    assert not course.delivered
    assert course.status == "dead"


def test_one_that_cannot_be_read_any_more_ends_those_that_waited() -> None:
    course = course_of(result("retrying", ann="delivered", ben="retrying"), result("dead"))
    assert {"ann": "delivered", "ben": "dead"} == course.statuses


def test_nor_does_it_change_who_had_an_end_already() -> None:
    course = course_of(result("retrying", ann="dead", ben="retrying"), result("expired"))
    assert {"ann": "dead", "ben": "expired"} == course.statuses


def test_when_all_are_delivered_so_is_the_whole() -> None:
    assert "delivered" == course_of(result("delivered", ann="delivered", ben="delivered")).status


def test_an_invalid_message_without_recipients_is_final() -> None:
    course = course_of(result("dead"))
    assert course.final
    assert not course.delivered


def test_a_replay_of_it_takes_the_place_of_its_death() -> None:
    course = course_of(result("dead"), result("delivered", ann="delivered"))
    assert course.delivered


def test_a_copy_after_a_crash_takes_no_delivery_back() -> None:
    assert course_of(
        result("delivered", ann="delivered"), result("retrying", ann="retrying")
    ).delivered


def test_nothing_known_is_neither_final_nor_delivered() -> None:
    course = Course()
    assert (course.final, course.delivered, course.status) == (False, False, None)


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_final_exactly_when_the_last_recipient_is_and_delivered_when_all_are(
    data: st.DataObject, ends_at: list[int]
) -> None:
    """Recipient n has its end in the attempt of that number; attempts speak of who is left."""
    fates = [data.draw(FINAL) for _ in ends_at]
    awaited = Awaited(["a"])
    for attempt in range(1, max(ends_at) + 1):
        assert awaited.open == {"a"}
        left = [number for number, end in enumerate(ends_at) if end >= attempt]
        who = {
            f"r{number}": fates[number] if ends_at[number] == attempt else "retrying"
            for number in left
        }
        status = "retrying" if "retrying" in who.values() else next(iter(who.values()))
        awaited.note(result(status, **who))
    assert awaited.open == set()
    assert awaited.delivered == (set(fates) == {Status.DELIVERED})


def test_waits_for_every_message_and_passes_others_over() -> None:
    awaited = Awaited(["a", "b"])
    for name in ("c", "a"):
        awaited.note(result("delivered", name, ann="delivered"))
    awaited.note({**result("delivered", ann="delivered"), "id": ["b"]})
    assert awaited.open == {"b"}
    assert not awaited.delivered


def test_by_origin_another_message_of_the_same_id_is_not_meant() -> None:
    awaited = Awaited(["q/0/2"], by="origin")
    awaited.note(result("dead", origin="q/0/1", ann="dead"))
    assert awaited.open == {"q/0/2"}
    awaited.note(result("delivered", origin="q/0/2", ann="delivered"))
    assert awaited.delivered
