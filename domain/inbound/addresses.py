"""Addresses in headers, found before encoded words are decoded (RFC 2047 6.2): a comma, a bracket
or an ``@`` inside a name is the name's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.email.addresses import address_key

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ANGLED = re.compile(r"<([^<>]*)>")
_BARE = re.compile(r"[^\s<>()\[\],;:\"@\\]{1,128}@[^\s<>()\[\],;:\"@\\]{1,255}")
MOST = 50
"""So many addresses of a header are looked at."""


def address_of(value: str) -> str:
    """The first address in a From header as it was sent or as somebody decoded it, '' if there is
    none (``<>``, ``MAILER-DAEMON``)."""
    return next(iter(addresses_in(value)), "")


def addresses_in(value: str) -> list[str]:
    """The addresses in a header's value, in their order: those in angle brackets, or else whatever
    looks like one."""
    unquoted = _QUOTED.sub(" ", value)
    angled = _ANGLED.findall(unquoted)
    found: Iterable[str] = (
        (match[0] for one in angled if (match := _BARE.search(one)))
        if angled
        else (match[0] for match in _BARE.finditer(unquoted))
    )
    return list(dict.fromkeys(one.strip(".'") for one in found))[:MOST]


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are surely one mailbox: they differ in a subaddress (RFC 5233,
    ``jane+news@``) or in what Gmail ignores."""
    return _mailbox(one) == _mailbox(other) != ""


def _mailbox(address: str) -> str:
    local, at, domain = address_key(address).rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}{at}{domain}" if at and local else ""


_SYSTEMS = re.compile(
    r"(?:[a-z0-9.]*[-_.]?)?(?:mailer|mail|maildelivery)[-_.]?d(?:a|ae)emon"
    r"|(?:mail|smtp|mta|exchange)?[-_.]?daemon|mdaemon|postmaster(?:[-_.+].*)?"
    r"|(?:mail|mailer|maildelivery|mail[-_.]?delivery)[-_.]?(?:system|subsystem|agent|service"
    r"|gateway)"
    r"|microsoftexchange[0-9a-f]{20,}|bounces?(?:[-_.+].*)?|mailerror|uucp|smtp[-_.]?gateway"
    r"|undeliver(?:able|ed)|mail[-_.]?returned|double[-_.]?bounce|mailadmin",
    re.IGNORECASE,
)
_SYSTEM_NAMES = re.compile(
    r"mailer-daemon|mail(?:er)?[ -](?:delivery|administrator|system|gateway|daemon)"
    r"|mail deliver\w* |(?:internet )?mail delivery|(?:system|mail) administrator|postmaster"
    r"|microsoft outlook$|delivery (?:subsystem|agent|service)|メール配信|系统退信|邮件系统|退信",
    re.IGNORECASE,
)
_PROGRAMS = re.compile(
    r"(?:.*[-_.+])?(?:no|do[-_.]?not|don[-_.]?t|never)[-_.]?(?:reply|respond"
    r"|answer)(?:[-_.+\d].*)?"
    r"|(?:ne[-_.]?pas|pas)[-_.]?(?:de[-_.]?)?(?:repondre|reponse)|no[-_.]?(?:responder|contestar)"
    r"|nao[-_.]?responda?|(?:keine|nicht)[-_.]?antwort(?:en)?|non[-_.]?rispondere"
    r"|geen[-_.]?antwoord"
    r"|auto[-_.]?(?:reply|responder?|confirm|mailer|notify)|vacation|mailbot|notifications?"
    r"|alerts?"
    r"|(?:system|server|cron|root|nobody|www-data|apache|daemon)",
    re.IGNORECASE,
)


def is_mail_system(address: str, name: str) -> bool:
    """Whether a mail comes from a mail server: by its address, or by its name when it has none.

    Args:
        name: the From field in words.
    """
    if address:
        return _SYSTEMS.fullmatch(address.rpartition("@")[0]) is not None
    named = _SYSTEMS.fullmatch(name.strip("'\"<> "))
    return named is not None or _SYSTEM_NAMES.search(name) is not None


def is_program(address: str) -> bool:
    """Whether an address says that nobody reads there (``no-reply@``)."""
    return _PROGRAMS.fullmatch(address.rpartition("@")[0]) is not None
