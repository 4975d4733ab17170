"""Who may enter a cadence by hand: who stays out and why, and how entries are spread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from pydantic import ValidationError

from domain.cadences.cadence import Cadence
from domain.cadences.entry import EntryPace, EntryRules, EntryStanding, WhyNot, entries, why_not

NOW = datetime(2026, 5, 5, 9, tzinfo=UTC)
FREE = EntryStanding(phase="Recycle", cycle=2, has_address=True)
STEPS = {"cadence": "spring", "steps": [{"email": "welcome-1-checklist"}]}


def rules(**said: Any) -> EntryRules:
    return EntryRules.model_validate(said)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"phase": ""}, None),
        ({"phase": "FollowUp"}, WhyNot.WITH_SALES),
        ({"phase": "Opportunity", "opportunity_open": True}, WhyNot.OPPORTUNITY_OPEN),
        ({"opportunity_open": True}, WhyNot.OPPORTUNITY_OPEN),
        ({"phase": "Customer"}, WhyNot.CUSTOMER),
        ({"phase": "ended"}, WhyNot.CLOSED),
        ({"phase": "ended", "undone": True}, None),
        ({"has_address": False}, WhyNot.NO_ADDRESS),
        ({"do_not_market": True, "suppressed": True}, WhyNot.DO_NOT_MARKET),
        ({"suppressed": True}, WhyNot.SUPPRESSED),
        ({"unconfirmed": True}, WhyNot.UNCONFIRMED),
        ({"topic_refused": True}, WhyNot.TOPIC_REFUSED),
        ({"starting": True}, WhyNot.STARTING),
        ({"in_run": True}, WhyNot.IN_RUN),
        ({"cadence": "spring"}, WhyNot.ALREADY_IN),
        ({"cadence": "winter"}, WhyNot.OTHER_CADENCE),
        ({"ready": True}, WhyNot.READY),
    ],
)
def test_each_lead_that_stays_out_is_told_one_reason(
    changed: dict[str, Any], why: WhyNot | None
) -> None:
    """Marketing would mail whom sales works, or never learn why half of a list did not enter."""
    assert why_not(replace(FREE, **changed), "spring", rules(), NOW, replace=False) == why


@pytest.mark.parametrize(
    ("own", "other", "asked", "why"),
    [
        (0, 0, True, None),
        (5, 0, False, None),
        (0, 5, True, WhyNot.BETTER_CADENCE),
        (5, 5, False, WhyNot.OTHER_CADENCE),
    ],
)
def test_a_cadence_of_higher_priority_keeps_its_leads_and_takes_others(
    own: int, other: int, asked: bool, why: WhyNot | None
) -> None:
    """A newsletter would take leads out of the cadence that is to win them."""
    lead = replace(FREE, phase="Nurture", cadence="winter", priority=other)

    assert why_not(lead, "spring", rules(priority=own), NOW, replace=asked) == why


@pytest.mark.parametrize(
    ("rule", "days_ago", "cycle", "may"),
    [
        (None, 1, 2, True),
        ("never", 900, 1, False),
        ("each cycle", 1, 2, True),  # It rests: it would be in the next cycle.
        ("each cycle", 1, 3, False),
        ({"after": "90 days"}, 89, 1, False),
        ({"after": "90 days"}, 90, 1, True),
    ],
)
def test_a_lead_enters_again_only_as_the_cadence_says(
    rule: Any, days_ago: int, cycle: int, may: bool
) -> None:
    """Who has just had the five mails would get them once more."""
    lead = replace(FREE, last_began=NOW - timedelta(days=days_ago), last_cycle=cycle)
    said = {} if rule is None else {"re_entry": rule}

    why = why_not(lead, "spring", rules(**said), NOW, replace=False)

    assert why == (None if may else WhyNot.RE_ENTRY)


def test_entries_keep_their_pace_and_the_cap_of_a_day() -> None:
    """A thousand mails would leave at once from a domain that nobody knows yet."""
    hourly = list(islice(entries(NOW, EntryPace(per_hour=4), None, {}), 5))
    capped = list(islice(entries(NOW, EntryPace(), 2, {date(2026, 5, 5): 1}), 4))

    assert [at - NOW for at in hourly] == [timedelta(minutes=15 * n) for n in range(5)]
    assert [at.isoformat()[:13] for at in capped] == [
        "2026-05-05T09",
        "2026-05-06T00",
        "2026-05-06T00",
        "2026-05-07T00",
    ]


def test_what_a_cadence_says_of_entries_is_read_and_checked() -> None:
    """A typing error would let everybody in."""
    entry = {"re_entry": {"after": "90 days"}, "exclude": 'lead.country == "KR"', "daily_cap": 50}
    read = Cadence.model_validate(STEPS | {"entry": entry})

    assert read.entry_rules.daily_cap == 50
    assert Cadence.model_validate(read.model_dump(mode="json")) == read
    for wrong in ({"re_entry": "sometimes"}, {"exclude": "lead.contry == 1"}, {"priority": 101}):
        with pytest.raises(ValidationError):
            Cadence.model_validate(STEPS | {"entry": wrong})


def test_a_cadence_that_says_nothing_of_entries_is_kept_as_before() -> None:
    """Publishing the same files after an upgrade would give every cadence a new version."""
    assert "entry" not in Cadence.model_validate(STEPS).model_dump(mode="json")
