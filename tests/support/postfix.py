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

from tests.support.ports import answers, free_ports
from tests.support.process import ChildProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
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
in_flow_delay = 0
notify_classes =
{extra}"""

SMTPD = "127.0.0.1:{port} inet n - n - - smtpd{options}\n"

MASTER = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

# A password is asked for after TLS only.
SASL = """
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = {realm}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
"""

CYRUS = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5
"""

REALM = "example.com"

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

    `extra` are further lines of main.cf, `users` names and passwords. Each of `services` is a
    further port, in `ports` by its name, with main.cf's parameters as they differ there. It needs
    root, as Postfix does.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        extra: str = "",
        *,
        users: Mapping[str, str] | None = None,
        services: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.port = 0
        self.ports: dict[str, int] = {}
        self._extra = extra
        self._users = users
        self._services = services or {}
        self._root: Path | None = None
        self._process: ChildProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        if not shutil.which("postfix"):
            return "not installed"
        return "needs root" if os.geteuid() else None

    @classmethod
    def why_no_users(cls) -> str | None:
        """What stands against `users`."""
        if why := cls.why_not():
            return why
        return None if shutil.which("saslpasswd2") else "sasl2-bin is not installed"

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
            self.port, *further = free_ports(1 + len(self._services))
            self.ports = dict(zip(self._services, further, strict=True))
            self._prepare()
            self._process = ChildProcess(self._command(), log=self.root / "start.log")
            deadline = time.monotonic() + DEADLINE_S
            while self._process.running and time.monotonic() < deadline:
                if all(map(answers, (self.port, *self.ports.values()))):
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
        extra = self._extra
        if self._users is not None:
            extra += SASL.format(root=root, realm=REALM)
            self._write_users(self._users)
        main = MAIN.format(root=root, uid=owner.pw_uid, gid=owner.pw_gid, extra=extra)
        (root / "conf" / "main.cf").write_text(main)
        (root / "conf" / "master.cf").write_text(self._listeners() + MASTER)
        (root / "conf" / "recipients").write_text(RECIPIENTS)

    def _listeners(self) -> str:
        lines = [SMTPD.format(port=self.port, options="")]
        for name, differing in self._services.items():
            options = "".join(f"\n  -o {{ {key} = {value} }}" for key, value in differing.items())
            lines.append(SMTPD.format(port=self.ports[name], options=options))
        return "".join(lines)

    def _write_users(self, users: Mapping[str, str]) -> None:
        # Where Debian's Postfix looks, whatever `cyrus_sasl_config_path` says.
        folder = self.root / "conf" / "sasl"
        folder.mkdir()
        (folder / "smtpd.conf").write_text(CYRUS.format(folder=folder))
        file = folder / "sasldb2"
        for user, password in users.items():
            command = ["saslpasswd2", "-c", "-p", "-f", str(file), "-u", REALM, user]
            subprocess.run(command, input=password.encode(), check=True, capture_output=True)
        shutil.chown(file, "postfix")
