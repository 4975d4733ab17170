"""Where meetings take place: a video call, a room, a phone."""

from __future__ import annotations

from typing import NamedTuple

from domain.contacts.phones import read_phone
from domain.meetings.report_fields import web_address

MEETING = "{meeting}"
"""In a rep's address of video calls: a code that no other meeting has, for a call of its own."""


class MeetingPlace(NamedTuple):
    """Of the three one is given at most."""

    link: str = ""
    """The address of a video call."""
    place: str = ""
    """A room, or the number that is to be called."""
    phone: str = ""
    """The lead's own number, which the rep calls."""

    @property
    def joins(self) -> str:
        """What joins by one click: https:// or tel: (RFC 3966); '' for nothing."""
        return self.link or phone_link(self.place)

    @property
    def words(self) -> str:
        """The place in a calendar."""
        return self.link or self.place or self.phone


def place_for(written: str, code: str) -> MeetingPlace:
    """The place that a rep has for meetings, for one of them.

    Args:
        written: as :func:`usable_place` takes it.
        code: of the meeting.
    """
    if web_address(written):
        return MeetingPlace(link=written.replace(MEETING, code))
    return MeetingPlace(place=written)


def usable_place(written: str) -> bool:
    """Whether it can be a place of meetings: an https address that may have :data:`MEETING` in it,
    or else words in one line that are no address of any other kind."""
    if web_address(written):
        return not set(written.replace(MEETING, "")) & set("{}<>")
    return len(written) <= 200 and "://" not in written and written.isprintable()


def phone_link(place: str) -> str:
    """``tel:`` and the number (RFC 3966) of a place that is one, '' for any other."""
    number = read_phone(place).number if place.startswith("+") else ""
    return f"tel:{number}" if number else ""
