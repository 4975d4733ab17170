"""Forms and what was sent through them, as lists show them. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.forms.policy import FALLBACK_LANGUAGE, FormsPolicy, HostedForm, said
from domain.names import full_name
from store.forms.submissions import State
from store.published.policies import PolicyMissing, policy

COUNTED = timedelta(days=30)
"""For how long back views and submissions are counted."""


@dataclass(frozen=True)
class FormCounts:
    """What came of a form in the last thirty days: how often it was opened, taken, kept apart as
    spam (what waits is counted whenever it came), and turned away."""

    views: int = 0
    taken: int = 0
    spam: int = 0
    turned_away: int = 0


@dataclass(frozen=True)
class FormLine:
    """A form as a list shows it."""

    name: str
    title: str
    open: bool
    languages: list[str]
    enters: str
    counts: FormCounts


@dataclass(frozen=True)
class SubmissionLine:
    """Something that was sent. ``lead`` is the name or address of its lead, '' while it is spam."""

    id: int
    form: str
    at: datetime
    state: State
    suspicion: str
    answers: Mapping[str, str]
    lead_id: int | None
    lead: str
    consent: str
    """What was agreed to, word for word; '' for nothing."""
    consent_version: int | None
    released_by: str


_COUNTS = text(
    """
    SELECT form, sum(views) AS views, sum(taken) AS taken, sum(spam) AS spam,
        sum(turned_away) AS turned_away
    FROM (
        SELECT form, views, 0 AS taken, 0 AS spam, turned_away FROM form_day
        WHERE form = ANY(cast(:forms AS text[])) AND day >= cast(:since AS timestamptz)::date
        UNION ALL
        SELECT form, 0, count(*), 0, 0 FROM form_submission
        WHERE form = ANY(cast(:forms AS text[])) AND state <> 'spam' AND at >= :since GROUP BY form
        UNION ALL
        SELECT form, 0, 0, count(*), 0 FROM form_submission
        WHERE form = ANY(cast(:forms AS text[])) AND state = 'spam' GROUP BY form
    ) AS one GROUP BY form
    """
)
# Literal conditions: each has an index of its own.
_SUBMISSIONS = """
    SELECT one.id, one.form, one.at, state, suspicion, answers, lead_id,
        lead.first_name, lead.last_name, lead.email, wording.text AS consent,
        wording.version AS consent_version, released_by
    FROM form_submission AS one
    LEFT JOIN lead ON lead.id = one.lead_id
    LEFT JOIN form_consent_text AS wording ON wording.id = consent_text_id
    WHERE one.form = :form AND state {} 'spam' AND one.id < :before
    ORDER BY one.id DESC LIMIT :limit
"""
SPAM, TAKEN = text(_SUBMISSIONS.format("=")), text(_SUBMISSIONS.format("<>"))
_HIGHEST = 2**63 - 1


def forms_in_force(connection: Connection) -> Sequence[HostedForm]:
    """The forms that are published, by name; none before the first."""
    try:
        return sorted(policy(connection, FormsPolicy).forms, key=lambda one: one.name)
    except PolicyMissing:
        return []


def form_named(connection: Connection, name: str) -> HostedForm | None:
    """The published form of this name; None when there is none."""
    return next((one for one in forms_in_force(connection) if one.name == name), None)


def counts_of(connection: Connection, forms: Sequence[str], now: datetime) -> dict[str, FormCounts]:
    """Form → what came of it; those of which nothing came are missing."""
    rows = connection.execute(_COUNTS, {"since": now - COUNTED, "forms": forms})
    return {
        row.form: FormCounts(int(row.views), int(row.taken), int(row.spam), int(row.turned_away))
        for row in rows
    }


def list_forms(
    connection: Connection,
    now: datetime,
    *,
    after: str = "",
    limit: int | None = None,
    language: str = FALLBACK_LANGUAGE,
) -> list[FormLine]:
    """Forms by name, from the one after the name ``after``; ``limit`` None: all. Titles are in
    ``language`` (ISO 639), as far as forms have it."""
    forms = [one for one in forms_in_force(connection) if one.name > after][:limit]
    counts = counts_of(connection, [one.name for one in forms], now)
    return [
        FormLine(
            one.name,
            said(one.title, language),
            one.open,
            sorted(one.title),
            one.enters,
            counts.get(one.name, FormCounts()),
        )
        for one in forms
    ]


def list_submissions(
    connection: Connection, form: str, *, spam: bool, before: int | None = None, limit: int
) -> list[SubmissionLine]:
    """What was sent through a form, the newest first: what was taken, or what waits as spam.

    Args:
        before: only those before this id.
    """
    rows = connection.execute(
        SPAM if spam else TAKEN,
        {"form": form, "before": _HIGHEST if before is None else before, "limit": limit},
    )
    return [
        SubmissionLine(
            row.id,
            row.form,
            row.at,
            row.state,
            row.suspicion,
            row.answers,
            row.lead_id,
            _name(row.first_name, row.last_name, row.email),
            row.consent or "",
            row.consent_version,
            row.released_by,
        )
        for row in rows
    ]


def _name(first: str | None, last: str | None, email: str | None) -> str:
    return full_name(first or "", last or "") or email or ""
