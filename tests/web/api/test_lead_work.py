"""Leads entered and corrected by hand, and what people write down of them, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from domain.identities import BatchLead
from domain.lead_files.columns import recognise
from domain.lead_files.row import RowReader
from store.access.write_keys import WriteKeySource, create_write_key
from store.accounts.accounts import ensure_accounts
from store.consent.consent import suppress
from store.identities.identified_leads import update_leads
from store.imports import lead_import
from store.lead_work.written_mails import letter_of
from tests.web.api.conftest import Api

ANNA = {
    "email": "Anna.Berg@Acme.example",
    "first_name": "Anna",
    "last_name": "Berg",
    "company": "Acme GmbH",
    "phone": "030 55501234",
    "country": "Germany",
}
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def imported(api: Api, **row: str) -> None:
    """A file with one row is imported."""
    with api.database.begin() as connection:
        reader = RowReader(recognise(list(row)), "fair")
        lead_import.prepare(connection)
        lead_import.stage(connection, [(1, reader.read(list(row.values())))])
        lead_import.opt_out_staged(connection, file_name="fair.csv", now=datetime.now(UTC))
        lead_import.merge(connection)
        lead_import.keep_claims(connection, datetime.now(UTC))


async def test_a_lead_is_entered_and_begins_its_journey_as_one_of_a_file_does(api: Api) -> None:
    """An SDR met somebody: without this the person is in no cadence, or nobody's."""
    made = await api.ask("sdr", "POST", "/leads", **ANNA, cadence="welcome-nurture")

    assert made.status_code == 201, made.text
    known = made.json()
    assert known["phone"] == "+493055501234"
    assert (known["country"], known["language"], known["time_zone"]) == (
        "DE",
        "de",
        "Europe/Berlin",
    )
    assert set(known["entered"]) == {"first_name", "last_name", "company", "phone", "country"}
    queued = api.value(
        "SELECT payload FROM relay_message WHERE key = 'start:lead-' || :id", id=known["lead_id"]
    )
    assert queued == {"lead_id": known["lead_id"], "cadence": "welcome-nurture"}
    lead = (await api.ask("sdr", "GET", f"/leads/{known['lead_id']}")).json()
    assert (lead["lead"]["owner"], lead["lead"]["fit"] != "") == ("rep-1", True)
    assert "entered" in {line["what"] for line in lead["history"]}


async def test_mistakes_are_told_at_their_fields_and_who_is_known_with_the_lead(api: Api) -> None:
    """A form could not show what is wrong where it is wrong; and the same person would be written
    to twice, by two colleagues."""
    wrong = {"email": "anna@", "country": "Atlantis", "phone": "call me", "time_zone": "Mars"}
    refused = await api.ask("manager", "POST", "/leads", **wrong)

    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == [
        *("email", "country", "phone", "time_zone")
    ]
    assert api.value("SELECT count(*) FROM lead") == 0
    assert (await api.ask("manager", "POST", "/leads", first_name="A")).json()["errors"] == [
        {"field": "email", "message": "An e-mail address or a phone number is needed."}
    ]
    ghost = await api.ask("manager", "POST", "/leads", **ANNA, cadence="ghost")
    assert (ghost.status_code, ghost.json()["errors"][0]["field"]) == (409, "cadence")

    known = api.lead("anna.berg@acme.example", "rep-2", phone="+493055501234")
    theirs = api.lead("kim@acme.example", "rep-9")

    address = await api.ask("sdr", "POST", "/leads", **ANNA)
    number = await api.ask("sdr", "POST", "/leads", **ANNA | {"email": "a@acme.example"})
    another_team_s = await api.ask("sdr", "POST", "/leads", email="kim@acme.example")

    assert [one.status_code for one in (address, number, another_team_s)] == [409] * 3
    assert (address.json()["code"], address.json()["lead_id"]) == ("lead_known", known)
    assert number.json()["lead_id"] == known
    assert number.json()["errors"][0]["field"] == "phone"
    assert "lead_id" not in another_team_s.json()
    assert str(theirs) not in another_team_s.json()["detail"]


