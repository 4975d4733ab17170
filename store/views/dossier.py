"""The hand-over dossier: the history that made a lead what it is when sales gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED, Phase
from domain.sales.content import ContentPolicy
from store.mail.subjects import SUBJECT, WRITTEN
from store.published.policies import PolicyMissing, policy
from store.routing.lead_facts import lead_traits
from store.scoring.scoring import Explanation, explain
from store.views.leads import LeadLine, find_lead

MOST_SEEN = 20
MOST_LINES = 20
"""Mails, cycles and words of sales, the newest, that a dossier has."""
MOST_SIMILAR = 5
NEWEST_WINS = 300
"""How many sales, the last ones won, a lead is compared with."""
TRAITS = ("segment", "industry", "size", "employees")
"""Attributes of an account (else of the lead) that make another account like it, besides the
country of the lead."""


@dataclass(frozen=True)
class Seen:
    """Something the lead looked at or did on the site, how often and when last (UTC)."""

    kind: str
    what: str
    times: int
    last: datetime


@dataclass(frozen=True)
class DossierMail:
    """A mail that was sent, and what the lead itself did with it; times are UTC."""

    touch_id: int
    sent_at: datetime
    what: str
    topic: str
    opened: int
    clicked: tuple[str, ...]
    answered: bool


@dataclass(frozen=True)
class Cycle:
    """One time round: when it began, and why and when it ended (None for the one that runs)."""

    cycle: int
    began: datetime
    ended: datetime | None
    reason: str


@dataclass(frozen=True)
class Feedback:
    """What sales said of the lead when it was handed over."""

    id: int
    at: datetime
    cycle: int
    verdict: str
    reason: str
    by: str


@dataclass(frozen=True)
class SimilarWin:
    """An opportunity that was won at an account like the lead's; ``alike`` names what both
    share."""

    opportunity_id: int
    account: str
    alike: tuple[str, ...]
    won_at: datetime


@dataclass(frozen=True)
class Recommended:
    """Content that suits the lead at its stage."""

    title: str
    url: str


@dataclass(frozen=True)
class Totals:
    """How much there is of what a dossier has the newest of; ``read`` are the mails that the lead
    opened, clicked or answered."""

    mails: int
    read: int
    cycles: int
    feedback: int


@dataclass(frozen=True)
class Dossier:
    """The dossier. Mails, cycles and feedback are the newest, the oldest of these first;
    ``totals`` counts all. What machines did to a mail is left out throughout."""

    lead: LeadLine
    score: Explanation
    seen: Sequence[Seen]
    mails: Sequence[DossierMail]
    cycles: Sequence[Cycle]
    feedback: Sequence[Feedback]
    totals: Totals
    similar: Sequence[SimilarWin]
    content: Sequence[Recommended]

    @property
    def summary(self) -> str:
        """The dossier in a line."""
        parts = [f"{self.totals.read} of {self.totals.mails} mails opened"]
        if self.seen:
            parts.append(f"last looked at {self.seen[0].what}")
        if earlier := [one for one in self.cycles if one.ended]:
            parts.append(f"cycle {earlier[-1].cycle} ended with {earlier[-1].reason}")
        if self.feedback:
            last = self.feedback[-1]
            parts.append(f"{last.verdict} by {last.by}" + (f", {last.reason}" * bool(last.reason)))
        return "; ".join(parts)


def dossier(connection: Connection, lead_id: int, now: datetime) -> Dossier:
    """The dossier of a lead as it is at ``now`` (journey time, UTC).

    Raises:
        LookupError: there is no such lead.
        PolicyMissing: no scoring policy is published.
    """
    lead = find_lead(connection, str(lead_id), now)
    if lead is None:
        raise LookupError(f"There is no lead {lead_id}.")
    return Dossier(
        lead,
        explain(connection, lead_id, now),
        _seen(connection, lead_id),
        mails_of(connection, lead_id, limit=MOST_LINES)[::-1],
        cycles_of(connection, lead_id, limit=MOST_LINES)[::-1],
        feedback_of(connection, lead_id, limit=MOST_LINES)[::-1],
        _totals(connection, lead_id),
        _similar(connection, lead_id),
        _content(connection, lead_id, now),
    )


def _seen(connection: Connection, lead_id: int) -> list[Seen]:
    rows = connection.execute(
        text(
            """
            SELECT kind, coalesce(CASE kind WHEN 'form' THEN detail->'properties'->>'form' END,
                    nullif(detail->>'path', ''), nullif(name, ''),
                    nullif(detail->>'url', ''), kind) AS what,
                count(*) AS times, max(at) AS last
            FROM engagement
            WHERE lead_id = :lead AND machine = ''
                AND kind IN ('page', 'screen', 'track', 'form', 'booking')
            GROUP BY 1, 2 ORDER BY last DESC, what LIMIT :most
            """
        ),
        {"lead": lead_id, "most": MOST_SEEN},
    )
    return [Seen(**row._mapping) for row in rows]


def mails_of(
    connection: Connection, lead_id: int, *, after: Sequence[object] | None = None, limit: int
) -> list[DossierMail]:
    """The mails that were sent to a lead, the newest first; only those after the one with this
    ``sent_at`` and ``touch_id``."""
    sent_at, touch_id = after or (None, None)
    rows = connection.execute(
        text(
            f"""
            SELECT touch.id AS touch_id, touch.sent_at, touch.topic,
                {SUBJECT} AS what,
                count(*) FILTER (WHERE did.kind = 'open') AS opened,
                array_remove(array_agg(DISTINCT CASE WHEN did.kind = 'click'
                    THEN coalesce(nullif(did.detail->>'url', ''), 'a link') END), NULL) AS clicked,
                coalesce(bool_or(did.kind = 'reply'), false) AS answered
            FROM (
                SELECT * FROM touch WHERE lead_id = :lead AND state = 'sent'
                    AND (:id IS NULL OR (sent_at, id) < (:sent_at, :id))
                ORDER BY sent_at DESC, id DESC LIMIT :limit
            ) AS touch
            LEFT JOIN template_version AS template ON template.id = touch.template_version_id
            LEFT JOIN outbox_message ON outbox_message.touch_key = touch.key
            {WRITTEN}
            LEFT JOIN engagement AS did ON did.touch_id = touch.id AND did.machine = ''
            GROUP BY touch.id, touch.key, touch.sent_at, touch.topic, touch.step, template.id,
                outbox_message.subject, written.subject
            ORDER BY touch.sent_at DESC, touch.id DESC
            """
        ),
        {"lead": lead_id, "sent_at": sent_at, "id": touch_id, "limit": limit},
    )
    return [
        DossierMail(
            row.touch_id,
            row.sent_at,
            row.what,
            row.topic,
            row.opened,
            tuple(row.clicked),
            row.answered,
        )
        for row in rows
    ]


def cycles_of(
    connection: Connection, lead_id: int, *, before: int | None = None, limit: int
) -> list[Cycle]:
    """The lead's times round, the newest first, from the one before the cycle ``before``."""
    rows = connection.execute(
        text(
            """
            SELECT cycle, min(at) AS began,
                max(at) FILTER (WHERE phase IN (:recycle, :ended)) AS ended,
                (array_agg(reason ORDER BY at, id)
                    FILTER (WHERE phase IN (:recycle, :ended)))[1] AS reason
            FROM stage_transition
            WHERE lead_id = :lead AND (cast(:before AS integer) IS NULL OR cycle < :before)
            GROUP BY cycle ORDER BY cycle DESC LIMIT :limit
            """
        ),
        {
            "lead": lead_id,
            "recycle": Phase.RECYCLE,
            "ended": ENDED,
            "before": before,
            "limit": limit,
        },
    )
    return [Cycle(row.cycle, row.began, row.ended, row.reason or "") for row in rows]


