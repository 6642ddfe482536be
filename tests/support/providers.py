"""Stand-ins for providers' relays: what each offers, and how it answers.

After their public documentation and transcripts; names, addresses and ids are examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class Provider:
    """`page`: its heading in the guide. `busy` and `used_up` (the day's quota) are refusals."""

    page: str
    host: str
    features: tuple[str, ...]
    mechanisms: str
    greeting: str
    accepted: str
    relay_id: str | None
    busy: str
    used_up: str
    refused_login: str
    most_recipients: int = 1000
    too_many: str = "452 4.5.3 Too many recipients"

    def server(self, tls: ssl.SSLContext | None, users: dict[str, str]) -> SmtpServer:
        """Answers as the provider does; who has no user there is refused."""
        server = SmtpServer(
            features=self.features,
            tls=tls,
            users=users if self.mechanisms else None,
            mechanisms=self.mechanisms,
        )
        server.always("CONNECT", Say(self.greeting))
        server.refuse_recipients_above(self.most_recipients, self.too_many)
        server.accept_with(self.accepted)
        server.refuse_logins_with(self.refused_login)
        return server


PROVIDERS: Final = (
    Provider(
        page="Amazon SES",
        host="email-smtp.eu-west-1.amazonaws.com",
        features=("8BITMIME", "Ok"),
        mechanisms="PLAIN LOGIN",
        greeting="220 email-smtp.amazonaws.com ESMTP SimpleEmailService-d-EXAMPLE",
        accepted="250 Ok 0107018c1a2b3c4d-11111111-2222-3333-4444-555555555555-000000",
        relay_id="0107018c1a2b3c4d-11111111-2222-3333-4444-555555555555-000000",
        busy="454 Throttling failure: Maximum sending rate exceeded.",
        used_up="454 Throttling failure: Daily message quota exceeded.",
        refused_login="535 Authentication Credentials Invalid",
        most_recipients=50,
        too_many="452 Too many recipients",
    ),
    Provider(
        page="SendGrid",
        host="smtp.sendgrid.net",
        features=("8BITMIME", "PIPELINING", "SIZE 31457280"),
        mechanisms="PLAIN LOGIN",
        greeting="220 SG ESMTP service ready at ismtpd-0001.example",
        accepted="250 Ok: queued as 2pXrB0aTQfGmEXAMPLE",
        relay_id="2pXrB0aTQfGmEXAMPLE",
        busy="421 Service not available, closing transmission channel",
        used_up="452 4.5.3 Exceeded your daily sending limit",
        refused_login="535 Authentication failed: Bad username / password",
    ),
    Provider(
        page="Mailgun",
        host="smtp.eu.mailgun.org",
        features=("SIZE 52428800", "8BITMIME", "SMTPUTF8"),
        mechanisms="PLAIN LOGIN",
        greeting="220 Mailgun Influx ready",
        accepted="250 Great success",
        relay_id=None,
        busy="421 Service temporarily unavailable",
        used_up="420 4.4.5 Exceeded Sending Limit (daily)",
        refused_login="535 5.7.0 Mailgun is not loving your login or password",
    ),
    Provider(
        page="Gmail and Google Workspace",
        host="smtp.gmail.com",
        features=(
            "SIZE 35882577",
            "8BITMIME",
            "ENHANCEDSTATUSCODES",
            "PIPELINING",
            "CHUNKING",
            "SMTPUTF8",
        ),
        mechanisms="LOGIN PLAIN XOAUTH2",
        greeting="220 smtp.gmail.com ESMTP d9443c01a7336-example - gsmtp",
        accepted="250 2.0.0 OK  1700000000 d9443c01a7336-1cc2 - gsmtp",
        relay_id="1700000000 d9443c01a7336-1cc2",
        busy="421 4.7.0 Try again later, closing connection. - gsmtp",
        used_up="550 5.4.5 Daily user sending limit exceeded. - gsmtp",
        refused_login="534 5.7.9 Application-specific password required.",
        most_recipients=100,
    ),
    Provider(
        page="Microsoft 365",
        host="smtp.office365.com",
        features=(
            "SIZE 157286400",
            "PIPELINING",
            "DSN",
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "BINARYMIME",
            "CHUNKING",
            "SMTPUTF8",
        ),
        mechanisms="LOGIN XOAUTH2",
        greeting="220 XX0P000CA0000.outlook.example Microsoft ESMTP MAIL Service ready",
        accepted="250 2.0.0 OK <XX0PR00MB0000EXAMPLE@XX0PR00MB0000.prod.example>"
        " [Hostname=XX0PR00MB0000.prod.example]",
        relay_id="XX0PR00MB0000EXAMPLE@XX0PR00MB0000.prod.example",
        busy="451 4.7.500 Server busy. Please try again later from [192.0.2.1].",
        used_up="554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        refused_login="535 5.7.139 Authentication unsuccessful,"
        " SmtpClientAuthentication is disabled for the Tenant.",
    ),
    Provider(
        page="Postfix",
        host="mail.example.com",
        features=(
            "PIPELINING",
            "SIZE 10240000",
            "VRFY",
            "ETRN",
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "DSN",
            "CHUNKING",
        ),
        mechanisms="PLAIN LOGIN",
        greeting="220 mail.example.com ESMTP Postfix",
        accepted="250 2.0.0 Ok: queued as 4XyZ1k2QzTz1Q3b",
        relay_id="4XyZ1k2QzTz1Q3b",
        busy="450 4.7.1 Error: too much mail from 192.0.2.1",
        used_up="452 4.3.1 Insufficient system storage",
        refused_login="535 5.7.8 Error: authentication failed: authentication failure",
    ),
)
