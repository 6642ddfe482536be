"""What HTTP offers besides seeing, in one table: served by the service, described without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.ops.console_page import console_page
from app.ops.dead_letters import dead_letters
from app.ops.glance import events
from app.ops.previews import previewing
from app.ops.relaying import relaying
from app.ops.settings import changing_settings
from app.ops.steering import steering
from app.ops.suppressions import suppressions
from app.ops.work import working

if TYPE_CHECKING:
    from app.ops.broadcast import Broadcast
    from app.ops.dead_letters import LettersDesk
    from app.ops.operation import Operation
    from app.ops.previews import Previews
    from app.ops.relaying import RelaysDesk
    from app.ops.settings import SettingsDoor
    from app.ops.steering import Helm
    from app.ops.suppressions import SuppressionsDesk
    from app.ops.work import Desk


class Desks(NamedTuple):
    """Who does what is asked for."""

    helm: Helm
    settings: SettingsDoor
    relays: RelaysDesk
    letters: LettersDesk
    previews: Previews
    work: Desk
    register: SuppressionsDesk
    broadcast: Broadcast


def operations_at(desks: Desks) -> list[Operation]:
    """Their calls; none of the desks is asked for anything yet."""
    return [
        *console_page(),
        *events(desks.broadcast),
        *steering(desks.helm, desks.settings),
        *relaying(desks.relays),
        *changing_settings(desks.settings),
        *dead_letters(desks.letters, desks.previews),
        *previewing(desks.previews),
        *working(desks.work),
        *suppressions(desks.register),
    ]
