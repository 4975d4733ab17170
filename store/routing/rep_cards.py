"""Reps as leads know them: name, address, signature, phone, where to book and where to meet."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from sqlalchemy import Connection, exists, select, text
from sqlalchemy.dialects.postgresql import insert

from domain.checking.policies import MeetingPolicy
from domain.email.addresses import address_key
from domain.email.sender import RepCard, card_of
from domain.meetings.places import MeetingPlace, place_for
from store.access.users import reps_with
from store.published.policies import PolicyMissing, policy
from store.tables import ConsoleUser, Rep, RepProfile
from store.tables.base import columns_of


def card_columns(code: str) -> str:
    """SQL: the card of the rep whose code the expression ``code`` gives, NULL for nobody; what
    :func:`domain.email.sender.card_of` reads."""
    return f"""(
        SELECT jsonb_build_object('code', rep.code, 'active', rep.active,
            'name', coalesce(nullif(own.name, ''), rep.name),
            'email', coalesce(nullif(own.email, ''), rep.email),
            'place', coalesce(nullif(own.place, ''), rep.meeting_link),
            'signature', coalesce(own.signature, ''), 'phone', coalesce(own.phone, ''),
            'booking_link', coalesce(own.booking_link, ''),
            'language', coalesce(own.language, ''))
        FROM rep LEFT JOIN rep_profile AS own ON own.rep = rep.code WHERE rep.code = {code})"""


def rep_card(connection: Connection, code: str) -> RepCard | None:
    """The card of a rep or manager; None for a code that is nobody's."""
    query = text(f"SELECT {card_columns('cast(:code AS text)')}")
    return card_of(connection.scalar(query, {"code": code}))


def place_with(connection: Connection, rep: str, code: str) -> MeetingPlace:
    """Where a meeting with a rep takes place ('' for nobody yet): where the rep is met, else where
    the policy says that all take place.

    Args:
        code: of the meeting.
    """
    card = rep_card(connection, rep)
    written = card.place if card else ""
    if not written:
        with contextlib.suppress(PolicyMissing):
            written = policy(connection, MeetingPolicy).place
    return place_for(written, code)


class Profile(NamedTuple):
    """What a rep says of itself to leads; '' leaves what the team policy says, or nothing."""

    name: str = ""
    """As leads are to read it."""
    email: str = ""
    """From which the rep's mails come, on a domain that the company sends from."""
    signature: str = ""
    """Lines under the name: what the rep does, at which hours."""
    phone: str = ""
    """On which leads reach the rep."""
    booking_link: str = ""
    """Where leads book with the rep; empty: our own page."""
    place: str = ""
    """Where meetings take place: an address of a video call, in which {meeting} becomes a code of
    its own for each, a phone number, or a room."""
    language: str = ""
    """en, ko or zh: in which the rep is written to."""


def profile_of(connection: Connection, rep: str) -> Profile:
    """What a rep has said; an empty profile for one who has said nothing."""
    row = connection.execute(
        select(*columns_of(RepProfile, Profile)).where(RepProfile.rep == rep)
    ).first()
    return Profile() if row is None else Profile(*row)


def keep_profile(connection: Connection, rep: str, profile: Profile) -> bool:
    """Keep what a rep says; False where there is no such rep."""
    if connection.scalar(select(Rep.code).where(Rep.code == rep)) is None:
        return False
    said = profile._asdict()
    connection.execute(
        insert(RepProfile)
        .values(rep=rep, **said)
        .on_conflict_do_update(index_elements=["rep"], set_=said)
    )
    return True


def is_another_s(connection: Connection, rep: str, address: str) -> bool:
    """Whether an address is that of another rep, or of a user who is not this rep."""
    user = exists().where(ConsoleUser.email_key == address_key(address), ConsoleUser.rep != rep)
    others = [code for code in reps_with(connection, address) if code != rep]
    return bool(others or connection.scalar(select(user)))
