"""Web addresses and places that come in from people, policies and calendar services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from domain.checking.policies import MeetingPolicy
from domain.meetings.calcom import read_calcom
from domain.meetings.calendly import read_calendly
from domain.meetings.places import usable_place
from domain.meetings.report_fields import web_address
from domain.sales.content import ContentItem
from domain.sales.team import TeamRep
from tests.domain.test_booking_reports import CALCOM, CALENDLY

BROKEN = [
    *("https://meet.example/a\r\nATTACH:x", "https://meet.example/a\n", "https://meet.exa\tmple/a"),
    *("https://meet.example/a b", "https://meet.example/\u2028a", "https://meet.example/\u202ea"),
    *("https://", "https://["),
]
WHOLE = "https://meet.example/{meeting}?as=김서연#now"


def _policy(place: str) -> str:
    rules: dict[str, Any] = {
        "policy": "meeting",
        "reminders": [],
        "outcome_deadline": "1 day",
        "reschedule_attempts": 0,
        "recovery_cadence": "x",
    }
    return MeetingPolicy.model_validate(rules | {"place": place}).place


def _rep(link: str) -> str:
    rep = {"code": "rep-1", "name": "Hana", "email": "hana@lindenmoor.example"}
    return TeamRep.model_validate(rep | {"meeting_link": link}).meeting_link


def _content(url: str) -> str:
    return ContentItem.model_validate({"title": "Guide", "url": url, "stages": ["sql"]}).url


def _calcom(url: str) -> str:
    (booking,) = read_calcom(CALCOM | {"payload": CALCOM["payload"] | {"location": url}})
    return booking.join_url


def _calendly(url: str) -> str:
    event = CALENDLY["payload"]["scheduled_event"] | {"location": {"join_url": url}}
    payload = CALENDLY["payload"] | {"scheduled_event": event}
    (booking,) = read_calendly(CALENDLY | {"payload": payload})
    return booking.join_url


DOORS: list[Callable[[str], str]] = [
    *(web_address, lambda place: place * usable_place(place)),
    *(_policy, _rep, _content, _calcom, _calendly),
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("address", [WHOLE, *BROKEN])
def test_an_address_is_whole_and_one_word_wherever_it_comes_in(
    door: Callable[[str], str], address: str
) -> None:
    """A line break in it would make an invitation and a rep's calendar unreadable, or add a line
    of somebody else's to them."""
    try:
        taken = door(address)
    except ValidationError:
        taken = ""
    if address == WHOLE:
        assert taken == WHOLE
    else:  # A calendar service's is trimmed first.
        assert taken == "" or (taken.isprintable() and taken == address.rstrip("\n"))
