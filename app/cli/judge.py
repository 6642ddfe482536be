"""`kafka-mailer judge`: what a relay's reply would lead to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.flags import load_from, settings_flags
from app.cli.verbs import ExamplesCommand
from app.domain.reply_rule import FROM_MAIL
from app.domain.smtp import Phase, RecipientReply

if TYPE_CHECKING:
    from app.domain.smtp import Reply
    from app.outcomes import Judgement

LOST: Final = "lost"


@settings_flags("smtp_rules", "smtp_on_ambiguous")
@click.command(
    cls=ExamplesCommand,
    short_help="Try how a relay's reply is judged.",
    examples=(
        ('kafka-mailer judge "550 5.1.1 No such user"', ""),
        ('kafka-mailer judge "451 4.7.1 Try again later" --phase final --json', ""),
        ("kafka-mailer judge lost --phase final", "the relay vanished before it confirmed"),
        ('kafka-mailer judge "554 On hold" --smtp-rules rules.toml', "try a rule of your own"),
    ),
)
@click.argument("said", metavar="REPLY")
@click.option(
    "--phase",
    type=click.Choice([str(each) for each in Phase if each in FROM_MAIL]),
    default=str(Phase.RCPT),
    show_default=True,
    help="What it answers.",
)
@click.option("--relay", default="", metavar="NAME", help="Which relay says it.")
@click.option("--idle", is_flag=True, help="As if the relay had taken nothing for a minute.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *, said: str, phase: str, relay: str, idle: bool, as_json: bool, **parameters: Any
) -> None:
    """Tell how REPLY is judged: its kind, what follows, and which row or rule decides.

    REPLY is as the relay writes it, or "lost" for none. Nothing is sent. Before MAIL there is
    nothing to judge: such trouble is the relay's, and mail waits.
    """
    from app.outcomes import judgement  # only this command needs it
    from app.settings import read_rules

    settings = load_from(parameters).settings
    path = settings.smtp_rules
    judged = judgement(
        RecipientReply("", Phase(phase), None if said == LOST else _reply(said)),
        rules=read_rules(path) if path else (),
        relay=relay,
        accepted_lately=not idle,
        on_ambiguous=settings.smtp_on_ambiguous,
    )
    found = _found(judged)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        if value is not None:
            click.echo(f"{name.replace('_', ' '):13} {_shown(value)}")


def _reply(said: str) -> Reply:
    from app.relay.reply import MalformedReply, ReplyParser

    lines = said.replace("\\n", "\n").splitlines()
    try:
        (reply,) = ReplyParser().feed("".join(f"{line}\r\n" for line in lines).encode())
    except (MalformedReply, ValueError):
        raise click.BadParameter(
            f'not one SMTP reply; allowed: such as "550 5.1.1 No such user", or {LOST}',
            param_hint="REPLY",
        ) from None
    return reply


def _found(judged: Judgement) -> dict[str, Any]:
    from app.outcomes import Rule
    from app.outcomes.rule_words import follows, follows_kind, number, signal, when

    verdict, decided_by = judged
    what: str | None
    row = rule = what = None
    if isinstance(decided_by, Rule):
        row = number(decided_by)
        what = f"{when(decided_by)}: {signal(decided_by)}"
        happens = follows(decided_by)
    elif decided_by is not None:
        rule = decided_by.name
        happens = follows_kind(decided_by.kind, suppress=verdict.suppress)
    else:
        happens = "delivered"
    if verdict.permanent and not happens.startswith("dead"):
        happens = "dead"
    return {
        "kind": verdict.kind,
        "what_happens": happens,
        "permanent": verdict.permanent,
        "delay_s": verdict.delay_s,
        "suppress": verdict.suppress,
        "rule": rule,
        "row": row,
        "row_says": what,
    }


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