async def test_who_is_known_by_phone_only_is_entered_and_called(api: Api) -> None:
    """A number from a business card would be lost, or kept under an address that is made up."""
    card = {"last_name": "Okoye", "phone": "+49 30 55504321", "country": "DE"}

    nameless = await api.ask("sdr", "POST", "/leads", phone=card["phone"])
    in_cadence = await api.ask("manager", "POST", "/leads", **card, cadence="welcome-nurture")
    made = await api.ask("sdr", "POST", "/leads", **card)
    again = await api.ask("sdr", "POST", "/leads", **card | {"email": "o@acme.example"})

    assert [one.json()["errors"][0]["field"] for one in (nameless, in_cadence)] == [
        "last_name",
        "cadence",
    ]
    lead = made.json()["lead_id"]
    assert (made.status_code, made.json()["email"]) == (201, "")
    assert (again.status_code, again.json()["lead_id"]) == (409, lead)
    letter = {"subject": "x", "text": "y"}
    assert (await api.ask("sdr", "POST", f"/leads/{lead}/mails", **letter)).status_code == 409
    begins = (
        "SELECT concat_ws(' ', key, name, payload->>'owner') FROM relay_message "
        "WHERE kind = 'start'"
    )
    assert api.value(begins) == f"start:lead-{lead} FollowUp rep-1"

    imported(api, email="", last_name="Okoye", phone=card["phone"], title="CEO")
    await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked")
    moved = await api.ask("sdr", "PATCH", f"/leads/{lead}", phone="+49 30 55509999")
    imported(api, email="", last_name="Okoye", phone="030 55509999", country="DE")
    assert api.value("SELECT count(*) FROM lead") == 1
    assert moved.status_code == 200, moved.text
    assert api.value("SELECT title || ' ' || email_key FROM lead") == "CEO tel:+493055509999"

    found = await api.ask("sdr", "PATCH", f"/leads/{lead}", email="okoye@acme.example")
    shown = (await api.ask("sdr", "GET", f"/leads/{lead}")).json()
    assert (found.json()["email"], shown["suppressed"]) == ("okoye@acme.example", "unsubscribed")
    imported(api, email="", last_name="Okoye", phone="+49 30 55509999", title="COO")
    assert api.value("SELECT string_agg(title || ' ' || email, ',') FROM lead") == (
        "COO okoye@acme.example"
    )


async def test_what_a_person_entered_stays_whatever_an_import_says(api: Api) -> None:
    """A rep corrects a number, and the next list of marketing's would bring the old one back."""
    lead = api.lead("anna@acme.example", "rep-1", first_name="Ana", phone="+493055501234")

    corrected = await api.ask(
        "sdr", "PATCH", f"/leads/{lead}", phone="+49 30 55509999", title="CEO"
    )
    imported(api, email="anna@acme.example", phone="+493055501234", first_name="Anna", title="CEO")

    assert corrected.status_code == 200, corrected.text
    known = (await api.ask("sdr", "GET", f"/leads/{lead}/person")).json()
    assert (known["phone"], known["first_name"]) == ("+493055509999", "Anna")
    assert [(one["field"], one["value"], one["source"]) for one in known["claims"]] == [
        ("phone", "+493055501234", "fair")
    ]
    history = (await api.ask("sdr", "GET", f"/leads/{lead}/history")).json()["items"]
    said = [(one["what"], one["detail"]) for one in history if one["what"] == "correction"]
    assert ("correction", "phone · +493055501234 → +493055509999 · by rep-1") in said
    taken_over = await api.ask("sdr", "PATCH", f"/leads/{lead}", phone="+493055501234")
    assert taken_over.json()["claims"] == []


async def test_what_a_program_says_of_an_entered_field_is_a_claim(api: Api) -> None:
    """A website's server that knows an old name would undo a correction with each visit."""
    lead = api.lead("anna@acme.example", "rep-1")
    await api.ask("sdr", "PATCH", f"/leads/{lead}", first_name="Anna", company="Acme")
    with api.database.begin() as connection:
        create_write_key(connection, "app", "", "server")
        key = connection.scalars(text("SELECT id FROM write_key WHERE name = 'app'")).one()
        source = WriteKeySource(key, "app", "", "server")
        facts = {"first_name": "Anja", "title": "CTO", "company": "Other"}
        accounts = ensure_accounts(connection, {}, {"other": "Other"})
        said = BatchLead(lead, "anna@acme.example", facts)
        update_leads(connection, [said], accounts, source, datetime.now(UTC))

    known = (await api.ask("sdr", "GET", f"/leads/{lead}/person")).json()
    assert (known["first_name"], known["company"], known["title"]) == ("Anna", "Acme", "CTO")
    assert {one["field"]: one["value"] for one in known["claims"]} == {
        "first_name": "Anja",
        "company": "Other",
    }


async def test_a_corrected_address_takes_refusals_along_and_the_old_one_still_finds_the_lead(
    api: Api,
) -> None:
    """Who unsubscribed would get mail again because a typo was mended, and a list with the old
    address would bring the same person twice."""
    lead = api.lead("ana@acme.example", "rep-1")
    await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked")

    await api.ask("sdr", "PATCH", f"/leads/{lead}", email="anna@acme.example")
    imported(api, email="ana@acme.example", first_name="Anna")

    shown = (await api.ask("sdr", "GET", f"/leads/{lead}")).json()
    assert (shown["suppressed"], shown["lead"]["first_name"]) == ("unsubscribed", "Anna")
    known = (await api.ask("sdr", "GET", f"/leads/{lead}/person")).json()
    assert [(one["value"], one["label"]) for one in known["contacts"]] == [
        ("ana@acme.example", "former")
    ]
    assert api.value("SELECT count(*) FROM lead") == 1
    await api.ask("admin", "POST", f"/suppressions/{lead}/permit", evidence="by phone")
    await api.ask("admin", "POST", "/suppressions", address="ana@acme.example", reason="asked")
    assert (await api.ask("sdr", "GET", f"/leads/{lead}")).json()["suppressed"] == "manual"