def feedback_of(
    connection: Connection, lead_id: int, *, after: Sequence[object] | None = None, limit: int
) -> list[Feedback]:
    """What sales said of the lead, the newest first; only what comes after the one with this ``at``
    and ``id``."""
    at, last = after or (None, None)
    rows = connection.execute(
        text(
            "SELECT id, at, cycle, verdict, reason, by FROM lead_feedback WHERE lead_id = :lead "
            "AND (:id IS NULL OR (at, id) < (:at, :id)) ORDER BY at DESC, id DESC LIMIT :limit"
        ),
        {"lead": lead_id, "at": at, "id": last, "limit": limit},
    )
    return [Feedback(**row._mapping) for row in rows]


def _totals(connection: Connection, lead_id: int) -> Totals:
    row = connection.execute(
        text(
            """
            SELECT count(*) AS mails,
                count(*) FILTER (WHERE EXISTS (
                    SELECT FROM engagement AS did WHERE did.touch_id = touch.id
                        AND machine = '' AND kind IN ('open', 'click', 'reply'))) AS read,
                (SELECT count(DISTINCT cycle) FROM stage_transition WHERE lead_id = :lead)
                    AS cycles,
                (SELECT count(*) FROM lead_feedback WHERE lead_id = :lead) AS feedback
            FROM touch WHERE lead_id = :lead AND state = 'sent'
            """
        ),
        {"lead": lead_id},
    ).one()
    return Totals(**row._mapping)


