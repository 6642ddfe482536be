"""What a mail is made of, and the topics that its outcome goes to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from app.domain.message import Address
from app.domain.signing_key import SigningKey
from app.settings.addresses import BounceSender, Domains, Recipient, Sender
from app.settings.compounds import DurationPairs
from app.settings.dkim_keys import DkimKeys
from app.settings.kinds import Switch
from app.settings.names import Topic
from app.settings.option import Group, setting
from app.settings.paths import ExistingFolder


class MailSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    email_from: Annotated[str | None, Sender()] = setting(
        Group.MAIL,
        None,
        "Sender of messages that name none.",
        default_means="none: a message must name its sender",
    )
    email_envelope_from: Annotated[str | None, BounceSender()] = setting(
        Group.MAIL,
        None,
        "Where bounces go; {id} stands for the message's id, <> for nowhere.",
        default_means="the sender",
    )
    email_templates: Annotated[Path | None, ExistingFolder()] = setting(
        Group.MAIL,
        None,
        "Folder with templates of your own.",
        default_means="the built-in ones only",
    )
    dkim_keys: Annotated[tuple[SigningKey, ...] | None, DkimKeys()] = setting(
        Group.MAIL,
        None,
        "Keys that sign mail from these domains and what is below them (DKIM).",
        default_means="mail is not signed",
    )
    email_ttl: Annotated[dict[str, float] | None, DurationPairs()] = setting(
        Group.MAIL,
        None,
        "How long messages of a type are worth sending, such as password_reset=1h.",
        default_means="for ever",
    )
    email_dlq_topic: Annotated[str, Topic] = setting(
        Group.MAIL, "email-dlq", "Topic for dead letters: what was given up, and why."
    )
    email_results_topic: Annotated[str | None, Topic] = setting(
        Group.MAIL,
        "email-results",
        "Topic for results, one for each outcome and each retry.",
        empty_means="no results are written",
    )
    email_suppressions_topic: Annotated[str | None, Topic] = setting(
        Group.MAIL,
        "email-suppressions",
        "Topic with the addresses that no mail goes to, as digests.",
        empty_means="no address is suppressed",
    )
    email_dry_run: Annotated[bool, Switch()] = setting(
        Group.MAIL,
        "false",
        "Do everything except sending: messages are taken, composed, logged, and done with.",
    )
    email_redirect_to: Annotated[Address | None, Recipient()] = setting(
        Group.MAIL,
        None,
        "For staging: every mail goes to this address and to nobody else.",
        default_means="mail goes where it is meant to",
    )
    email_allow_domains: Annotated[tuple[str, ...] | None, Domains()] = setting(
        Group.MAIL,
        None,
        "For staging: no recipient in another domain gets mail.",
        default_means="every domain",
    )
    email_inline_css: Annotated[bool, Switch()] = setting(
        Group.MAIL, "false", "Move the style sheets of templates into the HTML's elements."
    )
