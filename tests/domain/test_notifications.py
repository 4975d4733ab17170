"""When people are told, and what Slack and Teams are sent."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from domain.notifications.chat import MOST_LINES, chat_message
from domain.notifications.hours import WORKDAYS, WorkingHours
from domain.notifications.kinds import ChatService
from domain.notifications.wording import TellOf, Told, tell

BERLIN = WorkingHours("Europe/Berlin", WORKDAYS, time(8), time(18), time(8))
CONSOLE = "https://crm.example/console"


def at(text: str) -> datetime:
    """UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (BERLIN, "2026-05-05 09:00", "2026-05-05 09:00"),
        (BERLIN, "2026-05-05 05:59", "2026-05-05 06:00"),
        (BERLIN, "2026-05-05 16:00", "2026-05-06 06:00"),
        # A Friday evening before the weekend in which the clocks change.
        (BERLIN, "2026-03-27 20:00", "2026-03-30 06:00"),
        (WorkingHours("Asia/Seoul"), "2026-05-03 20:00", "2026-05-03 20:00"),
        # A night shift belongs to the day on which it begins.
        (
            WorkingHours("UTC", ["fri"], time(22), time(6)),
            "2026-05-09 05:00",
            "2026-05-09 05:00",
        ),
        (
            WorkingHours("UTC", ["fri"], time(22), time(6)),
            "2026-05-09 06:00",
            "2026-05-15 22:00",
        ),
    ],
)
def test_nobody_is_told_outside_of_their_hours(hours: WorkingHours, now: str, opens: str) -> None:
    """A phone that rings at night is switched off, and then rings no more by day either."""
    assert hours.opens(at(now)) == at(opens)


def test_a_digest_is_due_in_the_morning_and_not_hours_later() -> None:
    """After an outage nobody needs to read in the afternoon what the morning held."""
    assert BERLIN.digest_due(at("2026-05-05 05:59")) is None
    assert BERLIN.digest_due(at("2026-05-05 06:00")) == date(2026, 5, 5)
    assert BERLIN.digest_due(at("2026-05-05 09:59")) == date(2026, 5, 5)
    assert BERLIN.digest_due(at("2026-05-05 10:00")) is None
    assert BERLIN.digest_due(at("2026-05-09 06:30")) is None


EVIL = Told(
    "Hot lead: <!channel> *Bo* & Co [x](https://evil.example)", "by 9:00", "/notifications/7"
)


def message(service: ChatService, *lines: Told, more: str = "") -> dict[str, Any]:
    """What is posted."""
    read: dict[str, Any] = json.loads(chat_message(service, "2 things", lines, more, CONSOLE))
    return read


def test_slack_gets_blocks_in_which_a_name_calls_nobody() -> None:
    """A lead that calls itself <!channel> would wake everybody in the channel."""
    said = message(ChatService.SLACK, EVIL, EVIL, more="and 3 more")

    assert said["text"] == "2 things"
    heading, line, _, more = said["blocks"]
    assert heading["text"] == {"type": "mrkdwn", "text": "*2 things*", "verbatim": True}
    assert line["text"]["text"] == (
        f"<{CONSOLE}/notifications/7|Hot lead: &lt;!channel&gt; *Bo* &amp; Co "
        "[x](https://evil.example)>\nby 9:00"
    )
    assert more["text"]["text"] == "and 3 more"


def test_teams_gets_a_card_in_which_a_name_is_no_link() -> None:
    """Text blocks of cards read Markdown, so a name could lead colleagues anywhere."""
    said = message(ChatService.TEAMS, EVIL)

    assert said["type"] == "message"
    (attachment,) = said["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {part["type"] for part in card["body"]} == {"RichTextBlock"}
    assert card["body"][1]["inlines"] == [
        {
            "type": "TextRun",
            "text": EVIL.text,
            "selectAction": {"type": "Action.OpenUrl", "url": f"{CONSOLE}/notifications/7"},
        }
    ]


@pytest.mark.parametrize("service", ChatService)
def test_a_message_stays_within_what_a_chat_takes(service: ChatService) -> None:
    """Slack refuses more than 50 blocks and 3,000 characters in one, Teams more than 28 KB."""
    line = Told("글" * 2_000, "by 9:00", "/notifications/1")

    body = chat_message(service, "9", [line] * 200, "and 180 more", CONSOLE)

    assert len(body.encode()) < 28_000
    assert body.count("/notifications/1") == MOST_LINES


@pytest.mark.parametrize(
    ("language", "said", "by"),
    [
        ("en", "Hot lead: Ada (Acme)", "by Tuesday, 5 May 2026, 11:05"),
        ("ko", "관심 높은 리드: Ada(Acme)", "2026년 5월 5일 화요일 11:05까지"),
        ("zh", "热线索：Ada（Acme）", "截止 2026年5月5日星期二 11:05"),
    ],
)
def test_people_are_told_in_their_language_and_their_time(
    language: str, said: str, by: str
) -> None:
    hot = TellOf(
        7, "hot_lead", "Ada", "Acme", "Hana", "", "", "hot_lead", at("2026-05-05 09:05"), None
    )

    told = tell(hot, language, "Europe/Berlin")

    assert told == Told(said, by, "/notifications?to=7")
