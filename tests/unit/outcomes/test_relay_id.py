"""The id in the replies that real servers give."""

import pytest

from app.outcomes.relay_id import relay_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ok: queued as 4XyZ1k2QzTz1Q3b", "4XyZ1k2QzTz1Q3b"),
        ("OK id=1rXyZa-0001bC-2d", "1rXyZa-0001bC-2d"),
        ("Ok: queued as ismtpd0042p1mdw1.sendgrid.net", "ismtpd0042p1mdw1.sendgrid.net"),
        (
            "<a@b.example> [InternalId=123456789012, Hostname=X.prod.example] Queued mail",
            "123456789012",
        ),
        ("40I1AbCd012345 Message accepted for delivery", "40I1AbCd012345"),
        ("OK  1700000000 d9443c01a7336-1cc2 - gsmtp", "1700000000 d9443c01a7336-1cc2"),
        (
            "Ok 0100018c1a2b3c4d-11111111-2222-3333-4444-555555555555-000000",
            "0100018c1a2b3c4d-11111111-2222-3333-4444-555555555555-000000",
        ),
        (
            "OK <CH2PR14MB4005FE86@CH2PR14.prod.example> [Hostname=CH2PR14.prod.example]",
            "CH2PR14MB4005FE86@CH2PR14.prod.example",
        ),
        ("OK", None),
        ("Ok", None),
        ("Message accepted", None),
        ("", None),
    ],
)
def test_the_id_is_read_from_each_servers_form(text: str, expected: str | None) -> None:
    assert expected == relay_id(text)
