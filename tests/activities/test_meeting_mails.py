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


def entry(mail: EmailMessage) -> tuple[str, str, str, int, str]:
    """Method, UID, organizer's name, SEQUENCE and COMMENT of what a mail changes in calendars."""
    assert mail.calendar is not None
    (event,) = Calendar.from_ical(mail.calendar.content).walk("VEVENT")
    return (
        mail.calendar.method,
        str(event["uid"]).partition("@")[0],
        str(event["organizer"].params["CN"]),
        int(str(event["sequence"])),
        str(event.get("comment", "")),
    )


def test_what_the_rep_writes_goes_with_the_mail_and_into_the_calendar(
    desk: Callable[[Channel], Desk],
) -> None:
    """A lead whose meeting is moved without a word feels moved; markup in it must stay words."""
    company = Keeping()
    here = desk(company)
    for name in ("meeting-confirmation", "meeting-cancelled-by-us"):
        here.template(name, "{{ meeting.words }}|{{ meeting.starts_at }}")
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, words, attempt, sequence) "
        "VALUES (:lead, :at, 'booked', 'Sorry <b>', 2, 1) RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )
    sales = SalesActivities(here.resources)
    key = f"meeting-{meeting}-2"
    moved = SendOne(here.lead_id, f"{key}:confirmation", "meeting-confirmation", meeting)
    for attempt in (1, 2):
        attempt_number(attempt).run(sales.send_one, moved)
    here.run("UPDATE meeting SET state = 'cancelled', sequence = 2, words = 'I am ill.'")
    off = SendOne(here.lead_id, f"{key}:cancelled", "meeting-cancelled-by-us", meeting)
    attempt_number(1).run(sales.send_one, off)

    told, called_off = company.mails
    assert "Sorry &lt;b&gt;" in told.html
    assert (entry(told)[0], *entry(told)[3:]) == ("REQUEST", 1, "Sorry <b>")
    assert (entry(called_off)[0], *entry(called_off)[3:]) == ("CANCEL", 2, "I am ill.")


def test_a_mail_about_a_meeting_goes_out_in_the_words_of_who_set_it(
    desk: Callable[[Channel], Desk],
) -> None:
    """What was written for one lead would be lost, or read by the next reminder as well."""
    company = Keeping()
    here = desk(company)
    for name in ("meeting-confirmation", "meeting-reminder"):
        here.template(name)
    body = "<mjml><mj-body><mj-section><mj-column><mj-text>Booked.</mj-text>"
    source = f"---\nsubject: S\npreheader: P\n---\n{body}</mj-column></mj-section></mj-body></mjml>"
    here.run("UPDATE template_version SET source = :source", source=source)
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, mail_subject, mail_text, attempt, "
        "sequence) VALUES (:lead, :at, 'booked', 'Our call', 'See you {{ meeting.starts_at }}', 1, "
        "0) RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )
    for name in ("confirmation", "reminder"):
        one = SendOne(here.lead_id, f"meeting-{meeting}-1:{name}", f"meeting-{name}", meeting)
        attempt_number(1).run(SalesActivities(here.resources).send_one, one)

    told, reminded = company.mails
    assert (told.subject, "See you " in told.text) == ("Our call", True)
    assert (reminded.subject, "See you " in reminded.text) == ("meeting-reminder", False)


def test_a_meeting_that_changes_hands_leaves_one_entry_of_the_new_rep(
    desk: Callable[[Channel], Desk],
) -> None:
    """The lead would have two entries, or one that its organizer can move no more."""
    company = Keeping()
    here = desk(company)
    for name in ("meeting-confirmation", "meeting-handed-over"):
        here.template(name)
    here.run(
        "INSERT INTO rep (code, name, email) VALUES "
        "('a', 'Ana', 'ana@lindenmoor.example'), ('b', 'Bo', 'bo@lindenmoor.example')"
    )
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, owner, uid, old_uid, old_owner, attempt, "
        "sequence) VALUES (:lead, :at, 'booked', 'b', 'new', 'old', 'a', 2, 1) RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )
    again = SendOne(
        here.lead_id, f"meeting-{meeting}-2:confirmation", "meeting-confirmation", meeting
    )
    sales = SalesActivities(here.resources)
    for attempt in (1, 2):
        attempt_number(attempt).run(sales.send_one, again)

    to_lead = [entry(mail) for mail in company.mails if "lindenmoor" not in mail.recipient_email]
    to_reps = {mail.recipient_email: entry(mail)[0] for mail in company.mails}
    assert to_lead == [("REQUEST", "new", "Bo", 1, ""), ("CANCEL", "old", "Ana", 1, "")]
    assert to_reps["bo@lindenmoor.example"] == "REQUEST"
    assert to_reps["ana@lindenmoor.example"] == "CANCEL"
    assert here.value("SELECT old_uid || old_owner FROM meeting") == ""


def test_a_meeting_called_off_before_its_new_rep_invited_takes_the_old_entry_away(
    desk: Callable[[Channel], Desk],
) -> None:
    """Nobody's calendar has the new rep's entry: cancelling that would leave the old one."""
    company = Keeping()
    here = desk(company)
    here.template("meeting-cancelled")
    here.run("INSERT INTO rep (code, name, email) VALUES ('a', 'Ana', 'ana@lindenmoor.example')")
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, owner, uid, old_uid, old_owner, sequence) "
        "VALUES (:lead, :at, 'cancelled', 'b', 'new', 'old', 'a', 2) RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )
    off = SendOne(here.lead_id, f"meeting-{meeting}-2:cancelled", "meeting-cancelled", meeting)
    attempt_number(1).run(SalesActivities(here.resources).send_one, off)

    assert entry(company.mails[0]) == ("CANCEL", "old", "Ana", 2, "")
    assert here.value("SELECT old_uid FROM meeting") == ""
