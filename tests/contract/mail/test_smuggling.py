"""Nobody gets a second mail, recipient or header into a mail, wherever the words come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from app.domain.errors import InvalidMessage
from app.intake.messages import KNOWN_FIELDS
from tests.contract.mail.modes import MODES, in_chunks
from tests.support.asked import attached, composed
from tests.support.relay_rig import codes, relays_to
from tests.support.smtp_server import SmtpServer
from tests.support.smuggled import ANY_END, BARE, BREAKS, PAYLOADS, PLACES, with_payload
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMED: Final[Mapping[str, Callable[[str], Mapping[str, Any]]]] = {
    "id": lambda evil: {"id": evil},
    "type": lambda evil: {"type": evil},
    "from": lambda evil: {"from": f"shop{evil}@example.com"},
    "from.name": lambda evil: {"from": {"name": evil, "address": "shop@example.com"}},
    "from.address": lambda evil: {"from": {"address": f"shop@example.com{evil}"}},
    "envelope_from": lambda evil: {"envelope_from": f"shop@example.com{evil}"},
    "to": lambda evil: {"to": f'"{evil}"@example.com'},
    "to[1]": lambda evil: {"to": ["ann@example.com", f"{evil} <bob@example.com>"]},
    "to.address": lambda evil: {"to": {"address": f"ann@{evil}"}},
    "cc": lambda evil: {"cc": f"ann@example.com{evil}"},
    "cc.name": lambda evil: {"cc": {"name": evil, "address": "ann@example.com"}},
    "bcc": lambda evil: {"bcc": f"{evil}ann@example.com"},
    "reply_to": lambda evil: {"reply_to": f"Ann <ann@example.com{evil}>"},
    "subject": lambda evil: {"subject": evil},
    "headers": lambda evil: {"headers": {f"X-{evil}": "a"}},
    "headers.X-A": lambda evil: {"headers": {"X-A": evil}},
    "headers.Date": lambda evil: {"headers": {"Date": f"Thu, 1 Jan 2026 00:00:00 +0000{evil}"}},
    "headers.Message-ID": lambda evil: {"headers": {"Message-ID": f"<1@example.com>{evil}"}},
    "attachments[0].filename": lambda evil: {"attachments": [attached(b"", filename=evil)]},
    "attachments[0].content_type": lambda evil: {
        "attachments": [attached(b"", content_type=f"text/plain; charset={evil}")]
    },
    "attachments[0].content_id": lambda evil: {"attachments": [attached(b"", content_id=evil)]},
    "attachments[0].disposition": lambda evil: {"attachments": [attached(b"", disposition=evil)]},
    "unsubscribe.url": lambda evil: {"unsubscribe": {"url": f"https://example.com/{evil}"}},
    "unsubscribe.mailto": lambda evil: {"unsubscribe": {"mailto": f"mailto:a@example.com{evil}"}},
    "locale": lambda evil: {"locale": f"pt{evil}"},
    "template": lambda evil: {"template": f"plain{evil}"},
    "priority": lambda evil: {"priority": f"high{evil}"},
    "tags[0]": lambda evil: {"tags": [evil]},
}
"""Whatever a record may say that is bound for a header, a command or a name."""

FIELDS: Final = {"to": "ann@example.com", "subject": "Hello", "text": "Hello"}


@pytest.mark.parametrize("field", NAMED)
def test_a_line_break_outside_bodies_is_refused_naming_the_field(field: str) -> None:
    for name, evil in BREAKS.items():
        with pytest.raises(InvalidMessage) as caught:
            composed("m-1", {**FIELDS, **NAMED[field](evil)})
        assert field == caught.value.field, name
        assert "victim" not in str(caught.value), name


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_line_break_in_what_a_template_puts_into_a_subject_is_refused(name: str) -> None:
    data = {"title": PAYLOADS[name], "body": "Hello"}
    with pytest.raises(InvalidMessage) as caught:
        composed("m-1", {"to": "ann@example.com", "template": "notification", "data": data})
    assert "subject" == caught.value.field


@pytest.mark.parametrize("word", ["=?utf-8?q?a=0D=0ABcc:_b?=", "=?utf-8?b?YQ0KQmNjOiBi?="])
def test_a_line_break_behind_an_encoded_word_is_refused(word: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        composed("m-1", {**FIELDS, "to": f"{word} <ann@example.com>"})
    assert "to" == caught.value.field


@pytest.mark.parametrize("mode", MODES)
def test_in_a_body_it_is_but_words(mode: str) -> None:
    """One mail, and not an octet that any reader could take for the end of it or for a line."""

    async def main() -> None:
        async with (
            SmtpServer(features=MODES[mode]) as server,
            relays_to(server, connections=1) as relays,
        ):
            number = 0
            for place in PLACES:
                for name in PAYLOADS:
                    mail = with_payload(place, name)
                    assert [250] == codes(await relays.send(mail))
                    number += 1
                    assert number == len(server.mails), (place, name)
                    assert ["ann@example.com"] == server.mails[-1].recipients
                    assert mail.content == server.mails[-1].content
            (session,) = server.sessions
            said = b"".join(session.chunks)
            assert not BARE.search(said)
            if in_chunks(mode):
                assert {"EHLO", "MAIL", "RCPT", "BDAT"} == set(session.verbs)
            else:
                assert {"EHLO", "MAIL", "RCPT", "DATA"} == set(session.verbs)
                assert number == len(ANY_END.findall(said))

    run(main())


@pytest.mark.parametrize("place", PLACES)
def test_what_is_composed_ends_for_nobody_before_its_end(place: str) -> None:
    """Also where a relay passes on what came in chunks, with no dots doubled."""
    for name in PAYLOADS:
        content = with_payload(place, name).content
        assert content.isascii()
        assert not BARE.search(content), name
        if place != "attached mail":
            # There the lines of another mail stand as they are, lone dots included.
            assert not ANY_END.search(content), name


def test_every_field_is_tried_but_those_that_reach_no_mail() -> None:
    tried = {key for make in (*NAMED.values(), *PLACES.values()) for key in make("a")}
    times_and_numbers = {"send_at", "expires_at", "timestamp", "max_retries", "retry_count"}
    for_others = {"metadata", "status", "error_msg"}
    assert KNOWN_FIELDS == tried | times_and_numbers | for_others
