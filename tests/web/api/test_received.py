"""The tray of received mails, through the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from domain.engagement.bounces import BounceMeaning
from domain.inbound.invitations import AttendeeAnswer
from domain.inbound.verdict import MailVerdict
from store.mail.inbound import AWAY_UNTIL, LATER, Inbound, receive_mail
from store.mail.received import (
    SettledAs,
    assign_mail,
    received_mail,
    received_mails,
    settle_mail,
)
from store.tables import Touch
from store.views import inbox
from tests.web.api.conftest import Api

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)


def receive(api: Api, name: str, sender: str, verdict: MailVerdict) -> int:
    """A mail that came in; its id."""
    mail = Inbound(f"{name}@x.example", [], sender, sender, name, "Yes, call me.", verdict, AT)
    with api.database.begin() as connection:
        receive_mail(connection, mail)
    return int(str(api.value("SELECT max(id) FROM inbound_message")))


@pytest.fixture
def lead(api: Api) -> int:
    """A lead of rep-1."""
    return api.lead("ours@acme.example", "rep-1")


async def test_a_stranger_s_words_reach_the_lead_once_a_person_says_whose_they_are(
    api: Api, lead: int
) -> None:
    """They would be kept where nobody looks; or count for whoever's mail got around."""
    mail = receive(api, "reply", "private@home.example", MailVerdict("reply"))
    waiting = (await api.ask("marketing", "GET", "/received")).json()["items"]
    hidden = (await api.ask("sdr", "GET", "/received")).json()["items"]
    early = await api.ask("marketing", "POST", f"/received/{mail}/settle", settled_as="reply")
    ops = await api.ask("ops", "POST", f"/received/{mail}/settle", settled_as="reply")
    nobody = await api.ask("marketing", "POST", f"/received/{mail}/assign", lead_id=99_999)
    assigned = await api.ask("marketing", "POST", f"/received/{mail}/assign", lead_id=lead)
    seen = (await api.ask("sdr", "GET", "/received")).json()["items"]
    done = await api.ask("sdr", "POST", f"/received/{mail}/settle", settled_as="reply")
    again = await api.ask("sdr", "POST", f"/received/{mail}/settle", settled_as="nothing")
    left = (await api.ask("marketing", "GET", "/received")).json()["items"]
    settled = (await api.ask("marketing", "GET", "/received?state=settled")).json()["items"]

    codes = [one.status_code for one in (early, ops, nobody, assigned, done, again)]
    assert codes == [409, 403, 404, 200, 200, 409]
    assert [(one["id"], one["tray"], one["text"]) for one in waiting] == [
        (mail, "unmatched", "Yes, call me.")
    ]
    assert (hidden, [one["lead_id"] for one in seen], left) == ([], [lead], [])
    assert [(one["settled_as"], one["lead_id"]) for one in settled] == [("reply", lead)]
    told = "SELECT kind || ' ' || lead_id || ' ' || key FROM engagement"
    assert api.value(told) == f"reply {lead} inbound:reply@x.example"


async def test_what_is_unclear_counts_as_nothing_until_it_is_settled(api: Api, lead: int) -> None:
    """A guess would reactivate sales for nothing, or write on to somebody who said no."""
    address = "ours@acme.example"
    unclear = [
        receive(api, f"unclear-{number}", address, MailVerdict("unclear", doubt="stop"))
        for number in range(3)
    ]
    declined = receive(
        api, "no", address, MailVerdict("meeting_answer", answer=AttendeeAnswer("m", "DECLINED"))
    )
    receive(
        api, "yes", address, MailVerdict("meeting_answer", answer=AttendeeAnswer("", "ACCEPTED"))
    )
    before = api.value("SELECT string_agg(kind, ' ') FROM engagement")
    with api.database.connect() as connection:
        tray = [(one.tray, one.lead_id) for one in received_mails(connection, limit=9)]
    for mail, settled_as in zip(
        [*unclear, declined], ("opt_out", "automatic", "nothing", "nothing"), strict=True
    ):
        path = f"/received/{mail}/settle"
        assert (await api.ask("sdr", "POST", path, settled_as=settled_as)).status_code == 200

    assert before == "auto_reply"
    assert tray == [("meeting", lead), *[("unclear", lead)] * 3]
    after = api.value("SELECT string_agg(kind, ' ' ORDER BY id) FROM engagement")
    assert after == "auto_reply unsubscribe auto_reply"
    assert api.value("SELECT email_key FROM suppression") == address


