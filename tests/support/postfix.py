"""A real Postfix on a free port, in folders of its own, that keeps every mail it accepts."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.ports import answers, free_port
from tests.support.process import ChildProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from email.message import EmailMessage

TRIES = 3
DEADLINE_S = 20.0
MAILDIR_OWNER = "nobody"

# Every domain is ours and every address ends in one Maildir. Some local parts are answered as
# their names say.
MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
myhostname = mx.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {root}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = virtual
virtual_alias_domains =
virtual_alias_maps =
virtual_mailbox_limit = 0
message_size_limit = 31457280
smtpd_recipient_restrictions = check_recipient_access regexp:{root}/conf/recipients, permit
smtpd_delay_reject = no
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = none
in_flow_delay = 0
notify_classes =
{extra}"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

RECIPIENTS = r"""
/^unknown@/ 550 5.1.1 User unknown
/^full@/ 552 5.2.2 Mailbox full
/^blocked@/ 554 5.7.1 Blocked by policy
/^greylisted@/ 450 4.2.0 Greylisted, try again later
"""


@dataclass(frozen=True)
class DeliveredMail:
    """One file of the Maildir, so one recipient; `raw` begins with Postfix's own headers."""

    raw: bytes

    @functools.cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)

    @property
    def recipient(self) -> str:
        return self._header(b"X-Original-To")

    @property
    def message_id(self) -> str:
        return self._header(b"Message-ID")

    def _header(self, name: bytes) -> str:
        """Without parsing the whole: thousands are read at a time."""
        head = b"\n" + self.raw.split(b"\n\n", 1)[0]
        _, found, rest = head.lower().partition(b"\n" + name.lower() + b":")
        at = len(head) - len(rest)
        return head[at:].split(b"\n", 1)[0].strip().decode() if found else ""


class Postfix:
    """A context manager. `unknown@`, `full@`, `blocked@` and `greylisted@` are refused at RCPT.

    `extra` are further lines of main.cf. It needs root, as Postfix does.
    """

    host = "127.0.0.1"

    def __init__(self, extra: str = "") -> None:
        self.port = 0
        self._extra = extra
        self._root: Path | None = None
        self._process: ChildProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        if not shutil.which("postfix"):
            return "not installed"
        return "needs root" if os.geteuid() else None

    @property
    def root(self) -> Path:
        if self._root is None:
            raise RuntimeError("Postfix was not started")
        return self._root

    @property
    def log(self) -> str:
        """What Postfix logged."""
        file = self.root / "postfix.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def __enter__(self) -> Self:
        for attempt in range(1, TRIES + 1):
            self.port = free_port()
            self._prepare()
            self._process = ChildProcess(self._command(), log=self.root / "start.log")
            deadline = time.monotonic() + DEADLINE_S
            while self._process.running and time.monotonic() < deadline:
                if answers(self.port):
                    return self
                time.sleep(0.02)
            said = f"{self._process.tail()}\n{self.log}"
            self.__exit__()
            assert attempt < TRIES, f"Postfix did not start:\n{said}"
        raise AssertionError("unreachable")

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.stop()
            self._process = None
        if self._root:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None

    def mails(self) -> list[DeliveredMail]:
        """Everything delivered since `clear`, one for each recipient, in no order."""
        folder = self.root / "mail" / "all" / "new"
        if not folder.exists():
            return []
        return [DeliveredMail(file.read_bytes()) for file in folder.iterdir()]

    def count(self) -> int:
        """How many `mails` would give, without reading them."""
        folder = self.root / "mail" / "all" / "new"
        return len(os.listdir(folder)) if folder.exists() else 0  # noqa: PTH208 - thousands, often

    def wait_for(self, count: int, within: float = 30.0) -> list[DeliveredMail]:
        """All mails, once there are at least so many and Postfix's queue is empty."""
        wait_until(
            lambda: self.count() >= count and not self.queued(),
            f"{count} mails in the Maildir (there are {self.count()})",
            within,
        )
        return self.mails()

    def queued(self) -> int:
        """Accepted and not delivered yet."""
        folders = ("maildrop", "incoming", "active", "deferred")
        return sum(
            len(files) for name in folders for _, _, files in os.walk(self.root / "queue" / name)
        )

    def clear(self) -> None:
        """Forget what was delivered, after what is on its way has arrived."""
        wait_until(lambda: not self.queued(), "Postfix's queue is empty")
        shutil.rmtree(self.root / "mail" / "all", ignore_errors=True)

    def _command(self) -> list[str]:
        """Master itself, in the foreground: `postfix start-fg` leaves it to itself."""
        conf = str(self.root / "conf")
        subprocess.run(["postfix", "-c", conf, "check"], check=True, capture_output=True)
        asked = ["postconf", "-c", conf, "-h", "daemon_directory"]
        daemons = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        return [f"{daemons.strip()}/master", "-c", conf, "-d"]

    def _prepare(self) -> None:
        # Not below pytest's folder: that is closed to Postfix's own users.
        self._root = root = Path(tempfile.mkdtemp(prefix="kafka-mailer-postfix-"))
        root.chmod(0o755)
        for name in ("conf", "queue", "data", "mail"):
            (root / name).mkdir()
        owner = pwd.getpwnam(MAILDIR_OWNER)
        os.chown(root / "mail", owner.pw_uid, owner.pw_gid)
        shutil.chown(root / "data", "postfix")
        main = MAIN.format(root=root, uid=owner.pw_uid, gid=owner.pw_gid, extra=self._extra)
        (root / "conf" / "main.cf").write_text(main)
        (root / "conf" / "master.cf").write_text(MASTER.format(port=self.port))
        (root / "conf" / "recipients").write_text(RECIPIENTS)
