"""Everything that happened to a lead: in rows that a page can word, and in words. Times are journey
time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from store.mail.subjects import SUBJECT, WRITTEN

KINDS = (
    *("mail", "engagement", "answer", "task", "stage", "meeting"),
    *("opportunity", "owner", "promise", "consent", "claim", "correction", "note"),
)
"""What a line may be about."""


HISTORY = frozenset(KINDS) - {"answer", "opportunity"}
"""What the history in words is about: what people wrote is in it as the engagement that it was, and
sales have lists of their own."""
ENDLESS = datetime.max.replace(tzinfo=UTC)
"""Until when a history goes that has in it what is booked."""


class TimelinePlace(NamedTuple):
    """What timelines are ordered by; no two lines of a lead have the same."""

    at: datetime
    kind: str
    ref: int
    part: str


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a lead at ``at`` (journey time, UTC). ``ref`` is the id of its
    row, ``part`` what of the row, where several lines come from one; ``facts`` is what is known of
    it: codes, numbers, and words of people."""

    at: datetime
    kind: str
    ref: int
    part: str
    facts: dict[str, Any]

    @property
    def place(self) -> TimelinePlace:
        """Where it stands in a timeline."""
        return TimelinePlace(self.at, self.kind, self.ref, self.part)


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened to a lead, in words; ``at`` is journey time, UTC."""

    at: datetime
    what: str
    detail: str


_SOURCES = (
    (
        "mail",
        f"""
        SELECT coalesce(touch.sent_at, planned_at) AS at, touch.id AS ref, '' AS part,
            jsonb_build_object('state', state, 'step', step, 'error', error, 'topic', topic,
                'subject', {SUBJECT}, 'kept', outbox_message.id IS NOT NULL,
                'by', coalesce(written.by, ''), 'text', coalesce(written.text, '')) AS facts
        FROM touch LEFT JOIN outbox_message ON outbox_message.touch_key = touch.key
        LEFT JOIN template_version AS template ON template.id = touch.template_version_id
        {WRITTEN} WHERE touch.lead_id = :lead
        """,
    ),
    (
        "mail",
        r"""
        SELECT at, id AS ref, 'written' AS part, jsonb_build_object('state', 'planned',
            'step', '', 'error', '', 'topic', '', 'kept', false, 'by', by, 'text', text,
            'subject', coalesce(nullif(subject, ''), (
                SELECT regexp_replace(template.compiled->>'subject', '\{\{.*?\}\}', '…', 'g')
                FROM template_version AS template WHERE template.id = template_version_id)))
            AS facts
        FROM written_mail WHERE lead_id = :lead
            AND NOT EXISTS (SELECT FROM touch WHERE touch.key = 'written-' || written_mail.id)
        """,
    ),
    (
        "engagement",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('what', kind, 'name',
            coalesce(CASE kind WHEN 'form' THEN detail->'properties'->>'form' END,
                nullif(name, ''), detail->>'path', detail->>'url', ''),
            'points', points, 'machine', machine, 'text', coalesce(detail->>'text', '')) AS facts
        FROM engagement WHERE lead_id = :lead
            AND NOT ('answer' = ANY (:kinds) AND EXISTS (SELECT FROM inbound_message AS mail
                WHERE mail.lead_id = engagement.lead_id AND mail.received_at = engagement.at))
        """,
    ),
    (
        "answer",
        """
        SELECT received_at AS at, id AS ref, '' AS part,
            jsonb_build_object('what', kind, 'subject', subject, 'text', left(text, 2000)) AS facts
        FROM inbound_message WHERE lead_id = :lead
        """,
    ),
    (
        "task",
        """
        SELECT coalesce(completed_at, opened_at) AS at, id AS ref, '' AS part, jsonb_build_object(
            'what', kind, 'title', title, 'state', state, 'disposition', disposition,
            'attempt', attempt, 'by', completed_by, 'owner', owner, 'late', late,
            'note', coalesce(answer->>'note', ''), 'reason', coalesce(answer->>'reason', ''))
            AS facts
        FROM task WHERE lead_id = :lead
        """,
    ),
    (
        "task",
        """
        SELECT cast(typed->>'refused_at' AS timestamptz) AS at, task.id AS ref,
            'refused ' || number AS part, jsonb_build_object('what', kind, 'title', title,
                'state', 'refused', 'disposition', typed->>'disposition', 'by', typed->>'by',
                'note', coalesce(typed->>'note', ''), 'reason', coalesce(typed->>'reason', ''))
            AS facts
        FROM task, jsonb_array_elements(coalesce(task.answer->'refused', '[]'))
            WITH ORDINALITY AS refused (typed, number)
        WHERE lead_id = :lead
        """,
    ),
    (
        "stage",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('from', from_stage, 'to', to_stage,
            'phase', phase, 'reason', reason, 'cycle', cycle,
            'new_cycle', cycle > coalesce(lag(cycle) OVER (ORDER BY at, id), cycle),
            'enrolled', (SELECT jsonb_build_object('run', run.id, 'cadence', run.cadence,
                    'by', run.by, 'why', run.reason, 'way', run.way, 'what', run.what,
                    'instead_of', coalesce(version.name, ''))
                FROM enrollment_run_lead AS one JOIN enrollment_run AS run ON run.id = one.run_id
                LEFT JOIN enrollment AS before ON before.id = one.left_enrollment_id
                LEFT JOIN cadence_version AS version ON version.id = before.cadence_version_id
                WHERE one.lead_id = :lead AND one.entered_at = stage_transition.at
                    AND stage_transition.reason = 'enrolled' LIMIT 1)) AS facts
        FROM stage_transition WHERE lead_id = :lead
        """,
    ),
    (
        "stage",
        """
        SELECT coalesce(due_at, run.at) AS at, run.id AS ref, 'stays out' AS part,
            jsonb_build_object('cadence', run.cadence, 'way', run.way, 'what', run.what,
                'stays_out', one.why) AS facts
        FROM enrollment_run_lead AS one JOIN enrollment_run AS run ON run.id = one.run_id
        WHERE one.lead_id = :lead AND one.state = 'left_out' AND run.way <> 'hand'
        """,
    ),
    (
        "meeting",
        """
        SELECT starts_at AS at, id AS ref, '' AS part, jsonb_build_object('state', state,
            'attempt', attempt, 'missed', missed, 'owner', owner) AS facts
        FROM meeting WHERE lead_id = :lead AND (state <> 'booked' OR starts_at <= :now)
        """,
    ),
    (
        "opportunity",
        """
        SELECT opened_at AS at, id AS ref, '' AS part,
            jsonb_build_object('what', 'opened', 'name', name, 'owner', owner) AS facts
        FROM opportunity WHERE lead_id = :lead
        """,
    ),
    (
        "opportunity",
        """
        SELECT closed_at AS at, id AS ref, 'closed' AS part, jsonb_build_object('what', outcome,
            'name', name, 'owner', owner, 'reason', outcome_reason, 'competitor', competitor)
            AS facts
        FROM opportunity WHERE lead_id = :lead AND closed_at IS NOT NULL
        """,
    ),
    (
        "owner",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('owner', owner, 'previous', previous,
            'cause', cause, 'rule', rule, 'by', by) AS facts
        FROM assignment WHERE lead_id = :lead
        """,
    ),
    (
        "promise",
        """
        SELECT sla_action.at, sla_action.id AS ref, '' AS part, jsonb_build_object(
            'promise', promise, 'action', action, 'detail', sla_action.detail,
            'pilot', sla_action.pilot) AS facts
        FROM sla_action JOIN sla_clock ON sla_clock.id = clock_id WHERE lead_id = :lead
        """,
    ),
    (
        "consent",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('action', action, 'topic', topic,
            'source', source, 'evidence', evidence) AS facts
        FROM consent_record WHERE email_key IN (SELECT email_key FROM lead WHERE id = :lead
            UNION ALL SELECT value_key FROM lead_contact WHERE lead_id = :lead AND kind = 'email')
        """,
    ),
    (
        "claim",
        """
        SELECT at, 0 AS ref, field AS part, jsonb_build_object('field', field, 'value', value,
            'source', coalesce(nullif(lead_claim.source, ''), write_key.name, '')) AS facts
        FROM lead_claim LEFT JOIN write_key ON write_key.id = write_key_id WHERE lead_id = :lead
        """,
    ),
    (
        "correction",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('field', field, 'before', before,
            'after', after, 'by', by) AS facts
        FROM lead_correction WHERE lead_id = :lead
        """,
    ),
    (
        "note",
        """
        SELECT at, id AS ref, '' AS part, jsonb_build_object('what', kind, 'direction', direction,
            'outcome', outcome, 'subject', subject, 'text', text, 'by', by) AS facts
        FROM lead_note WHERE lead_id = :lead
        """,
    ),
)
"""Kind → where its lines come from."""
_ORDER = "ORDER BY at DESC, kind DESC, ref DESC, part DESC LIMIT :limit"


