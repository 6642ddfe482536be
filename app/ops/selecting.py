"""Which dead letters a call means."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.domain.outcome import ErrorKind
from app.outcomes.dead_letters import Selection


class Selecting(BaseModel):
    """Letters that match everything given; all of them when nothing is."""

    model_config = ConfigDict(extra="forbid")

    kind: list[ErrorKind] = Field(default_factory=list, description="Error kinds.")
    type: list[str] = Field(default_factory=list, description="Message types.")
    id: list[str] = Field(default_factory=list, description="Message ids.")
    text: str = Field("", description="The error's text has this in it.")
    since: AwareDatetime | None = Field(None, description="Failed then or later.")
    until: AwareDatetime | None = Field(None, description="Failed before then.")

    def selection(self) -> Selection:
        return Selection(
            kinds=frozenset(map(str, self.kind)),
            types=frozenset(self.type),
            ids=frozenset(self.id),
            since_ms=_ms(self.since),
            until_ms=_ms(self.until),
            text=self.text,
        )

    @property
    def is_selective(self) -> bool:
        """Whether anything is given."""
        return self.selection() != Selection()


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, round(moment.timestamp() * 1000))
