"""The relays, what they may be given, and when a mail is tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from app.settings.compounds import Breaker, BreakerValues, DurationPairs, Durations, Host
from app.settings.kinds import Choice, Fraction, Port, Secret
from app.settings.names import HeloName, Name
from app.settings.option import Group, setting
from app.settings.paths import File
from app.settings.rates import DomainRates, Rate
from app.settings.relay_urls import RelayUrls, RelayValues
from app.settings.reply_rules import RulesFile

PHASES = ("connect", "greeting", "mail", "rcpt", "data", "block", "dot")


class RelaySettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    smtp_host: Annotated[str, Host()] = setting(Group.RELAY, "localhost", "The mail relay.")
    smtp_port: Annotated[int, Port()] = setting(Group.RELAY, "587", "Its port.")
    smtp_user: Annotated[str | None, Name] = setting(
        Group.RELAY, None, "User to log in as.", default_means="no login"
    )
    smtp_password: Annotated[SecretStr | None, Secret()] = setting(
        Group.RELAY, None, "Password of that user."
    )
    smtp_security: Annotated[
        Literal["auto", "tls", "starttls", "none"], Choice(("auto", "tls", "starttls", "none"))
    ] = setting(
        Group.RELAY,
        "auto",
        "How the connection is protected; auto is tls on port 465, none for a relay on this "
        "machine's loopback, else starttls.",
    )
    smtp_auth: Annotated[
        Literal["auto", "plain", "login", "cram-md5", "xoauth2"],
        Choice(("auto", "plain", "login", "cram-md5", "xoauth2")),
    ] = setting(Group.RELAY, "auto", "How to log in.")
    smtp_token_file: File = setting(
        Group.RELAY, None, "File with an OAuth access token, read again for each connection."
    )
    smtp_helo_name: Annotated[str | None, HeloName] = setting(
        Group.RELAY,
        None,
        "Name to greet the relay with.",
        default_means="the host's name",
    )
    smtp_ca_file: File = setting(
        Group.RELAY, None, "Authorities to trust (PEM).", default_means="the system's"
    )
    smtp_cert_file: File = setting(
        Group.RELAY, None, "Client certificate (PEM), with its key unless that is apart."
    )
    smtp_key_file: File = setting(Group.RELAY, None, "Key of the client certificate (PEM).")
    smtp_timeouts: Annotated[dict[str, float], DurationPairs(PHASES)] = setting(
        Group.RELAY,
        "connect=10s,greeting=60s,mail=300s,rcpt=300s,data=120s,block=180s,dot=600s",
        "How long each phase may take; those left out keep their defaults.",
    )
    smtp_on_ambiguous: Annotated[Literal["retry", "dead"], Choice(("retry", "dead"))] = setting(
        Group.RELAY,
        "retry",
        "When the relay vanishes before it confirms a mail: retry (it may arrive twice) or dead "
        "(it may not have arrived).",
    )
    smtp_breaker: Annotated[BreakerValues, Breaker()] = setting(
        Group.RELAY,
        "failures=5,reset=10s",
        "After how many failures in a row to leave the relay alone, and for how long.",
    )
    smtp_relays: Annotated[tuple[RelayValues, ...] | None, RelayUrls()] = setting(
        Group.RELAY,
        None,
        "Several relays, in the place of SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD and "
        "SMTP_TOKEN_FILE; the other SMTP settings hold for each.",
        default_means="the one relay of SMTP_HOST",
    )
    smtp_rules: Annotated[Path | None, RulesFile()] = setting(
        Group.RELAY,
        None,
        "File with rules of your own for the relay's replies, read again at SIGHUP.",
        default_means="the built-in table judges alone",
    )
    smtp_rate: Annotated[float | None, Rate()] = setting(
        Group.RELAY,
        None,
        "Most mails that this instance sends, over all relays.",
        default_means="no bound",
    )
    smtp_domain_rates: Annotated[dict[str, float] | None, DomainRates()] = setting(
        Group.RELAY,
        None,
        "Most mails to a recipients' domain, by each instance or, with STATE_URL, all together.",
        default_means="no bound",
    )

    retry_delays: Annotated[tuple[float, ...], Durations()] = setting(
        Group.RETRIES,
        "30s,5m,30m,2h,6h,16h",
        "Wait before each new attempt; each is a topic of its own.",
    )
    retry_jitter: Annotated[float, Fraction()] = setting(
        Group.RETRIES, "0.1", "By how much of itself a wait may be shortened at random."
    )
