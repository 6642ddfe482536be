"""What lately became of messages."""

from __future__ import annotations

from typing import Any

from app.domain.outcome import ErrorKind, Status
from app.telemetry import AddressView, Recent
from app.telemetry.recent import KEPT, SAMPLES, Ages
from tests.unit.telemetry.test_mail_log import Outcome, result


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def failed(kind: ErrorKind = ErrorKind.POLICY, **fields: Any) -> Outcome:
    told = {"status": Status.DEAD, "code": 550, "enhanced_code": "5.7.1", "reply": "no", **fields}
    return Outcome(Status.DEAD, kind, result(**told))


def delivered(age_s: float | None) -> Outcome:
    return Outcome(Status.DELIVERED, None, result(), age_s=age_s)


def test_the_last_of_each_kind_are_kept_whatever_another_kind_does() -> None:
    recent = Recent(Clock())
    recent.add(failed(ErrorKind.RECIPIENT, id="lonely", at="2026-01-01T00:00:00.000Z"))
    for number in range(KEPT + 5):
        recent.add(failed(id=f"m-{number}", at=f"2026-01-01T00:01:{number:02}.000Z"))
    failures = recent.failures(AddressView())
    assert len(failures) == KEPT + 1
    assert (f"m-{KEPT + 4}", "lonely") == (failures[0].id, failures[-1].id)
    assert failures[0].code == "550 5.7.1"


def test_addresses_are_shown_as_the_policy_in_force_says() -> None:
    recent = Recent(Clock())
    people = [{"address": f"ann{n}@example.com", "status": "dead", "code": 550} for n in range(9)]
    recent.add(
        failed(id="to-bob@example.com", reply="<eve@example.com> is gone", recipients=people)
    )
    (masked,) = recent.failures(AddressView())
    assert masked.id == "t***@example.com"
    assert masked.text == "<e***@example.com> is gone"
    assert masked.recipients == ("a***@example.com",) * 3
    (whole,) = recent.failures(AddressView("full"))
    assert whole.text == "<eve@example.com> is gone"


def test_long_words_are_cut() -> None:
    recent = Recent(Clock())
    recent.add(failed(reply="x" * 10_000))
    (failure,) = recent.failures(AddressView())
    assert failure.text is not None
    assert len(failure.text) == 500


def test_what_went_well_or_waits_is_no_failure() -> None:
    recent = Recent(Clock())
    recent.add(delivered(1))
    recent.add(Outcome(None, None, {}))
    recent.add(Outcome(Status.DUPLICATE, ErrorKind.DUPLICATE, result()))
    assert not recent.failures(AddressView())


def test_ages_are_those_of_the_last_minute() -> None:
    clock = Clock()
    recent = Recent(clock)
    assert recent.ages() == Ages(0, None, None, None)
    recent.add(delivered(1_000))
    recent.add(delivered(None))
    clock.now += 61
    for age in range(1, 101):
        recent.add(delivered(age))
    assert recent.ages() == Ages(100, 50, 95, 100)


def test_as_many_ages_are_kept_as_are_bounded() -> None:
    recent = Recent(Clock())
    for age in range(SAMPLES + 10):
        recent.add(delivered(age))
    assert recent.ages().count == SAMPLES
