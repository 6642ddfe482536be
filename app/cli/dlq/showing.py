"""`kafka-mailer dlq show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from app.cli.dlq.flags import COMPOSING, TOPIC, PlaceType
from app.cli.flags import load_from, settings_flags
from app.cli.shown import age, counted, harmless, size
from app.cli.terminal import styled, warn
from app.cli.verbs import ExamplesCommand
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal

if TYPE_CHECKING:
    from app.outcomes.dead_letters import DeadLetter, Letters, Mark, Place
    from app.pipeline.preview import Preview

_LONGEST: Final = 300


class _Found(NamedTuple):
    letter: DeadLetter
    mark: Mark | None
    preview: Preview
    of_that_id: int


@settings_flags(*TOPIC, *COMPOSING)
@click.command(
    "show",
    cls=ExamplesCommand,
    short_help="Show one dead letter, with the mail that it would be.",
    examples=(
        ("kafka-mailer dlq show 0/17", ""),
        ("kafka-mailer dlq show --id order-17", "the newest with that id"),
        ("kafka-mailer dlq show 0/17 --part html > mail.html", ""),
    ),
)
@click.argument("place", type=PlaceType(), metavar="[PARTITION/OFFSET]", required=False)
@click.option("--id", "mail_id", metavar="ID", help="The newest letter with that message id.")
@click.option(
    "--part",
    type=click.Choice(("text", "html", "raw")),
    help="Print only this of the mail; raw is all of it, as it would be sent.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_letter(
    *,
    place: Place | None,
    mail_id: str | None,
    part: str | None,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Show one dead letter: its headers, why it failed, the message, and the mail it would be.

    Addresses are shown whole. The mail is composed with the settings given here, so give it the
    service's own (EMAIL_FROM, EMAIL_TEMPLATES).
    """
    if (place is None) is (mail_id is None):
        raise click.UsageError("Name one letter: PARTITION/OFFSET, or --id.")
    settings = load_from(parameters).settings
    from app.cli.dlq.session import on_letters, previewer
    from app.outcomes.dead_letters import newest_of, with_value

    shown = previewer(settings)

    async def find(letters: Letters) -> _Found:
        count = 1
        if place is None:
            letter, count = await newest_of(letters, mail_id or "")
        else:
            letter = await letters.at(place)
        mark = (await letters.marks()).of(letter)
        return _Found(letter, mark, shown.preview(await with_value(letters, letter)), count)

    found = on_letters(settings, find)
    if found.of_that_id > 1:
        others = counted(found.of_that_id - 1, "older letter")
        warn(f"{others} with that id: `dlq list --id` names them")
    if part is not None:
        _print_part(found.preview, part)
    elif as_json:
        click.echo(json.dumps(_fields(found), ensure_ascii=False, indent=2))
    else:
        _print(found)


def _print_part(preview: Preview, part: str) -> None:
    wanted = {"text": preview.text, "html": preview.html, "raw": preview.raw}[part]
    if wanted is None:
        raise Fatal(preview.problem or f"the mail has no {part}")
    click.echo(wanted, nl=isinstance(wanted, str) and not wanted.endswith("\n"))


def _fields(found: _Found) -> dict[str, Any]:
    letter, mark, preview, _ = found
    headers = [
        {"name": name, "value": (value or b"").decode(errors="backslashreplace")}
        for name, value in letter.record.headers
    ]
    mail = {
        "subject": preview.subject,
        "text": preview.text,
        "html": preview.html,
        "recipients": list(preview.recipients),
        "attachments": list(preview.attachments),
    }
    return {
        **letter.fields(),
        "replayed": mark is not None,
        "headers": headers,
        "message": preview.document,
        "mail": None if preview.problem else mail,
        "problem": preview.problem,
    }


def _print(found: _Found) -> None:
    letter, mark, preview, _ = found
    click.echo(_headed(f"Dead letter {letter.place}"))
    for name, value in _facts(letter, mark):
        click.echo(f"  {name:<12}{harmless(value)}")
    click.echo(_headed("\nHeaders"))
    for name, raw in letter.record.headers:
        click.echo(f"  {harmless(name)}: {_shortened(_decoded(raw))}")
    click.echo(_headed("\nMessage"))
    click.echo(_message(letter, preview))
    click.echo(_headed("\nMail"))
    if preview.problem is not None:
        click.echo(f"  cannot be made: {harmless(preview.problem)}")
        return
    click.echo(
        f"  to {', '.join(preview.recipients)}\n  subject: {harmless(preview.subject or '')}"
    )
    for name in preview.attachments:
        click.echo(f"  attachment: {harmless(name)}")
    if preview.html is not None:
        click.echo(f"  HTML: {size(len(preview.html.encode()))} (--part html)")
    click.echo(f"\n{harmless(preview.text or '(no text part)').rstrip()}")


def _facts(letter: DeadLetter, mark: Mark | None) -> list[tuple[str, str]]:
    known = letter.fields()
    now = epoch_ms()
    reason = " ".join(filter(None, (letter.kind, letter.code)))
    facts = [
        ("id", letter.id),
        ("type", letter.type),
        ("reason", ": ".join(filter(None, (reason, letter.text)))),
        ("failed", f"{known['failed_at']}, {age(letter.at_ms, now)} ago"),
        ("attempts", None if letter.attempts is None else str(letter.attempts)),
        ("first seen", known["first_seen"]),
        ("origin", known["origin"]),
        ("recipients", ", ".join(letter.recipients)),
        *(("note", note) for note in letter.notes),
    ]
    if mark is not None:
        when = "" if mark.at_ms is None else f"{age(mark.at_ms, now)} ago"
        facts.append(("replayed", f"{when}{f' to {mark.to}' if mark.to else ''}".strip() or "yes"))
    return [(name, value) for name, value in facts if value]


def _message(letter: DeadLetter, preview: Preview) -> str:
    if preview.document is not None:
        shown = json.dumps(_without_bulk(preview.document), ensure_ascii=False, indent=2)
        return harmless(shown)
    if letter.record.value is None:
        return "  no value"
    return f"  no JSON: {_shortened(_decoded(letter.record.value))}"


def _without_bulk(value: Any) -> Any:
    """Attachments and the like would fill the screen; --json has them."""
    if isinstance(value, str):
        return _shortened(value)
    if isinstance(value, list):
        return [_without_bulk(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_bulk(each) for name, each in value.items()}
    return value


def _shortened(text: str) -> str:
    rest = len(text) - _LONGEST
    return harmless(text if rest <= 0 else f"{text[:_LONGEST]}… ({rest:,} more characters)")


def _decoded(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="backslashreplace")


def _headed(text: str) -> str:
    return styled(text, bold=True)
