"""Mails about an appointment that are held up until it has begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.sales import SalesActivities
from domain.contracts.journey import SendOne
from mail.channels.base import Channel
from tests.activities.desk import NOW, Desk, ProcessDied, Provider, attempt_number


@pytest.mark.parametrize(
    ("dies", "begins", "sent"),
    [
        ("", timedelta(hours=1), 1),
        # It would announce what is over.
        ("", timedelta(hours=-1), 0),
        # The one that was begun before is not left half done: nobody would know what became of it.
        ("before", timedelta(hours=-1), 1),
        ("marked", timedelta(hours=-1), 1),
    ],
)
def test_a_confirmation_of_a_meeting_that_has_begun_is_only_finished(
    desk: Callable[[Channel], Desk], dies: str, begins: timedelta, sent: int
) -> None:
    company = Provider(knows=True, dies=dies)
    here = desk(company)
    here.template("meeting-confirmation")
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state) VALUES (:lead, :at, 'booked') "
        "RETURNING id",
        lead=here.lead_id,
        at=NOW + (timedelta(hours=1) if dies else begins),
    )
    key = f"meeting-{meeting}-1:confirmation"
    request = SendOne(here.lead_id, key, "meeting-confirmation", meeting)
    if dies:
        with pytest.raises(ProcessDied):
            attempt_number(1).run(SalesActivities(here.resources).send_one, request)
        here.run("UPDATE meeting SET starts_at = :at", at=NOW + begins)

    attempt_number(2).run(SalesActivities(here.resources).send_one, request)

    assert len(company.accepted) == sent
    assert here.value("SELECT count(*) FROM touch WHERE state = 'sent'") == sent
    assert here.value("SELECT count(*) FROM touch") == sent
