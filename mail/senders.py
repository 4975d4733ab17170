"""Who sends a mail: the rep whose lead it goes to, somebody named for its topic, or the company."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.email.sender import BRAND, OWNER, RepCard, Sender
from settings import Settings
from store.routing.rep_cards import rep_card


def brand(settings: Settings) -> Sender:
    """The company's own sender."""
    return Sender(settings.email_from_name, settings.email_from)


def choose_sender(
    connection: Connection, settings: Settings, who: str, owner: RepCard | None
) -> Sender | None:
    """The rep whom a mail is from, None for the company's own sender. That one stands in where a
    rep has no address on a domain that the company sends from, and where the lead has no rep: name,
    address and signature are always one person's.

    Args:
        who: :data:`OWNER`, :data:`BRAND`, or the code of a rep or manager.
        owner: whose lead it goes to.
    """
    if who == BRAND:
        return None
    card = owner if who == OWNER else rep_card(connection, who)
    if card is None or not card.sends_from(settings.sending_domains()):
        return None
    return card.sender()
