"""Who sends a mail: the rep whose lead it goes to, somebody named for its topic, or the company."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.email.addresses import address_key
from domain.email.sender import BRAND, OWNER, RepCard, Sender, is_sent_from
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
    return still_sending(settings, card.sender())


def still_sending(settings: Settings, rep: Sender | None) -> Sender | None:
    """The rep where mail can come from the rep's address, None for the company's own sender: the
    address is the company's, or at a domain that it sends from no more."""
    if rep is None or address_key(rep.email) == address_key(settings.email_from):
        return None
    return rep if is_sent_from(rep.email, settings.sending_domains()) else None
