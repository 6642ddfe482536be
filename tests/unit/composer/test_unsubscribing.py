"""Where a reader may unsubscribe: what is taken, how it is written, what is said of the rest."""

from __future__ import annotations

import pytest

from app.composer.unsubscribing import unsubscribe_headers
from app.domain.errors import InvalidMessage
from app.domain.message import Unsubscribe

ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
UNRESERVED = "!#$%&'()*+,-./09:;=?@AZ[]_az~"


@pytest.mark.parametrize(
    ("unsubscribe", "targets"),
    [
        (Unsubscribe("https://a.example/u"), "<https://a.example/u>"),
        (Unsubscribe("HTTP://a.example/u"), "<HTTP://a.example/u>"),
        (Unsubscribe(f"https://{UNRESERVED}"), f"<https://{UNRESERVED}>"),
        (Unsubscribe(mailto="u@a.example"), "<mailto:u@a.example>"),
        (Unsubscribe(mailto="U <u@a.example>"), "<mailto:u@a.example>"),
        (Unsubscribe(mailto="MAILTO:u@a.example?a=b"), "<MAILTO:u@a.example?a=b>"),
        (Unsubscribe(mailto=f"mailto:{UNRESERVED}"), f"<mailto:{UNRESERVED}>"),
        (Unsubscribe(mailto="a!$'*+-./_~b@a.example"), "<mailto:a!$'*+-./_~b@a.example>"),
        (
            Unsubscribe(mailto="a#%&=?^`{|}@a.example"),
            "<mailto:a%23%25%26%3D%3F%5E%60%7B%7C%7D@a.example>",
        ),
        (
            Unsubscribe("https://a.example", "u@b.example"),
            "<https://a.example>, <mailto:u@b.example>",
        ),
        # The header's line has 76 characters, and then one more.
        (
            Unsubscribe("https://a.example/" + "x" * 16, "u@b.example"),
            f"<https://a.example/{'x' * 16}>, <mailto:u@b.example>",
        ),
        (
            Unsubscribe("https://a.example/" + "x" * 17, "u@b.example"),
            f"<https://a.example/{'x' * 17}>,\r\n <mailto:u@b.example>",
        ),
        (Unsubscribe("https://a.example/" + "x" * 950), f"<https://a.example/{'x' * 950}>"),
    ],
)
def test_targets_are_written_the_url_first(unsubscribe: Unsubscribe, targets: str) -> None:
    assert f"List-Unsubscribe: {targets}\r\n" == unsubscribe_headers(unsubscribe)


@pytest.mark.parametrize("url", ["https://a.example", "HTTPS://a.example"])
def test_one_click_stands_in_a_header_of_its_own(url: str) -> None:
    written = unsubscribe_headers(Unsubscribe(url, one_click=True))
    assert f"List-Unsubscribe: <{url}>\r\n{ONE_CLICK}" == written


def test_without_a_target_there_is_no_header() -> None:
    assert "" == unsubscribe_headers(Unsubscribe())


URL = "unsubscribe.url: must be an http or https URL, other characters percent-encoded"
MAILTO = "unsubscribe.mailto: must be an address or a mailto URL, percent-encoded"
CLICK = "unsubscribe.one_click: needs a url that begins with https (RFC 8058)"


@pytest.mark.parametrize(
    ("unsubscribe", "reason"),
    [
        *((Unsubscribe(f"https://a{char}b"), URL) for char in ' "<>\\^`{|}é\x7f'),
        *((Unsubscribe(mailto=f"mailto:a{char}b"), MAILTO) for char in ' "<>\\^`{|}é\x7f'),
        (Unsubscribe("https://"), URL),
        (Unsubscribe("ftp://a.example"), URL),
        (Unsubscribe(mailto="mailto:"), MAILTO),
        (Unsubscribe("http://a.example", one_click=True), CLICK),
        (Unsubscribe(mailto="u@a.example", one_click=True), CLICK),
        (
            Unsubscribe("https://a.example/" + "x" * 951),
            "unsubscribe.url: has more than 968 characters",
        ),
        (
            Unsubscribe(mailto="mailto:" + "x" * 962),
            "unsubscribe.mailto: has more than 968 characters",
        ),
    ],
)
def test_what_is_wrong_is_said(unsubscribe: Unsubscribe, reason: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        unsubscribe_headers(unsubscribe)
    assert reason == str(caught.value)
