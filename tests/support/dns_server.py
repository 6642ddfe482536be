"""A name server of the tests' own, over UDP, in a thread beside a synchronous test."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Final, Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TTL: Final = 60
_STRING: Final = 255


class DnsServer:
    """Answers from `records`, by name and type; texts of TXT are unquoted, and cut as DNS wants.

    A name of which it has nothing, and nothing below, does not exist. `refuse` answers SERVFAIL.
    """

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]] | None = None) -> None:
        self.records = dict(records or {})
        self.refuse = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as farewell:
            farewell.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            asked, client = self._socket.recvfrom(4096)
            if not asked:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(asked)).to_wire(), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        if self.refuse:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif texts := self.records.get((name, dns.rdatatype.to_text(question.rdtype))):
            if question.rdtype == dns.rdatatype.TXT:
                texts = [_quoted(each) for each in texts]
            rdclass, rdtype = question.rdclass, question.rdtype
            answer.answer.append(dns.rrset.from_text(question.name, _TTL, rdclass, rdtype, *texts))
        elif not any(each == name or each.endswith(f".{name}") for each, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _quoted(text: str) -> str:
    pieces = [text[start : start + _STRING] for start in range(0, len(text), _STRING)]
    return " ".join(f'"{each}"' for each in pieces)
