"""Rules between settings, each right by itself."""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.domain_lists import is_among
from app.domain.signing_key import RSA, keys_of
from app.settings.addresses import domain_of
from app.settings.options import option
from app.settings.problem import Given, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from app.settings.model import Settings

_LONGEST_TOPIC = 249
# RFC 8301 3.2.
_ADVISED_RSA_BITS = 2048


@dataclass(slots=True)
class _Findings:
    settings: Settings
    given: Mapping[str, Given]
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return getattr(self.settings, name) is not None

    def wrong(self, name: str, reason: str) -> None:
        each, value = option(name), self.given.get(name)
        text = None if each.secret or value is None else value.text
        self.problems.append(Problem(each.name, reason, text, str(value or ""), field=name))

    def said(self, name: str) -> str:
        """`EMAIL_WORKERS_MAX (5, profile constrained)`, for mention in another's reason."""
        each, value = option(name), self.given.get(name)
        if value is None:
            return f"{each.variable} ({each.default}, default)"
        return f"{each.variable} ({value.text}, {value})"


def check_together(
    settings: Settings, given: Mapping[str, Given], *, doubtful: AbstractSet[str] = frozenset()
) -> tuple[list[Problem], list[str]]:
    """Problems, and notices of what is odd but allowed.

    A rule that reads a `doubtful` field, whose value is wrong by itself, is left out.
    """
    findings = _Findings(settings, given)
    for fields, rule in _RULES:
        if doubtful.isdisjoint(fields):
            rule(findings)
    return findings.problems, findings.notices


def _workers(found: _Findings) -> None:
    count, (least, most) = found.settings.email_worker_count, found.settings.worker_bounds
    if least > most:
        found.wrong("email_workers_min", f"above {found.said('email_workers_max')}")
    elif count < least:
        found.wrong("email_worker_count", f"below {found.said('email_workers_min')}")
    elif count > most:
        found.wrong("email_worker_count", f"above {found.said('email_workers_max')}")


def _sizes(found: _Findings) -> None:
    if found.settings.email_max_bytes > found.settings.email_max_memory:
        found.wrong(
            "email_max_bytes",
            f"above {found.said('email_max_memory')}: such a message could never be held",
        )


def _topics(found: _Findings) -> None:
    settings = found.settings
    queue = settings.kafka_topic
    if len(queue) + len("-retry-") + 10 > _LONGEST_TOPIC:
        found.wrong("kafka_topic", "too long: the retry topics add to it")
    names = {queue: "kafka_topic"}
    for name in _TOPICS[1:]:
        topic = getattr(settings, name)
        if topic is None:
            continue
        if topic in names:
            found.wrong(name, f"the same topic as {found.said(names[topic])}")
        elif re.fullmatch(re.escape(queue) + r"-retry-\d+(ms|s|m|h|d)", topic):
            found.wrong(name, f"a retry topic of {found.said('kafka_topic')}")
        names.setdefault(topic, name)


def _kafka_login(found: _Findings) -> None:
    settings = found.settings
    by_password = ("kafka_sasl_username", "kafka_sasl_password")
    by_token = ("kafka_sasl_token_file",)
    if not settings.kafka_security_protocol.startswith("SASL"):
        if any(found.has(name) for name in (*by_password, *by_token)):
            found.wrong(
                "kafka_security_protocol",
                "a SASL user, password or token file is given; allowed with it: "
                "SASL_SSL, SASL_PLAINTEXT",
            )
        return
    if settings.kafka_sasl_mechanism == "OAUTHBEARER":
        _login(found, by_token, by_password, "kafka_sasl_mechanism")
    else:
        _login(found, by_password, by_token, "kafka_security_protocol")


def _login(
    found: _Findings, needed: tuple[str, ...], useless: tuple[str, ...], needed_by: str
) -> None:
    for name in needed:
        if not found.has(name):
            found.wrong(name, f"needed by {found.said(needed_by)}")
    for name in useless:
        if found.has(name):
            found.wrong(name, f"of no use with {found.said('kafka_sasl_mechanism')}")


def _kafka_tls(found: _Findings) -> None:
    names = ("kafka_ssl_ca_file", "kafka_ssl_cert_file", "kafka_ssl_key_file")
    if not found.settings.kafka_security_protocol.endswith("SSL"):
        for name in names:
            if found.has(name):
                found.wrong(
                    name,
                    f"of no use with {found.said('kafka_security_protocol')}; "
                    "allowed with it: SSL, SASL_SSL",
                )
        return
    _certificates(found, names)