async def test_notes_and_calls_are_kept_and_removed_by_who_wrote_them(api: Api) -> None:
    lead = api.lead("anna@acme.example", "rep-1")
    call = {"kind": "call", "direction": "in", "outcome": "connected", "text": "Price list"}

    noted = await api.ask("sdr", "POST", f"/leads/{lead}/notes", text="Likes short mails")
    called = await api.ask("sdr", "POST", f"/leads/{lead}/notes", **call)
    empty = await api.ask("sdr", "POST", f"/leads/{lead}/notes", text=" ")
    unsaid = await api.ask("sdr", "POST", f"/leads/{lead}/notes", **call | {"outcome": "won"})
    by_another = await api.ask("marketing", "DELETE", f"/leads/{lead}/notes/{noted.json()['id']}")
    gone = await api.ask("sdr", "DELETE", f"/leads/{lead}/notes/{noted.json()['id']}")

    assert [one.status_code for one in (noted, called, gone)] == [201, 201, 200]
    assert [one.json()["errors"][0]["field"] for one in (empty, unsaid)] == ["text", "outcome"]
    assert by_another.status_code == 403
    kept = (await api.ask("sdr", "GET", f"/leads/{lead}/notes")).json()["items"]
    assert [(one["kind"], one["text"], one["by"]) for one in kept] == [
        ("call", "Price list", "rep-1")
    ]
    history = (await api.ask("sdr", "GET", f"/leads/{lead}/history")).json()["items"]
    assert [one["detail"] for one in history] == [
        "from the lead · connected · Price list · by rep-1"
    ]


async def test_a_to_do_is_a_task_of_the_inbox_that_its_owner_puts_off_and_ends(api: Api) -> None:
    """A rep's promise to somebody would be on a slip of paper, or in an inbox that loses it."""
    lead = api.lead("anna@acme.example", "rep-1")
    asked = {"title": "Send the price list", "due_at": TOMORROW.isoformat()}

    made = (await api.ask("sdr", "POST", f"/leads/{lead}/to-dos", **asked)).json()
    later = (TOMORROW + timedelta(days=2)).isoformat()
    put_off = await api.ask("sdr", "PATCH", f"/tasks/{made['id']}", due_at=later)
    listed = (await api.ask("sdr", "GET", "/tasks")).json()["items"]
    done = await api.ask("sdr", "POST", f"/tasks/{made['id']}/complete", disposition="done")

    assert (made["kind"], made["owner"], made["title"]) == ("to_do", "rep-1", asked["title"])
    assert datetime.fromisoformat(put_off.json()["due_at"]) == datetime.fromisoformat(later)
    assert [one["id"] for one in listed] == [made["id"]]
    assert done.status_code == 200
    assert (await api.ask("sdr", "GET", f"/tasks/{made['id']}")).json()["state"] == "done"
    assert api.value("SELECT count(*) FROM relay_message WHERE kind = 'complete_task'") == 0
    again = await api.ask("sdr", "PATCH", f"/tasks/{made['id']}", due_at=later)
    past = await api.ask(
        "sdr", "POST", f"/leads/{lead}/to-dos", **asked | {"due_at": "2026-01-01T00:00:00Z"}
    )
    others = await api.ask("sdr", "POST", f"/leads/{lead}/to-dos", **asked, owner="rep-2")
    nobody_s = await api.ask("manager", "POST", f"/leads/{lead}/to-dos", **asked)
    assert [one.status_code for one in (again, past, others, nobody_s)] == [409, 422, 403, 422]
    of_a_journey = api.task(lead, "rep-1")
    refused = await api.ask("sdr", "PATCH", f"/tasks/{of_a_journey}", due_at=later)
    assert (refused.status_code, "no to-do" in refused.text) == (409, True)


