"""Settings that change while the service runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.ops.problems import Fault, Problem
from app.ops.settings import Change, ShownSetting
from app.settings import InvalidSettings, Source, load, options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from app.settings import Loaded, Option, Settings

MASK: Final = "********"


@dataclass(frozen=True, slots=True)
class Changeable:
    """Settings that one part of the service takes anew.

    `objection`: why it cannot take these values, None when it can; then `apply` does not fail.
    `only_reread`: what is not changed by a call, but where it stands; what the part objects to
    waits for the next start then, and holds up no other change.
    """

    fields: frozenset[str]
    apply: Callable[[Settings], Awaitable[None]]
    objection: Callable[[Settings], str | None] = lambda _: None
    only_reread: bool = False


class Reread(NamedTuple):
    """What came of reading the sources again: what changed, and what would after a restart."""

    changed: list[Change]
    waiting: list[str]


class LiveSettings:
    """`app.ops.settings.SettingsDoor`; `settings` are those in force."""

    def __init__(
        self, loaded: Loaded, flags: Mapping[str, str], parts: Sequence[Changeable]
    ) -> None:
        self.settings = loaded.settings
        self._given = dict(loaded.given)
        self._flags = dict(flags)
        self._parts = tuple(parts)
        self._changeable = frozenset().union(
            *(part.fields for part in parts if not part.only_reread)
        )
        self._changed: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    def shown(self) -> dict[str, ShownSetting]:
        """Every setting, by its variable."""
        return {
            each.variable: ShownSetting(
                value=self._value(each, self._given),
                source=self._source(each),
                default=each.default,
                changeable=each.field in self._changeable and not each.secret,
            )
            for each in options()
            if not each.details.flag_only
        }

    async def change(self, wanted: Mapping[str, str | None]) -> list[Change]:
        """Change all of these, or none; `Problem` says why not. None undoes an earlier change."""
        fields = {name: name.lower() for name in wanted}
        self._check_names(fields)
        async with self._one_at_a_time:
            changed = self._with(fields, wanted)
            try:
                loaded = load(self._flags, changed=changed)
            except InvalidSettings as error:
                raise _refused(error, fields) from None
            found = await self._take(loaded, frozenset(fields.values()), always=True)
            self._changed = changed
        return found

    async def reread(self) -> Reread:
        """Read every source again; `InvalidSettings`, and `Problem`, mean that nothing changed."""
        async with self._one_at_a_time:
            loaded = load(self._flags, changed=self._changed)
            different = {
                each.field
                for each in options()
                if getattr(loaded.settings, each.field) != getattr(self.settings, each.field)
            }
            taken = frozenset(different & self._rereadable(loaded.settings))
            changed = await self._take(loaded, taken)
        waiting = [each.name for each in options() if each.field in different - taken]
        return Reread(changed, waiting)

    def _rereadable(self, wanted: Settings) -> frozenset[str]:
        parts = (part for part in self._parts if part.only_reread)
        return self._changeable.union(
            *(part.fields for part in parts if part.objection(wanted) is None)
        )

    def _with(self, fields: Mapping[str, str], wanted: Mapping[str, str | None]) -> dict[str, str]:
        """What was changed so far, and these."""
        changed = dict(self._changed)
        for name, text in wanted.items():
            if text is None:
                changed.pop(fields[name], None)
            else:
                changed[fields[name]] = text
        return changed

    def _check_names(self, fields: Mapping[str, str]) -> None:
        known = {each.variable: each for each in options()}
        faults = []
        for name, field in fields.items():
            if name not in known:
                faults.append(Fault(where=f"body.{name}", detail="there is no such setting"))
            elif known[name].secret:
                detail = "a secret: change it where it stands, then send SIGHUP"
                faults.append(Fault(where=f"body.{name}", detail=detail))
            elif field not in self._changeable:
                detail = "takes effect at the next start only"
                faults.append(Fault(where=f"body.{name}", detail=detail))
        _raise_for(faults)

    async def _take(
        self, loaded: Loaded, fields: frozenset[str], *, always: bool = False
    ) -> list[Change]:
        """Put these into force; `always`: also where the value is the same."""
        after = self.settings.model_copy(
            update={field: getattr(loaded.settings, field) for field in fields}
        )
        concerned = [part for part in self._parts if part.fields & fields]
        faults = []
        for part in concerned:
            if objection := part.objection(after):
                names = ", ".join(sorted(field.upper() for field in part.fields & fields))
                faults.append(Fault(where=f"body.{names}", detail=objection))
        _raise_for(faults)
        given = {key: value for key, value in self._given.items() if key not in fields}
        given |= {key: value for key, value in loaded.given.items() if key in fields}
        changes = [
            Change(
                variable=each.variable,
                before=self._value(each, self._given),
                after=self._value(each, given),
            )
            for each in options()
            if each.field in fields
            and getattr(after, each.field) != getattr(self.settings, each.field)
        ]
        if always or changes:
            for part in concerned:
                await part.apply(after)
        self.settings, self._given = after, given
        return changes

    def _source(self, option: Option) -> str:
        given = self._given.get(option.field)
        return str(Source.DEFAULT if given is None else given)

    @staticmethod
    def _value(option: Option, given: Mapping[str, object]) -> str | None:
        found = given.get(option.field)
        text = option.default if found is None else getattr(found, "text", None)
        return MASK if option.secret and text else text or None


def _refused(error: InvalidSettings, fields: Mapping[str, str]) -> Problem:
    faults = [
        Fault(
            where=f"body.{each.variable}" if each.field in fields.values() else each.variable,
            detail=each.reason + (f"; allowed: {each.allowed}" if each.allowed else ""),
        )
        for each in error.problems
    ]
    return Problem(422, _said(faults), errors=faults)


def _raise_for(faults: list[Fault]) -> None:
    if faults:
        raise Problem(422, _said(faults), errors=faults)


def _said(faults: Sequence[Fault]) -> str:
    return "; ".join(f"{each.where.removeprefix('body.')}: {each.detail}" for each in faults)
