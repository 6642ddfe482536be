"""File names in headers: whole, in short lines, and once more for readers that know no better."""

from __future__ import annotations

import string
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.composer.parameters import ascii_fallback, parameter


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("name", "a b.txt", ';\r\n name="a b.txt"'),
        ("name", "", ';\r\n name=""'),
        ("name", "x" * 64, f';\r\n name="{"x" * 64}"'),
        ("name", "é", ";\r\n name*=utf-8''%C3%A9;\r\n name=\"e\""),
        ("name", 'a"b', ";\r\n name*=utf-8''a%22b;\r\n name=\"a_b\""),
        ("name", "a\\b", ";\r\n name*=utf-8''a%5Cb;\r\n name=\"a_b\""),
        ("name", "a;b", ";\r\n name*=utf-8''a%3Bb;\r\n name=\"a_b\""),
        ("name", "é!#$&+^`{|}", ";\r\n name*=utf-8''%C3%A9!#$&+^`{|};\r\n name=\"e!#$&+^`{_}\""),
        (
            "name",
            "é%'*() /",
            ";\r\n name*=utf-8''%C3%A9%25%27%2A%28%29%20%2F;\r\n name=\"e%'_() _\"",
        ),
        (
            "name",
            "x" * 65,
            f";\r\n name*0*=utf-8''{'x' * 57};\r\n name*1*={'x' * 8};\r\n name=\"{'x' * 50}\"",
        ),
    ],
)
def test_a_parameter_is_as_plain_as_it_can_be(name: str, value: str, written: str) -> None:
    assert written == parameter(name, value)


@given(st.text("ab é€😀.", min_size=1, max_size=300), st.sampled_from(["name", "filename"]))
@example("é" * 10 + "x", "name")
@settings(deadline=None)
def test_a_section_takes_as_many_characters_as_fit(value: str, name: str) -> None:
    extended = [
        piece.partition("*=")[2]
        for piece in parameter(name, f"€{value}").split(";\r\n ")
        if "*" in piece
    ]
    extended[0] = extended[0].removeprefix("utf-8''")
    assert f"€{value}" == "".join(map(unquote, extended))
    for number, (section, following) in enumerate(pairwise(extended)):
        first = unquote(following)[0]
        more = len(first.encode()) * 3 if first not in "ab." else 1
        room = 76 - len(name) - 8 - (len("utf-8''") if number == 0 else 0)
        assert len(section) <= room < len(section) + more


@pytest.mark.parametrize(
    ("file_name", "plain"),
    [
        ("Übersicht.pdf", "Ubersicht.pdf"),
        ("", "_"),
        ("a.b.tar.gz", "a.b.tar.gz"),
        ("x" * 60, "x" * 50),
        ("x" * 60 + ".pdf", "x" * 46 + ".pdf"),
        ("x." + "y" * 20, "x." + "y" * 9),
        ("x" * 60 + "." + "y" * 20, "x" * 40 + "." + "y" * 9),
        (".profile", ".profile"),
        ('a/b:c;d*e?f<g>h|i"j\\k', "a_b_c_d_e_f_g_h_i_j_k"),
        ("a\x7fb\x1fc", "a_b_c"),
        (string.ascii_letters[:50], string.ascii_letters[:50]),
        (" !#$%&'()+,-=@[]^_`{}~", " !#$%&'()+,-=@[]^_`{}~"),
    ],
)
def test_the_plain_name_is_short_and_keeps_its_ending(file_name: str, plain: str) -> None:
    assert plain == ascii_fallback(file_name)
