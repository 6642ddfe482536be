"""Templates: the built-in ones, those of a folder, and what goes wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.composer.mails import (
    PLAIN,
    body,
    both,
    compose,
    composer_with,
    message,
    read,
    read_back,
    refusal,
    structure,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

LINK = "https://shop.example/r?token=abc&x=1"
ORDER: dict[str, Any] = {
    "name": "Ann",
    "order": "A-17",
    "items": [
        {"name": "Tea <green>", "quantity": 2, "price": "3.50"},
        {"name": "Cup", "quantity": 1, "price": "7.00"},
    ],
    "total": "14.00",
}
BUILT_IN: dict[str, dict[str, Any]] = {
    "plain": {"subject": "Hello", "body": "One\n\nTwo & three"},
    "password-reset": {"name": "Ann", "link": LINK},
    "welcome": {"name": "Ann", "link": LINK},
    "order-confirmation": ORDER,
    "notification": {"title": "Disk full", "body": "Please act."},
}
ALTERNATIVE = ("multipart/alternative", ["text/plain", "text/html"])


def capitalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.capitalize(): capitalised(each) for key, each in value.items()}
    return [capitalised(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_templates_have_subject_text_and_html(name: str) -> None:
    mail = read_back(template=name, data=BUILT_IN[name])
    assert structure(mail) == ALTERNATIVE
    assert mail["Subject"]
    text, html = both(mail)
    assert html.startswith("<!DOCTYPE html>")
    for value in BUILT_IN[name].values():
        if isinstance(value, str) and value != mail["Subject"]:
            assert value in text


def test_the_order_lists_its_items_escaped_in_html_only() -> None:
    mail = read_back(template="order-confirmation", data=ORDER)
    assert mail["Subject"] == "Your order A-17"
    text, html = both(mail)
    assert "- 2 x Tea <green>: 3.50\n- 1 x Cup: 7.00\n" in text
    assert "Tea &lt;green&gt;" in html
    assert "<green>" not in html


def test_plain_keeps_paragraphs_and_lines() -> None:
    mail = read_back(template="plain", data={"subject": "s", "body": "a\r\nb\n\n<c>"})
    text, html = both(mail)
    assert text == "a\nb\n\n<c>"
    assert "a<br>\nb</p>" in html
    assert "&lt;c&gt;</p>" in html


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_underscore_in_a_name_equals_a_dash(name: str) -> None:
    data = BUILT_IN[name]
    underscored = read_back(template=name.replace("-", "_"), data=data)
    assert both(read_back(template=name, data=data)) == both(underscored)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_first_capital_in_data_names_is_accepted(name: str) -> None:
    data = BUILT_IN[name]
    capital = read_back(template=name, data=capitalised(data))
    assert both(read_back(template=name, data=data)) == both(capital)


def test_a_template_may_spell_names_as_go_does(folder: Path) -> None:
    write(folder, go_subject="{{ Name }} {{ Items[0].Price }} {{ Items[0]['Price'] }}", go_txt="t")
    mail = read_back(
        composer_with(folder), template="go", data={"name": "Ann", "items": [{"price": 3}]}
    )
    assert mail["Subject"] == "Ann 3 3"


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("welcome", {"name": "Ann"}, "data.link"),
        ("password-reset", {"link": LINK}, "data.name"),
        (
            "order-confirmation",
            {**ORDER, "items": [ORDER["items"][0], {"name": "Cup", "quantity": 1}]},
            "data.items[1].price",
        ),
    ],
)
def test_missing_data_is_named(name: str, data: dict[str, Any], field: str) -> None:
    error = refusal(template=name, data=data)
    assert (field, f"missing, template {name!r} needs it") == (error.field, error.reason)


def test_null_is_never_shown(folder: Path) -> None:
    error = refusal(template="welcome", data={"name": None, "link": LINK})
    assert error.field == "template"
    assert "null" in error.reason
    assert "welcome.subject.j2, line 1" in error.reason
    write(folder, a_txt="{% if name %}{{ name }}{% else %}you{% endif %}", a_subject="s")
    mail = read_back(composer_with(folder), template="a", data={"name": None})
    assert body(mail) == "you\n"


def test_an_unknown_template_is_told_with_those_known() -> None:
    error = refusal(template="x", data={})
    assert error.field == "template"
    assert error.reason == (
        "unknown template 'x', known are"
        " notification, order-confirmation, password-reset, plain, welcome"
    )


@pytest.mark.parametrize(
    "name",
    ["", "../welcome", "/etc/passwd", "welcome.html", "_layout", "a\0", "a\n", "é", "..", "a/b"],
)
def test_a_name_that_is_a_path_or_a_part_is_refused(name: str) -> None:
    assert refusal(template=name, data={}).field == "template"


def test_the_messages_own_subject_text_and_html_win() -> None:
    data = BUILT_IN["welcome"]
    own = read_back(template="welcome", data=data, subject="Mine", text="my text")
    assert own["Subject"] == "Mine"
    text, html = both(own)
    assert text == "my text"
    assert "Your account is ready" in html
    text, html = both(read_back(template="welcome", data=data, html="<p>my html</p>"))
    assert (html, text[:12]) == ("<p>my html</p>", "Welcome, Ann")


def test_empty_fields_beside_a_template_count_as_absent() -> None:
    """Go marshals fields that are not set as empty strings."""
    data = BUILT_IN["welcome"]
    mail = read_back(template="welcome", data=data, subject="", text="", html="")
    assert mail["Subject"] == "Welcome, Ann"
    assert structure(mail) == ALTERNATIVE


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_a_line_break_in_a_rendered_subject_is_refused(line_break: str) -> None:
    data = {"name": f"Ann{line_break}Bcc: eve@evil.example", "link": LINK}
    assert refusal(template="welcome", data=data).field == "subject"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
@settings(deadline=None)
def test_data_never_becomes_markup(value: str) -> None:
    data = {"title": "t", "body": value}
    text, html = both(read_back(template="notification", data=data))
    assert value.replace("\r\n", "\n").replace("\r", "\n") in text
    own = html.count("<br>") + html.count("<p style") + html.count("</p>")
    assert html.count("<") - own == 31


def test_data_is_not_a_template() -> None:
    mail = read_back(template="notification", data={"title": "{{ 7*7 }}", "body": "{% raw %}"})
    assert mail["Subject"] == "{{ 7*7 }}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_estimate_covers_the_built_in_templates(name: str) -> None:
    made = message(template=name, data=BUILT_IN[name])
    composed = compose(template=name, data=BUILT_IN[name])
    assert len(read(composed).as_bytes()) <= PLAIN.estimate(made)
    assert PLAIN.estimate(message(template="nosuch")) > 0


def test_deeply_nested_data_is_no_trouble() -> None:
    deep: Any = 1
    for _ in range(100_000):  # more than any version's stack takes
        deep = [deep]
    data = {"name": "Ann", "deep": deep}
    assert PLAIN.estimate(message(template="welcome", data=data)) > 0
    assert refusal(template="welcome", data=data).field == "data.link"
    assert refusal(template="notification", data={"title": "t", "body": deep}).field == "template"


def test_the_estimate_grows_with_the_data() -> None:
    body_of = {"title": "t", "body": "Здравствуйте! " * 5000}
    composed = compose(template="notification", data=body_of)
    assert len(composed.content) <= PLAIN.estimate(message(template="notification", data=body_of))