def _lines_of(kind: str, source: str) -> str:
    return (
        f"SELECT at, '{kind}' AS kind, ref, part, facts FROM ({source}) AS {kind} "
        f"WHERE '{kind}' = ANY (:kinds)"
    )


# Each source is cut for itself, so that of a long one no more is read than is shown; what a line
# says of the one before it (new_cycle) is known by then.
_PAGE = text(
    "SELECT * FROM ("
    + " UNION ALL ".join(
        f"({_lines_of(kind, source)} AND (cast(:at AS timestamptz) IS NULL "
        f"OR (at, text '{kind}', ref, part) < (:at, :kind, :ref, :part)) {_ORDER})"
        for kind, source in _SOURCES
    )
    + f") AS happened {_ORDER}"
)
_COUNT = text(
    "SELECT count(*) FROM ("
    + " UNION ALL ".join(_lines_of(kind, source) for kind, source in _SOURCES)
    + ") AS happened"
)


def timeline(
    connection: Connection,
    lead_id: int,
    now: datetime,
    *,
    kinds: Collection[str] = KINDS,
    after: Sequence[object] | None = None,
    limit: int | None = 100,
) -> list[TimelineEntry]:
    """What happened to a lead by ``now`` (journey time, UTC), of these kinds, the newest first;
    what people wrote stands for the engagement that it was.

    Args:
        after: only what comes after the line with this ``place``.
        limit: how many lines at most; None for all.
    """
    at, kind, ref, part = after or (None, None, None, None)
    asked = {"lead": lead_id, "now": now, "kinds": list(kinds), "limit": limit}
    place = {"at": at, "kind": kind, "ref": ref, "part": part}
    return [TimelineEntry(**row._mapping) for row in connection.execute(_PAGE, asked | place)]


