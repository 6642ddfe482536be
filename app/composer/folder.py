"""The folder of templates of one's own, followed while it is edited."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from jinja2 import TemplateSyntaxError

from app.composer.catalogue import Catalogue
from app.composer.rendering import new_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_log: Final = logging.getLogger(__name__)

_CHECK_EVERY_S: Final = 1.0
# A file written just now may still be half of what it shall be.
_SETTLED_AFTER_S: Final = 0.2


class _Broken(Exception):
    """A file that is no template; the text says why."""


class _Stamp(NamedTuple):
    """Changes whenever a file's content does."""

    modified_ns: int
    size: int
    inode: int


class Templates:
    """The catalogue as it stands, reread when the folder has changed.

    An edit that breaks a template leaves the last good one in place and is logged as a warning.
    """

    def __init__(
        self, folder: Path | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises `ValueError`, naming EMAIL_TEMPLATES and the file, when one cannot be used."""
        self._folder = folder
        self._monotonic = monotonic
        self._stamps: Mapping[str, _Stamp] = {}
        self._sources: dict[str, str] = {}
        if folder is not None:
            try:
                self._stamps = _stamps(folder)
                self._sources = {name: _read(folder, name) for name in self._stamps}
            except OSError as error:
                raise ValueError(f"EMAIL_TEMPLATES: {folder}: {error.strerror}") from error
            except _Broken as error:
                raise ValueError(f"EMAIL_TEMPLATES: {error}") from error
        self._catalogue = Catalogue(self._sources)
        self._unreadable = False
        self._next_check = monotonic() + _CHECK_EVERY_S

    def current(self) -> Catalogue:
        """Looks at the folder once a second at most."""
        if self._folder is not None and (now := self._monotonic()) >= self._next_check:
            self._next_check = now + _CHECK_EVERY_S
            self._follow(self._folder, now)
        return self._catalogue

    def _follow(self, folder: Path, now: float) -> None:
        try:
            stamps = _stamps(folder)
            if stamps == self._stamps:
                return
            changed = {name for name in stamps if stamps[name] != self._stamps.get(name)}
            if any(0 <= _age_s(stamps[name]) < _SETTLED_AFTER_S for name in changed):
                self._next_check = now + _SETTLED_AFTER_S
                return
            sources = {name: text for name, text in self._sources.items() if name in stamps}
            for name in sorted(changed):
                try:
                    sources[name] = _read(folder, name)
                except _Broken as error:
                    _log.warning("template %s; what was there before stays in use", error)
        except OSError as error:
            if not self._unreadable:
                self._unreadable = True
                _log.warning("templates cannot be read, the last stay in use: %s", error.strerror)
            return
        self._unreadable = False
        self._stamps = stamps
        if sources != self._sources:
            self._sources = sources
            self._catalogue = Catalogue(sources)
            _log.info("templates reread: %s", ", ".join(sorted(changed)) or "some were removed")


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


def _read(folder: Path, name: str) -> str:
    try:
        source = (folder / name).read_text("utf-8-sig")
        new_environment({}).compile(source, name, name)
    except UnicodeDecodeError:
        raise _Broken(f"{name} is not UTF-8") from None
    except TemplateSyntaxError as error:
        raise _Broken(f"{name}, line {error.lineno}: {error.message}") from None
    return source
