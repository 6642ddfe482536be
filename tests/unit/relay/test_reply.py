from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.smtp import Reply
from app.relay.reply import MAX_LINE, MAX_REPLY, MalformedReply, ReplyParser

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=40)
CODES = st.integers(200, 599)


def parse(data: bytes) -> list[Reply]:
    parser = ReplyParser()
    replies = list(parser.feed(data))
    assert parser.between_replies
    return replies


@pytest.mark.parametrize(
    ("wire", "reply"),
    [
        (b"250 ok\r\n", Reply(250, None, "ok")),
        (b"250\r\n", Reply(250)),
        (b"250 \r\n", Reply(250)),
        (b"250 ok\n", Reply(250, None, "ok")),
        (b"250 2.1.5 Ok\r\n", Reply(250, "2.1.5", "Ok")),
        (b"550 5.1.1\r\n", Reply(550, "5.1.1")),
        (b"452 4.5.3 Too many\r\n", Reply(452, "4.5.3", "Too many")),
        (b"550 5.7.133 long detail\r\n", Reply(550, "5.7.133", "long detail")),
        (b"550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c\r\n", Reply(550, "5.7.1", "a b c")),
        (
            b"550-no such user,\r\n550 5.1.1 try another\r\n",
            Reply(550, "5.1.1", "no such user, try another"),
        ),
        (b"550-\r\n550 x\r\n", Reply(550, None, "x")),
        (b"250-ok\r\n250\r\n", Reply(250, None, "ok")),
        (b"250 1.2.3.4 is your address\r\n", Reply(250, None, "1.2.3.4 is your address")),
        (b"550 3.1.1 no such class\r\n", Reply(550, None, "3.1.1 no such class")),
        (b"451 5.7.1 classes disagree\r\n", Reply(451, "5.7.1", "classes disagree")),
        ("550 5.1.1 kein Empfänger\r\n".encode(), Reply(550, "5.1.1", "kein Empfänger")),
        (b"550 bad \xff octet\r\n", Reply(550, None, "bad \N{REPLACEMENT CHARACTER} octet")),
        (b"550 \x1b[31mred\x00\r\n", Reply(550, None, " [31mred ")),
    ],
)
def test_reads_code_enhanced_code_and_text(wire: bytes, reply: Reply) -> None:
    assert [reply] == parse(wire)


@pytest.mark.parametrize(
    "wire",
    [
        b"hello\r\n",
        b"\r\n",
        b"2\r\n",
        b"25\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 preliminary\r\n",
        b"600 what\r\n",
        b"250ok\r\n",
        b"250 a\rb\r\n",
        b" 250 ok\r\n",
        "٢٥٠ ok\r\n".encode(),
        b"\x16\x03\x01",
        b"250-a\r\nx",
        b"250 " + b"x" * MAX_LINE + b"\r\n",
        b"250 " + b"x" * MAX_LINE,
        (b"250-" + b"x" * 996 + b"\r\n") * (MAX_REPLY // 996 + 1),
    ],
)
def test_anything_else_is_malformed(wire: bytes) -> None:
    with pytest.raises(MalformedReply, match=r"^(not an SMTP reply|a reply (line )?of over )"):
        list(ReplyParser().feed(wire))


def test_no_other_octet_begins_a_reply_or_stands_behind_its_code() -> None:
    for number in range(256):
        octet = bytes((number,))
        for data, allowed in ((octet, b"2345"), (b"250%cok\r\n" % octet, b" -")):
            if octet in allowed:
                list(ReplyParser().feed(data))
            else:
                with pytest.raises(MalformedReply, match=r"^not an SMTP reply$"):
                    list(ReplyParser().feed(data))


def test_a_line_may_be_as_long_as_allowed_and_no_longer() -> None:
    assert (8_192, 65_536) == (MAX_LINE, MAX_REPLY)
    longest = b"250 " + b"x" * (MAX_LINE - 4)
    for code_and_mark in (b"250 ", b"250-"):
        line = code_and_mark + b"x" * (MAX_LINE - 4)
        list(ReplyParser().feed(line + b"\n"))
        with pytest.raises(MalformedReply, match=r"^not an SMTP reply$"):
            list(ReplyParser().feed(line + b"x\n"))
    parser = ReplyParser()
    assert [] == list(parser.feed(longest))
    with pytest.raises(MalformedReply, match=f"^a reply line of over {MAX_LINE} octets$"):
        list(parser.feed(b"x"))


def test_the_lines_of_a_reply_may_be_as_long_as_allowed_together_and_no_longer() -> None:
    parser = ReplyParser()
    line = b"250-" + b"x" * 1020
    for _ in range(2):
        wire = (line + b"\n") * (MAX_REPLY // 1024) + b"250 ok\n"
        assert [250] == [reply.code for reply in parser.feed(wire)]
    assert [] == list(parser.feed((line + b"\n") * (MAX_REPLY // 1024)))
    with pytest.raises(MalformedReply, match=f"^a reply of over {MAX_REPLY} octets$"):
        list(parser.feed(b"250-\n"))


@pytest.mark.parametrize("wire", [b"2", b"250", b"250-a\r\n", b"250-a\r\n2", b"250 ok\r\n250 "])
def test_in_the_midst_of_a_reply_it_is_not_between_two(wire: bytes) -> None:
    parser = ReplyParser()
    assert parser.between_replies
    list(parser.feed(wire))
    assert not parser.between_replies


def test_replies_before_the_malformed_one_are_given() -> None:
    replies = iter(ReplyParser().feed(b"250 ok\r\nhello\r\n"))
    assert Reply(250, None, "ok") == next(replies)
    with pytest.raises(MalformedReply):
        next(replies)


@given(st.lists(st.tuples(CODES, st.lists(WORDS, min_size=1, max_size=4)), max_size=6), st.data())
def test_how_a_stream_is_cut_makes_no_difference(
    given_replies: list[tuple[int, list[str]]], data: st.DataObject
) -> None:
    wire = b""
    for code, lines in given_replies:
        for line in lines[:-1]:
            wire += f"{code}-{line}\r\n".encode()
        wire += f"{code} {lines[-1]}\r\n".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    parser = ReplyParser()
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    replies = [reply for piece in pieces for reply in parser.feed(piece)]
    assert replies == parse(wire)
    assert [code for code, _ in given_replies] == [reply.code for reply in replies]


@pytest.mark.parametrize(
    "wire",
    [
        b"250 2.0.0 queued 250 ok\r\n354 go on\n",
        b"250-a\r\n250-b\r\n250 c\r\n550 5.1.1\r\n",
    ],
)
def test_two_pieces_give_what_one_does_wherever_they_come_apart(wire: bytes) -> None:
    for cut in range(len(wire) + 1):
        parser = ReplyParser()
        assert [*parser.feed(wire[:cut]), *parser.feed(wire[cut:])] == parse(wire), cut


@pytest.mark.parametrize(
    "wire",
    [
        b"250 2.0.0 Ok\r\n",
        b"250 2.0.0 Ok\n",
        b"250\r\n",
        b"200 ok\r\n",
        b"250-a\r\n250 b\r\n354 go on\r\n",
    ],
)
def test_a_line_that_answers_every_message_is_read_once(wire: bytes) -> None:
    assert parse(wire)[-1] is parse(wire)[-1]


@given(st.binary(max_size=300))
def test_no_octets_break_it_in_another_way(octets: bytes) -> None:
    try:
        for reply in ReplyParser().feed(octets):
            assert 200 <= reply.code <= 599
            assert reply.text.isprintable()
    except MalformedReply:
        pass
