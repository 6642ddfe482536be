"""Making text of a template and a message's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.composer.blame import path_of, place_of, why
from app.composer.budget import CURRENT
from app.composer.environment import MissingData, TemplateContext, new_environment
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from app.composer.budget import Budget

_GLOBALS: Final[Mapping[str, Any]] = new_environment({}).globals


class Rendering:
    """One message's data and budget, for all the files of its template."""

    def __init__(self, name: str, data: Mapping[str, Any], budget: Budget) -> None:
        self._name = name
        self._data = data
        self._budget = budget
        self._variables = {**_GLOBALS, **data}

    def of(self, template: Template) -> str:
        """`InvalidMessage` names the missing datum, else the template's file and line.

        `Template.render` does the same, but spends most of its time on merging globals.
        """
        context = TemplateContext.of(template, self._variables)
        current = CURRENT.set(self._budget)
        try:
            return self._budget.gather(template.root_render_func(context))
        except MissingData as error:
            field = path_of(self._data, error.owner, error.name)
            raise InvalidMessage(field, f"missing, template {self._name!r} needs it") from None
        except Exception as error:  # noqa: BLE001 - a template can raise anything
            raise InvalidMessage(
                "template",
                f"{self._name!r} cannot be rendered: {why(error)} ({place_of(error, template)})",
            ) from None
        finally:
            CURRENT.reset(current)
