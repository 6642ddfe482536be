"""The verb `render`."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import click

from app.cli.flags import load_from, settings_flags
from app.cli.message_flags import read_pairs
from app.cli.verbs import ExamplesCommand

_FILE: Final = re.compile(r"(.+?)(?:\.([A-Za-z0-9_-]+))?\.(?:html|mjml|txt|subject)\.j2")
PARTS: Final = ("subject", "text", "html", "raw")


@settings_flags("email_templates", "email_inline_css", "email_from", "email_max_bytes")
@click.command(
    cls=ExamplesCommand,
    short_help="Show the mail that a template makes.",
    examples=(
        ("kafka-mailer render welcome --data name=Ann --data link=https://example.com/w", ""),
        ("kafka-mailer render templates/receipt.html.j2 -f data.json", "by one of its files"),
        ("kafka-mailer render receipt -f data.json --watch --open", "see it while you edit"),
        ("kafka-mailer render receipt -f data.json --part html > receipt.html", ""),
        ("kafka-mailer render receipt -f data.json --strict", "in CI: warnings fail"),
    ),
)
@click.argument("template", metavar="TEMPLATE")
@click.option(
    "--file",
    "-f",
    "data_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON object with the data.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="NAME=VALUE",
    callback=read_pairs,
    help="Data, over what the file has: name=value, or a JSON object; may be repeated.",
)
@click.option("--locale", metavar="NAME", help="Language of the template, like pt-BR.")
@click.option("--subject", metavar="TEXT", help="Subject, where the template has none.")
@click.option("--part", type=click.Choice(PARTS), help="Print only this of the mail.")
@click.option("--open", "in_browser", is_flag=True, help="Show it in a browser.")
@click.option("--watch", is_flag=True, help="Serve it here, anew after each change.")
@click.option(
    "--web-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="With --watch: its port; else a free one.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 when there is a warning.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    template: str,
    part: str | None,
    in_browser: bool,
    watch: bool,
    web_port: int | None,
    strict: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Show the mail that TEMPLATE makes: its subject, text, sizes, and what to look at.

    TEMPLATE is a name, of EMAIL_TEMPLATES or built in, or one of its files: then its folder is
    taken. It is rendered as the service does it, and sent to nobody. Warnings are what mail
    programs trouble readers with: images without alt, HTML that Gmail clips, and the like.

    Exit code 1 when it cannot be rendered. --watch stays until Ctrl-C.
    """
    if watch and (part or as_json):
        raise click.UsageError("--watch goes with neither --part nor --json.")
    template = _named(template, parameters)
    settings = load_from(parameters).settings
    from app.cli.render.making import Recipe, make

    recipe = Recipe(
        template,
        locale=parameters["locale"],
        data=parameters["data"] or {},
        data_file=parameters["data_file"],
        message={"subject": parameters["subject"]} if parameters["subject"] else {},
    )
    if watch:
        from app.cli.render.live import serve

        asyncio.run(serve(settings, recipe, web_port or 0, in_browser=in_browser))
        return 0
    from app.cli.render import printing

    made = make(settings, recipe)
    code = printing.tell(made, part=part, as_json=as_json)
    if in_browser and made.problem is None:
        printing.open_page(made)
    return code or int(strict and bool(made.findings))


def _named(template: str, parameters: dict[str, Any]) -> str:
    """The template's name; of a file's path the folder and the language are taken too."""
    path = Path(template)
    if not template.endswith(".j2"):
        if path.name != template:
            raise click.BadParameter(
                "neither a template's name nor one of its files, such as templates/receipt.html.j2",
                param_hint="TEMPLATE",
            )
        return template
    found = _FILE.fullmatch(path.name)
    if found is None or not path.is_file():
        why = "no such file" if found else "not NAME.html.j2, .txt.j2, .subject.j2 or .mjml.j2"
        raise click.BadParameter(f"{template}: {why}", param_hint="TEMPLATE")
    parameters["email_templates"] = parameters["email_templates"] or str(path.parent)
    parameters["locale"] = parameters["locale"] or found.group(2)
    return found.group(1)
