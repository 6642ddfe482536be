from __future__ import annotations

import smtplib

import pytest
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


@pytest.mark.parametrize(("envid", "carried"), [("x" * 100, True), ("x" * 101, False)])
def test_an_envid_too_long_for_the_protocol_is_left_out(envid: str, carried: bool) -> None:
    assert carried == (b" ENVID=" in mail_line(Envelope("a@b.example", (), envid=envid), 7, ALL))
    plus = Envelope("a@b.example", (), envid="+" * 34)
    assert b"ENVID" not in mail_line(plus, 7, ALL), "each of these takes three"


def test_an_envid_is_written_as_xtext() -> None:
    """RFC 3461 section 4: `!` to `~`, but for `+` and `=`."""
    envelope = Envelope("a@b.example", (), envid="\x1f !09AXZaxz+=~\x7f\u00e9")
    written = b" ENVID=+1F+20!09AXZaxz+2B+3D~+7F+C3+A9\r\n"
    assert mail_line(envelope, 7, ALL).endswith(written)


@pytest.mark.parametrize("given_octets", [BLOCK - 3, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_a_piece_is_one_block_or_the_rest(given_octets: int) -> None:
    assert 65_536 == BLOCK
    content = b"x" * (given_octets - 2) + b"\r\n"
    pieces = [len(piece) for piece in blocks(content)]
    assert [BLOCK] * ((given_octets + 3) // BLOCK) == [size for size in pieces if size == BLOCK]
    assert given_octets + 3 == sum(pieces)
    heads = [piece.partition(b"\r\n")[0] for piece in chunks(content)]
    whole, rest = divmod(given_octets, BLOCK)
    sizes = [BLOCK] * whole + [rest] * bool(rest)
    assert [*(b"BDAT %d" % size for size in sizes[:-1]), b"BDAT %d LAST" % sizes[-1]] == heads


def test_an_address_that_is_not_ascii_is_told_of_and_sent_in_utf_8() -> None:
    marked = Envelope("j\u00f6rg@b.example", (), smtputf8=True, envid="1")
    line = "MAIL FROM:<j\u00f6rg@b.example> SIZE=7 SMTPUTF8 ENVID=1\r\n"
    assert line.encode() == mail_line(marked, 7, ALL)
    assert "RCPT TO:<\u00e4@b.example>\r\n".encode() == rcpt_line("\u00e4@b.example", marked)
    plain = Envelope("a@b.example", ())
    with pytest.raises(ValueError, match=r"^an envelope address is not ASCII, its .* SMTPUTF8$"):
        rcpt_line("\u00e4@b.example", plain)


@pytest.mark.parametrize("smtputf8", [False, True])
@pytest.mark.parametrize("control", [*map(chr, range(32)), "\x7f"])
def test_no_second_command_hides_in_an_address(control: str, smtputf8: bool) -> None:
    envelope = Envelope("a@b.example", (), smtputf8=smtputf8)
    for address in (f"c{control}@b.example", f"\u00e4{control}@b.example"):
        with pytest.raises(ValueError, match=r"^an envelope address holds a control character$"):
            rcpt_line(address, envelope)


def test_size_is_read_with_and_without_a_limit() -> None:
    assert (True, 1_000) == _size({"size": "1000"})
    assert (True, None) == _size({"size": "0"})
    assert (True, None) == _size({"size": ""})
    assert (True, None) == _size({"size": "lots"})
    assert (False, None) == _size({})


def _size(extensions: dict[str, str]) -> tuple[bool, int | None]:
    features = Features.read(extensions)
    return features.size, features.max_size
