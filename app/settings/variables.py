"""Reading variables from the environment and from `.env`, by pydantic-settings' sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.settings.files import why_unreadable
from app.settings.model import Settings
from app.settings.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def environment() -> dict[str, str]:
    """All variables of the process, their names in upper case."""
    return _upper(EnvSettingsSource(Settings, case_sensitive=True).env_vars)


def dotenv(path: Path | None) -> tuple[dict[str, str], list[Problem]]:
    """All variables of the file, their names in upper case; none when there is no file."""
    if path is None:
        return {}, []
    try:
        source = DotEnvSettingsSource(
            Settings, env_file=path, env_file_encoding="utf-8", case_sensitive=True
        )
    except OSError as error:
        allowed = "a readable file of NAME=value lines"
        return {}, [Problem(str(path), why_unreadable(error), allowed=allowed)]
    except UnicodeDecodeError:
        return {}, [Problem(str(path), "not UTF-8 text")]
    return _upper(source.env_vars), []


def _upper(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Of several spellings the one in upper case counts, empty or not, wherever it stands."""
    ordered = sorted(variables.items(), key=lambda each: each[0].isupper())
    return {name.upper(): value for name, value in ordered if value is not None}