async def test_an_opt_out_stops_its_sender_and_the_lead_it_is_assigned_to(
    api: Api, lead: int
) -> None:
    """Only the one address would be stopped, and mail to the other go on."""
    mail = receive(api, "stop", "private@home.example", MailVerdict("unclear", doubt="stop"))
    body = {"settled_as": "opt_out", "lead_id": lead}
    assert (await api.ask("sdr", "POST", f"/received/{mail}/settle", **body)).status_code == 404
    assert (await api.ask("admin", "POST", f"/received/{mail}/settle", **body)).status_code == 200
    stopped = api.value("SELECT string_agg(email_key, ' ' ORDER BY email_key) FROM suppression")
    assert stopped == "ours@acme.example private@home.example"

    nameless = receive(api, "nameless", "", MailVerdict("unclear", doubt="no_sender"))
    path = f"/received/{nameless}/settle"
    assert (await api.ask("admin", "POST", path, settled_as="opt_out")).status_code == 409


async def test_an_opt_out_that_a_colleague_sends_on_stops_the_lead_alone(
    api: Api, lead: int
) -> None:
    """The lead would be written to again, for what it asked of its rep; or the rep get no more
    mail."""
    with api.database.begin() as connection:
        values = {"key": "a", "lead_id": lead, "step": "welcome", "channel": "outbox"}
        values |= {"state": "sent", "planned_at": AT, "message_id": "ours"}
        connection.execute(insert(Touch).values(values))
        for kind in ("reply", "unsubscribe"):
            address = "hana@lindenmoor.example"
            sent_on = Inbound(kind, ["ours"], address, address, "", "", MailVerdict(kind), AT)
            receive_mail(connection, sent_on)
        (waits,) = received_mails(connection, limit=9)
    assert (waits.tray, waits.kind, waits.maybe_id) == ("unmatched", "unsubscribe", lead)
    assert api.value("SELECT count(*) FROM suppression") == 0
    path, body = f"/received/{waits.id}/settle", {"settled_as": "opt_out"}
    assert (await api.ask("admin", "POST", path, **body)).status_code == 409

    settled = await api.ask("admin", "POST", path, lead_id=lead, **body)

    assert settled.status_code == 200
    assert api.value("SELECT string_agg(email_key, ' ') FROM suppression") == "ours@acme.example"


async def test_a_mail_that_came_back_can_be_given_to_its_lead(api: Api, lead: int) -> None:
    """One whose report names nobody would go on being written to."""
    mail = receive(
        api,
        "back",
        "",
        MailVerdict("bounce", reported=True, meaning=BounceMeaning.ADDRESS_DEAD, status="5.1.1"),
    )
    body = {"settled_as": "bounce", "lead_id": lead}
    assert (await api.ask("admin", "POST", f"/received/{mail}/settle", **body)).status_code == 200
    assert api.value("SELECT reason FROM suppression") == "bounced"
    assert api.value("SELECT kind FROM engagement") == "bounce"


