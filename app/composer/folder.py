"""The folder of templates of one's own, followed while it is edited."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from app.composer.broken import BrokenTemplate
from app.composer.catalogue import Catalogue
from app.composer.sources import usable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_log: Final = logging.getLogger(__name__)

_CHECK_EVERY_S: Final = 1.0
# A file written just now may still be half of what it shall be.
_SETTLED_AFTER_S: Final = 0.2


class _Stamp(NamedTuple):
    """Changes whenever a file's content does."""

    modified_ns: int
    size: int
    inode: int


class Templates:
    """The catalogue as it stands, reread when the folder has changed.

    An edit that breaks a template leaves the last good one in place, and is told by `broken`.
    """

    def __init__(
        self, folder: Path | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises `ValueError`, naming EMAIL_TEMPLATES and the file, when one cannot be used."""
        self._folder = folder
        self._monotonic = monotonic
        self._stamps: Mapping[str, _Stamp] = {}
        # As read, with what is wrong with those that cannot be read.
        self._files: dict[str, str] = {}
        self._unreadable: dict[str, BrokenTemplate] = {}
        self._sources: dict[str, str] = {}
        self._broken: tuple[BrokenTemplate, ...] = ()
        if folder is not None:
            try:
                self._read(folder, _stamps(folder))
            except OSError as error:
                raise ValueError(f"EMAIL_TEMPLATES: {folder}: {error.strerror}") from error
            self._sources, broken = usable(self._files, {})
            if wrong := [*self._unreadable.values(), *broken.values()]:
                raise ValueError(f"EMAIL_TEMPLATES: {'; '.join(map(str, wrong))}")
        self._catalogue = Catalogue(self._sources)
        self._next_check = monotonic() + _CHECK_EVERY_S

    def current(self) -> Catalogue:
        """Looks at the folder once a second at most."""
        if self._folder is not None and (now := self._monotonic()) >= self._next_check:
            self._next_check = now + _CHECK_EVERY_S
            self._follow(self._folder)
        return self._catalogue

    def broken(self) -> tuple[BrokenTemplate, ...]:
        """What is wrong with the folder, seen as often as `current` looks."""
        self.current()
        return self._broken

    def reload(self) -> tuple[BrokenTemplate, ...]:
        """Read every file again, now."""
        if self._folder is not None:
            self._stamps = {}
            self._follow(self._folder, settled=True)
        return self._broken

    def _follow(self, folder: Path, *, settled: bool = False) -> None:
        try:
            stamps = _stamps(folder)
            if stamps == self._stamps:
                self._broken = tuple(each for each in self._broken if each.file != str(folder))
                return
            changed = {name for name in stamps if stamps[name] != self._stamps.get(name)}
            if not settled and any(
                0 <= _age_s(stamps[name]) < _SETTLED_AFTER_S for name in changed
            ):
                self._next_check = self._monotonic() + _SETTLED_AFTER_S
                return
            self._read(folder, stamps)
        except OSError as error:
            why = f"cannot be read: {error.strerror}"
            away = BrokenTemplate(str(folder), None, why)
            self._broken = (away, *(each for each in self._broken if each.file != str(folder)))
            return
        sources, broken = usable(self._files, self._sources)
        self._broken = (*self._unreadable.values(), *broken.values())
        if sources != self._sources:
            self._sources = sources
            self._catalogue = Catalogue(sources)
            _log.info("templates reread: %s", ", ".join(sorted(changed)) or "some were removed")

    def _read(self, folder: Path, stamps: Mapping[str, _Stamp]) -> None:
        """Those that have changed."""
        files = {name: text for name, text in self._files.items() if name in stamps}
        unreadable = {name: why for name, why in self._unreadable.items() if name in stamps}
        for name in sorted(stamps):
            if stamps[name] == self._stamps.get(name):
                continue
            unreadable.pop(name, None)
            # What was read before stays in use where this is no text.
            _read_file(folder, name, files, unreadable)
        self._files, self._unreadable, self._stamps = files, unreadable, stamps


def read_folder(folder: Path) -> tuple[dict[str, str], dict[str, BrokenTemplate]]:
    """The templates' texts, and what is wrong with those that are none, by file name; OSError."""
    files: dict[str, str] = {}
    unreadable: dict[str, BrokenTemplate] = {}
    for name in sorted(_stamps(folder)):
        _read_file(folder, name, files, unreadable)
    return files, unreadable


def _read_file(
    folder: Path, name: str, files: dict[str, str], unreadable: dict[str, BrokenTemplate]
) -> None:
    try:
        files[name] = (folder / name).read_text("utf-8-sig")
    except UnicodeDecodeError:
        unreadable[name] = BrokenTemplate(name, None, "is not UTF-8")


def _stamps(folder: Path) -> dict[str, _Stamp]:
    with os.scandir(folder) as entries:
        stats = {
            entry.name: entry.stat()
            for entry in entries
            if entry.name.endswith(".j2") and entry.is_file()
        }
    return {
        name: _Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats.items()
    }


def _age_s(stamp: _Stamp) -> float:
    return time.time() - stamp.modified_ns / 1e9
