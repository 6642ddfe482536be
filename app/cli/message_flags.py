"""Flags that describe one message, and the document they make (DESIGN 3.1, the flat shape)."""

from __future__ import annotations

import base64
import json
import mimetypes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.verbs import HeadedOption
from app.settings.quantities import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

# Each flag's name, the field that it fills, and the rest of what click is told.
_PLAIN: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("--to", "to", {"multiple": True, "metavar": "ADDRESS", "help": "Recipient; may be repeated."}),
    ("--cc", "cc", {"multiple": True, "metavar": "ADDRESS", "help": "Copy to; may be repeated."}),
    (
        "--bcc",
        "bcc",
        {"multiple": True, "metavar": "ADDRESS", "help": "Hidden copy to; may be repeated."},
    ),
    (
        "--reply-to",
        "reply_to",
        {"multiple": True, "metavar": "ADDRESS", "help": "Where answers go; may be repeated."},
    ),
    ("--from", "from", {"metavar": "ADDRESS", "help": "Sender; else the service's EMAIL_FROM."}),
    ("--subject", "subject", {"metavar": "TEXT", "help": "Subject, unless the template has one."}),
    ("--text", "text", {"metavar": "TEXT", "help": "Plain text of the mail."}),
    ("--html", "html", {"metavar": "TEXT", "help": "HTML of the mail."}),
    ("--template", "template", {"metavar": "NAME", "help": "Template instead of text and HTML."}),
    ("--locale", "locale", {"metavar": "NAME", "help": "Language of the template, like pt-BR."}),
    ("--id", "id", {"metavar": "ID", "help": "Your own name for the message."}),
    ("--type", "type", {"metavar": "NAME", "help": "Label in logs, metrics and results."}),
    (
        "--priority",
        "priority",
        {"type": click.Choice(("high", "normal", "low")), "help": "What goes first."},
    ),
    (
        "--max-retries",
        "max_retries",
        {"type": click.IntRange(min=0), "metavar": "N", "help": "Attempts after the first."},
    ),
    ("--tag", "tags", {"multiple": True, "metavar": "TEXT", "help": "Copied to the result."}),
)
_PAIRS: Final = (
    ("--data", "data", "Data of the template: name=value, or a JSON object; may be repeated."),
    ("--metadata", "metadata", "Copied to the result: name=value, or a JSON object."),
)
_TIMES: Final = (
    ("--send-at", "send_at", "Not before: like 2030-01-31T08:00:00Z, or 10m from now."),
    ("--expires-at", "expires_at", "Not after: like 2030-01-31T08:00:00Z, or 1h from now."),
)


class MessageFlag(HeadedOption):
    """A flag of the message itself."""

    heading = "Message"


def message_flags(command: click.Command) -> click.Command:
    """Give a command the flags of a message; their values come under `message_<field>`."""
    for flag, field, rest in _PLAIN:
        command.params.append(MessageFlag([flag, _parameter(field)], **rest))
    for field, what in (("text", "plain text"), ("html", "HTML")):
        command.params.append(
            MessageFlag(
                [f"--{field}-file", _parameter(f"{field}_file")],
                type=_FILE,
                help=f"File with the {what}.",
            )
        )
    for flag, field, about in _PAIRS:
        command.params.append(
            MessageFlag(
                [flag, _parameter(field)],
                multiple=True,
                metavar="NAME=VALUE",
                callback=_read(_pairs),
                help=about,
            )
        )
    command.params.append(
        MessageFlag(
            ["--header", _parameter("headers")],
            multiple=True,
            metavar="NAME:VALUE",
            callback=_read(_headers),
            help="Another header; may be repeated.",
        )
    )
    command.params.append(
        MessageFlag(
            ["--attach", _parameter("attachments")],
            multiple=True,
            type=_FILE,
            help="File to attach; may be repeated.",
        )
    )
    for flag, field, about in _TIMES:
        command.params.append(
            MessageFlag(
                [flag, _parameter(field)], metavar="TIME", callback=_read(_moment), help=about
            )
        )
    return command


def message_from(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The document that the flags describe; empty when no flag was given."""
    document: dict[str, Any] = {
        name.removeprefix("message_"): list(value) if isinstance(value, tuple) else value
        for name, value in parameters.items()
        if name.startswith("message_") and value not in (None, (), {})
    }
    for field in ("text", "html"):
        path = document.pop(f"{field}_file", None)
        if path is None:
            continue
        if field in document:
            raise click.UsageError(f"--{field} and --{field}-file say the same; give one of them.")
        document[field] = _text(path, f"--{field}-file")
    if "attachments" in document:
        document["attachments"] = [_attachment(path) for path in document["attachments"]]
    return document


def _parameter(field: str) -> str:
    return f"message_{field}"


def _read(
    read: Callable[[Any], Any],
) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(_: click.Context, parameter: click.Parameter, value: Any) -> Any:
        try:
            return None if value is None else read(value)
        except ValueError as error:
            raise click.BadParameter(str(error), param=parameter) from None

    return callback


def _pairs(texts: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for text in texts:
        if text.lstrip().startswith("{"):
            made |= _json_object(text)
            continue
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise ValueError(f"{text!r} is neither name=value nor a JSON object")
        made[name.strip()] = _json_or_text(value)
    return made


def _json_object(text: str) -> dict[str, Any]:
    """Of text that begins with a brace, so what it holds can only be an object."""
    try:
        found: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    return found


def _json_or_text(text: str) -> Any:
    """`3`, `true` and `["a"]` are what they look like, everything else is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


# For a flag of its own, `multiple`.
read_pairs: Final = _read(_pairs)


def _headers(texts: Iterable[str]) -> dict[str, str]:
    made = {}
    for text in texts:
        name, sign, value = text.partition(":")
        if not sign or not name.strip():
            raise ValueError(f"{text!r} is not name:value")
        made[name.strip()] = value.strip()
    return made


def _moment(text: str) -> str:
    """A duration counts from now; anything else is left to the decoder."""
    try:
        seconds = parse_duration(text)
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    except (ValueError, OverflowError):
        return text


def _text(path: Path, flag: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter(f"{path} is not UTF-8 text.", param_hint=flag) from None


def _attachment(path: Path) -> dict[str, str]:
    kind, encoding = mimetypes.guess_type(path.name)
    return {
        "filename": path.name,
        "content_type": kind if kind and not encoding else "application/octet-stream",
        "content": base64.b64encode(path.read_bytes()).decode(),
    }
