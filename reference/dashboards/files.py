"""The dashboards in deploy/grafana/."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from reference.dashboards.boards import BOARDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.dashboards.board import Board


def dashboards() -> dict[str, Callable[[], str]]:
    """By its path within the project, what makes each."""
    return {f"deploy/grafana/{board.uid}.json": partial(_text, board) for board in BOARDS}


def _text(board: Board) -> str:
    return json.dumps(board.document(), indent=2) + "\n"
