"""What a template may do, and what is told when it cannot be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.composer.mails import (
    composer_with,
    refusal,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ items.append(1) }}",
        "{{ '%s' % name.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ 1 / 0 }}",
        "{{ name + 1 }}",
        "{% include '' ~ 'missing.txt.j2' %}",
        "{% include '' ~ '../secret' %}",
        "{% extends '' ~ '/etc/hostname' %}",
        "{{ items.clear }}",
        "{% for x in recursive(1) %}{% endfor %}",
    ],
)
def test_what_cannot_be_rendered_is_the_messages_fault_and_quotes_no_data(
    folder: Path, source: str
) -> None:
    write(folder, bad_txt=f"one\n{source}", bad_subject="s")
    data = {"name": "secret-name", "items": ["secret-item"]}
    error = refusal(composer_with(folder), template="bad", data=data)
    assert error.field == "template" or error.field.startswith("data.")
    assert "secret-" not in str(error)
    assert data == {"name": "secret-name", "items": ["secret-item"]}
    if error.field == "template":
        assert "bad.txt.j2, line 2" in error.reason
