"""A template that never ends, or grows without end, fails its own message, soon."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.composer.budget import STEPS, Budget
from app.composer.environment import new_environment
from app.composer.rendering import Rendering
from app.domain.errors import InvalidMessage
from tests.support.untraced import takes_at_most
from tests.unit.composer.mails import body, both, composer_with, read_back, refusal, write

if TYPE_CHECKING:
    from pathlib import Path

DATA: Final[dict[str, Any]] = {
    "text": "two words, and more. " * 50_000,
    "tags": "<b>x</b><!-- y -->" * 20_000,
    "word": "x" * 1_000_000,
    "numbers": list(range(20_000)),
    "rows": [{"name": "Tea", "tags": ["a", "b"]}] * 2000,
}
DOUBLING: Final = "{% set x = x ~ x %}" * 60
WORSE_THAN_IT_LOOKS: Final = [
    "{% for a in range(100000) %}{% endfor %}" * 9,
    "{% for a in numbers %}{% for b in numbers %}{% endfor %}{% endfor %}",
    "{% for a in range(999) recursive %}{{ loop(range(999)) }}{% endfor %}",
    "{% for a in range(10**9) %}{% endfor %}",
    "{{ range(10**18) | list }}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'bad.txt.j2' %}",
    "{% for a in range(999) %}{% include 'bad.txt.j2' %}{% endfor %}",
    "{% import 'bad.txt.j2' as m %}",
    "{% set x = 'x' %}" + DOUBLING,
    "{% set x = 'x' %}" + DOUBLING.replace("~", "+"),
    "{% set x = ['x'] %}" + DOUBLING.replace("~", "+"),
    "{% set x = 'x' %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x ~ '' }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x | safe }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ '%s' % x }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ [1, 2] | join(x) }}",
    "{% set x = ['x'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x | format(1) }}",
    "{% set x = {} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x | tojson }}",
    "{% set n = namespace(x=1) %}" + "{% set n.x = [n.x, n.x] %}" * 60 + "{{ n }}",
    "{% set x, y = 1, 1 %}" + "{% set x, y = [x, x], [y, y] %}" * 60 + "{{ x == y }}",
    "{% set x, y = 1, 1 %}" + "{% set x, y = [x, x], [y, y] %}" * 60 + "{{ x in [y] }}",
    "{{ 'x' * 10**9 }}",
    "{{ 10**9 * 'x' }}",
    "{{ [0] * 10**9 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{% set x = 9 %}" + "{% set x = x * x %}" * 60,
    "{{ '%999999999d' % 1 }}",
    "{{ '%*d' % (10**9, 1) }}",
    "{{ '%.999999999f' % 1 }}",
    "{{ '%(a(b))999999999d' % {'a(b)': 1} }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ '{a:999999999}'.format_map({'a': 1}) }}",
    "{{ '{:{w}}'.format(1, w=10**9) }}",
    "{{ 'x'.center(10**9) }}",
    "{{ 'x'.ljust(width=10**9) }}",
    "{{ 'x'.zfill(10**9) }}",
    "{{ '\t'.expandtabs(10**9) }}",
    "{{ word.replace('', word) }}",
    "{{ word.replace('x', word) }}",
    "{{ word.join(word) }}",
    "{{ text.join(numbers | map('string')) }}",
    "{{ (1).to_bytes(10**9) }}",
    "{{ 'x' | center(10**9) }}",
    "{{ 'x' | center(-10**9) | center(10**8) }}",
    "{{ 'x' | center('nan' | float) }}{{ 'x' * 10**9 }}",
    "{{ range(9) | batch(-10**9, 0) | list }}{% for a in range(10**6) %}{% endfor %}",
    "{{ 'x' | center('inf' | float) }}",
    "{{ 5 | round('nan' | float) }}{{ 'x'.center(-10**9) }}{{ 'x' * 10**8 }}",
    "{{ 'x' | indent(10**9, first=true) }}",
    "{{ text.replace(' ', '\n') | indent(word) }}",
    "{{ 'x y' | wordwrap(1, wrapstring=word * 9) }}{{ text | wordwrap(1) }}",
    "{{ word | wordwrap(2) }}",
    "{{ word | replace('x', 'yy' * 100) }}",
    "{{ range(9) | batch(10**9, 0) | list }}",
    "{{ range(9) | slice(10**9) | list }}",
    "{{ range(999) | map('replace', 1, text) | join }}",
    "{{ numbers | map('center', 9999) | join(',') }}",
    "{{ ([[0] * 999] * 999) | sum(start=[]) }}",
    "{{ 5 | round(-10**9) }}{{ 5 | round(10**9, 'floor') }}",
    "{{ [[1]] | tojson(indent=10**9) }}",
    "{{ rows | pprint }}",
    "{{ tags | striptags }}",
    "{{ (tags | safe).striptags() }}",
    "{{ text | urlize(target=text) }}",
    "{{ text | title | title | title }}",
    "{% for a in numbers %}{{ numbers | sum }}{% endfor %}",
    "{% for a in numbers %}{{ rows | sort(attribute='name') | length }}{% endfor %}",
    "{% for a in numbers %}{{ -1 in numbers }}{% endfor %}",
    "{% for a in numbers %}{{ 'yy' in word }}{% endfor %}",
    "{% for a in numbers %}{{ a is in numbers }}{% endfor %}",
    "{% for a in numbers %}{{ word[1:] == word[:-1] }}{% endfor %}",
    "{% for a in numbers %}{% set x = numbers[1:] %}{% endfor %}",
    "{% for a in numbers %}{{ text.split() | length }}{% endfor %}",
    "{% for a in numbers %}{{ text.upper().find('q') }}{% endfor %}",
    "{% for a in numbers %}{{ numbers.count(-1) }}{% endfor %}",
    "{% for a in numbers %}{{ text }}{% endfor %}",
    "{% filter upper %}{% for a in numbers %}{{ text }}{% endfor %}{% endfilter %}",
]
LIMITS: Final = (
    *(
        "steps",
        "characters",
        "too deeply",
        "bits",
        "digits",
        "TypeError",
        "indents",
        "unsafe",
        "width within",
    ),
)
SECONDS: Final = 0.05
"""The longest that a message may hold up all others, on a machine that has nothing else to do."""


def rendered(source: str, data: dict[str, Any]) -> str:
    template = new_environment({"a.txt.j2": source}).get_template("a.txt.j2")
    return Rendering("a", data, Budget(10_000_000)).of(template)


@pytest.mark.parametrize("source", WORSE_THAN_IT_LOOKS)
def test_what_has_no_end_fails_the_message_and_names_the_limit(folder: Path, source: str) -> None:
    write(folder, bad_txt=source, bad_subject="s", good_txt="good", good_subject="s")
    composer = composer_with(folder)
    # Lenient: other processes make each second of the processor's time longer.
    with takes_at_most(10 * SECONDS):
        error = refusal(composer, template="bad", data=DATA)
    assert (error.field, "'bad' cannot be rendered: ") == ("template", error.reason[:26])
    assert any(words in error.reason for words in LIMITS)
    assert "(bad.txt.j2" in error.reason
    assert body(read_back(composer, template="good")) == "good\n"


def test_all_files_of_a_message_share_its_budget(folder: Path) -> None:
    loop = f"{{% for a in range({STEPS * 2 // 3}) %}}{{% endfor %}}text"
    write(folder, a_txt=loop, a_subject="s", b_txt=loop, b_html=loop, b_subject="s")
    composer = composer_with(folder)
    for _ in range(2):
        assert body(read_back(composer, template="a")) == "text\n"
    assert "steps" in refusal(composer, template="b").reason


def test_macros_of_another_file_pay_out_of_the_message_that_calls_them(folder: Path) -> None:
    many = STEPS // 10
    macro = f"{{% macro m(x) %}}{{% for a in range({many}) %}}{{% endfor %}}{{{{ x }}}}"
    calls = "{% from 'lib.txt.j2' import m %}{{ m(1) }}{{ m(2) }}"
    write(folder, lib_txt=macro + "{% endmacro %}", a_txt=calls, a_subject="s")
    composer = composer_with(folder)
    for _ in range(20):
        assert body(read_back(composer, template="a")) == "12\n"


def test_a_list_that_cannot_be_indented_stays_as_it_is() -> None:
    rows = ["a"]
    with pytest.raises(InvalidMessage):
        rendered("{{ rows | indent }}", {"rows": rows})
    assert ["a"] == rows


def test_a_long_list_of_rows_is_no_trouble() -> None:
    source = (
        "{% for row in rows %}{% if loop.first or row.name in names %}<td>{{ row.name | upper }}"
        "{{ '%.2f' % row.price }} {{ row.tags | join(', ') }}{% endif %}{% endfor %}"
    )
    rows = [{"name": f"Tea {n}", "price": n / 7, "tags": ["a", "b"]} for n in range(2000)]
    text = rendered(source, {"rows": rows, "names": [row["name"] for row in rows[:10]]})
    assert text.count("<td>") == 10


def test_megabytes_of_data_are_no_trouble(folder: Path) -> None:
    data = {"subject": "s", "body": "A line of it.\n" * 200_000}
    assert len(both(read_back(composer_with(folder), template="plain", data=data))[0]) > 2_000_000


# What templates do with values: the same as Jinja alone makes of it, while it is within bounds.
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("ab <&%{}é1", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)
EXPRESSIONS: Final = [
    *(f"a {operator} b" for operator in ("+", "-", "*", "/", "//", "**", "%", "~")),
    *(f"a {operator} b" for operator in ("==", "!=", "<", "<=", ">", ">=", "in", "not in")),
    *("1 < b < 3", "a[1:]", "a[:-1] == b[1:]", "a.b", "a['b']", "a if b else 'x'"),
    *(f"a | {name}" for name in ("upper", "title", "join(b)", "replace('a', b)", "sort", "sum")),
    *(f"a | {name}" for name in ("center(b)", "indent(b)", "wordwrap(b)", "truncate(3)", "list")),
    *(f"a | {name}" for name in ("tojson", "pprint", "unique | list", "groupby('a')", "striptags")),
    *(f"a | {name}" for name in ("round(b)", "batch(2, b) | list", "slice(2) | list", "int")),
    *(f"a | {name}" for name in ("format(b)", "urlize", "wordcount", "xmlattr", "dictsort")),
    *(f"a | {name}" for name in ("map('string') | join(b)", "reverse | list", "default(b)", "max")),
    *(f"a.{name}" for name in ("split()", "join(b)", "replace('a', b)", "center(b)", "format(b)")),
    *(f"a.{name}" for name in ("format(*b)", "items() | list", "count(b)", "title()", "get(b)")),
    *("a is in b", "a is eq b", "range(b) | list", "dict(a)", "cycler(a, b).next()"),
]


@given(st.sampled_from(EXPRESSIONS), VALUES, VALUES)
@settings(deadline=None, max_examples=500)
def test_within_its_bounds_an_expression_means_what_jinja_means_by_it(
    expression: str, a: Any, b: Any
) -> None:
    source = "{% set x = " + expression + " %}{{ x if x is not none else 'null' }}"
    plain = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    try:
        expected = plain.from_string(source).render(a=a, b=b)
    except Exception:  # noqa: BLE001 - whatever it is, the message has to fail too
        with pytest.raises(InvalidMessage):
            rendered(source, {"a": a, "b": b})
        return
    try:
        actual = rendered(source, {"a": a, "b": b})
    except InvalidMessage as error:
        # These are refused for other reasons than their cost.
        refused = ("a value to be shown is", "a width within {}", "TypeError")
        assert any(words in error.reason for words in refused)  # noqa: PT017 - either is right
        return
    assert expected == actual


@given(st.sampled_from(EXPRESSIONS), st.data())
@settings(deadline=None, max_examples=25)
def test_no_expression_takes_long_whatever_the_data(expression: str, data: st.DataObject) -> None:
    large = st.sampled_from(
        [*DATA.values(), 10**9, -(10**9), "%" * 10**6, "{}" * 10**6, "<" * 10**6]
    )
    values = {"a": data.draw(large | VALUES), "b": data.draw(large | VALUES)}
    source = "{% for _ in range(49999) %}{% set x = " + expression + " %}{{ x }}{% endfor %}"
    with takes_at_most(10 * SECONDS), contextlib.suppress(InvalidMessage):
        rendered(source, values)
