"""Rules between settings, each right by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.domain_lists import is_among
from app.domain.signing_key import RSA, keys_of
from app.settings.addresses import domain_of
from app.settings.certificates import certificates
from app.settings.findings import Findings
from app.settings.options import option
from app.settings.relay_checks import RELAY_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from app.settings.model import Settings
    from app.settings.problem import Given, Problem

_LONGEST_TOPIC = 249
# RFC 8301 3.2.
_ADVISED_RSA_BITS = 2048


def check_together(
    settings: Settings, given: Mapping[str, Given], *, doubtful: AbstractSet[str] = frozenset()
) -> tuple[list[Problem], list[str]]:
    """Problems, and notices of what is odd but allowed.

    A rule that reads a `doubtful` field, whose value is wrong by itself, is left out.
    """
    findings = Findings(settings, given)
    for fields, rule in _RULES:
        if doubtful.isdisjoint(fields):
            rule(findings)
    return findings.problems, findings.notices


def _workers(found: Findings) -> None:
    count, (least, most) = found.settings.email_worker_count, found.settings.worker_bounds
    if least > most:
        found.wrong("email_workers_min", f"above {found.said('email_workers_max')}")
    elif count < least:
        found.wrong("email_worker_count", f"below {found.said('email_workers_min')}")
    elif count > most:
        found.wrong("email_worker_count", f"above {found.said('email_workers_max')}")


def _sizes(found: Findings) -> None:
    if found.settings.email_max_bytes > found.settings.email_max_memory:
        found.wrong(
            "email_max_bytes",
            f"above {found.said('email_max_memory')}: such a message could never be held",
        )


def _topics(found: Findings) -> None:
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


def _kafka_login(found: Findings) -> None:
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
    found: Findings, needed: tuple[str, ...], useless: tuple[str, ...], needed_by: str
) -> None:
    for name in needed:
        if not found.has(name):
            found.wrong(name, f"needed by {found.said(needed_by)}")
    for name in useless:
        if found.has(name):
            found.wrong(name, f"of no use with {found.said('kafka_sasl_mechanism')}")


def _kafka_tls(found: Findings) -> None:
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
    certificates(found, names)


def _remembered(found: Findings) -> None:
    shared = found.has("state_url")
    if not found.settings.dedup_window:
        useless = ("dedup_size",) if _shares_rates(found.settings) else ("state_url", "dedup_size")
        for name in useless:
            if name in found.given:
                found.notices.append(
                    f"{option(name).variable} is set, but DEDUP_WINDOW is 0: nothing is remembered"
                )
    elif shared and "dedup_size" in found.given:
        found.notices.append(
            "DEDUP_SIZE bounds what is remembered in memory; the store of STATE_URL has bounds of "
            "its own"
        )


def _shares_rates(settings: Settings) -> bool:
    relays = settings.smtp_relays or ()
    return bool(settings.smtp_domain_rates) or any(relay.rate for relay in relays)


def _signing(found: Findings) -> None:
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


def _staging(found: Findings) -> None:
    target, domains = found.settings.email_redirect_to, found.settings.email_allow_domains
    if target is not None and domains is not None and not is_among(target.domain, domains):
        found.wrong("email_redirect_to", f"not in {found.said('email_allow_domains')}")


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
_REMEMBERED = ("dedup_window", "dedup_size", "state_url", "smtp_relays", "smtp_domain_rates")

_RULES: tuple[tuple[tuple[str, ...], Callable[[Findings], None]], ...] = (
    (_WORKERS, _workers),
    (("email_max_bytes", "email_max_memory"), _sizes),
    (_TOPICS, _topics),
    (_KAFKA_LOGIN, _kafka_login),
    (_KAFKA_TLS, _kafka_tls),
    *RELAY_RULES,
    (_REMEMBERED, _remembered),
    (("dkim_keys", "email_from"), _signing),
    (("email_redirect_to", "email_allow_domains"), _staging),
)
