"""Gathering what every source gives: for each setting the strongest value, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.settings.files import folder_files, named_files
from app.settings.options import options
from app.settings.problem import Given, Problem, Source
from app.settings.profiles import PROFILES
from app.settings.variables import dotenv, environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.settings.option import Option


@dataclass(frozen=True, slots=True)
class Gathered:
    """Texts by field; `variables` are all names seen, ours or not."""

    given: dict[str, Given]
    problems: tuple[Problem, ...]
    variables: frozenset[str]


def gather(
    flags: Mapping[str, str],
    env_file: Path | None,
    secrets_folder: Path | None,
    changed: Mapping[str, str],
) -> Gathered:
    """Read what was changed while running, flag, environment, `.env`, secret files and profile.

    What is wrong is in the result.
    """
    by_change = {field.upper(): text for field, text in changed.items()}
    by_flag = {field.upper(): text for field, text in flags.items()}
    by_environment = environment()
    by_dotenv, problems = dotenv(env_file)
    given: dict[str, Given] = {}
    files: dict[str, Given] = {}
    for source, variables in (
        (Source.RUNNING, by_change),
        (Source.FLAG, by_flag),
        (Source.ENVIRONMENT, by_environment),
        (Source.DOTENV, by_dotenv),
    ):
        given = _given_by(source, variables) | given
        files = _files_by(source, variables) | files
    for found, wrong in (
        named_files(_without(given), files),
        folder_files(_without(given), secrets_folder),
    ):
        given = found | given
        problems += wrong
    return Gathered(
        _profile(given) | given,
        tuple(problems),
        frozenset({*by_environment, *by_dotenv}),
    )


def _given_by(source: Source, variables: Mapping[str, str]) -> dict[str, Given]:
    is_flag = source is Source.FLAG
    return {
        each.field: Given(variables[each.variable], source, each.flag if is_flag else "")
        for each in options()
        if each.variable in variables
        and (is_flag or not each.details.flag_only)
        and (variables[each.variable].strip() or each.details.empty_means is not None)
    }


def _files_by(source: Source, variables: Mapping[str, str]) -> dict[str, Given]:
    return {
        each.field: Given(
            variables[each.file_variable], source, each.file_flag if source is Source.FLAG else ""
        )
        for each in options()
        if each.secret and variables.get(each.file_variable, "").strip()
    }


def _without(given: Mapping[str, Given]) -> Iterable[Option]:
    return [each for each in options() if each.field not in given]


def _profile(given: Mapping[str, Given]) -> dict[str, Given]:
    chosen = given.get("email_profile")
    name = chosen.text.strip().lower() if chosen else "default"
    return {
        field: Given(text, Source.PROFILE, name) for field, text in PROFILES.get(name, {}).items()
    }
