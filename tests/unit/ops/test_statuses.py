from __future__ import annotations

from http import HTTPStatus

import pytest

from app.ops.statuses import in_words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, "OK"),
        (404, "Not Found"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (415, "Unsupported Media Type"),
        (416, "Range Not Satisfiable"),
        (422, "Unprocessable Content"),
    ],
)
def test_a_status_has_the_same_words_on_every_python(status: int, words: str) -> None:
    assert in_words(status) == words


def test_every_status_has_words() -> None:
    assert all(in_words(status) for status in HTTPStatus)
