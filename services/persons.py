"""Who a lead is: entered, corrected, and reached by further ways."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from domain.access import Action
from domain.email.addresses import address_key, person_key
from domain.lead_files.person import (
    PERSON_FIELDS,
    PersonFields,
    checked_person,
    email_of,
    person_columns,
    phone_of,
)
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from domain.refusals import Conflict, Invalid, LeadKnown, Missing
from domain.sentences import sentence
from mail.links import deployment_secret
from services.access import changes, found, may_see, sees_customers, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.erasure.erasure import ErasedPeople
from store.identities.identified_leads import start_journeys
from store.imports import lead_import
from store.lead_work import persons
from store.lead_work.persons import OtherContact, Person
from store.published.cadences import latest_cadence
from store.routing.prospects import prospect
from store.routing.routing import reassign
from store.views.visible import lead_is_visible

BY_HAND = "by hand"
"""The source of a lead that somebody enters without saying where it comes from."""


@changes(Action.EDIT_LEADS, "POST /leads", keep=("cadence", "owner"))
def create(
    context: Context,
    caller: Caller,
    said: PersonFields,
    *,
    cadence: str = "",
    owner: str = "",
    source: str = "",
) -> Person:
    """Enter a lead. It is read, judged and started on its journey as one of a file is; the journey
    of one without an address begins with calls of sales.

    Args:
        cadence: with which its journey begins; '' to start none.
        owner: code of the rep whose it is; an SDR's own leads are always their rep's.
        source: where it comes from.

    Raises:
        Invalid: with a mistake for each field that holds what it can't hold.
        LeadKnown: a lead has this address or phone number.
        Conflict: the person was erased, the cadence is not published or can't write to who has no
            address, or the rep can't take it.
    """
    typed = said.said
    checked = checked_person({"email": "", **typed}, is_new=True)
    key = person_key(checked["email"], checked.get("phone", ""))
    if cadence and not checked["email"]:
        raise Conflict(
            sentence(
                "Without an e-mail address no cadence can write to it: leave it out here, and "
                "sales calls the lead."
            ),
            "cadence",
        )
    owner = caller.rep if caller.of_one_team else owner
    now = context.clock.now()
    with context.database.begin() as connection:
        persons.lock_addresses(connection, [key])
        _refuse_known(connection, caller, checked["email"], checked.get("phone", ""))
        if cadence:
            latest_cadence(connection, cadence)
        lead_import.prepare(connection)
        lead_import.stage(connection, [(1, _row(connection, context, checked, source or BY_HAND))])
        lead_import.merge(connection, time_zone=context.settings.lead_time_zone)
        lead_id = found(
            persons.known_by(connection, key, ""),
            sentence("There is no such lead."),
        ).lead_id
        entered = [name for name in PERSON_FIELDS if checked.get(name) and name != "email"]
        persons.note_entered(connection, lead_id, entered, caller.by, now)
        lead_import.judge_fit(connection, now)
        if not checked["email"]:
            prospect(connection, [str(lead_id)], now, owner=owner, by=caller.by)
        elif owner:
            reassign(connection, [lead_id], owner, caller.by, now)
        start_journeys(connection, [lead_id], cadence)
        return found(persons.person_of(connection, lead_id), "")


@changes(Action.EDIT_LEADS, "PATCH /leads/{lead_id}")
def correct(context: Context, caller: Caller, lead_id: int, said: PersonFields) -> Person:
    """Correct who a lead is. What is given stays until somebody gives something else, whatever an
    import or a program says.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: with a mistake for each field that holds what it can't hold.
        LeadKnown: another lead has this address.
        Conflict: the person with this address was erased.
    """
    with context.database.begin() as connection:
        known = _seen(connection, caller, lead_id)
        checked = checked_person(said.said, known.country)
        _correct(connection, context, caller, known, checked)
        return found(persons.person_of(connection, lead_id), "")


@changes(Action.EDIT_LEADS, "POST /leads/{lead_id}/contacts", keep=("kind",))
def add_contact(
    context: Context, caller: Caller, lead_id: int, *, kind: str, value: str, label: str = ""
) -> list[OtherContact]:
    """Keep a further phone number or address of a lead. No mail goes to it.

    Args:
        kind: phone or email.
        label: what people call it, such as mobile.

    Returns:
        All of them.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: it is no phone number, or no address.
        LeadKnown: another lead has this address.
        Conflict: the lead has it already, or as many as there may be.
    """
    with context.database.begin() as connection:
        known = _seen(connection, caller, lead_id)
        persons.lock_person(connection, lead_id)
        try:
            usable = email_of(value) if kind == "email" else phone_of(value, known.country)
        except Invalid as wrong:
            raise wrong.about("value") from None
        if kind == "email":
            _refuse_known(connection, caller, usable, "", but=lead_id, field="value")
            _refuse_erased(connection, context, usable, "value")
        own = known.email if kind == "email" else known.phone
        if len(known.contacts) >= persons.MOST_CONTACTS:
            most = persons.MOST_CONTACTS
            raise Conflict(sentence("A lead has at most {most} of them.", most=most))
        kept = (kind, usable, label.strip())
        if address_key(own) == address_key(usable) or not persons.add_contact(
            connection, lead_id, kept, caller.by, context.clock.now()
        ):
            raise Conflict(sentence("The lead has {value} already.", value=usable), "value")
        return persons.contacts_of(connection, lead_id)


@changes(Action.EDIT_LEADS, "DELETE /leads/{lead_id}/contacts/{contact_id}")
def remove_contact(context: Context, caller: Caller, lead_id: int, contact_id: int) -> None:
    """Forget a further phone number or address of a lead.

    Raises:
        Missing: there is none for this caller.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        found(
            persons.remove_contact(connection, lead_id, contact_id),
            sentence("The lead has no such contact."),
        )