def _relay_login(found: _Findings) -> None:
    settings = found.settings
    user, password, token = (
        found.has(name) for name in ("smtp_user", "smtp_password", "smtp_token_file")
    )
    if settings.smtp_auth == "xoauth2" and not token:
        found.wrong("smtp_token_file", f"needed by {found.said('smtp_auth')}")
    if token and not user:
        found.wrong("smtp_user", f"needed by {found.said('smtp_token_file')}")
    if token and settings.smtp_auth not in {"auto", "xoauth2"}:
        found.wrong("smtp_auth", "a token file is given; allowed with it: auto, xoauth2")
    if user and not password and not token:
        found.wrong(
            "smtp_password",
            f"needed by {found.said('smtp_user')}; set it, SMTP_PASSWORD_FILE or SMTP_TOKEN_FILE",
        )
    if password and not user:
        found.notices.append("SMTP_PASSWORD is set without SMTP_USER: there will be no login")
    if user and settings.smtp_security == "none" and not _is_loopback(settings.smtp_host):
        found.notices.append(
            f"SMTP_SECURITY is none: the login is refused unless {settings.smtp_host} turns out "
            "to be on loopback, for the password would travel in the clear"
        )


def _relay_tls(found: _Findings) -> None:
    names = ("smtp_ca_file", "smtp_cert_file", "smtp_key_file")
    if found.settings.smtp_security == "none":
        for name in names:
            if found.has(name):
                found.wrong(name, f"of no use with {found.said('smtp_security')}")
        return
    _certificates(found, names)


def _remembered(found: _Findings) -> None:
    shared = found.has("state_url")
    if not found.settings.dedup_window:
        for name in ("state_url", "dedup_size"):
            if name in found.given:
                found.notices.append(
                    f"{option(name).variable} is set, but DEDUP_WINDOW is 0: nothing is remembered"
                )
    elif shared and "dedup_size" in found.given:
        found.notices.append(
            "DEDUP_SIZE bounds what is remembered in memory; the store of STATE_URL has bounds of "
            "its own"
        )


def _signing(found: _Findings) -> None:
    keys, sender = found.settings.dkim_keys or (), found.settings.email_from
    for key in keys:
        if key.algorithm == RSA and key.bits < _ADVISED_RSA_BITS:
            found.notices.append(
                f"DKIM_KEYS: the RSA key of {key.domain} has {key.bits} bits; "
                f"{_ADVISED_RSA_BITS} are advised"
            )
    if keys and sender is not None and not keys_of(keys, domain_of(sender)):
        found.notices.append(
            "DKIM_KEYS has no key for the domain of EMAIL_FROM: mail from there is not signed"
        )


def _staging(found: _Findings) -> None:
    target, domains = found.settings.email_redirect_to, found.settings.email_allow_domains
    if target is not None and domains is not None and not is_among(target.domain, domains):
        found.wrong("email_redirect_to", f"not in {found.said('email_allow_domains')}")


def _certificates(found: _Findings, names: tuple[str, str, str]) -> None:
    authorities, certificate, key = (getattr(found.settings, name) for name in names)
    if authorities is not None and not _is_readable_as_authorities(authorities):
        found.wrong(names[0], "holds no certificate that can be read; allowed: a PEM file")
    if key is not None and certificate is None:
        found.wrong(names[1], f"needed by {found.said(names[2])}")
    if certificate is not None and not _are_pair(certificate, key):
        found.wrong(
            names[1],
            "certificate and key cannot be read or do not belong together; "
            "allowed: PEM files, the key not encrypted",
        )


def _is_readable_as_authorities(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):
        return False
    return True


def _are_pair(certificate: Path, key: Path | None) -> bool:
    try:
        # An empty password, so that an encrypted key fails instead of asking on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError):
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


_WORKERS = ("email_worker_count", "email_workers_min", "email_workers_max", "email_profile")
_TOPICS = ("kafka_topic", "email_dlq_topic", "email_results_topic", "email_suppressions_topic")
_KAFKA_LOGIN = (
    "kafka_security_protocol",
    "kafka_sasl_mechanism",
    "kafka_sasl_username",
    "kafka_sasl_password",
    "kafka_sasl_token_file",
)
_KAFKA_TLS = (
    "kafka_security_protocol",
    "kafka_ssl_ca_file",
    "kafka_ssl_cert_file",
    "kafka_ssl_key_file",
)
_RELAY_LOGIN = (
    "smtp_user",
    "smtp_password",
    "smtp_token_file",
    "smtp_auth",
    "smtp_security",
    "smtp_host",
)
_RELAY_TLS = ("smtp_security", "smtp_ca_file", "smtp_cert_file", "smtp_key_file")

_RULES: tuple[tuple[tuple[str, ...], Callable[[_Findings], None]], ...] = (
    (_WORKERS, _workers),
    (("email_max_bytes", "email_max_memory"), _sizes),
    (_TOPICS, _topics),
    (_KAFKA_LOGIN, _kafka_login),
    (_KAFKA_TLS, _kafka_tls),
    (_RELAY_LOGIN, _relay_login),
    (_RELAY_TLS, _relay_tls),
    (("dedup_window", "dedup_size", "state_url"), _remembered),
    (("dkim_keys", "email_from"), _signing),
    (("email_redirect_to", "email_allow_domains"), _staging),
)
