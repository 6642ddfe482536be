"""`.env.example` and the reference of the settings, made from the model."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from app.settings.options import options
from reference.markdown import escaped, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings.option import Group, Option

_WIDTH = 98


def env_example() -> str:
    """The text of `.env.example`: every setting with its default, commented out."""
    lines = [
        "# Settings of kafka-mailer; copy to .env and remove the # before what you change.",
        "# Made by `make reference`; what each means at length is in docs/settings.md.",
    ]
    for group, members in _groups():
        lines += ["", f"### {group}"]
        for each in members:
            lines += ["", *_comment(each), f"#{each.variable}={each.default or ''}"]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """The text of `docs/settings.md`."""
    return "\n".join(
        [
            "# Settings",
            "",
            "<!-- Made by `make reference` from app/settings/groups/; edit there. -->",
            "",
            *_introduction(),
            *(line for group, members in _groups() for line in _section(group, members)),
        ]
    )


def _groups() -> Iterator[tuple[Group, list[Option]]]:
    shown = [each for each in options() if not each.details.flag_only]
    for group, members in groupby(shown, key=lambda each: each.details.group):
        yield group, list(members)


def _comment(each: Option) -> list[str]:
    text = f"{each.help} Allowed: {each.kind.allowed}."
    if each.details.default_means is not None:
        text += f" Unset: {each.details.default_means}."
    if each.details.empty_means is not None:
        text += f" Empty: {each.details.empty_means}."
    if each.secret:
        text += f" Or {each.file_variable}, a file that holds it."
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _introduction() -> list[str]:
    return [
        "Every setting is an environment variable and a flag of `kafka-mailer run`. The first of",
        "these that names it counts: flag, environment, `.env` in the working folder, a file of",
        "`/run/secrets` named as the variable (in any case) or the file that the variable with",
        "`_FILE` names (for secrets), the profile (`EMAIL_PROFILE`), the default.",
        "`kafka-mailer config` shows every value and where it is from.",
        "",
        "An empty variable is one that is not set, unless the table says what empty means. Wrong",
        "values are all reported at once, and nothing starts (exit code 2).",
        "",
        "Durations: `500ms`, `30s`, `5m`, `2h`, `1d`; a bare number is seconds. Sizes: `64kB`,",
        "`10MiB`, `1GB`; a bare number is bytes.",
        "",
    ]


def _section(group: Group, members: list[Option]) -> Iterator[str]:
    yield f"## {group}"
    yield ""
    yield table(("variable", "flag", "default", "meaning"), [_row(each) for each in members])
    yield ""


def _row(each: Option) -> tuple[str, ...]:
    default = f"`{each.default}`" if each.default else each.details.default_means or "-"
    text = f"{each.help} Allowed: {escaped(each.kind.allowed)}."
    if each.details.empty_means is not None:
        text += f" Empty: {each.details.empty_means}."
    variable = f"`{each.variable}`"
    if each.secret:
        variable += f", `{each.file_variable}`"
    return variable, f"`{each.flag}`", default, text
