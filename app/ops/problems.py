"""What went wrong with a call, as RFC 9457 says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.ops.statuses import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEDIA_TYPE: Final = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str = Field(description="The field or parameter, such as `body.workers`.")
    detail: str


class ProblemDetails(BaseModel):
    """The body of every answer that is an error (RFC 9457)."""

    type: str = Field("about:blank", description="The title says all that a type would.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, and what is allowed.")
    errors: list[Fault] | None = Field(None, description="Everything wrong with what was sent.")


class Problem(HTTPException):
    """Ends a call with this answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.errors = tuple(errors)

    def answer(self) -> Response:
        body = ProblemDetails(
            title=in_words(self.status_code),
            status=self.status_code,
            detail=self.detail,
            errors=list(self.errors) or None,
        )
        return Response(
            body.model_dump_json(exclude_none=True),
            self.status_code,
            self.headers,
            MEDIA_TYPE,
        )
