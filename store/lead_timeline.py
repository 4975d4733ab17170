"""Everything that happened to a lead: in rows that a page can word, and in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

KINDS = (
    *("mail", "engagement", "answer", "task", "stage", "meeting"),
    *("opportunity", "owner", "promise", "consent", "claim"),
)
"""What a line may be about."""


_ENDLESS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Happened:
    """Something that happened to a lead at ``at`` (journey time, UTC). ``ref`` is the id of its
    row, ``facts`` what is known of it: codes, numbers, and words of people."""

    at: datetime
    kind: str
    ref: int
    facts: dict[str, Any]


@dataclass(frozen=True)
class HistoryLine:
    """Something that happened to a lead, in words; ``at`` is journey time, UTC."""

    at: datetime
    what: str
    detail: str


_ALL = text(
    """
    SELECT at, kind, ref, facts FROM (
        SELECT coalesce(touch.sent_at, planned_at) AS at, 'mail' AS kind, touch.id AS ref,
            jsonb_build_object('state', state, 'step', step, 'error', error, 'topic', topic,
                'subject', coalesce(subject, ''), 'kept', outbox_message.id IS NOT NULL) AS facts
        FROM touch LEFT JOIN outbox_message ON outbox_message.touch_key = touch.key
        WHERE lead_id = :lead AND 'mail' = ANY (:kinds)
        UNION ALL
        SELECT at, 'engagement', id, jsonb_build_object('what', kind, 'name',
            coalesce(nullif(name, ''), detail->>'path', detail->>'url', ''),
            'points', points, 'machine', machine, 'text', coalesce(detail->>'text', ''))
        FROM engagement WHERE lead_id = :lead AND 'engagement' = ANY (:kinds)
            AND NOT ('answer' = ANY (:kinds) AND EXISTS (SELECT FROM inbound_message AS mail
                WHERE mail.lead_id = engagement.lead_id AND mail.received_at = engagement.at))
        UNION ALL
        SELECT received_at, 'answer', id,
            jsonb_build_object('what', kind, 'subject', subject, 'text', left(text, 2000))
        FROM inbound_message WHERE lead_id = :lead AND 'answer' = ANY (:kinds)
        UNION ALL
        SELECT coalesce(completed_at, opened_at), 'task', id, jsonb_build_object('what', kind,
            'title', title, 'state', state, 'disposition', disposition, 'attempt', attempt,
            'by', completed_by, 'owner', owner, 'late', late, 'note', coalesce(answer->>'note', ''),
            'reason', coalesce(answer->>'reason', ''))
        FROM task WHERE lead_id = :lead AND 'task' = ANY (:kinds)
        UNION ALL
        SELECT cast(typed->>'at' AS timestamptz), 'task', task.id, jsonb_build_object('what', kind,
            'title', title, 'state', 'refused', 'disposition', typed->>'disposition',
            'by', typed->>'by', 'note', coalesce(typed->>'note', ''),
            'reason', coalesce(typed->>'reason', ''))
        FROM task, jsonb_array_elements(coalesce(task.answer->'refused', '[]')) AS typed
        WHERE lead_id = :lead AND 'task' = ANY (:kinds)
        UNION ALL
        SELECT at, 'stage', id, jsonb_build_object('from', from_stage, 'to', to_stage,
            'phase', phase, 'reason', reason, 'cycle', cycle,
            'new_cycle', cycle > coalesce(lag(cycle) OVER (ORDER BY at, id), cycle))
        FROM stage_transition WHERE lead_id = :lead AND 'stage' = ANY (:kinds)
        UNION ALL
        SELECT starts_at, 'meeting', id, jsonb_build_object('state', state, 'attempt', attempt,
            'missed', missed, 'owner', owner)
        FROM meeting WHERE lead_id = :lead AND 'meeting' = ANY (:kinds)
            AND (state <> 'booked' OR starts_at <= :now)
        UNION ALL
        SELECT opened_at, 'opportunity', id,
            jsonb_build_object('what', 'opened', 'name', name, 'owner', owner)
        FROM opportunity WHERE lead_id = :lead AND 'opportunity' = ANY (:kinds)
        UNION ALL
        SELECT closed_at, 'opportunity', id, jsonb_build_object('what', outcome, 'name', name,
            'owner', owner, 'reason', outcome_reason, 'competitor', competitor)
        FROM opportunity WHERE lead_id = :lead AND closed_at IS NOT NULL
            AND 'opportunity' = ANY (:kinds)
        UNION ALL
        SELECT at, 'owner', id, jsonb_build_object('owner', owner, 'previous', previous,
            'cause', cause, 'rule', rule, 'by', by)
        FROM assignment WHERE lead_id = :lead AND 'owner' = ANY (:kinds)
        UNION ALL
        SELECT sla_action.at, 'promise', sla_action.id, jsonb_build_object('promise', promise,
            'action', action, 'detail', sla_action.detail, 'pilot', sla_action.pilot)
        FROM sla_action JOIN sla_clock ON sla_clock.id = clock_id
        WHERE lead_id = :lead AND 'promise' = ANY (:kinds)
        UNION ALL
        SELECT at, 'consent', id, jsonb_build_object('action', action, 'topic', topic,
            'source', source, 'evidence', evidence)
        FROM consent_record WHERE 'consent' = ANY (:kinds)
            AND email_key = (SELECT email_key FROM lead WHERE id = :lead)
        UNION ALL
        SELECT at, 'claim', 0, jsonb_build_object('field', field, 'value', value,
            'source', write_key.name)
        FROM lead_claim JOIN write_key ON write_key.id = write_key_id
        WHERE lead_id = :lead AND 'claim' = ANY (:kinds)
    ) AS happened ORDER BY at DESC, kind, ref DESC LIMIT :limit
    """
)


def timeline(
    connection: Connection,
    lead_id: int,
    now: datetime,
    *,
    kinds: Collection[str] = KINDS,
    limit: int | None = 100,
) -> list[Happened]:
    """What happened to a lead by ``now`` (journey time, UTC), of these kinds, the newest first;
    what people wrote stands for the engagement that it was. ``limit`` None: all of it."""
    rows: Any = connection.execute(
        _ALL, {"lead": lead_id, "now": now, "kinds": list(kinds), "limit": limit}
    )
    return [Happened(**row._mapping) for row in rows]


def history(connection: Connection, lead_id: int) -> list[HistoryLine]:
    """What happened to a lead and what is booked, in words, the oldest first; sales have lists of
    their own."""
    kinds = set(KINDS) - {"answer", "opportunity"}
    found = timeline(connection, lead_id, _ENDLESS, kinds=kinds, limit=None)
    lines = [_worded(one) for one in reversed(found)]
    return sorted(lines, key=lambda line: (line.at, line.what))


def _worded(one: Happened) -> HistoryLine:
    facts, what = one.facts, one.kind
    match what:
        case "mail":
            parts = [facts["state"], facts["step"], facts["error"]]
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
            parts = [facts["to"], facts["phase"], facts["reason"], f"cycle {facts['cycle']}"]
        case "meeting":
            parts = [facts["state"], f"attempt {facts['attempt']}"]
        case "owner":
            moved = [_after("from", facts["previous"]), _after("by", facts["by"])]
            parts = [facts["owner"] or "nobody", _spaced(facts["cause"]), *moved]
        case "claim":
            field = _spaced(facts["field"].removeprefix("attributes."))
            parts = [f"{field} {facts['value']}", f"said on {facts['source']}, and not taken over"]
        case "promise":
            noted = "only noted" if facts["pilot"] else ""
            said = [_spaced(facts["promise"]), _spaced(facts["action"])]
            parts = [*said, facts["detail"], noted]
        case _:
            parts = [facts["action"], facts["topic"], facts["source"], facts["evidence"]]
    return HistoryLine(one.at, what, " · ".join(filter(None, parts)))


def _spaced(code: str) -> str:
    return code.replace("_", " ")


def _after(word: str, whom: str | None) -> str:
    return f"{word} {whom}" if whom else ""