def timeline_length(
    connection: Connection, lead_id: int, now: datetime, kinds: Collection[str] = KINDS
) -> int:
    """How many lines :func:`timeline` has in all."""
    asked = {"lead": lead_id, "now": now, "kinds": list(kinds)}
    return int(connection.execute(_COUNT, asked).scalar_one())


def history(connection: Connection, lead_id: int, limit: int | None = None) -> list[HistoryLine]:
    """What happened to a lead and what is booked, in words: the newest ``limit`` lines (None: all),
    of these the oldest first."""
    found = timeline(connection, lead_id, ENDLESS, kinds=HISTORY, limit=limit)
    return [in_words(one) for one in reversed(found)]


def history_length(connection: Connection, lead_id: int) -> int:
    """How many lines :func:`history` has in all."""
    return timeline_length(connection, lead_id, ENDLESS, HISTORY)


def in_words(one: TimelineEntry) -> HistoryLine:
    """A line of the history as a sentence of codes and words."""
    facts, what = one.facts, one.kind
    match what:
        case "mail":
            named = facts["subject"] if facts["by"] else facts["step"]
            parts = [facts["state"], named, _after("by", facts["by"]), facts["error"]]
        case "engagement":
            worth = f"{facts['points']:+,} points"
            if facts["machine"]:
                worth = f"a machine ({_spaced(facts['machine'])})"
            parts = [facts["what"], facts["name"], worth]
        case "task":
            parts = [f"{facts['what']} {one.ref}", facts["state"], facts["disposition"]]
            if facts["state"] == "refused":
                what = "refused"
                by = _after("by", facts["by"])
                parts = [parts[0], facts["disposition"], facts["reason"], by, facts["note"]]
        case "stage":
            parts = _stage(facts)
        case "meeting":
            parts = [facts["state"], f"attempt {facts['attempt']}"]
        case "owner":
            moved = [_after("from", facts["previous"]), _after("by", facts["by"])]
            parts = [facts["owner"] or "nobody", _spaced(facts["cause"]), *moved]
        case "claim":
            field = _spaced(facts["field"].removeprefix("attributes."))
            parts = [f"{field} {facts['value']}", f"said on {facts['source']}, and not taken over"]
        case "correction" | "note":
            return _by_hand(one)
        case "promise":
            noted = "only noted" if facts["pilot"] else ""
            said = [_spaced(facts["promise"]), _spaced(facts["action"])]
            parts = [*said, facts["detail"], noted]
        case _:
            parts = [facts["action"], facts["topic"], facts["source"], facts["evidence"]]
    return HistoryLine(one.at, what, " · ".join(filter(None, parts)))


def _by_hand(one: TimelineEntry) -> HistoryLine:
    facts, what = one.facts, one.kind
    if what == "note":
        what, way = facts["what"], {"out": "to the lead", "in": "from the lead"}
        parts = [way.get(facts["direction"], ""), _spaced(facts["outcome"]), facts["subject"]]
        parts.append(facts["text"])
    elif facts["field"]:
        changed = f"{facts['before'] or '-'} → {facts['after'] or '-'}"
        parts = [_spaced(facts["field"]), changed]
    else:
        what, parts = "entered", []
    parts.append(_after("by", facts["by"]))
    return HistoryLine(one.at, what, " · ".join(filter(None, parts)))


def _stage(facts: Mapping[str, Any]) -> list[str]:
    if "stays_out" in facts:
        why = _spaced(facts["stays_out"])
        return [f"not in {facts['cadence']}", why, facts["way"], facts["what"]]
    stage = [facts["to"], facts["phase"], facts["reason"], f"cycle {facts['cycle']}"]
    return [*stage, *_enrolled(facts["enrolled"])]


def _enrolled(by_run: Mapping[str, Any] | None) -> list[str]:
    if by_run is None:
        return []
    by = by_run["way"] if by_run["way"] != "hand" else _after("by", by_run["by"])
    left = _after("instead of", by_run["instead_of"])
    return [by_run["cadence"], by, by_run["what"], by_run["why"], left]


def _spaced(code: str) -> str:
    return code.replace("_", " ")


def _after(word: str, whom: str | None) -> str:
    return f"{word} {whom}" if whom else ""
