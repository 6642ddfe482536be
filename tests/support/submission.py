"""A real Postfix as a provider of submission runs it, once for each set of extensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.postfix import Postfix
from tests.support.relay_rig import Trust

if TYPE_CHECKING:
    from pathlib import Path

USER: Final = "ann@example.com"
PASSWORD: Final = "sesame="

# A password, also where the client is of this host.
LOGGED_IN: Final = {
    "smtpd_delay_reject": "yes",
    "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
}

TLS = """
smtpd_tls_security_level = may
smtpd_tls_chain_files = {key_file}, {cert_file}
smtpd_tls_session_cache_database =
smtpd_forbid_bare_newline = no
"""


def _without(*extensions: str) -> dict[str, str]:
    """Who pipelines all the same is refused."""
    chosen = {"smtpd_discard_ehlo_keywords": ", ".join((*extensions, "silent-discard"))}
    if "pipelining" in extensions:
        chosen["smtpd_data_restrictions"] = "reject_unauth_pipelining"
    return chosen


MODES: Final = {
    "all extensions": _without(),
    "no CHUNKING": _without("chunking"),
    "no PIPELINING": _without("pipelining"),
    "step by step": _without("pipelining", "chunking"),
    "none at all": _without(
        "pipelining", "chunking", "smtputf8", "8bitmime", "size", "dsn", "enhancedstatuscodes"
    ),
}
SERVICES: Final = {
    **MODES,
    "TLS at once": {"smtpd_tls_wrappermode": "yes"},
    "TLS required": {"smtpd_tls_security_level": "encrypt"},
    "password required": LOGGED_IN,
}


@dataclass(frozen=True, slots=True)
class Port:
    """One of its services, as `relays_to` wants it."""

    port: int


class Submission(Postfix):
    """It ends lines at a bare LF, as many servers did: what could be smuggled, would be."""

    def __init__(self, folder: Path) -> None:
        """`folder` keeps its certificate and the one that `trust` has it from."""
        self.trust = Trust(folder)
        cert_file, key_file = self.trust.server_files(folder)
        super().__init__(
            TLS.format(cert_file=cert_file, key_file=key_file),
            users={USER.partition("@")[0]: PASSWORD},
            services=SERVICES,
        )

    def at(self, service: str) -> Port:
        return Port(self.ports[service])
