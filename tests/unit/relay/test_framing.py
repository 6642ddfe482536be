from __future__ import annotations

import smtplib

from hypothesis import given
from hypothesis import strategies as st

from app.domain.smtp import Envelope
from app.relay.features import Features
from app.relay.framing import BLOCK, blocks, chunks, closed, mail_line, rcpt_line, stuffed

LINES = st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a", b"a.", b"x" * 70]), max_size=8)
ALL = Features(pipelining=True, smtputf8=True, dsn=True, size=True)


@given(LINES, st.booleans())
def test_stuffing_can_be_undone_and_ends_once(lines: list[bytes], ended: bool) -> None:
    content = b"\r\n".join(lines) + (b"\r\n" if ended else b"")
    sent = stuffed(closed(content))
    *received, dot, nothing = sent.split(b"\r\n")
    assert (b".", b"") == (dot, nothing)
    assert b"." not in received
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert whole == b"".join(line.removeprefix(b".") + b"\r\n" for line in received)
    assert whole == closed(content)


@given(st.integers(0, 3 * BLOCK + 2), st.sampled_from([b"x" * 70 + b"\r\n", b".\r\n"]))
def test_pieces_make_up_the_whole(size: int, line: bytes) -> None:
    content = closed((line * (size // len(line) + 1))[:size])
    assert stuffed(content) == b"".join(blocks(content))
    pieces = [piece.partition(b"\r\n") for piece in chunks(content)]
    assert content == b"".join(octets for _, _, octets in pieces)
    assert all(0 < len(octets) <= BLOCK for _, _, octets in pieces)
    *others, last = [(head, len(octets)) for head, _, octets in pieces]
    assert all(head == b"BDAT %d" % count for head, count in others)
    assert b"BDAT %d LAST" % last[1] == last[0]


@given(LINES)
def test_stuffing_agrees_with_the_standard_library(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    if content:
        assert smtplib._quote_periods(content) + b".\r\n" == stuffed(content)  # type: ignore[attr-defined]  # its one definition of stuffing


def test_only_what_is_offered_is_asked_for() -> None:
    envelope = Envelope("a@b.example", ("c@d.example",), smtputf8=False, envid="id-1")
    assert b"MAIL FROM:<a@b.example>\r\n" == mail_line(envelope, 7, Features())
    assert b"MAIL FROM:<a@b.example> SIZE=7 ENVID=id-1\r\n" == mail_line(envelope, 7, ALL)
    assert b"RCPT TO:<c@d.example>\r\n" == rcpt_line("c@d.example", envelope)


def test_an_envid_too_long_for_the_protocol_is_left_out() -> None:
    envelope = Envelope("a@b.example", (), envid="+" * 40)
    assert b"ENVID" not in mail_line(envelope, 7, ALL)


def test_size_is_read_with_and_without_a_limit() -> None:
    assert (True, 1_000) == _size({"size": "1000"})
    assert (True, None) == _size({"size": "0"})
    assert (True, None) == _size({"size": ""})
    assert (True, None) == _size({"size": "lots"})
    assert (False, None) == _size({})


def _size(extensions: dict[str, str]) -> tuple[bool, int | None]:
    features = Features.read(extensions)
    return features.size, features.max_size
