"""Kinds of values a setting can have: how one is read from text, and what is allowed.

A kind stands in a field's annotation: `Annotated[float, Duration()]`. Every source gives text, so
a kind reads text; its `ValueError` says what is wrong without repeating the value.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr
from pydantic_core import core_schema
from typing_extensions import override

from app.settings.quantities import parse_duration, parse_size

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler


@dataclass(frozen=True, slots=True)
class Kind(ABC):
    """`metavar` stands for the value in help texts; `allowed` completes "allowed: ..."."""

    @property
    @abstractmethod
    def metavar(self) -> str: ...

    @property
    @abstractmethod
    def allowed(self) -> str: ...

    @abstractmethod
    def parse(self, text: str) -> Any:
        """The value; ValueError with the reason when the text is none."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, value: object) -> Any:
        return None if value is None else self.parse(str(value).strip())


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number within inclusive bounds."""

    at_least: int = 0
    at_most: int | None = None

    metavar = "N"

    @property
    @override
    def allowed(self) -> str:
        if self.at_most is None:
            return f"a whole number, {self.at_least} or more"
        return f"a whole number from {self.at_least} to {self.at_most}"

    @override
    def parse(self, text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise ValueError("not a whole number")
        number = int(text)
        if number < self.at_least:
            raise ValueError("too small")
        if self.at_most is not None and number > self.at_most:
            raise ValueError("too large")
        return number


@dataclass(frozen=True, slots=True)
class Port(Whole):
    """A TCP port; says what Kubernetes does when it gets in the way."""

    at_least: int = 1
    at_most: int | None = 65535

    metavar = "PORT"

    @override
    def parse(self, text: str) -> int:
        if text.startswith("tcp://"):
            raise ValueError(
                "set by Kubernetes for a service of that name (enableServiceLinks: false stops it)"
            )
        return Whole.parse(self, text)


@dataclass(frozen=True, slots=True)
class Fraction(Kind):
    """A number from 0 to 1."""

    metavar = "FRACTION"
    allowed = "a number from 0 to 1"

    @override
    def parse(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise ValueError("not a number") from None
        if math.isnan(number) or not 0 <= number <= 1:
            raise ValueError("out of bounds")
        return number


@dataclass(frozen=True, slots=True)
class Duration(Kind):
    """Seconds, from text like `30s`; `above` is exclusive, `at_most` inclusive."""

    above: float | None = 0.0
    at_most: float | None = None

    metavar = "DURATION"

    @property
    @override
    def allowed(self) -> str:
        bounds = "" if self.above is None else " above 0"
        if self.at_most is not None:
            bounds += f", at most {self.at_most:.10g} s"
        return f"a duration{bounds}, such as 500ms, 30s, 5m, 2h, 1d"

    @override
    def parse(self, text: str) -> float:
        seconds = parse_duration(text)
        if self.above is not None and seconds <= self.above:
            raise ValueError("too short")
        if self.at_most is not None and seconds > self.at_most:
            raise ValueError("too long")
        return seconds


@dataclass(frozen=True, slots=True)
class Size(Kind):
    """Bytes, from text like `10MiB`."""

    at_least: int = 1

    metavar = "SIZE"

    @property
    @override
    def allowed(self) -> str:
        return f"a size of at least {self.at_least} bytes, such as 256MiB, 10MB, 65536"

    @override
    def parse(self, text: str) -> int:
        size = parse_size(text)
        if size < self.at_least:
            raise ValueError("too small")
        return size


TRUE: Final = frozenset({"true", "yes", "on", "1"})
FALSE: Final = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """True or false."""

    metavar = "BOOL"
    allowed = "true or false"

    @override
    def parse(self, text: str) -> bool:
        if text.lower() in TRUE:
            return True
        if text.lower() in FALSE:
            return False
        raise ValueError("neither true nor false")


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words, in any case; gives the word as written here."""

    words: tuple[str, ...]

    @property
    @override
    def metavar(self) -> str:
        return "|".join(self.words)

    @property
    @override
    def allowed(self) -> str:
        return ", ".join(self.words)

    @override
    def parse(self, text: str) -> str:
        for word in self.words:
            if text.lower() == word.lower():
                return word
        raise ValueError("unknown")


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Text without control characters, matching `pattern` when there is one."""

    what: str = "text"
    pattern: str | None = None
    name: str = "TEXT"

    @property
    @override
    def metavar(self) -> str:
        return self.name

    @property
    @override
    def allowed(self) -> str:
        return self.what

    @override
    def parse(self, text: str) -> str:
        if not text.isprintable():
            raise ValueError("contains control characters")
        if self.pattern is not None and not re.fullmatch(self.pattern, text, re.ASCII):
            raise ValueError("not of this form")
        return text


@dataclass(frozen=True, slots=True)
class Hidden(Kind):
    """What is never shown, for a password may stand in it."""


@dataclass(frozen=True, slots=True)
class Secret(Hidden):
    """Text that is never shown."""

    metavar = "SECRET"
    allowed = "text"

    @override
    def _validate(self, value: object) -> SecretStr | None:
        # Not stripped: a password may begin or end with a space.
        return None if value is None else self.parse(str(value))

    @override
    def parse(self, text: str) -> SecretStr:
        return SecretStr(text)
