"""Settings that are addresses and domains."""

from __future__ import annotations

import pytest

from app.settings.addresses import Domains, Recipient


def test_domains_are_read_as_the_messages_have_them() -> None:
    read = Domains().parse("Example.COM, *.example.org,b\u00fccher.example,example.com")

    assert read == ("example.com", "*.example.org", "xn--bcher-kva.example")


@pytest.mark.parametrize("text", ["", "a@example.com", "example.com,", "*", "*.", "a b", "*.*.com"])
def test_what_is_no_list_of_domains_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no domain"):
        Domains().parse(text)


def test_a_recipient_is_a_bare_address() -> None:
    assert Recipient().parse("qa@Example.com").spec == "qa@example.com"
    for text in ("QA <qa@example.com>", "qa", "a@example.com,b@example.com"):
        with pytest.raises(ValueError, match="address"):
            Recipient().parse(text)
