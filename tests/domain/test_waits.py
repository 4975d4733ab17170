"""What a journey waits for, in words: else a page shows codes, or half a sentence in English."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.contracts.waits import Obstacle, Wait, WaitKind, wait_until
from domain.plain_english import in_plain_english
from domain.translations.translator import sentences
from domain.waits import said_of

AT = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
FACTS: dict[str, int | str] = {
    "phase": "FollowUp",
    "outcome": "disqualified",
    "reason": "no_budget",
    "cadence": "winter-checkup",
    "number": 3,
    "attempt": 1,
    "attempts": 5,
    "task": 12,
    "kind": "loss_review",
    "day": "2026-12-24",
    "times": 2,
    "per": "week",
}


@pytest.mark.parametrize("kind", WaitKind)
@pytest.mark.parametrize("because", ["", *Obstacle])
def test_each_wait_is_a_sentence_in_every_language(kind: WaitKind, because: str) -> None:
    said = said_of(Wait(kind, AT.isoformat(), FACTS, because))

    assert said.pattern in sentences("ko")
    assert said.pattern in sentences("zh")
    assert "_" not in in_plain_english(said)


@pytest.mark.parametrize(
    ("wait", "zone", "words"),
    [
        (
            wait_until(WaitKind.CALL, AT, attempt=2, attempts=5, why="morning"),
            "Asia/Seoul",
            "Waiting to call, attempt 2 of 5, on Tue 01 Dec 2026 09:00 KST (in the morning)",
        ),
        (
            wait_until(WaitKind.MAIL, AT, because=Obstacle.AWAY, number=1, cadence="welcome"),
            "UTC",
            "Waiting to send step 1 of welcome on Tue 01 Dec 2026 00:00 UTC, because this lead is "
            "away until then",
        ),
        (
            wait_until(WaitKind.PERSON, AT, task=7, kind="loss_review", attempt=1),
            "UTC",
            "Waiting for anyone: Loss review, due Tue 01 Dec 2026 00:00 UTC",
        ),
        (
            wait_until(WaitKind.RECYCLED, AT, reason="no_budget", cadence="", why=""),
            "UTC",
            "Recycled for No budget until Tue 01 Dec 2026 00:00 UTC, then nurture",
        ),
    ],
)
def test_codes_and_times_are_told_in_words_of_the_reader_s_zone(
    wait: Wait, zone: str, words: str
) -> None:
    assert in_plain_english(said_of(wait), ZoneInfo(zone)) == words


def test_ops_see_facts_and_no_words_in_the_temporal_ui() -> None:
    """Words in a workflow would be of one language, and change its replay."""
    wait = wait_until(WaitKind.PERSON, AT, task=7, kind="call", attempt=2)

    assert str(wait) == "person until=2026-12-01T00:00:00+00:00 task=7 kind=call attempt=2"