@pytest.mark.parametrize(
    ("settled_as", "away_until", "later"),
    [
        ("", "2026-12-01", "2027-01-01"),
        ("automatic", "2026-12-07", "2027-01-01"),
        ("reply", None, None),
        ("nothing", "2026-12-01", "2027-01-01"),
    ],
)
async def test_a_day_counts_once_it_is_known_what_names_it(
    api: Api, lead: int, settled_as: SettledAs, away_until: str | None, later: str | None
) -> None:
    """Mail would go to an empty desk on all days of an absence that a person had to read; or stop
    for one who only mentions it."""
    address = "ours@acme.example"
    receive(api, "later", address, MailVerdict("reply", later=date(2027, 1, 1)))
    receive(api, "first", address, MailVerdict("out_of_office", away_until=date(2026, 12, 1)))
    doubtful = MailVerdict("unclear", doubt="away", away_until=date(2026, 12, 7))
    mail = receive(api, "unclear", address, doubtful)
    with api.database.begin() as connection:
        if settled_as:
            settle_mail(connection, mail, settled_as, by="x", now=AT)
        shown = received_mail(connection, mail)
        assert shown is not None
        assert shown.away_until == date(2026, 12, 7)
    assert api.value(f"SELECT {AWAY_UNTIL}::text FROM lead") == away_until
    assert api.value(f"SELECT {LATER}::text FROM lead") == later


async def test_what_a_person_settles_otherwise_is_no_reply_that_names_a_day(
    api: Api, lead: int
) -> None:
    """A stranger's words that turn out to be a program's would propose the day in them."""
    mail = receive(
        api, "program", "private@home.example", MailVerdict("reply", later=date(2027, 1, 1))
    )
    with api.database.begin() as connection:
        assign_mail(connection, mail, lead)
    assert api.value(f"SELECT {LATER}::text FROM lead") == "2027-01-01"
    with api.database.begin() as connection:
        settle_mail(connection, mail, "automatic", by="x", now=AT)
    assert api.value(f"SELECT {LATER}::text FROM lead") is None


@pytest.mark.parametrize(
    ("late", "refused"), [(timedelta(minutes=20), "reputation"), (timedelta(hours=2), None)]
)
async def test_a_mail_that_came_back_for_reasons_of_ours_is_nobody_s_bounce(
    api: Api, lead: int, late: timedelta, refused: str | None
) -> None:
    """Three in two weeks would end an address that is fine; and nobody would hear that the mails
    of this hour are refused."""
    with api.database.begin() as connection:
        values = {"key": "a", "lead_id": lead, "step": "welcome", "channel": "outbox"}
        values |= {"state": "sent", "planned_at": AT, "message_id": "ours"}
        connection.execute(insert(Touch).values(values))
    ours = BounceMeaning.REPUTATION
    verdict = MailVerdict("bounce", reported=True, meaning=ours, status="5.7.26")
    mail = receive(api, "dmarc", "", verdict)
    with api.database.begin() as connection:
        assign_mail(connection, mail, lead)
        settle_mail(connection, mail, "bounce", by="x", now=AT + late)
    assert api.value("SELECT settled_as FROM inbound_message") == "bounce"
    assert api.value("SELECT count(*) FROM engagement") == 0
    assert api.value("SELECT count(*) FROM suppression") == 0
    assert api.value("SELECT meaning FROM mail_refusal") == refused


async def test_days_that_people_name_are_kept_and_proposed(api: Api, lead: int) -> None:
    """Whoever has the task would type what the lead wrote, or not read it at all."""
    away = MailVerdict("out_of_office", away_until=date(2026, 12, 7))
    receive(api, "away", "ours@acme.example", away)
    receive(api, "later", "ours@acme.example", MailVerdict("reply", later=date(2027, 3, 1)))
    task = api.task(lead, "rep-1")
    with api.database.connect() as connection:
        for now, asked in ((AT, date(2027, 3, 1)), (AT + timedelta(days=200), None)):
            shown = inbox.view(connection, task, now)
            assert shown is not None
            assert shown.later == asked
    kept = "SELECT string_agg(coalesce(away_until, later)::text, ' ' ORDER BY id)"
    assert api.value(f"{kept} FROM inbound_message") == "2026-12-07 2027-03-01"
