"""Templates that do not compile, or cannot be rendered."""

from __future__ import annotations

from functools import partial

from app.bootstrap.checkup.templates import TemplateFacts, judge_templates
from tests.support.planted.planting import Planting

HEALTHY = partial(judge_templates, TemplateFacts(rendered=("receipt",), compiled=6))


def planted(code: str, said: str, facts: TemplateFacts) -> Planting:
    return Planting(code, said, partial(judge_templates, facts))


PLANTED = (
    planted(
        "template_broken",
        "line 3",
        TemplateFacts(broken=(("receipt.html.j2", "line 3: unexpected end of template"),)),
    ),
    planted(
        "template_sample",
        "receipt.sample.json",
        TemplateFacts(failed=(("receipt", "receipt.sample.json", "data.total: missing"),)),
    ),
    planted(
        "templates_unusable",
        "EMAIL_INLINE_CSS",
        TemplateFacts(unusable="EMAIL_INLINE_CSS: needs a library"),
    ),
)
