"""Flags made from the settings, so that none is written down twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from click.shell_completion import CompletionItem
from typing_extensions import override

from app.cli.terminal import warn
from app.cli.verbs import HeadedOption
from app.settings import Loaded, Option, Source, load, options
from app.settings.kinds import Choice, Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import click

# What says how to reach Kafka, for every command that does.
KAFKA_CONNECTION_FIELDS: Final = (
    "kafka_brokers",
    "kafka_start_timeout",
    "kafka_security_protocol",
    "kafka_sasl_mechanism",
    "kafka_sasl_username",
    "kafka_sasl_password",
    "kafka_sasl_token_file",
    "kafka_ssl_ca_file",
    "kafka_ssl_cert_file",
    "kafka_ssl_key_file",
)
# What the Go service calls otherwise.
_ELSEWHERE: Final = {"smtp_password": ("--smtp-pass",)}

# How click names to a shell what it shall complete by itself.
_PATHS: Final = {"FILE": "file", "FOLDER": "dir"}


class SettingFlag(HeadedOption):
    """A flag whose value is read, like every other source's, by the settings themselves."""

    def __init__(
        self, option: Option, declarations: Sequence[str], metavar: str, about: str
    ) -> None:
        switch = isinstance(option.kind, Switch)
        # Told nothing of it, click insists on a value.
        bare: dict[str, Any] = {"flag_value": "true"} if switch else {}
        self.heading = option.details.group.value
        self._words: tuple[str, ...] = ("true", "false") if switch else ()
        if isinstance(option.kind, Choice) and metavar == option.kind.metavar:
            self._words = option.kind.words
        super().__init__(
            declarations,
            type=str,
            default=None,
            metavar=f"[{metavar}]" if switch else metavar,
            help=about,
            is_flag=False,
            **bare,
        )

    @override
    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Words where the setting takes some, else files where it takes those."""
        if self._words:
            begun = incomplete.lower()
            return [CompletionItem(each) for each in self._words if each.lower().startswith(begun)]
        kind = _PATHS.get(str(self.metavar))
        return [CompletionItem(incomplete, type=kind)] if kind else []

    @override
    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.hidden:
            return None
        return f"{self.opts[0]} {self.metavar}", self.help or ""


def settings_flags(*fields: str) -> Callable[[click.Command], click.Command]:
    """Give a command the flags of these settings; of all when none is named."""

    def with_flags(command: click.Command) -> click.Command:
        for option in options():
            if not fields or option.field in fields:
                command.params.extend(_flags_of(option))
        return command

    return with_flags


def _flags_of(option: Option) -> Iterable[SettingFlag]:
    spellings = _spellings(option.flag, *_ELSEWHERE.get(option.field, ()))
    yield SettingFlag(option, [*spellings, option.field], option.kind.metavar, about(option))
    if option.secret:
        yield SettingFlag(
            option,
            [*_spellings(option.file_flag), f"{option.field}_file"],
            "FILE",
            f"File that holds it.  [{option.file_variable}]",
        )


def _spellings(*flags: str) -> tuple[str, ...]:
    """One dash is enough, as in Go: start lines of the Go service before this one may stay."""
    return (*flags, *(flag[1:] for flag in flags))


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
    loaded = load(flags_of(parameters))
    for notice in loaded.notices:
        warn(notice)
    return loaded


def flags_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Those of a command's parameters that are settings and were given, as texts by field."""
    known = {each.field for each in options()}
    known |= {f"{each.field}_file" for each in options() if each.secret}
    return {
        name: str(value)
        for name, value in parameters.items()
        if name in known and value is not None
    }


def source_of(loaded: Loaded, option: Option) -> Source:
    """Where the setting's value is from."""
    given = loaded.given.get(option.field)
    return Source.DEFAULT if given is None else given.source