async def test_a_second_number_and_address_are_kept_and_chosen(api: Api) -> None:
    """Mail goes to the second address only when somebody decides so."""
    lead = api.lead("anna@acme.example", "rep-1", phone="+493055501234")
    private = {"kind": "email", "value": "anna@home.example", "label": "private"}
    mobile = {"kind": "phone", "value": "+49 171 5550123", "label": "mobile"}

    await api.ask("sdr", "POST", f"/leads/{lead}/contacts", **private)
    both = (await api.ask("sdr", "POST", f"/leads/{lead}/contacts", **mobile)).json()["contacts"]
    twice = await api.ask("sdr", "POST", f"/leads/{lead}/contacts", **mobile)
    wrong = await api.ask("sdr", "POST", f"/leads/{lead}/contacts", kind="phone", value="x")

    assert api.value("SELECT email FROM lead") == "anna@acme.example"
    assert [one.status_code for one in (twice, wrong)] == [409, 422]
    assert wrong.json()["errors"][0]["field"] == "value"
    for one in both:
        await api.ask("sdr", "POST", f"/leads/{lead}/contacts/{one['id']}/primary")
    known = (await api.ask("sdr", "GET", f"/leads/{lead}/person")).json()
    assert (known["email"], known["phone"]) == ("anna@home.example", "+491715550123")
    assert {one["value"] for one in known["contacts"]} == {"anna@acme.example", "+493055501234"}
    removed = known["contacts"][0]["id"]
    assert (await api.ask("sdr", "DELETE", f"/leads/{lead}/contacts/{removed}")).status_code == 200


def queued(api: Api) -> list[dict[str, Any]]:
    """The mails that the relay is to have sent."""
    with api.database.connect() as connection:
        found = connection.scalars(
            text("SELECT payload FROM relay_message WHERE kind = 'written_mail' ORDER BY id")
        )
        return list(found)


async def test_a_template_goes_out_in_the_words_that_were_approved(api: Api) -> None:
    """A rep changes a sentence: the lead would get the template's, and the record would say so."""
    lead = api.lead("anna@acme.example", "rep-1", first_name="Anna")
    path, template = f"/leads/{lead}/mails", {"template": "follow-up-after-call"}

    changed = await api.ask("sdr", "POST", path, **template, text="Hi {{ lead.first_name }}: Tue?")
    titled = await api.ask("sdr", "POST", path, **template, subject="About Tuesday")
    wrong = await api.ask("sdr", "POST", path, **template, text="Hi {{ lead.first_nam }}")
    open_ended = await api.ask("sdr", "POST", path, **template, text="Hi {{ lead.first_name")

    assert [one.status_code for one in (changed, titled)] == [202, 202], changed.text
    assert [one.json()["errors"][0]["field"] for one in (wrong, open_ended)] == ["text", "text"]
    with api.database.connect() as connection:
        own = letter_of(connection, changed.json()["mail_id"])
        with_subject = letter_of(connection, titled.json()["mail_id"])
    assert own is not None
    assert with_subject is not None
    assert (own.subject, own.text) == ("", "Hi {{ lead.first_name }}: Tue?")
    for mail, said in ((own, "{{ lead.first_name }}: Tue?"), (with_subject, "I tried to reach")):
        assert said in mail.compiled.text
        assert "links.unsubscribe" in mail.compiled.html
        assert mail.template_version_id is not None
    assert with_subject.compiled.subject == "About Tuesday"


async def test_a_mail_is_queued_once_and_never_to_who_wants_none(api: Api) -> None:
    """Who presses twice, or whose answer is lost, would write to a lead twice."""
    lead = api.lead("anna@acme.example", "rep-1", first_name="Anna")
    words = {"subject": "The price list", "text": "Hello Anna", "request": "one"}

    first = await api.ask("sdr", "POST", f"/leads/{lead}/mails", **words)
    again = await api.ask("sdr", "POST", f"/leads/{lead}/mails", **words)
    template = await api.ask("sdr", "POST", f"/leads/{lead}/mails", template="follow-up-after-call")
    shown = await api.ask("sdr", "GET", f"/leads/{lead}/mail-preview?template=follow-up-after-call")

    assert [one.status_code for one in (first, again, template)] == [202] * 3, template.text
    assert first.json() == again.json()
    assert [one["mail_id"] for one in queued(api)] == [
        first.json()["mail_id"],
        template.json()["mail_id"],
    ]
    assert shown.json()["words"].startswith("Hi Anna,\n\nI tried to reach you")
    assert "unsubscribe" not in shown.json()["words"]
    assert "Hi Anna" in shown.json()["text"]
    empty = await api.ask("sdr", "POST", f"/leads/{lead}/mails", subject="x", text=" ")
    meeting = await api.ask("sdr", "POST", f"/leads/{lead}/mails", template="meeting-reminder")
    with api.database.begin() as connection:
        suppress(
            connection,
            email_key="anna@acme.example",
            reason="unsubscribed",
            at=datetime.now(UTC),
        )
    refused = await api.ask("sdr", "POST", f"/leads/{lead}/mails", **words | {"request": "two"})

    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "text")
    assert (meeting.status_code, refused.status_code) == (409, 409)
    assert "unsubscribed" in refused.json()["detail"]
    assert len(queued(api)) == 2
