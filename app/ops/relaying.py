"""The calls about one relay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply
from app.ops.stats import RelayNumbers

if TYPE_CHECKING:
    from collections.abc import Callable


class RelaysDesk(Protocol):
    """The relays, by name; `Problem` 404 for one that there is not."""

    def of(self, name: str) -> RelayNumbers: ...

    def reset(self, name: str) -> None: ...

    def pause(self, name: str) -> None: ...

    def resume(self, name: str) -> None: ...


def relaying(desk: RelaysDesk) -> list[Operation]:
    """`/admin/relays/{name}/reset`, `/pause` and `/resume`."""

    def steer(action: str, act: Callable[[str], None], about: str) -> Operation:
        async def handle(call: Call) -> Reply:
            name = call.path["name"]
            before = desk.of(name)
            act(name)
            after = desk.of(name)
            what = {"relay": name, "from": before.status, "to": after.status}
            audit(call, f"relay_{action}", **what)
            return Reply(after)

        return Operation(
            method="POST",
            path=f"/admin/relays/{{name}}/{action}",
            name=f"{action}_relay",
            about=about,
            handle=handle,
            answers={200: RelayNumbers},
            need=Need.TOKEN,
        )

    return [
        steer("reset", desk.reset, "Ask this relay now, whatever went wrong with it before."),
        steer("pause", desk.pause, "Give this relay no more mail; mails under way end."),
        steer("resume", desk.resume, "Give this relay mail again after its pause."),
    ]
