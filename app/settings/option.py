"""One setting as users see it: variable, flag, default, help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import Field

if TYPE_CHECKING:
    from app.settings.kinds import Kind


class Group(StrEnum):
    """Headings of the help and of the reference, in this order."""

    KAFKA = "Kafka"
    KAFKA_SECURITY = "Kafka security"
    WORKERS = "Workers"
    MAIL = "Mail"
    RELAY = "SMTP relay"
    RETRIES = "Retries"
    REMEMBERED = "What is remembered"
    LIFE = "Start and stop"
    OPS = "Operations"
    LOG = "Log"


@dataclass(frozen=True, slots=True)
class Details:
    """What a field of the model carries beside its type.

    `flag` None stands for the variable in lower case with dashes. `empty_means`: an empty value is
    a value and means this; elsewhere empty is "not set". `flag_only`: not read from anywhere but
    the command line.
    """

    group: Group
    flag: str | None = None
    empty_means: str | None = None
    default_means: str | None = None
    flag_only: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """A setting's outside, made from its field. `default` is text, None when there is none."""

    field: str
    kind: Kind
    default: str | None
    help: str
    details: Details
    secret: bool

    @property
    def variable(self) -> str:
        return self.field.upper()

    @property
    def name(self) -> str:
        """What users call it: its variable, or its flag when there is nothing else."""
        return self.flag if self.details.flag_only else self.variable

    @property
    def flag(self) -> str:
        return self.details.flag or "--" + self.field.replace("_", "-")

    @property
    def file_variable(self) -> str:
        """For a secret: the variable that names a file holding it."""
        return f"{self.variable}_FILE"

    @property
    def file_flag(self) -> str:
        return f"{self.flag}-file"


def setting(
    group: Group,
    default: str | None,
    about: str,
    *,
    flag: str | None = None,
    empty_means: str | None = None,
    default_means: str | None = None,
    flag_only: bool = False,
) -> Any:
    """A field of the model; `default` is text, read by the field's kind as a user's would be."""
    details = Details(
        group,
        flag=flag,
        empty_means=empty_means,
        default_means=default_means,
        flag_only=flag_only,
    )
    return _field(default, about, details)


def _field(default: str | None, about: str, details: Details) -> Any:
    return Field(default, description=about, json_schema_extra={"details": details})  # type: ignore[dict-item]  # carried, never made into JSON
