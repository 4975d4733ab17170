"""What became of everything that was acknowledged: lost, doubled, stuck."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable

from temporalio.client import Client, WorkflowExecutionStatus

from domain.journey import journey_id, wait_id
from tests.faults.campaign.players import Book, Mailbox
from tests.faults.deployment import Deployment

Found = dict[str, list[str]]
"""What is wrong, and with what."""
SETTLING_SECONDS = 60.0
"""How long a journey that is moving may differ from what the database says of it."""

# Who books in the meantime goes to the meeting at once.
_NOT_TAKEN = """
    SELECT crossing.lead_id, crossing.cycle FROM crossing
    WHERE NOT EXISTS (
        SELECT FROM stage_transition AS moved WHERE moved.lead_id = crossing.lead_id
            AND moved.cycle = crossing.cycle AND moved.phase IN ('FollowUp', 'Meeting'))
"""


def tally(here: Deployment, book: Book, mailbox: Mailbox) -> Found:
    """Everything that the database and the mail server say against what was acknowledged."""
    known = book.acknowledged
    events = {row.key.rpartition(":")[2] for row in here.rows("SELECT key FROM engagement")}
    leads = [row.email_key for row in here.rows("SELECT email_key FROM lead")]
    users = {f"{user}@faults.example" for user in known["identify"].values()}
    crossed = _people(here, "crossing")
    tasks = {
        str(row.id): row
        for row in here.rows("SELECT id, state, disposition, late, consumed FROM task")
    }
    done = {key for key, row in tasks.items() if row.state == "done"}
    return {
        "leads lost": sorted(users - set(leads)),
        "leads doubled": _twice(leads),
        "events lost": sorted(set(known["event"]) - events),
        "clicks lost": _clicks_lost(here, book),
        "dispositions lost": sorted(set(known["disposition"]) - done),
        "dispositions late": [
            key for key in known["disposition"] if key in tasks and tasks[key].late
        ],
        "dispositions not taken": [
            key
            for key in known["disposition"]
            if key in done and not (tasks[key].consumed or tasks[key].late)
        ],
        "crossings lost": sorted(set(known["crossing"]) - set(crossed)),
        "crossings not taken": [
            f"lead {row.lead_id}, cycle {row.cycle}" for row in here.rows(_NOT_TAKEN)
        ],
        "crossings doubled": _twice(
            f"lead {row.lead_id}, cycle {row.cycle}"
            for row in here.rows(
                "SELECT lead_id, cycle FROM stage_transition WHERE phase = 'FollowUp' "
                "AND reason = 'score_reached'"
            )
        ),
        "bookings lost": sorted(
            set(known["booking"])
            - {
                str(row.id)
                for row in here.rows(
                    "SELECT task.id FROM task JOIN meeting USING (lead_id) "
                    "WHERE disposition = 'meeting_booked'"
                )
            }
        ),
        "bookings doubled": _twice(
            str(row.lead_id) for row in here.rows("SELECT lead_id FROM meeting")
        ),
        "unsubscribes lost": sorted(
            {f"user-{lead}@faults.example" for lead in known["unsubscribe"].values()}
            - {row.email_key for row in here.rows("SELECT email_key FROM suppression")}
        ),
        "touches doubled": [key for key, times in mailbox.mails.items() if len(times) > 1],
        "touches lost": [
            row.key
            for row in here.rows("SELECT key, message_id FROM touch WHERE state = 'sent'")
            if row.message_id not in mailbox.mails
        ],
        "mails without a touch": sorted(
            set(mailbox.mails)
            - {row.message_id for row in here.rows("SELECT message_id FROM touch")}
        ),
    }


def stuck(here: Deployment) -> Found:
    """Journeys that Temporal and the database tell different things of, or that failed."""
    until = time.monotonic() + SETTLING_SECONDS
    while (found := asyncio.run(_differing(here)))["leads stuck"] and time.monotonic() < until:
        time.sleep(2)
    return found


async def _differing(here: Deployment) -> Found:
    client = await Client.connect(here.stack.temporal.address)
    broken = await client.count_workflows(
        "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')"
    )
    found: list[str] = []
    for lead in here.rows("SELECT id, phase FROM lead ORDER BY id"):
        run = await client.get_workflow_handle(journey_id(lead.id)).describe()
        waits = {one.activity_id for one in run.raw_description.pending_activities}
        tasks = here.rows(f"SELECT id FROM task WHERE state = 'open' AND lead_id = {lead.id}")
        running = run.status == WorkflowExecutionStatus.RUNNING
        if running != (lead.phase != "ended") or (running and run.workflow_type != lead.phase):
            found.append(f"lead {lead.id}: {lead.phase}, but {run.workflow_type} {run.status}")
        elif lost := {one for one in waits if one.startswith("task-")} - {
            wait_id(task.id) for task in tasks
        }:
            found.append(f"lead {lead.id}: waits for {sorted(lost)}, which nobody has to do")
    return {"leads stuck": found, "workflows failed": ["?"] * broken.count}


def _people(here: Deployment, table: str) -> list[str]:
    rows = here.rows(f"SELECT email_key FROM {table} JOIN lead ON lead.id = lead_id")
    return [row.email_key.removeprefix("user-").partition("@")[0] for row in rows]


def _clicks_lost(here: Deployment, book: Book) -> list[str]:
    """Each link is clicked once, so that leads have as many clicks as were acknowledged."""
    counted: dict[str, int] = {}
    for lead in _people(here, "engagement"):
        counted.setdefault(lead, 0)
    rows = here.rows(
        "SELECT email_key, count(*) AS clicks FROM engagement JOIN lead ON lead.id = lead_id "
        "WHERE kind = 'click' GROUP BY email_key"
    )
    counted |= {one.email_key.removeprefix("user-").partition("@")[0]: one.clicks for one in rows}
    told: dict[str, int] = {}
    for lead in book.acknowledged["click"].values():
        told[lead] = told.get(lead, 0) + 1
    return [
        f"{lead}: {clicks - counted.get(lead, 0)} of {clicks}"
        for lead, clicks in told.items()
        if counted.get(lead, 0) < clicks
    ]


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, times in Counter(keys).items() if times > 1]
