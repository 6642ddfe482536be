"""Every call that changes or tells anything private, by everybody who may not and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from app.ops import Need
from tests.support.waiting import run
from tests.unit.ops.desks import Helm, operations, whole_app
from tests.unit.ops.sights import RELAY, TOKEN, access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ops.operation import Operation

GUARDED = operations()
BODIES: dict[str, object] = {
    "resize": {"workers": 3},
    "change_settings": {"EMAIL_WORKER_COUNT": 3},
    "replay_dead_letters": {"places": ["0/17"]},
    "add_suppressions": {"addresses": ["ann@example.com"]},
    "remove_suppressions": {"addresses": ["ann@example.com"]},
    "check_suppression": {"address": "ann@example.com"},
}
RIGHT = {"authorization": f"Bearer {TOKEN}"}
WRONG = (
    {"authorization": "Bearer another"},
    {"authorization": f"Bearer {TOKEN}x"},
    {"authorization": f"Bearer {TOKEN[:-1]}"},
    {"authorization": "Bearer "},
    {"authorization": f"Basic {TOKEN}"},
    {"authorization": TOKEN},
    {"authorization": "Bearer \xff\xfe"},
    {"cookie": f"token={TOKEN}"},
)


def ask(
    operation: Operation,
    headers: Mapping[str, str],
    *,
    token: str | None = TOKEN,
    public: bool = False,
    helm: Helm | None = None,
) -> httpx.Response:
    path = operation.path.replace("{partition:int}/{offset:int}", "0/17")
    path = path.replace("{id}", "none").replace("{name}", RELAY.name)
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}

    async def main() -> httpx.Response:
        app = whole_app(helm, access(token, public=public))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ops:8081") as client:
            return await client.request(
                operation.method, path, json=BODIES.get(operation.name), headers=raw
            )

    return run(main())


@pytest.fixture(params=GUARDED, ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    found: Operation = request.param
    return found


def test_no_admin_call_is_for_everybody(operation: Operation) -> None:
    assert operation.need is not Need.NOTHING
    assert operation.path.startswith("/admin/") or operation.path == "/events"
    assert operation.method == "GET" or operation.need is Need.TOKEN


def test_without_a_token_or_with_a_wrong_one_it_is_401(operation: Operation) -> None:
    helm = Helm()
    for headers in ({}, *WRONG):
        refused = ask(operation, headers, helm=helm)
        assert refused.status_code == 401, headers
        assert refused.headers["www-authenticate"].startswith('Bearer realm="kafka-mailer"')
        assert refused.headers["content-type"] == "application/problem+json"
        assert TOKEN not in refused.text
    assert helm.said == []


def test_where_no_token_is_configured_it_is_403_for_everybody(operation: Operation) -> None:
    for headers in ({}, RIGHT, {"authorization": "Bearer None"}, {"authorization": "Bearer "}):
        assert ask(operation, headers, token=None).status_code == 403


def test_with_the_token_it_is_served(operation: Operation) -> None:
    served = ask(operation, RIGHT)
    expected = 404 if "{id}" in operation.path else next(iter(operation.answers))
    assert served.status_code == expected, served.text


def test_a_page_of_another_origin_is_refused_even_with_the_token(operation: Operation) -> None:
    for origin in ("http://evil.example", "null", "http://ops", "http://ops:80811", "http://["):
        assert ask(operation, RIGHT | {"origin": origin}).status_code == 403, origin
    assert ask(operation, RIGHT | {"origin": "http://ops:8081"}).status_code != 403


def test_what_is_public_is_reading_alone(operation: Operation) -> None:
    answer = ask(operation, {}, public=True)
    if operation.need is Need.TOKEN:
        assert answer.status_code == 401
    else:
        assert answer.status_code in {200, 404}
