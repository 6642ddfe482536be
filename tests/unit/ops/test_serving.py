"""What every call has in common: problems, bounds, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from typing_extensions import override

from app.ops.reading import LARGEST_BODY
from tests.support.waiting import run
from tests.unit.ops.desks import Helm, whole_app
from tests.unit.ops.sights import TOKEN

if TYPE_CHECKING:
    from starlette.types import ASGIApp

RIGHT = {"authorization": f"Bearer {TOKEN}"}
JSON = {"content-type": "application/json"}


def ask(method: str, path: str, app: ASGIApp | None = None, **more: Any) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app or whole_app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ops") as client:
            headers = RIGHT | more.pop("headers", {})
            return await client.request(method, path, headers=headers, **more)

    return run(main())


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


@pytest.mark.parametrize(
    "path", ["/admin", "/health/", "/admin/dlq/0/x", "/admin/relays/none/reset", "/metrics%00"]
)
def test_what_is_not_there_is_a_problem_404(path: str) -> None:
    is_problem(ask("POST" if path.endswith("reset") else "GET", path), 404)


def test_a_wrong_method_is_405_and_names_the_right_ones() -> None:
    answer = ask("PUT", "/admin/settings")
    is_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"
    options = ask("OPTIONS", "/admin/settings")
    assert (204, "GET, HEAD, OPTIONS, PATCH") == (options.status_code, options.headers["allow"])
    assert not [name for name in options.headers if name.startswith("access-control")]


def test_what_is_wrong_with_a_body_is_said_field_by_field_without_repeating_it() -> None:
    sent = {"addresses": ["hidden@", "ann@example.com"], "reason": 7, "who": "x"}
    document = is_problem(ask("POST", "/admin/suppressions", json=sent), 422)
    wrong = {one["where"] for one in document["errors"]}
    assert wrong == {"body.addresses.0", "body.reason", "body.who"}
    assert "hidden" not in str(document)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b"null", b"7"])
def test_a_body_that_is_no_object_is_a_problem(body: bytes) -> None:
    answer = ask("POST", "/admin/pool/resize", content=body, headers=JSON)
    is_problem(answer, 400 if body in {b"{", b"\xff"} else 422)


def test_a_body_that_is_not_said_to_be_json_is_415() -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = ask(
            "POST", "/admin/pool/resize", content=b'{"workers":3}', headers={"content-type": kind}
        )
        is_problem(answer, 415)


@pytest.mark.parametrize("declared", [True, False])
def test_a_large_body_is_413_and_is_not_read(declared: bool) -> None:
    taken = 0

    async def chunks() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(16 * 1024)

    headers = JSON | ({"content-length": str(10**12)} if declared else {})
    is_problem(ask("POST", "/admin/pool/resize", content=chunks(), headers=headers), 413)
    assert taken <= LARGEST_BODY // (16 * 1024) + 2


def test_an_unknown_or_repeated_parameter_is_422() -> None:
    is_problem(ask("GET", "/admin/dlq", params={"limits": "5"}), 422)
    is_problem(ask("GET", "/admin/dlq", params={"limit": ["5", "6"]}), 422)
    is_problem(ask("GET", "/admin/dlq", params={"before": "x"}), 422)
    assert ask("GET", "/admin/dlq", params={"kind": ["policy", "content"]}).status_code == 200


def test_a_replay_has_to_say_which_letters_in_one_way() -> None:
    for body in ({}, {"all": True, "places": ["0/1"]}, {"places": ["0/1"], "kind": ["policy"]}):
        is_problem(ask("POST", "/admin/dlq/replay", json=body), 422)


def test_before_the_start_and_at_the_end_nothing_can_be_steered() -> None:
    helm = Helm()
    helm.steerable = False
    for path in ("pause", "resume", "drain"):
        is_problem(ask("POST", f"/admin/{path}", whole_app(helm)), 503)
    assert helm.said == []


def test_every_answer_is_kept_from_caches_frames_and_guessing() -> None:
    for method, path in (("GET", "/health"), ("GET", "/none"), ("POST", "/admin/pause")):
        headers = ask(method, path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"


def test_a_bug_is_a_problem_500_without_details() -> None:
    class Broken(Helm):
        @override
        def pause(self) -> None:
            raise RuntimeError("a secret")

    answer = ask("POST", "/admin/pause", whole_app(Broken()))
    assert "secret" not in str(is_problem(answer, 500))
