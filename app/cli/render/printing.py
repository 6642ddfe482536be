"""A rendered mail for people, as JSON, in parts, or in a browser."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from typing import TYPE_CHECKING, Any

import click

from app.cli.shown import counted, harmless, size
from app.cli.terminal import complain, styled, warn

if TYPE_CHECKING:
    from app.cli.render.making import Made
    from app.composer.review import Finding


def tell(made: Made, *, part: str | None, as_json: bool) -> int:
    """Print it; the exit code."""
    if as_json:
        click.echo(json.dumps(fields(made), ensure_ascii=False, indent=2))
    elif made.problem is not None:
        complain(harmless(made.problem))
    elif part is not None:
        return _part(made, part)
    else:
        _print(made)
    return 0 if made.problem is None else 1


def fields(made: Made) -> dict[str, Any]:
    """As JSON takes it."""
    if made.problem is not None:
        return {"problem": made.problem}
    return {
        "subject": made.subject,
        "text": made.text,
        "html": made.html,
        "attachments": list(made.attachments),
        "bytes": {
            "mail": len(made.raw),
            "html": _bytes(made.html),
            "text": _bytes(made.text),
        },
        "warnings": [
            {"kind": each.flaw, "line": each.line, "text": each.text} for each in made.findings
        ],
        "problem": None,
    }


def placed(finding: Finding) -> str:
    """With the line of the HTML where it is."""
    text = harmless(finding.text)
    return text if finding.line is None else f"{text} (HTML, line {finding.line})"


def open_page(made: Made) -> None:
    """The HTML, or the text where there is none, in whatever browser there is."""
    ending, shown = (".txt", made.text) if made.html is None else (".html", made.html)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", suffix=ending, prefix="kafka-mailer-", delete=False
    ) as page:
        page.write(shown or "")
    click.echo(f"{page.name}", err=True)
    show_in_browser(f"file://{page.name}")


def show_in_browser(address: str) -> None:
    """Says so where there is none."""
    if not webbrowser.open(address):
        warn("there is no browser that could be opened here")


def _part(made: Made, part: str) -> int:
    wanted = {"subject": made.subject, "text": made.text, "html": made.html, "raw": made.raw}[part]
    if wanted is None:
        complain(f"the mail has no {part}")
        return 1
    for each in made.findings:
        warn(placed(each))
    click.echo(wanted, nl=isinstance(wanted, str) and not wanted.endswith("\n"))
    return 0


def _print(made: Made) -> None:
    parts = [
        f"{name} {size(count)}"
        for name, count in (("HTML", _bytes(made.html)), ("text", _bytes(made.text)))
        if count is not None
    ]
    click.echo(f"{styled('Subject', bold=True)}  {harmless(made.subject)}")
    click.echo(f"{styled('Size', bold=True)}     {size(len(made.raw))}: {', '.join(parts)}")
    for name in made.attachments:
        click.echo(f"{styled('File', bold=True)}     {harmless(name)}")
    click.echo(f"\n{harmless(made.text or '(no text part)').rstrip()}")
    if made.findings:
        click.echo(err=True)
    for each in made.findings:
        warn(placed(each))
    if made.findings:
        click.echo(counted(len(made.findings), "warning"), err=True)


def _bytes(text: str | None) -> int | None:
    return None if text is None else len(text.encode())
