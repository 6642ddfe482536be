"""The calls that show settings and change those that may change while running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, RootModel

from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping


class ShownSetting(BaseModel):
    """One setting; secrets are masked."""

    value: str | None
    source: str
    default: str | None
    changeable: bool = Field(description="Whether it may change while running.")


class Settings(RootModel[dict[str, ShownSetting]]):
    """Every setting, by its variable."""


class Change(BaseModel):
    """One setting that changed."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    variable: str
    before: str | None = Field(alias="from")
    after: str | None = Field(alias="to")


class Changes(BaseModel):
    changed: list[Change]


class WantedSettings(RootModel[dict[str, str | bool | int | float | None]]):
    """Values by variable, as the environment would have them; null undoes an earlier change."""


class SettingsDoor(Protocol):
    """The settings of the running service."""

    def shown(self) -> Mapping[str, ShownSetting]: ...

    async def change(self, wanted: Mapping[str, str | None]) -> list[Change]:
        """Change all of these, or none: `Problem` 422 says why not."""
        ...


def changing_settings(door: SettingsDoor) -> list[Operation]:
    """`GET` and `PATCH /admin/settings`."""

    async def show(_: Call) -> Reply:
        return Reply(Settings(dict(door.shown())))

    async def change(call: Call) -> Reply:
        wanted = {name: _text(value) for name, value in call.body.root.items()}
        changed = await door.change(wanted)
        for each in changed:
            audit(
                call,
                "settings",
                variable=each.variable,
                **{"from": each.before, "to": each.after},
            )
        return Reply(Changes(changed=changed))

    return [
        Operation(
            method="GET",
            path="/admin/settings",
            name="settings",
            about="Every setting, where it is from, and whether it may change now.",
            handle=show,
            answers={200: Settings},
            need=Need.TOKEN,
        ),
        Operation(
            method="PATCH",
            path="/admin/settings",
            name="change_settings",
            about="Change settings while running: all of those given, or none.",
            handle=change,
            answers={200: Changes},
            need=Need.TOKEN,
            body=WantedSettings,
            problems=(503,),
        ),
    ]


def _text(value: str | bool | float | None) -> str | None:  # noqa: FBT001 - one of JSON's
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
