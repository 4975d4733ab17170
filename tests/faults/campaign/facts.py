"""What the database says in the end of what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from health.visits import counts_of
from settings import Clock
from tests.faults.campaign.book import Counts
from tests.support.deployment import Deployment

Found = dict[str, list[str]]
"""What is wrong, and with what."""
SETTLED_SECONDS = 60
"""What has begun longer ago should be through."""

# Kind of act → (subject, how often it is there).
KEPT = {
    "lead": "SELECT email_key, count(*) FROM lead GROUP BY 1",
    "event": """
        SELECT split_part(key, ':', -1), count(*) FROM engagement
        WHERE kind IN ('page', 'track') GROUP BY 1
    """,
    "open": """
        SELECT touch.key, count(*) FROM engagement JOIN touch ON touch.id = touch_id
        WHERE kind = 'open' AND NOT starts_with(engagement.key, 'sendgrid:') GROUP BY 1
    """,
    "click": """
        SELECT touch.key || ' ' || (detail->>'url'), count(*)
        FROM engagement JOIN touch ON touch.id = touch_id
        WHERE kind = 'click' AND NOT starts_with(engagement.key, 'sendgrid:') GROUP BY 1
    """,
    "suppression": "SELECT email_key, 1 FROM suppression",
    "reply": """
        SELECT message_id, count(*) FROM inbound_message
        WHERE EXISTS (SELECT FROM engagement WHERE key = 'inbound:' || message_id) GROUP BY 1
    """,
    "event of SendGrid": """
        SELECT split_part(key, ':', 2), count(*) FROM engagement
        WHERE starts_with(key, 'sendgrid:') GROUP BY 1
    """,
    "delivery": "SELECT key, 1 FROM touch WHERE delivered_at IS NOT NULL",
    "booking at Cal.com": "SELECT id, 1 FROM calendar_booking WHERE starts_at IS NOT NULL",
    "cancellation at Cal.com": "SELECT id, 1 FROM calendar_booking WHERE cancelled",
    "appointment": """
        SELECT email_key, sum(attempt) FROM meeting JOIN lead ON lead.id = lead_id GROUP BY 1
    """,
    "cancellation": """
        SELECT email_key, sum(sequence - attempt + 1)
        FROM meeting JOIN lead ON lead.id = lead_id GROUP BY 1
    """,
    "disposition": "SELECT cast(id AS text), 1 FROM task WHERE state = 'done'",
    # Who is with sales already does not cross.
    "crossing": """
        SELECT email_key, 1 FROM lead WHERE id IN (
            SELECT lead_id FROM crossing UNION
            SELECT lead_id FROM stage_transition WHERE phase IN ('FollowUp', 'Meeting'))
    """,
    "sale opened": "SELECT name, count(*) FROM opportunity WHERE name <> '' GROUP BY 1",
    "sale closed": "SELECT id || ' ' || outcome, 1 FROM opportunity WHERE outcome <> ''",
    "points": """
        SELECT email_key, count(*) FROM engagement JOIN lead ON lead.id = lead_id
        WHERE kind = 'score' GROUP BY 1
    """,
    "reassignment": """
        SELECT 'lead-' || lead_id, count(*) FROM assignment WHERE cause = 'reassigned' GROUP BY 1
    """,
    "change on record": "SELECT by, count(*) FROM api_change GROUP BY 1",
}

# What nobody asked for twice, and what should have led on, some time ago.
_WRONG = {
    "dispositions late": "SELECT id FROM task WHERE state = 'done' AND late",
    "dispositions not taken": (
        "SELECT id FROM task WHERE state = 'done' AND NOT consumed AND NOT late"
    ),
    # The key ends with a random UUID: a task is opened anew after a pause, but not done again.
    "tasks done twice": """
        SELECT regexp_replace(key, ':[0-9a-f]{{8}}-[0-9a-f-]{{27}}$', '') FROM task
        WHERE state = 'done' GROUP BY 1 HAVING count(*) > 1
    """,
    # Who books in the meantime goes to the meeting at once, who buys becomes a customer; a recycled
    # lead is taken in the cycle after the one in which it crossed.
    "crossings not taken": """
        SELECT lead_id, cycle FROM crossing WHERE at < '{settled}' AND NOT EXISTS (
            SELECT FROM stage_transition AS moved WHERE moved.lead_id = crossing.lead_id
                AND moved.cycle IN (crossing.cycle, crossing.cycle + 1)
                AND moved.phase IN ('FollowUp', 'Meeting', 'Customer'))
    """,
    "crossings that did not come": """
        SELECT id FROM lead WHERE phase = 'Nurture' AND phase_since < '{settled}'
            AND interest > 110 AND crossed_cycle < cycle
    """,
    "crossings doubled": """
        SELECT lead_id, cycle FROM stage_transition
        WHERE phase = 'FollowUp' AND reason = 'score_reached'
        GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "bookings at Cal.com not taken": """
        SELECT id FROM calendar_booking
        WHERE starts_at IS NOT NULL AND NOT applied AND NOT replaced AND NOT cancelled
    """,
    # In the other phases its time is watched, or it waits until the opportunity is over.
    "appointments not followed": """
        SELECT meeting.id, phase FROM meeting JOIN lead ON lead.id = lead_id
        WHERE state = 'booked' AND phase IN ('Nurture', 'FollowUp', 'Recycle', 'ended')
            AND NOT beside AND starts_at > phase_since AND phase_since < '{settled}'
            AND meeting.created_at < now() - interval '{seconds} seconds'
    """,
    # At Cal.com a lead may book as many as it likes; what it books with us moves.
    "appointments doubled": """
        SELECT lead_id FROM meeting
        WHERE state = 'booked' AND provider = '' AND NOT beside AND starts_at > '{settled}'
        GROUP BY 1 HAVING count(*) > 1
    """,
    "mails sent twice": """
        SELECT enrollment_id, step FROM touch WHERE state = 'sent' AND enrollment_id IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "enrollments doubled": """
        SELECT lead_id, cycle, name FROM enrollment
        JOIN cadence_version ON cadence_version.id = cadence_version_id WHERE name = 'again'
        GROUP BY 1, 2, 3 HAVING count(*) > 1
    """,
    "touches stuck": """
        SELECT key, state FROM touch WHERE state IN ('planned', 'claimed', 'sending')
            AND planned_at < '{settled}'
    """,
    "messages undelivered": """
        SELECT id, kind, error FROM relay_message
        WHERE outcome = '' AND created_at < now() - interval '{seconds} seconds'
    """,
}


@dataclass(frozen=True)
class Touched:
    """What the ledger says of a touch, and whom it was for."""

    key: str
    state: str
    message_id: str
    address: str


@dataclass(frozen=True)
class Facts:
    """The end of a campaign, as the database has it."""

    kept: Counts
    wrong: Found = field(default_factory=dict)
    touches: Sequence[Touched] = ()
    address_of: dict[str, str] = field(default_factory=dict)
    """``lead-7`` → its address: who has only the one is compared with who has the other."""


def read_facts(here: Deployment, clock: Clock) -> Facts:
    """Read them."""
    settled = clock.journey_time(datetime.now(UTC) - timedelta(seconds=SETTLED_SECONDS))
    placed = {"settled": settled.isoformat(), "seconds": SETTLED_SECONDS}
    spooled = counts_of(here.home / "spool" / "visits")
    wrong = {what: _told(here.rows(query.format(**placed))) for what, query in _WRONG.items()}
    wrong["visits on disk"] = [f"{spooled}"] if any(vars(spooled).values()) else []
    touches = here.rows(
        "SELECT key, state, message_id, email_key FROM touch JOIN lead ON lead.id = lead_id"
    )
    leads = here.rows("SELECT 'lead-' || id AS id, email_key FROM lead")
    return Facts(
        kept={
            kind: Counter({str(subject): int(times) for subject, times in here.rows(query)})
            for kind, query in KEPT.items()
        },
        wrong=wrong,
        touches=[Touched(*one) for one in touches],
        address_of={one.id: one.email_key for one in leads},
    )


def _told(rows: list[Any]) -> list[str]:
    return [" ".join(str(value) for value in row) for row in rows]
