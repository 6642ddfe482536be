"""Kinds of settings that are paths to what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typing_extensions import override

from app.settings.files import why_unreadable
from app.settings.kinds import Kind


@dataclass(frozen=True, slots=True)
class ExistingFile(Kind):
    """A path to a file that can be read."""

    metavar = "FILE"
    allowed = "the path of a readable file"

    @override
    def parse(self, text: str) -> Path:
        path = Path(text).expanduser()
        try:
            with path.open("rb"):
                return path
        except OSError as error:
            raise ValueError(why_unreadable(error)) from None


@dataclass(frozen=True, slots=True)
class ExistingFolder(Kind):
    """A path to a folder that can be listed."""

    metavar = "FOLDER"
    allowed = "the path of a readable folder"

    @override
    def parse(self, text: str) -> Path:
        path = Path(text).expanduser()
        try:
            next(path.iterdir(), None)
        except OSError as error:
            raise ValueError(why_unreadable(error)) from None
        return path


File = Annotated[Path | None, ExistingFile()]
