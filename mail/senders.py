"""Who sends a mail: the rep whose lead it goes to, somebody named for its topic, or the company."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.email.addresses import address_key
from domain.email.sender import BRAND, OWNER, RepCard, Sender, is_sent_from
from settings import Settings
from store.published.brand import brand_policy
from store.routing.rep_cards import rep_card


def brand(settings: Settings) -> Sender:
    """The company's own sender where the brand policy names none."""
    return Sender(settings.email_from_name, settings.email_from)


def choose_sender(
    connection: Connection, settings: Settings, who: str, owner: RepCard | None, topic: str
) -> Sender | None:
    """Whom a mail is from, None for ``EMAIL_FROM``. The company's own sender stands in where a rep
    has no address on a domain that the company sends from, and where the lead has no rep: name,
    address and signature are always one person's.

    Args:
        who: :data:`OWNER`, :data:`BRAND`, or the code of a rep or manager.
        owner: whose lead it goes to.
        topic: of the mail, '' for none: the brand policy says who the company's own sender is. The
            one of all topics stands in for a topic's at a domain that we don't send from.
    """
    card = None
    if who != BRAND:
        card = owner if who == OWNER else rep_card(connection, who)
    if card is not None and card.sends_from(settings.sending_domains()):
        return still_sending(settings, card.sender())
    looks = brand_policy(connection)
    of_topic = still_sending(settings, looks.sender_of(topic))
    return of_topic or still_sending(settings, looks.sender_of(""))


def still_sending(settings: Settings, sender: Sender | None) -> Sender | None:
    """The sender where mail can come from that address, None for ``EMAIL_FROM``: the address is at
    a domain that the company sends from no more, or a rep's and the company's at once."""
    if sender is None:
        return None
    if sender.code and address_key(sender.email) == address_key(settings.email_from):
        return None
    return sender if is_sent_from(sender.email, settings.sending_domains()) else None
