"""Flags made from the settings, so that none is written down twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from typing_extensions import override

from app.cli.terminal import warn
from app.cli.verbs import ExamplesCommand
from app.settings import Group, Loaded, Option, Source, load, options
from app.settings.kinds import Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class SettingFlag(click.Option):
    """A flag whose value is read, like every other source's, by the settings themselves."""

    def __init__(
        self, option: Option, declarations: Sequence[str], metavar: str, about: str
    ) -> None:
        switch = isinstance(option.kind, Switch)
        self.group = option.details.group
        super().__init__(
            declarations,
            type=str,
            default=None,
            metavar=f"[{metavar}]" if switch else metavar,
            help=about,
            hidden=option.details.later,
            is_flag=False,
            flag_value="true" if switch else None,
        )

    @override
    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.hidden:
            return None
        return f"{self.opts[0]} {self.metavar}", self.help or ""


class SettingsCommand(ExamplesCommand):
    """A command whose help lists the settings under their headings."""

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        flags = self.get_params(ctx)
        own = [each for each in flags if not isinstance(each, SettingFlag)]
        _section(ctx, formatter, "Options", own)
        for group in Group:
            ours = [e for e in flags if isinstance(e, SettingFlag) and e.group is group]
            _section(ctx, formatter, group.value, ours)


def _section(
    ctx: click.Context,
    formatter: click.HelpFormatter,
    title: str,
    parameters: Iterable[click.Parameter],
) -> None:
    records = [record for each in parameters if (record := each.get_help_record(ctx))]
    if records:
        with formatter.section(title):
            formatter.write_dl(records, col_max=34)


def settings_flags(
    *groups: Group,
) -> Callable[[click.Command], click.Command]:
    """Give a command the flags of these groups of settings; all of them when none is named."""

    def with_flags(command: click.Command) -> click.Command:
        for option in options():
            if not groups or option.details.group in groups:
                command.params.extend(_flags_of(option))
        return command

    return with_flags


def _flags_of(option: Option) -> Iterable[SettingFlag]:
    yield SettingFlag(option, [option.flag, option.field], option.kind.metavar, about(option))
    if option.secret:
        yield SettingFlag(
            option,
            [option.file_flag, f"{option.field}_file"],
            "FILE",
            f"File that holds it.  [{option.file_variable}]",
        )


def about(option: Option) -> str:
    """What the help says of a setting: its meaning, variable and default."""
    notes = [] if option.details.flag_only else [option.variable]
    if option.details.default_means is not None:
        notes.append(f"default: {option.details.default_means}")
    elif option.default is not None and not option.details.flag_only:
        notes.append(f"default: {option.default}")
    if option.details.empty_means is not None:
        notes.append(f"empty: {option.details.empty_means}")
    warning = " Other users of the machine can see it here; better is a file." * option.secret
    return f"{option.help}{warning}" + (f"  [{'; '.join(notes)}]" if notes else "")


def load_from(parameters: Mapping[str, Any]) -> Loaded:
    """Load the settings, with the flags among a command's parameters on top; tells notices."""
    known = {each.field for each in options()}
    known |= {f"{each.field}_file" for each in options() if each.secret}
    flags = {
        name: str(value)
        for name, value in parameters.items()
        if name in known and value is not None
    }
    loaded = load(flags)
    for notice in loaded.notices:
        warn(notice)
    return loaded


def is_default(loaded: Loaded, option: Option) -> bool:
    """Whether nobody gave the setting a value."""
    return source_of(loaded, option) is Source.DEFAULT


def source_of(loaded: Loaded, option: Option) -> Source:
    """Where the setting's value is from."""
    given = loaded.given.get(option.field)
    return Source.DEFAULT if given is None else given.source
