"""Whom a mail is from: a rep as leads know one, or the company's own sender."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.email.addresses import address_key
from domain.email.message import MailError, mailbox

OWNER = "owner"
"""Said of a sender: whoever owns the lead, or whom its meeting is with."""
BRAND = "brand"
"""Said of a sender: that of ``EMAIL_FROM``."""


@dataclass(frozen=True)
class Sender:
    """Whom a mail is from, in its header and under its text. ``code`` is the rep's, '' for the
    company's own sender."""

    name: str
    email: str
    code: str = ""
    signature: str = ""
    """Lines under the name: what the rep does, at which hours."""
    phone: str = ""

    def as_dict(self) -> dict[str, str]:
        """The sender as the ledger keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class RepCard(Sender):
    """A rep as leads get to know one: what the team policy says, unless the rep says otherwise."""

    booking_link: str = ""
    """Where leads book with the rep; '' for our own page."""
    place: str = ""
    """Where the rep's meetings take place: an address of a video call (which may name the
    ``{meeting}``), a phone number or a room; '' for the lead's own phone."""
    language: str = ""
    """In which the rep is written to; '' for the lead's."""
    active: bool = True
    """Whether the team policy names the rep still."""

    def sends_from(self, domains: Collection[str]) -> bool:
        """Whether mail may go out in the rep's name: see :func:`is_sent_from`."""
        return self.active and bool(self.name) and is_sent_from(self.email, domains)

    def sender(self) -> Sender:
        """The rep as whom a mail is from."""
        return Sender(self.name, self.email, self.code, self.signature, self.phone)


def card_of(kept: Mapping[str, Any] | None) -> RepCard | None:
    """The card that a row holds, None where there is no rep."""
    return None if kept is None else RepCard(**kept)


def is_sent_from(address: str, domains: Collection[str]) -> bool:
    """Whether mail can come from the address: it is one, and at one of the ``domains`` that the
    provider signs for (DKIM), without which mail from it fails DMARC (RFC 7489, 3.1) and is taken
    for forged. A host below one of them is another domain."""
    try:
        key = address_key(mailbox(address))
    except MailError:
        return False
    return key.rpartition("@")[2] in {address_key(f"x@{one}")[2:] for one in domains}
