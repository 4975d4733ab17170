"""Whom a mail is from: the rep whose lead it goes to, or the company, and never another one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from icalendar import Calendar
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError

from activities.sales import SalesActivities
from domain.contracts.journey import SendOne
from mail.channels.base import Channel, DeliveryReceipt, EmailMessage, HandOver, TryAgain, unmarked
from store.mail.inbound import receive_mail
from tests.support.sending import NOW, Desk, Provider, attempt_number
from web.webhooks.inbound_mail import Form, read_mail

MakeDesk = Callable[[Channel], Desk]
AFTER_CALL = "follow-up-after-call"
BRAND = ("Clara Moss", "clara@lindenmoor.example")
HANA = ("Hana Lindqvist", "hana@lindenmoor.example")


@dataclass
class Keeping(Provider):
    """A provider that keeps the mails."""

    mails: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        receipt = super().send(message, before_hand_over)
        self.mails.append(message)
        return receipt


def team(here: Desk, **emails: str) -> None:
    """Reps with these addresses; the lead is rep ``r``'s."""
    names = {"r": "Hana Lindqvist", "s": "Jonas Adeyemi"}
    for code, email in emails.items():
        here.run(
            "INSERT INTO rep (code, name, email) VALUES (:code, :name, :email)",
            code=code,
            name=names[code],
            email=email,
        )
    here.run("UPDATE lead SET owner = 'r'")


def says_who(here: Desk, *names: str) -> None:
    """Templates that name the sender and the owner."""
    body = "{{ sender.name }}/{{ sender.signature }}/{{ owner.name }}/{{ links.booking }}"
    for name in names:
        here.template(name)
    here.run(
        "UPDATE template_version SET compiled = compiled || "
        "jsonb_build_object('html', cast(:body AS text), 'text', cast(:body AS text))",
        body=body,
    )


def send(
    here: Desk, key: str, template: str = AFTER_CALL, meeting: int = 0, attempt: int = 1
) -> None:
    request = SendOne(here.lead_id, key, template, meeting)
    attempt_number(attempt).run(SalesActivities(here.resources).send_one, request)


def seen(mail: EmailMessage) -> tuple[str, str]:
    return mail.sender_name, mail.sender_email


@pytest.mark.parametrize(
    ("emails", "domains", "sender", "signed"),
    [
        ({"r": "hana@lindenmoor.example"}, "", HANA, "Hana Lindqvist//Hana Lindqvist"),
        # Another domain fails DMARC, and so does a host below the company's.
        ({"r": "hana@mail.example"}, "", BRAND, "Clara Moss//Hana Lindqvist"),
        ({"r": "hana@eu.lindenmoor.example"}, "", BRAND, "Clara Moss//Hana Lindqvist"),
        # No mail can come from there, or it is the company's own.
        ({"r": "hana kim@lindenmoor.example"}, "", BRAND, "Clara Moss//Hana Lindqvist"),
        ({"r": "Clara@lindenmoor.example"}, "", BRAND, "Clara Moss//Hana Lindqvist"),
        (
            {"r": "hana@mail.example"},
            "mail.example",
            ("Hana Lindqvist", "hana@mail.example"),
            "Hana Lindqvist//Hana Lindqvist",
        ),
        ({"r": ""}, "", BRAND, "Clara Moss//Hana Lindqvist"),
        ({}, "", BRAND, "Clara Moss//Clara Moss"),
    ],
)
def test_mail_after_a_call_is_from_who_owns_the_lead(
    desk: MakeDesk, emails: dict[str, str], domains: str, sender: tuple[str, str], signed: str
) -> None:
    """A lead that was called by Hana and reads "I tried to call you" of Clara knows neither; a name
    over another one's address, or one that no provider signs for, is taken for forged."""
    company = Keeping()
    here = desk(company)
    settings = here.settings.model_copy(update={"email_domains": domains})
    here.resources = replace(here.resources, settings=settings)
    team(here, **emails)
    says_who(here, AFTER_CALL)

    send(here, "1:call-1")

    (mail,) = company.mails
    assert seen(mail) == sender
    assert mail.text.startswith(signed)
    assert mail.returns_to == BRAND[1]


def test_what_a_rep_says_of_itself_stands_in_the_mail(desk: MakeDesk) -> None:
    """The team policy has other names for people than those they are known by to leads."""
    company = Keeping()
    here = desk(company)
    team(here, r="hana@lindenmoor.example")
    here.run(
        "INSERT INTO rep_profile (rep, name, email, signature, booking_link) VALUES ('r', "
        "'Hana L', 'hana.l@lindenmoor.example', 'Planner', 'https://book.example/hana')"
    )
    says_who(here, AFTER_CALL)

    send(here, "1:call-1")

    (mail,) = company.mails
    assert seen(mail) == ("Hana L", "hana.l@lindenmoor.example")
    assert mail.text.startswith("Hana L/Planner/Hana L/http")
    link = mail.text.rsplit("/l/", 1)[1].strip()
    assert here.resources.links.read(link).url == "https://book.example/hana"