def _similar(connection: Connection, lead_id: int) -> list[SimilarWin]:
    """Sales lately won at other accounts, those that share most with the lead's first."""
    rows = connection.execute(
        text(
            """
            WITH won AS (
                SELECT id, lead_id, account_id, closed_at FROM opportunity
                WHERE outcome = 'won' ORDER BY closed_at DESC, id LIMIT :newest
            ), compared AS (
                SELECT won.id, won.closed_at, coalesce(sold_to.name, '') AS account, trait.name,
                    CASE trait.name WHEN 'country' THEN nullif(mine.country, '')
                        ELSE nullif(lower(trim(coalesce(my_account.attributes->>trait.name,
                            mine.attributes->>trait.name))), '') END AS of_mine,
                    CASE trait.name WHEN 'country' THEN theirs.country
                        ELSE lower(trim(coalesce(their_account.attributes->>trait.name,
                            theirs.attributes->>trait.name))) END AS of_theirs
                FROM lead AS mine
                JOIN won ON won.lead_id <> mine.id
                    AND won.account_id IS DISTINCT FROM mine.account_id
                JOIN lead AS theirs ON theirs.id = won.lead_id
                LEFT JOIN account AS my_account ON my_account.id = mine.account_id
                LEFT JOIN account AS their_account ON their_account.id = theirs.account_id
                LEFT JOIN account AS sold_to ON sold_to.id = won.account_id
                CROSS JOIN unnest(cast(:traits AS text[])) AS trait (name)
                WHERE mine.id = :lead
            )
            SELECT id, account, closed_at,
                array_agg(name || ' ' || of_mine ORDER BY name) AS alike
            FROM compared WHERE of_mine = of_theirs GROUP BY id, account, closed_at
            ORDER BY count(*) DESC, closed_at DESC, id LIMIT :most
            """
        ),
        {
            "lead": lead_id,
            "traits": ["country", *TRAITS],
            "most": MOST_SIMILAR,
            "newest": NEWEST_WINS,
        },
    )
    return [
        SimilarWin(row.id, row.account or "an account", tuple(row.alike), row.closed_at)
        for row in rows
    ]


def _content(connection: Connection, lead_id: int, now: datetime) -> list[Recommended]:
    try:
        rules = policy(connection, ContentPolicy)
    except PolicyMissing:
        return []  # Marketing has not said what there is to send.
    clicked = connection.scalars(
        text(
            "SELECT DISTINCT detail->>'url' FROM engagement JOIN touch ON touch.id = touch_id "
            "WHERE touch.lead_id = :lead AND touch.state = 'sent' AND kind = 'click' "
            "AND machine = '' AND detail->>'url' <> ''"
        ),
        {"lead": lead_id},
    )
    found = rules.recommended(lead_traits(connection, lead_id).lead_facts(), now, list(clicked))
    return [Recommended(one.title, one.url) for one in found]
