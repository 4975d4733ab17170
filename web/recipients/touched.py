"""From a link's token to the touch it belongs to and the lead it went to."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.email.links import BadLink, LinkClaim, LinkKind, LinkSigner
from store.mail.ledger import TouchedLead, touches_of_leads


class LinkGone(Exception):
    """The link is ours, but what it was about is no longer there."""


def claim_of(signer: LinkSigner, token: str, kind: LinkKind) -> LinkClaim:
    """What ``token`` says.

    Raises:
        BadLink: it is no unaltered link of this kind.
        ExpiredLink: it is one, from too long ago.
    """
    claim = signer.read(token)
    if claim.kind != kind:
        raise BadLink("This link is for something else.")
    return claim


def touched_lead(connection: Connection, touch_key: str) -> TouchedLead:
    """The lead of the touch with this key.

    Raises:
        LinkGone: there is no such touch.
    """
    touched = touches_of_leads(connection, [touch_key]).get(touch_key)
    if touched is None:
        raise LinkGone
    return touched
