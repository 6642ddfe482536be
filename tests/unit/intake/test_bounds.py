"""Where a log ends, when a broker that just took over shows an old end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from app.domain.record import Partition
from app.intake import resuming as module
from app.intake.resuming import Resuming
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Iterable

QUEUE = Partition("email-queue", 0)


class Logs:
    """Shows one end after another, the last for ever."""

    def __init__(self, *ends: int) -> None:
        self.ends = list(ends)

    async def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        return dict.fromkeys(partitions, (0, end))


@pytest.mark.parametrize(("ends", "believed"), [((100,), 100), ((40, 100), 100), ((40,), 40)])
def test_an_end_before_the_offset_wanted_is_believed_only_when_it_stays(
    ends: tuple[int, ...], believed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.0)
    resuming = Resuming(cast("Any", None), cast("Any", Logs(*ends)))
    assert run(resuming.bounds({QUEUE: 90})) == {QUEUE: (0, believed)}
