"""From a link's token to the touch it belongs to and the lead it went to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from domain.email.links import BadLink, LinkClaim, LinkKind, LinkSigner
from store.tables import Lead, Touch


class LinkGone(Exception):
    """The link is ours, but what it was about is no longer there."""


@dataclass(frozen=True)
class TouchedLead:
    """A touch and what a page needs to know of its lead."""

    touch_id: int
    touch_key: str
    lead_id: int
    email_key: str
    language: str
    time_zone: str
    country: str
    owner: str


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
    row = connection.execute(
        select(
            Touch.id,
            Touch.key,
            Lead.id,
            Lead.email_key,
            Lead.language,
            Lead.time_zone,
            Lead.country,
            Lead.owner,
        )
        .join(Lead, Lead.id == Touch.lead_id)
        .where(Touch.key == touch_key)
    ).first()
    if row is None:
        raise LinkGone
    return TouchedLead(*row)
