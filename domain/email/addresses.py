"""E-mail addresses: the form in which servers know them, and the one by which they are told apart.

Domains follow IDNA 2008 (RFC 5891) with the mapping of UTS 46, non-transitional: ``straße.example``
is another domain than ``strasse.example``. Python's own codec still knows IDNA 2003, where it was
the same.
"""

from __future__ import annotations

import functools
import unicodedata

import idna


@functools.lru_cache(maxsize=65_536)
def host_of(domain: str) -> str:
    """The domain as DNS knows it, in ASCII: ``straße.example`` → ``xn--strae-oqa.example``.

    Raises:
        ValueError: it can't be the name of a host.
    """
    if domain.isascii():
        return domain.encode("idna").decode("ascii")  # Checks the lengths, and changes nothing.
    return idna.encode(domain, uts46=True).decode("ascii")


def address_key(address: str) -> str:
    """By which two spellings of one address are the same: upper and lower case, the forms of
    Unicode, and a domain in Unicode or in ASCII make no difference; ``ß`` and ``ss`` do.

    What is no address gets a key all the same.
    """
    written = unicodedata.normalize("NFC", address.strip())
    local, at, domain = written.rpartition("@")
    return f"{local.lower()}{at}{_domain_key(domain)}"


def person_key(email: str, phone: str) -> str:
    """By which two people are the same: the key of the address, else ``tel:`` and the phone."""
    return address_key(email) or f"tel:{phone}"


@functools.lru_cache(maxsize=16_384)
def _domain_key(domain: str) -> str:
    lowered = domain.lower()
    if lowered.isascii() and "xn--" not in lowered:
        return lowered
    try:
        return idna.decode(idna.encode(domain, uts46=True))
    except ValueError:
        return lowered