def test_a_retry_comes_from_whom_the_first_attempt_chose(desk: MakeDesk) -> None:
    """Whether that attempt reached the lead is not always known: a second name for the same words
    would be two people with one text."""
    company = Keeping(answers=deque([TryAgain(None, "Later.")]))
    here = desk(company)
    team(here, r="hana@lindenmoor.example", s="jonas@lindenmoor.example")
    says_who(here, AFTER_CALL)
    with pytest.raises(ApplicationError):
        send(here, "1:call-1")
    here.run("UPDATE lead SET owner = 's'")
    here.run("UPDATE rep SET name = 'Hana Berg' WHERE code = 'r'")

    send(here, "1:call-1", attempt=2)
    # Who is claimed only now is from the owner of now.
    send(here, "1:call-2")

    retried, new = company.mails
    assert seen(retried) == HANA
    assert seen(new) == ("Jonas Adeyemi", "jonas@lindenmoor.example")
    assert here.value("SELECT sender ->> 'code' FROM touch WHERE key = '1:call-1'") == "r"


def test_a_retry_comes_from_the_company_where_the_rep_can_write_no_more(desk: MakeDesk) -> None:
    """Ops take a domain away that is signed for no more: mail that waits would be refused until it
    fails. What waits has gone out nowhere, so it has no other sender yet."""
    company = Keeping(answers=deque([TryAgain(None, "Later.")]))
    here = desk(company)
    before = here.resources
    settings = here.settings.model_copy(update={"email_domains": "mail.example"})
    here.resources = replace(before, settings=settings)
    team(here, r="hana@mail.example")
    says_who(here, AFTER_CALL)
    with pytest.raises(ApplicationError):
        send(here, "1:call-1")
    here.resources = before

    send(here, "1:call-1", attempt=2)

    assert [seen(mail) for mail in company.mails] == [BRAND]
    assert company.mails[0].text.startswith("Clara Moss//")
    assert here.value("SELECT sender FROM touch") == {}


def test_an_answer_reaches_the_rep_and_counts(desk: MakeDesk) -> None:
    """Where the rep's mailbox is none that we read, the answer would count as none, and the lead
    be called again."""
    company = Keeping()
    here = desk(company)
    read = {"sendgrid_inbound_password": SecretStr("f3a91c07be52d846")}
    settings = here.settings.model_copy(update=read | {"email_domains": "mail.example"})
    here.resources = replace(here.resources, settings=settings)
    team(here, r="hana@mail.example")
    says_who(here, AFTER_CALL)

    send(here, "1:call-1")
    (first,) = company.mails
    assert first.reply_to == ("hana@mail.example", BRAND[1])
    assert b"Reply-To: hana@mail.example, clara@lindenmoor.example\r\n" in first.to_bytes(NOW)
    answer = {
        "headers": b"From: ada@lovelace.example\r\nMessage-ID: <answer@lovelace.example>\r\n"
        + f"In-Reply-To: <{first.message_id}>\r\n".encode(),
        "from": b"ada@lovelace.example",
        "subject": b"Re: Hello",
        "text": b"Please call me on Thursday, we have a question about vans.",
    }
    with here.database.begin() as connection:
        receive_mail(connection, read_mail(Form(answer), NOW + timedelta(hours=1)))
    assert here.value("SELECT count(*) FROM engagement WHERE kind = 'reply'") == 1
    # Who answers all has the rep's own words to the lead come in, too.
    own = answer | {
        "headers": b"From: hana@mail.example\r\nMessage-ID: <own@mail.example>\r\n"
        b"In-Reply-To: <answer@lovelace.example>\r\n"
        + f"References: <{first.message_id}>\r\n".encode(),
        "from": b"hana@mail.example",
        "text": b"I will. Unsubscribe links are at the end of each mail.",
    }
    with here.database.begin() as connection:
        receive_mail(connection, read_mail(Form(own), NOW + timedelta(hours=2)))
    assert here.value("SELECT count(*) FROM engagement WHERE kind = 'reply'") == 1
    # Whether these words are the lead's, sent on, or the rep's own is for a person to see.
    waits = "SELECT message_id FROM inbound_message WHERE tray <> '' AND lead_id IS NULL"
    assert here.values(waits) == ["own@mail.example"]
    assert here.value("SELECT count(*) FROM suppression") == 0

    send(here, "1:call-2")

    thread = company.mails[1].headers
    assert thread["In-Reply-To"] == "<answer@lovelace.example>"
    assert thread["References"] == f"<{first.message_id}> <answer@lovelace.example>"


@pytest.mark.parametrize("email", ["hana@lindenmoor.example", ""])
def test_an_invitation_is_the_rep_s_with_the_place(desk: MakeDesk, email: str) -> None:
    """A meeting with somebody else than who comes, at no place, is missed."""
    company = Keeping()
    here = desk(company)
    team(here, r=email)
    says_who(here, "meeting-confirmation")
    meeting = here.value(
        "INSERT INTO meeting (lead_id, starts_at, state, owner, join_url) "
        "VALUES (:lead, :at, 'booked', 'r', 'https://meet.example/hana') RETURNING id",
        lead=here.lead_id,
        at=NOW + timedelta(days=1),
    )

    send(here, "1:confirmation", "meeting-confirmation", meeting)

    mail = company.mails[0]
    assert seen(mail) == (HANA if email else BRAND)
    assert mail.calendar is not None
    (event,) = Calendar.from_ical(mail.calendar.content).walk("VEVENT")
    organizer = event["organizer"]
    assert organizer.params["CN"] == "Hana Lindqvist"
    assert organizer == f"mailto:{email or BRAND[1]}"
    assert "SENT-BY" not in organizer.params
    assert event["location"] == event["conference"] == "https://meet.example/hana"
    invited = [str(one) for one in event.walk()[0].get("attendee") or []]
    lead = "mailto:ada@lovelace.example"
    assert invited == ([lead, f"mailto:{email}"] if email else list(lead))
    assert len(company.mails) == (2 if email else 1)
