"""Calling a running service as an operator does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from tests.support.service import Service

TOKEN = "operators-token-9f2b"


class Operator:
    """Has the token, unless told otherwise."""

    def __init__(self, service: Service, token: str | None = TOKEN) -> None:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self._client = httpx.Client(
            base_url=service.url, headers=headers, trust_env=False, timeout=30
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, method: str, path: str, body: object = None, **query: Any) -> httpx.Response:
        """The answer, whatever it is."""
        return self._client.request(method, path, json=body, params=query or None)

    def get(self, path: str, **query: Any) -> Any:
        """The document; AssertionError for anything but a 2xx."""
        return self.told("GET", path, **query)

    def told(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """As `get`, for any method."""
        answer = self.call(method, path, body, **query)
        assert answer.is_success, answer.text
        return answer.json()
