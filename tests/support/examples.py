"""The producers of `examples/`, each made ready to run by its language's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.backends import NotAvailable
from tests.support.backends.classpath import TOOLS, classpath, java

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
_PREPARING_S: Final = 300.0
_RUNNING_S: Final = 90.0

# What Go, npm and Maven say when a package's registry cannot be reached.
_NO_NETWORK: Final = (
    *("no such host", "dial tcp", "i/o timeout", "module lookup disabled", "proxyconnect"),
    *("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ENOTCACHED"),
    *("Could not transfer", "Unknown host", "Connection refused", "offline mode"),
)

# For a Java that ends soon: it compiles less of itself.
_SHORT_LIVED: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Example:
    """A copy of one example in `folder`; `prepare` raises NotAvailable with what is missing."""

    def __init__(self, language: str, folder: Path) -> None:
        self.language = language
        self._folder = folder / language
        self._command: Callable[[Sequence[str]], list[str]] | None = None

    def prepare(self) -> None:
        """Fetch what it needs and compile it."""
        artefacts = shutil.ignore_patterns("node_modules", "target")
        shutil.copytree(EXAMPLES / self.language, self._folder, ignore=artefacts)
        self._command = _WAYS[self.language](self._folder)

    def run(self, recipient: str, message_id: str, env: Mapping[str, str]) -> Ended:
        if self._command is None:
            raise RuntimeError("the example was not prepared")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COVERAGE_", "KAFKA_"))
        }
        path = os.pathsep.join((str(self._folder / "bin"), os.environ.get("PATH", os.defpath)))
        ended = subprocess.run(
            self._command((recipient, message_id)),
            cwd=self._folder,
            env={**inherited, "PATH": path, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_RUNNING_S,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)


def _python(_: Path) -> Callable[[Sequence[str]], list[str]]:
    return lambda arguments: [sys.executable, "send_mail.py", *arguments]


def _go(folder: Path) -> Callable[[Sequence[str]], list[str]]:
    go = _program("go")
    _do([go, "vet", "."], folder)
    _do([go, "build", "-mod=readonly", "-o", "send-mail", "."], folder)
    return lambda arguments: [str(folder / "send-mail"), *arguments]


def _node(folder: Path) -> Callable[[Sequence[str]], list[str]]:
    node, npm = _program("node"), _program("npm")
    _do([npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    return lambda arguments: [node, "send-mail.mjs", *arguments]


def _java(folder: Path) -> Callable[[Sequence[str]], list[str]]:
    program, mvn = java(), _program("mvn")
    found = folder / "target" / "classpath"
    goals = ("compile", "dependency:build-classpath", f"-Dmdep.outputFile={found}")
    _do([mvn, "-B", "-q", *goals], folder)
    jars = os.pathsep.join((str(folder / "target" / "classes"), found.read_text()))
    return lambda arguments: [program, *_SHORT_LIVED, "-cp", jars, "SendMail", *arguments]


def _console(folder: Path) -> Callable[[Sequence[str]], list[str]]:
    """A stand-in for the script in Kafka's folder: the same program, from the jars of Maven."""
    program, jars = java(), classpath(TOOLS)
    script = folder / "bin" / "kafka-console-producer.sh"
    script.parent.mkdir()
    flags = " ".join((*_SHORT_LIVED, "-Dlog4j2.level=WARN"))
    main = "org.apache.kafka.tools.ConsoleProducer"
    script.write_text(f'#!/bin/sh\nexec {program} {flags} -cp {jars} {main} "$@"\n')
    script.chmod(0o755)
    return lambda arguments: ["./send-mail.sh", *arguments]


_WAYS: Final = {
    "python": _python,
    "go": _go,
    "node": _node,
    "java": _java,
    "console": _console,
}
LANGUAGES: Final = tuple(_WAYS)


def _program(name: str) -> str:
    if path := shutil.which(name):
        return path
    raise NotAvailable(f"{name} is not installed")


def _do(command: Sequence[str], folder: Path) -> None:
    """AssertionError when it fails, NotAvailable when that is for want of a package."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "MAVEN_OPTS": " ".join(_SHORT_LIVED)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PREPARING_S,
        check=False,
    )
    if not ended.returncode:
        return
    said = "\n".join(ended.stdout.splitlines()[-15:])
    if any(sign in ended.stdout for sign in _NO_NETWORK):
        raise NotAvailable(f"{command[0]} cannot reach the packages:\n{said}")
    raise AssertionError(f"{' '.join(command)} ended with {ended.returncode}:\n{said}")
