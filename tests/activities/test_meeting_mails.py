"""Mails about an appointment: those held up until it has begun, and what calendars get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from icalendar import Calendar

from activities.sales import SalesActivities
from domain.contracts.journey import SendOne
from mail.channels.base import Channel, DeliveryReceipt, EmailMessage, HandOver, unmarked
from tests.support.sending import NOW, Desk, ProcessDied, Provider, attempt_number


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


@dataclass
class Keeping(Provider):
    """Keeps the mails that it takes."""

    mails: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """As the one it stands for."""
        self.mails.append(message)
        return super().send(message, before_hand_over)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Meeting: ", "Move or cancel the meeting: ", "Cancelled: ", "Wednesday, 4 March")),
        ("ko", ("미팅: ", "미팅 변경 또는 취소: ", "취소됨: ", "2026년 3월 4일 수요일")),
        ("zh", ("会议：", "更改或取消会议：", "已取消：", "2026年3月4日星期三")),
        # Nobody has written in French: as the mail, English.
        ("fr", ("Meeting: ", "Move or cancel the meeting: ", "Cancelled: ", "Wednesday, 4 March")),
    ],
)
def test_the_entry_in_the_leads_calendar_is_in_the_leads_language(
    desk: Callable[[Channel], Desk], language: str, said: tuple[str, str, str, str]
) -> None:
    """It stands among entries of their own, long after the mail is gone."""
    entry, link, called_off, day = said
    company = Keeping()
    here = desk(company)
    for name in ("meeting-confirmation", "meeting-cancelled"):
        here.template(name)
    here.run("UPDATE lead SET language = :language", language=language)
    here.run("INSERT INTO rep (code, name, email) VALUES ('r', 'Hana', 'hana@lindenmoor.example')")
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, owner) "
        "VALUES (:lead, :at, 'booked', 'r') RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )
    sales = SalesActivities(here.resources)
    confirmation = SendOne(here.lead_id, "1:confirmation", "meeting-confirmation", meeting)
    attempt_number(1).run(sales.send_one, confirmation)
    here.run("UPDATE meeting SET state = 'cancelled'")
    off = SendOne(here.lead_id, "1:cancelled", "meeting-cancelled", meeting)
    attempt_number(1).run(sales.send_one, off)

    _lead, rep, _lead_off, rep_off = company.mails
    assert rep.calendar is not None
    (event,) = Calendar.from_ical(rep.calendar.content).walk("VEVENT")
    assert str(event["summary"]) == f"{entry}Ada / Hana"
    assert str(event["description"]).startswith(link)
    assert day in rep.text
    assert rep_off.subject == f"{called_off}{entry}Ada / Hana"
