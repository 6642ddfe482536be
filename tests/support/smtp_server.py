"""An SMTP server that misbehaves on demand, command by command."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Self

from tests.support.smtp_actions import Slowly
from tests.support.smtp_auth import authenticate
from tests.support.smtp_session import Mail, Session, SessionOver

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from tests.support.smtp_actions import Action

FEATURES = ("PIPELINING", "SIZE 104857600", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN")
CHUNKING = (*FEATURES, "CHUNKING")
STEPWISE = tuple(each for each in FEATURES if each != "PIPELINING")


class SmtpServer:
    """Answers as a good relay does, except where `on` says otherwise.

    `on(verb, *actions)`: each action serves one such command, in order of arrival over all
    connections; verbs are those of SMTP and CONNECT, BODY (once the 354 is out, or the first BDAT
    is read), DOT (also for the last chunk), CHUNK (each other one). BDAT comes before the chunk's
    octets are read: who answers it there does not know the command.
    `always(verb, action)` serves every one for which no other action is left. `for_name` does it
    for those alone that concern one message, however many are under way.
    """

    def __init__(
        self,
        *,
        features: Sequence[str] = FEATURES,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: dict[str, str] | None = None,
        mechanisms: str = "PLAIN LOGIN CRAM-MD5 XOAUTH2",
        window: int | None = None,
    ) -> None:
        """`window`: how many octets the kernel takes for a server that does not read."""
        self.features = features
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.users = users
        self.mechanisms = mechanisms
        self.window = window
        self.sessions: list[Session] = []
        self.mails: list[Mail] = []
        self.port = 0
        self.most_open = 0
        self._most_recipients = (1_000, "452 4.5.3 too many recipients")
        self._accepted: str | None = None
        self._refused_login: str | None = None
        self._scripts: defaultdict[str, deque[Action]] = defaultdict(deque)
        self._scripts_by_name: defaultdict[tuple[str, str], deque[Action]] = defaultdict(deque)
        self._always: dict[str, Action] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def on(self, verb: str, *actions: Action) -> Self:
        self._scripts[verb].extend(actions)
        return self

    def always(self, verb: str, action: Action) -> Self:
        self._always[verb] = action
        return self

    def for_name(self, name: str, verb: str, *actions: Action) -> Self:
        """As `on` where the local part of the sender (MAIL) or of a recipient (the rest) is so."""
        self._scripts_by_name[name, verb].extend(actions)
        return self

    def refuse_recipients_above(self, most: int, words: str) -> Self:
        """Answer each further recipient of a transaction with `words`."""
        self._most_recipients = (most, words)
        return self

    def accept_with(self, words: str) -> Self:
        """Answer each message that is taken with `words`."""
        self._accepted = words
        return self

    def refuse_logins_with(self, words: str) -> Self:
        """Answer each login that is refused with `words`."""
        self._refused_login = words
        return self

    def never_mind(self) -> None:
        """Be a good relay from now on."""
        self._scripts.clear()
        self._scripts_by_name.clear()
        self._always.clear()

    @property
    def commands(self) -> list[str]:
        return [command for session in self.sessions for command in session.commands]

    @property
    def verbs(self) -> list[str]:
        return [verb for session in self.sessions for verb in session.verbs]

    @property
    def open(self) -> int:
        return sum(not session.over for session in self.sessions)

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def listen(self) -> None:
        """Accept connections, on the same port as before if there was one."""
        context = self.tls if self.implicit_tls else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=context)
        (listener,) = self._server.sockets
        if self.window is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.window)
        self.port = listener.getsockname()[1]

    async def stop(self) -> None:
        """Accept no more and drop what is open."""
        if self._server is not None:
            self._server.close()
        for session in self.sessions:
            # asyncio's transport of TLS that was closed twice has forgotten what to abort.
            with contextlib.suppress(AttributeError):
                session.writer.transport.abort()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(reader, writer, tls=self.implicit_tls)
        self.sessions.append(session)
        self.most_open = max(self.most_open, self.open)
        task = asyncio.ensure_future(self._serve(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, session: Session) -> None:
        try:
            if not await self._scripted("CONNECT", session):
                await session.write(b"220 test.example ESMTP\r\n")
            while True:
                line = (await session.line()).decode().rstrip("\r\n")
                session.commands.append(line)
                await self._answer(session, line)
        except (SessionOver, OSError, UnicodeDecodeError):
            pass  # ssl.SSLError is an OSError; what is no text is a handshake that nobody agreed on
        except RuntimeError:
            # How uvloop says that what is written to was closed meanwhile.
            if not session.writer.is_closing():
                raise
        finally:
            session.over = True
            session.writer.close()

    async def _scripted(self, verb: str, session: Session, names: Sequence[str] = ()) -> bool:
        """Whether the usual answer is not to be given any more."""
        session.drip = None
        scripts = [self._scripts_by_name.get((name, verb)) for name in names]
        script = next(filter(None, scripts), self._scripts.get(verb))
        action = script.popleft() if script else self._always.get(verb)
        if action is None:
            return False
        await action.perform(session)
        return not isinstance(action, Slowly)

    async def _answer(self, session: Session, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        if await self._scripted(verb, session, _names(session, line)):
            return
        match verb:
            case "EHLO" | "HELO":
                await session.write(self._ehlo(session))
            case "STARTTLS" if self.tls is not None and not session.tls:
                await session.write(b"220 2.0.0 go ahead\r\n")
                await session.writer.start_tls(self.tls)
                session.tls = True
            case "AUTH":
                await authenticate(session, line, self.users or {}, self._refused_login)
            case "BDAT":
                await self._take_chunk(session, line)
            case "QUIT":
                await session.write(b"221 2.0.0 bye\r\n")
                raise SessionOver
            case _:
                await self._transaction(session, verb, line)

    async def _transaction(self, session: Session, verb: str, line: str) -> None:
        mail = session.mail
        answer = "250 2.0.0 ok"
        if verb == "MAIL":
            session.mail = Mail(_path(line), [], b"")
        elif verb == "RSET":
            session.mail = None
        elif mail is None or verb not in {"RCPT", "DATA"}:
            answer = "503 5.5.1 not now"
        elif verb == "RCPT" and len(mail.recipients) >= self._most_recipients[0]:
            answer = self._most_recipients[1]
        elif verb == "RCPT":
            mail.recipients.append(_path(line))
        elif not mail.recipients:
            answer = "554 5.5.1 no valid recipients"
        else:
            await self._take_message(session, mail)
            return
        await session.write(answer.encode() + b"\r\n")

    def _ehlo(self, session: Session) -> bytes:
        features = list(self.features)
        if self.tls is not None and not session.tls:
            features.append("STARTTLS")
        if self.users is not None:
            features.append(f"AUTH {self.mechanisms}")
        lines = ["test.example greets you", *features]
        marks = ["-"] * (len(lines) - 1) + [" "]
        pairs = zip(marks, lines, strict=True)
        return "".join(f"250{mark}{line}\r\n" for mark, line in pairs).encode()

    async def _take_message(self, session: Session, mail: Mail) -> None:
        session.mail = None
        await session.write(b"354 go ahead\r\n")
        names = [_local_part(each) for each in mail.recipients]
        await self._scripted("BODY", session, names)
        lines = []
        while (line := await session.line()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        mail.content = b"".join(lines)
        if await self._scripted("DOT", session, names):
            return
        await self._keep(session, mail)

    async def _take_chunk(self, session: Session, line: str) -> None:
        _, size, *last = line.split(" ")
        mail = session.mail
        names = [_local_part(each) for each in mail.recipients] if mail else []
        if mail is not None and not mail.chunks:
            await self._scripted("BODY", session, names)
        octets = await session.octets(int(size))
        if last:
            session.mail = None
        if mail is None or not mail.recipients:
            await session.write(b"503 5.5.1 not now\r\n")
            return
        mail.chunks.append(octets)
        if await self._scripted("DOT" if last else "CHUNK", session, names):
            return
        if last:
            mail.content = b"".join(mail.chunks)
            await self._keep(session, mail)
        else:
            await session.write(b"250 2.0.0 %d octets\r\n" % len(octets))

    async def _keep(self, session: Session, mail: Mail) -> None:
        self.mails.append(mail)
        words = self._accepted or f"250 2.0.0 queued as Q{len(self.mails)}"
        await session.write(words.encode() + b"\r\n")


def _path(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


def _local_part(address: str) -> str:
    return address.rpartition("@")[0]


def _names(session: Session, line: str) -> list[str]:
    """Whom a command concerns: the address in it, else the recipients so far."""
    if "<" in line:
        return [_local_part(_path(line))]
    return [_local_part(each) for each in session.mail.recipients] if session.mail else []
