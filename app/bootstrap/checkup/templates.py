"""Whether every template compiles, and can be rendered with its sample of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from app.domain.finding import Finding

BROKEN: Final = Fault(
    Area.TEMPLATES,
    "template_broken",
    Verdict.PROBLEM,
    "{reason}",
    "The service does not start with it; edited in later, the version before stays in use.",
    "Correct the file in EMAIL_TEMPLATES.",
)
SAMPLE: Final = Fault(
    Area.TEMPLATES,
    "template_sample",
    Verdict.PROBLEM,
    "cannot be rendered with {sample}: {reason}",
    "A message with such data becomes a dead letter.",
    "Correct the template, or the sample where that is what no message looks like.",
)
UNUSABLE: Final = Fault(
    Area.TEMPLATES,
    "templates_unusable",
    Verdict.PROBLEM,
    "{reason}",
    "The service does not start.",
    "Correct the setting that it names, or install the library.",
)

FAULTS: Final = (BROKEN, SAMPLE, UNUSABLE)


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """Pairs of a file and what is wrong with it; `failed` adds the sample between the two.

    `rendered` have a sample and are well with it; `compiled` counts the names there are.
    `unusable`: why templates cannot be used at all.
    """

    broken: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str, str], ...] = ()
    rendered: tuple[str, ...] = ()
    compiled: int = 0
    unusable: str | None = None


def judge_templates(facts: TemplateFacts) -> list[Finding]:
    """Each that is wrong, and how many are not."""
    if facts.unusable is not None:
        return [UNUSABLE.found("all", reason=facts.unusable)]
    found = [BROKEN.found(file, reason=reason) for file, reason in facts.broken]
    found += [
        SAMPLE.found(name, sample=sample, reason=reason) for name, sample, reason in facts.failed
    ]
    if not facts.broken:
        words = f"{facts.compiled} compiled, {len(facts.rendered)} rendered with a sample of data"
        found.append(well(Area.TEMPLATES, "all", words))
    return found
