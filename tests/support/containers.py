"""Containers for the tests: the engine's own client, our image under test, and a mailbox."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

REPOSITORY: Final = Path(__file__).resolve().parents[2]
IMAGE: Final = "kafka-mailer"
MAILBOX_IMAGE: Final = "axllent/mailpit:v1.30.5"
LONGEST_S: Final = 300.0
# The engine's client takes a twentieth of a second of the processor each time.
ASKED_EVERY_S: Final = 0.2


class DockerError(AssertionError):
    """A command of the engine's client failed; the text is what it said."""


def images() -> list[str]:
    """Those that the Dockerfile begins with, and that the tests start of the stack."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    stack = (REPOSITORY / "docker-compose.yml").read_text()
    named = re.findall(r"^ARG \w+_IMAGE=(.*)$", dockerfile, re.MULTILINE)
    started = re.findall(r"^ *image: ((?:apache|axllent|prom)/.*)$", stack, re.MULTILINE)
    return [*named, *started]


def why_no_images(names: Iterable[str]) -> str | None:
    """Pull what is not there; why one is not to be had, None when all are."""
    for name in names:
        try:
            docker("image", "inspect", name)
        except DockerError:
            try:
                docker("pull", "--quiet", name)
            except DockerError as error:
                return f"{name} cannot be pulled: {str(error).splitlines()[-1]}"
    return None


def docker(*arguments: str, env: Mapping[str, str] | None = None, within: float = LONGEST_S) -> str:
    """Run `docker ARGUMENTS` in the repository and give what it printed."""
    return command("docker", *arguments, env=env, within=within)


def command(
    *arguments: str, env: Mapping[str, str] | None = None, within: float = LONGEST_S
) -> str:
    """Run this in the repository and give what it printed; DockerError where it fails."""
    name = " ".join(arguments[:4])
    try:
        ran = subprocess.run(
            arguments,
            cwd=REPOSITORY,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DockerError(f"{name}: not within {within:g} s") from None
    if ran.returncode:
        raise DockerError(f"{name}: {ran.stderr[-3000:] or ran.stdout[-3000:]}")
    return ran.stdout.strip()


def build_image() -> None:
    """By one at a time: the others, and those after the lab's script, find its layers."""
    lock_file = REPOSITORY / ".cache/image.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        docker("build", "--tag", IMAGE, ".")


def logs(container: str) -> str:
    """All that it wrote, to both outputs."""
    ran = subprocess.run(
        ["docker", "logs", container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_S,
        check=True,
    )
    return ran.stdout


@contextmanager
def network() -> Iterator[str]:
    """A network of the test's own, on which containers find each other by name."""
    name = f"kafka-mailer-test-{uuid4().hex[:8]}"
    docker("network", "create", name)
    try:
        yield name
    finally:
        docker("network", "rm", name)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended; `out` is all that it wrote."""

    code: int
    out: str


def run_image(*arguments: str, options: Sequence[str] = (), within: float = 30.0) -> Ended:
    """Run our image to its end, with these options of `docker run`."""
    container = Container(options, arguments)
    with container:
        return Ended(container.wait(within), container.logs)


class Container:
    """`docker run` of our image (or `image`): a context manager that removes it at the end.

    Its health is asked every second, so that a test need not wait a quarter of a minute; `checked`
    false leaves that to the options.
    """

    def __init__(
        self,
        options: Sequence[str] = (),
        arguments: Sequence[str] = (),
        image: str = IMAGE,
        *,
        checked: bool = True,
    ) -> None:
        self._options = (*(["--health-interval=1s"] if checked else []), *options)
        self._arguments = arguments
        self._image = image
        self.id = ""

    def __enter__(self) -> Self:
        self.id = docker(
            "run",
            "--detach",
            *self._options,
            self._image,
            *self._arguments,
        )
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", "--volumes", self.id)

    @property
    def logs(self) -> str:
        return logs(self.id)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log lines of this event."""
        lines = (line for line in self.logs.splitlines() if line.startswith("{"))
        return [one for one in map(json.loads, lines) if one.get("event") == name]

    @property
    def state(self) -> dict[str, Any]:
        """As `docker inspect` tells it: Status, ExitCode, OOMKilled, Health."""
        state: dict[str, Any] = json.loads(docker("inspect", "--format={{json .State}}", self.id))
        return state

    @property
    def health(self) -> str:
        return str(self.state["Health"]["Status"])

    def wait_for_health(self, status: str, within: float = 30.0) -> None:
        with self._telling():
            wait_until(
                lambda: self.health == status, f"it is {status}", within, every=ASKED_EVERY_S
            )

    def wait(self, within: float = 60.0) -> int:
        """Until it has ended; its exit code."""
        with self._telling():
            return int(docker("wait", self.id, within=within))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What it logged goes with the error."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs[-3000:]}") from error

    def exec(self, *command: str) -> str:
        return docker("exec", self.id, *command)

    def signal(self, name: str) -> None:
        docker("kill", "--signal", name, self.id)

    def stop(self) -> int:
        """`docker stop` with the time that the service is given; its exit code."""
        docker("stop", "--time", "60", self.id)
        return self.wait()

    def start(self) -> None:
        docker("start", self.id)

    def wait_for_mails(self, messages: Messages, count: int, within: float = 120.0) -> None:
        """Until so many are in this mailbox; ends early when the container does."""

        def arrived() -> bool:
            if messages.count() >= count:
                return True
            assert self.state["Running"], f"it has ended: {self.state}"
            return False

        with self._telling():
            wait_until(arrived, f"{count} mails have arrived", within, every=ASKED_EVERY_S)


class Mailbox:
    """Mailpit on this network as `mailbox`: a context manager."""

    def __init__(self, network: str) -> None:
        port = free_port()
        self.messages = Messages(port)
        self._container = Container(
            [
                f"--network={network}",
                "--network-alias=mailbox",
                f"--publish=127.0.0.1:{port}:8025",
                "--env=MP_MAX_MESSAGES=0",
            ],
            image=MAILBOX_IMAGE,
        )

    def __enter__(self) -> Self:
        self._container.__enter__()
        try:
            wait_until(self.messages.answers, "the mailbox answers", 20.0)
        except BaseException:
            self._container.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._container.__exit__()


class Messages:
    """What a Mailpit holds, by its API at this port of the loopback."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            self.count()
        except OSError:
            return False
        return True

    def count(self) -> int:
        return int(self._get("/api/v1/messages?limit=1")["total"])

    def subjects(self) -> list[str]:
        """All subjects, the oldest first; one that was delivered twice is there twice."""
        held = self._get(f"/api/v1/messages?limit={self.count() + 100}")["messages"]
        return [one["Subject"] for one in reversed(held)]

    def find(self, subject: str) -> dict[str, Any]:
        """The one message with this subject, with its text and HTML."""
        held = self._get("/api/v1/messages?limit=1000")["messages"]
        (one,) = [each for each in held if each["Subject"] == subject]
        return self._get(f"/api/v1/message/{one['ID']}")

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self._url + path, timeout=30) as answer:
            got: dict[str, Any] = json.load(answer)
        return got
