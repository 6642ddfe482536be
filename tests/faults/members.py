"""The members of the group under test, each of whose lives has a name of its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.support.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.topics import Topics

READY_S = 90.0
END_S = 60.0


class Member:
    """One process after another; `life` names the present one, to the relay too."""

    def __init__(self, name: str, service: Service) -> None:
        self.name = name
        self.service = service
        self.codes: list[int] = []
        self._lives = 0

    @property
    def life(self) -> str:
        return f"{self.name}.{self._lives}"

    @property
    def running(self) -> bool:
        return self._lives > 0 and self.service.process.running

    def start(self) -> None:
        """A new life; does not wait for it to be ready."""
        self._lives += 1
        self.service.env["SMTP_HELO_NAME"] = self.life
        self.service.start()

    def kill(self) -> None:
        self.service.kill()

    def freeze(self) -> None:
        self.service.process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.service.process.send(signal.SIGCONT)

    def end(self) -> None:
        """SIGTERM and its end; what it ended with is kept in `codes`."""
        self.service.terminate()
        self.wait()

    def wait(self) -> None:
        self.codes.append(self.service.wait(END_S))


class Members:
    """Of one group. `ever` has all that were; the running ones are counted round."""

    def __init__(
        self,
        folder: Path,
        *,
        brokers: str,
        topics: Topics,
        smtp_port: int,
        env: Mapping[str, str],
        static: bool = False,
    ) -> None:
        self.ever: list[Member] = []
        self._folder = folder
        self._brokers = brokers
        self._topics = topics
        self._smtp_port = smtp_port
        self._env = env
        self._static = static

    @property
    def running(self) -> list[Member]:
        return [member for member in self.ever if member.running]

    def pick(self, number: int) -> Member:
        running = self.running
        assert running, "no member runs any more"
        return running[number % len(running)]

    def add(self) -> Member:
        """One more, started."""
        name = f"m{len(self.ever)}"
        own = {"KAFKA_INSTANCE_ID": name} if self._static else {}
        member = Member(
            name,
            Service.on(
                self._folder / name,
                brokers=self._brokers,
                topics=self._topics,
                smtp_port=self._smtp_port,
                env={**self._env, **own},
            ),
        )
        self.ever.append(member)
        member.start()
        return member

    def end(self) -> None:
        """All at once."""
        running = self.running
        for member in running:
            member.service.terminate()
        for member in running:
            member.wait()

    def kill(self) -> None:
        """Whatever is left."""
        for member in self.ever:
            member.service.__exit__()
