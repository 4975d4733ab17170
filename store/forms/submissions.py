"""Forms that were sent: taken as leads and events at once, or kept apart. Times are journey time,
UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from domain.cadences.triggers import Way
from domain.forms.policy import HostedForm
from domain.forms.spam import SpamSuspicion
from domain.identities import Facts, TrackingCall
from store.access.write_keys import WriteKeySource, source_of_form
from store.consent.confirmations import is_waiting, take_over
from store.consent.consent import record_agreement
from store.identities.identified_leads import lead_ids_of
from store.outbox.entries import record_entries
from store.tables import FormConsentText, FormSubmission
from store.tracking.visitors import record_batch

EVENT = "form_submitted"
"""What the event is called."""
State = Literal["taken", "spam", "released"]


class TakenAlready(Exception):
    """Something that was sent from the same page was taken meanwhile."""


@dataclass(frozen=True)
class Sent:
    """A form as it was sent. ``page`` names the page that it was sent from; ``visitor`` is an
    ``anonymousId``."""

    form: str
    page: str
    language: str
    answers: Mapping[str, str]
    facts: Facts
    detail: Mapping[str, Any]
    visitor: str
    consent_text_id: int | None
    at: datetime

    @property
    def email_key(self) -> str:
        """Of the address in it."""
        return str(self.facts["email_key"])


@dataclass(frozen=True)
class KeptPage:
    """What is known of a page that was sent: what became of it, what was typed, and what was agreed
    to."""

    state: State
    answers: Mapping[str, str]
    consent_text_id: int | None

    def says(self, answers: Mapping[str, str], consent_text_id: int | None) -> bool:
        """Whether this was sent from it."""
        return (self.answers, self.consent_text_id) == (answers, consent_text_id)


def source_of(connection: Connection, form: HostedForm, time_zone: str) -> WriteKeySource | None:
    """In whose name a form writes: as a browser, which is believed nothing against what is known.
    None before it was published.

    Args:
        time_zone: of leads of whom nothing tells it, IANA name.
    """
    source_id = source_of_form(connection, form.name)
    if source_id is None:
        return None
    return WriteKeySource(
        source_id, form.lead_source, form.enters, "browser", time_zone, asks=form.confirm
    )


def known_page(connection: Connection, page: str) -> KeptPage | None:
    """What was sent from a page; None when nothing was."""
    row = connection.execute(
        select(FormSubmission.state, FormSubmission.answers, FormSubmission.consent_text_id).where(
            FormSubmission.key == page
        )
    ).first()
    return None if row is None else KeptPage(*row)


def keep_apart(connection: Connection, sent: Sent, suspicion: SpamSuspicion) -> None:
    """Keep what looks like spam for a person to look at: what was sent last from its page."""
    values = _row(sent) | {"state": "spam", "suspicion": suspicion}
    connection.execute(
        insert(FormSubmission)
        .values(values)
        .on_conflict_do_update(
            index_elements=["key"], set_=values, where=FormSubmission.state == "spam"
        )
    )


def take(
    database: Engine,
    sent: Sent,
    source: WriteKeySource,
    now: datetime,
    *,
    released_by: str = "",
) -> None:
    """Make a lead of it, or match it with the one there is, as a browser's ``identify`` and an
    event do; commit that and the submission together.

    Args:
        source: of :func:`source_of`.
        released_by: who said that it is no spam; '' for what never seemed so.

    Raises:
        TakenAlready: of its page only one is; nothing is changed.
        PolicyMissing, TooMuch, Overtaken, sqlalchemy.exc.DBAPIError: as
            :func:`store.tracking.visitors.record_batch`.
    """
    key = f"form:{sent.form}:{sent.page}"
    who = TrackingCall("identify", f"{key}:who", sent.at, anonymous_id=sent.visitor)
    did = TrackingCall(
        "form", key, sent.at, anonymous_id=sent.visitor, name=EVENT, detail=dict(sent.detail)
    )
    messages = [replace(who, facts=dict(sent.facts)), did]

    def keep(connection: Connection) -> None:
        lead_id = lead_ids_of(connection, [sent.email_key])[sent.email_key]
        _keep_taken(connection, sent, lead_id, released_by)
        _agree(connection, sent)
        # A lead that is new waits for its confirmation already.
        if is_waiting(connection, sent.email_key):
            if source.cadence or source.asks:
                take_over(connection, lead_id, source, now)
        elif source.cadence:
            cadence, form = source.cadence, sent.form
            record_entries(connection, [lead_id], cadence, way=Way.FORM, what=form, at=now)

    record_batch(database, messages, source, now, also=keep)


def _keep_taken(connection: Connection, sent: Sent, lead_id: int, released_by: str) -> None:
    state = "released" if released_by else "taken"
    values = _row(sent) | {"state": state, "lead_id": lead_id, "released_by": released_by}
    if not released_by:
        # Who was too fast has waited.
        values["suspicion"] = ""
    kept = connection.execute(
        insert(FormSubmission)
        .values(values)
        .on_conflict_do_update(
            index_elements=["key"], set_=values, where=FormSubmission.state == "spam"
        )
        .returning(FormSubmission.id)
    ).first()
    if kept is None:
        raise TakenAlready


def _agree(connection: Connection, sent: Sent) -> None:
    if sent.consent_text_id is None:
        return
    wording = connection.execute(
        select(FormConsentText.__table__).where(FormConsentText.id == sent.consent_text_id)
    ).one()
    record_agreement(
        connection,
        email_key=sent.email_key,
        topic=wording.topic,
        at=sent.at,
        evidence=f"form {sent.form}, text {wording.language} version {wording.version}: "
        f"{wording.text}",
    )


def _row(sent: Sent) -> dict[str, Any]:
    return {
        "form": sent.form,
        "key": sent.page,
        "email_key": sent.email_key,
        "language": sent.language,
        "answers": dict(sent.answers),
        "facts": dict(sent.facts),
        "detail": dict(sent.detail),
        "visitor": sent.visitor,
        "consent_text_id": sent.consent_text_id,
        "at": sent.at,
    }


def spam_with(connection: Connection, submission_id: int) -> Sent | None:
    """Something that is kept apart; None when it is not, or not any more."""
    row = connection.execute(
        select(FormSubmission.__table__).where(
            FormSubmission.id == submission_id, FormSubmission.state == "spam"
        )
    ).first()
    if row is None:
        return None
    return Sent(
        row.form,
        row.key,
        row.language,
        row.answers,
        row.facts,
        row.detail,
        row.visitor,
        row.consent_text_id,
        row.at,
    )


def count_view(single_statements: Engine, form: str, now: datetime) -> None:
    """Count that the page of a form was opened."""
    _count(single_statements, form, now, "views")


def count_turned_away(single_statements: Engine, form: str, now: datetime) -> None:
    """Count that something was sent, and told to come again."""
    _count(single_statements, form, now, "turned_away")


def _count(single_statements: Engine, form: str, now: datetime, column: str) -> None:
    """Rather one too few than that anybody waits: all who open a form count on one row."""
    with single_statements.connect() as connection:
        connection.execute(
            text(
                f"INSERT INTO form_day (form, day, {column}) SELECT :form, :day, 1 "
                "WHERE pg_try_advisory_xact_lock(hashtext('form_day'), hashtext(:form)) "
                f"ON CONFLICT (form, day) DO UPDATE SET {column} = form_day.{column} + 1"
            ),
            {"form": form, "day": now.date()},
        )
