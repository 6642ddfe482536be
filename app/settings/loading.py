"""From the sources to valid settings, or to everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from app.settings.checks import check_together
from app.settings.model import Settings
from app.settings.options import option
from app.settings.problem import Given, InvalidSettings, Problem
from app.settings.sources import gather
from app.settings.spelling import notices_of_spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

DOTENV: Final = Path(".env")
SECRETS: Final = Path("/run/secrets")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Valid settings; each value that is not a default; what the operator should look at."""

    settings: Settings
    given: Mapping[str, Given]
    notices: tuple[str, ...]


def load(
    flags: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = DOTENV,
    secrets_folder: Path | None = SECRETS,
    changed: Mapping[str, str] | None = None,
) -> Loaded:
    """Read every source: flag, environment, `.env`, secret files, profile, default.

    `flags` are texts by field of the model (`email_worker_count`), or by `<field>_file` for a
    secret's file; `changed` what was changed while running, which is stronger still. Raises
    `InvalidSettings` with everything that is wrong.
    """
    gathered = gather(flags or {}, env_file, secrets_folder, changed or {})
    spelling = notices_of_spelling(gathered.variables)
    settings, problems = _validate(gathered.given)
    problems = [*gathered.problems, *problems]
    together, notices = check_together(
        settings, gathered.given, doubtful={each.field for each in problems}
    )
    if problems or together:
        raise InvalidSettings([*problems, *together], spelling)
    return Loaded(settings, gathered.given, (*spelling, *notices))


def _validate(given: Mapping[str, Given]) -> tuple[Settings, list[Problem]]:
    """The settings, with defaults in the place of what is wrong."""
    texts = {field: value.text if value.text.strip() else None for field, value in given.items()}
    try:
        return Settings.model_validate(texts), []
    except ValidationError as error:
        reasons = {
            str(each["loc"][0]): str(each["ctx"]["error"])
            for each in error.errors(include_url=False)
        }
    sound = {field: text for field, text in texts.items() if field not in reasons}
    problems = [_problem(field, reason, given[field]) for field, reason in reasons.items()]
    return Settings.model_validate(sound), problems


def _problem(field: str, reason: str, value: Given) -> Problem:
    each = option(field)
    return Problem(
        each.name,
        reason,
        value=None if each.secret else value.text,
        origin=str(value),
        allowed=each.kind.allowed,
        field=field,
    )
