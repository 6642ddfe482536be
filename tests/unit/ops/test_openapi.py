"""The description, and whether what is served keeps to it."""

from __future__ import annotations

from typing import Any

import httpx
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.waiting import run
from tests.unit.ops.desks import operations, whole_app
from tests.unit.ops.sights import TOKEN

FEW = 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_asgi("/openapi.json", whole_app())


@schema.parametrize()
@settings(max_examples=FEW)
def test_every_answer_is_as_described(case: schemathesis.Case[Any]) -> None:
    """With the token, whatever is sent."""
    case.call_and_validate(headers={"authorization": f"Bearer {TOKEN}"}, checks=CHECKS)


def test_everything_served_is_described() -> None:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(whole_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://ops") as client:
            return await client.get("/openapi.json")

    document = run(main()).json()
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    served = {(each.method, each.path.replace(":int", "")) for each in operations()}
    assert served < described
    assert {("GET", path) for path in ("/health", "/health/live", "/stats", "/metrics")} < described
    for method, path in described:
        operation = document["paths"][path][method.lower()]
        assert ("security" in operation) is (path.startswith("/admin") or path == "/events")
