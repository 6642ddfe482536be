"""Mail addresses as people and programs write them, checked once at the door.

Reasons never repeat an address whole, for they reach logs: see `mask_address`.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import lru_cache
from typing import Final

import email_validator

from app.domain.errors import InvalidMessage
from app.domain.message import Address

# RFC 5321 4.5.3.1: octets of a local part, and of a whole path without its brackets.
MAX_LOCAL: Final = 64
MAX_SPEC: Final = 254
MAX_NAME: Final = 500

# What no header may hold: controls but TAB, the Unicode line breaks, lone surrogates.
UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_DOT_ATOM: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NAMED: Final = re.compile(r'((?:[^"<>]|"(?:[^"\\]|\\.)*")*)<([^<>]*|"(?:[^"\\]|\\.)*"@[^<>"]*)>')
_SHOWN_DOMAIN: Final = re.compile(r"[\w.-]{1,80}|\[[\w.:]{1,60}\]")

# Whether a domain leads anywhere is the relay's to say: `.local` and `.test` do in many networks.
# Emptying this list is the library's documented way of accepting them.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def parse_address(value: object, field: str) -> Address:
    """Read `a@b.c`, `Ann <a@b.c>` or `{"name", "address"}`; `InvalidMessage` names the field."""
    if isinstance(value, str):
        return _from_text(value, field)
    if isinstance(value, dict):
        name, spec = value.get("name"), value.get("address")
        if not isinstance(name, str | None):
            raise InvalidMessage(f"{field}.name", "must be a string")
        if not isinstance(spec, str):
            raise InvalidMessage(f"{field}.address", "must be a string: a mail address")
        return _checked(spec, name or "", f"{field}.address", f"{field}.name")
    raise InvalidMessage(field, 'must be a mail address: a string or {"name", "address"}')


def parse_addresses(value: object, field: str) -> tuple[Address, ...]:
    """As `parse_address` for one or a list (`to[1]` names the second); none for null."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(parse_address(each, f"{field}[{index}]") for index, each in enumerate(value))
    return (parse_address(value, field),)


def mask_address(spec: str) -> str:
    """`u***@example.com`: enough to recognise, not to write to."""
    local, at, domain = spec.rpartition("@")
    if not at:
        return "***"
    first = local[:1] if local[:1].isalnum() else ""
    return f"{first}***@{domain if _is_shown(domain) else '***'}"


@lru_cache(maxsize=1024)
def _is_shown(domain: str) -> bool:
    return _SHOWN_DOMAIN.fullmatch(domain) is not None


# Senders recur. Only what was accepted is kept, and that is short.
@lru_cache(maxsize=4096)
def _from_text(text: str, field: str) -> Address:
    bare = text.strip(" \t")
    if not bare.endswith(">"):
        if "," in bare and bare.count("@") > 1 and '"' not in bare:
            raise InvalidMessage(field, "holds several addresses: use a list")
        return _checked(bare, "", field, field)
    # Bounds the work of the expression below: a name may be that long, and quoted throughout.
    if len(bare) > 2 * MAX_NAME + MAX_SPEC:
        raise InvalidMessage(field, "is too long for a name and a mail address")
    named = _NAMED.fullmatch(bare)
    if named is None:
        raise InvalidMessage(field, "is not of the form Name <address>")
    phrase, spec = named.group(1).strip(" \t"), named.group(2).strip(" \t")
    plain = _QUOTED.sub("", phrase)
    if "@" in plain and ("," in plain or ";" in plain):
        raise InvalidMessage(field, "holds several addresses: use a list")
    if "=?" in plain:
        name = _decoded(phrase, field)
    else:
        name = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted.group(1)), phrase)
    return _checked(spec, name, field, field)


def _decoded(phrase: str, field: str) -> str:
    """RFC 2047 encoded words in a name, as Go's and Java's mail libraries write them."""
    try:
        return str(make_header(decode_header(phrase)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError) as error:
        raise InvalidMessage(field, "has an encoded word that cannot be decoded") from error


def _checked(spec: str, name: str, field: str, name_field: str) -> Address:
    if not spec.isprintable() and (unsafe := UNSAFE.search(spec)):
        raise InvalidMessage(field, f"has a control character (U+{ord(unsafe.group()):04X})")
    if name:
        name = clean_name(name, name_field)
    try:
        local, domain = _split(spec)
    except email_validator.EmailSyntaxError as error:
        # What the library quotes of an IDN is the whole label, hence its words only otherwise.
        why = str(error) if error.__cause__ is None else "The domain is not a valid IDN."
        masked = mask_address(spec)
        raise InvalidMessage(field, f"is not a mail address ({masked}): {why}") from None
    return Address(local, domain, name)


def clean_name(name: str, field: str) -> str:
    """A display name without surrounding space, TAB as space; refuses other controls."""
    if not name.isprintable() and (unsafe := UNSAFE.search(name)):
        raise InvalidMessage(field, f"has a control character (U+{ord(unsafe.group()):04X})")
    if len(name) > MAX_NAME:
        raise InvalidMessage(field, f"has a name longer than {MAX_NAME} characters")
    return name.replace("\t", " ").strip()


def _split(spec: str) -> tuple[str, str]:
    """Local part and domain as A-labels; most local parts are plain and need no library."""
    local, _, domain = spec.rpartition("@")
    if len(local) <= MAX_LOCAL and _DOT_ATOM.fullmatch(local) and len(domain) <= MAX_SPEC:
        ascii_domain = _domain(domain)
        if len(local) + 1 + len(ascii_domain) <= MAX_SPEC:
            return local, ascii_domain
    if len(spec) > 2 * MAX_SPEC:
        raise email_validator.EmailSyntaxError("The email address is too long.")
    return _validate(spec)


@lru_cache(maxsize=8192)
def _domain(domain: str) -> str:
    return _validate(f"a@{domain}")[1]


def _validate(spec: str) -> tuple[str, str]:
    checked = email_validator.validate_email(
        spec,
        check_deliverability=False,
        globally_deliverable=False,
        allow_quoted_local=True,
        allow_domain_literal=True,
        strict=True,
    )
    # RFC 5321 counts octets; the library counts characters.
    if len(checked.local_part.encode()) > MAX_LOCAL:
        raise email_validator.EmailSyntaxError("The email address is too long before the @-sign.")
    return checked.local_part, checked.ascii_domain.lower()