@changes(Action.EDIT_LEADS, "POST /leads/{lead_id}/contacts/{contact_id}/primary")
def make_primary(context: Context, caller: Caller, lead_id: int, contact_id: int) -> Person:
    """Have a lead called, or written to, where it was reached by another way until now. What it has
    refused by mail stays refused; the number or address of before is a further one from now on.

    Raises:
        Missing: there is none for this caller.
    """
    with context.database.begin() as connection:
        known = _seen(connection, caller, lead_id)
        chosen = next((one for one in known.contacts if one.id == contact_id), None)
        if chosen is None:
            raise Missing(sentence("The lead has no such contact."))
        now = context.clock.now()
        field = "email" if chosen.kind == "email" else "phone"
        if field == "email":
            persons.lock_addresses(connection, list(map(address_key, (known.email, chosen.value))))
        persons.remove_contact(connection, lead_id, contact_id)
        persons.correct(connection, lead_id, {field: chosen.value}, caller.by, now)
        if field == "phone" and known.phone:
            former = ("phone", known.phone, persons.FORMER)
            persons.add_contact(connection, lead_id, former, caller.by, now)
        return found(persons.person_of(connection, lead_id), "")


def _seen(connection: Connection, caller: Caller, lead_id: int) -> Person:
    may_see(connection, caller, lead_id)
    return found(
        persons.person_of(connection, lead_id),
        sentence("There is no lead {lead}.", lead=lead_id),
    )


def _correct(
    connection: Connection,
    context: Context,
    caller: Caller,
    known: Person,
    checked: Mapping[str, str],
) -> None:
    email = checked.get("email", known.email)
    if address_key(email) != address_key(known.email):
        persons.lock_addresses(connection, list(map(address_key, (known.email, email))))
        _refuse_known(connection, caller, email, "", but=known.lead_id)
        _refuse_erased(connection, context, email, "email")
    persons.correct(connection, known.lead_id, checked, caller.by, context.clock.now())


def _row(
    connection: Connection, context: Context, checked: Mapping[str, str], source: str
) -> LeadRow:
    erased = ErasedPeople(connection, deployment_secret(context.settings))
    reader = RowReader(person_columns(), source, erased)
    try:
        return reader.read([checked.get(name, "") for name in PERSON_FIELDS])
    except RejectedRowError as rejected:
        raise Conflict(str(rejected), "email") from None


def _refuse_erased(connection: Connection, context: Context, email: str, field: str) -> None:
    if address_key(email) in ErasedPeople(connection, deployment_secret(context.settings)):
        raise Conflict(
            sentence(
                "This person was erased at their request: if they want mail again, permit the "
                "address with evidence first."
            ),
            field,
        )


def _refuse_known(
    connection: Connection,
    caller: Caller,
    email: str,
    phone: str,
    *,
    but: int = 0,
    field: str = "",
) -> None:
    """Refuse an address or number that another lead has, and say which, to whoever may see it."""
    other = persons.known_by(connection, address_key(email), phone, but)
    if other is None:
        return
    value = email if other.field == "email" else phone
    customers = sees_customers(caller)
    if lead_is_visible(connection, other.lead_id, team_of(caller), customers=customers):
        raise LeadKnown(
            sentence("{value} is known: it is lead {lead}.", value=value, lead=other.lead_id),
            field or other.field,
            other.lead_id,
        )
    raise LeadKnown(
        sentence(
            "{value} is known, of a lead that is not your team's: ask your manager for it.",
            value=value,
        ),
        field or other.field,
        0,
    )
