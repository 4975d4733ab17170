"""The work of sales in the made-up company: tasks, appointments, sales, promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.journey import TaskRequest
from domain.contracts.tasks import TaskKind
from domain.tasks.completion import Completion
from domain.tasks.rules import TASKS
from domain.time.spans import parse_clock_span
from store.alerts import NewAlert, raise_alerts
from store.opportunities.customers import mark_dates
from store.opportunities.opportunities import open_opportunity, record_qualification
from store.tables import LeadFeedback, Meeting, SlaAction, SlaClock, StageTransition
from store.tasks import tasks
from tests.console.journeys import PATHS
from tests.support.rows import add, change_lead, run

MINUTES = {
    "qualify": {0: -40, 1: 12, 2: 75, 3: 4, 15: 30, 20: 45},
    "call": {4: 20, 5: 55, 6: 150, 7: 240, 8: 300, 9: 1440, 16: 25, 18: -90, 21: 200},
    "meeting_outcome": {10: 6, 11: 15},
    "opportunity": {12: 3 * 1440, 13: 8 * 1440, 17: 2 * 1440, 19: 5 * 1440},
    "cadence": {14: 1500},
    "hand_over": {22: 900},
    "upsell": {23: 9 * 1440},
    "renewal": {24: 30 * 1440},
    "loss_review": {33: 3 * 1440},
}
"""Kind of open task → lead (by position) → minutes until it is due. Those of rep-1 are the first
fifteen leads'."""
ATTEMPTS = {5: 2, 6: 2, 7: 3, 8: 4, 18: 3}
WRITTEN = {
    "cadence": (
        "Send a personal line about what the lead read",
        "Look at what was read, then write two sentences of your own: one about it, one question "
        "about their week.",
    ),
    "hand_over": (
        "Welcome call",
        "Introduce yourself and agree on what a good first month looks like.",
    ),
}
"""Title and instructions that marketing wrote."""
QUESTIONS = [
    "When did we last think that we would win, and what changed then?",
    "What would we do differently, and who should hear of it?",
]
OUTCOMES = ("no_answer", "left_voicemail", "busy")
SALES: Mapping[int, tuple[str, str, str, str]] = {
    12: ("discovery", "", "", ""),
    13: ("proposal", "", "", ""),
    17: ("negotiation", "", "", ""),
    19: ("discovery", "", "", ""),
    22: ("negotiation", "won", "", ""),
    23: ("negotiation", "won", "", ""),
    24: ("negotiation", "won", "", ""),
    30: ("discovery", "no_outcome", "no_decision", ""),
    32: ("proposal", "lost", "price", ""),
    33: ("negotiation", "lost", "competitor", "rival-plan"),
    34: ("proposal", "lost", "missing_feature", "old-ledger"),
}
"""Lead (by position) → stage, outcome, reason and competitor of its sale."""
BANT: Mapping[int, dict[str, str]] = {
    12: {"need": "Second visits cost two days a week"},
    13: {
        "budget": "40,000 a year, agreed",
        "authority": "Signs herself up to 50,000",
        "need": "Four branches plan in four spreadsheets",
    },
    17: {
        "budget": "Waits for the half-year figures",
        "authority": "Board, on the 14th",
        "need": "Emergency calls upset every plan",
        "timeline": "Before the heating season",
    },
}
PARKED_DAYS = (2, 9, 12, 25, 31, 44, 61, 88, 121, 166)


def sell(connection: Connection, leads: Sequence[int], now: datetime) -> dict[int, int]:
    """Open the sales, and close those that are over; lead → id of its sale."""
    made = {}
    for position, (stage, outcome, reason, competitor) in SALES.items():
        lead, path = leads[position], PATHS[position]
        opened = now - timedelta(days=path.moves[-1].days)
        if outcome:
            opened -= timedelta(days=30)
        sale = open_opportunity(
            connection, key=f"world-{lead}", lead_id=lead, stage=stage, at=opened, name=""
        )
        made[lead] = sale
        run(
            connection,
            "UPDATE opportunity SET outcome = :outcome, outcome_reason = :reason, "
            "competitor = :competitor, closed_at = :closed WHERE id = :sale",
            outcome=outcome,
            reason=reason,
            competitor=competitor,
            closed=opened + timedelta(days=30) if outcome else None,
            sale=sale,
        )
        if position in BANT:
            record_qualification(connection, sale, BANT[position])
        if not outcome and stage != "discovery":
            _stage(connection, lead, path.cycle, stage, now)
    for position, kind, on in ((23, "upsell", 9), (24, "renewal", 90), (22, "renewal", 300)):
        day: date = (now + timedelta(days=on)).date()
        mark_dates(connection, leads[position], made[leads[position]], [(kind, day)])
    return made


def _stage(connection: Connection, lead: int, cycle: int, stage: str, now: datetime) -> None:
    change_lead(connection, lead, stage="opportunity")
    add(
        connection,
        StageTransition,
        lead_id=lead,
        key=f"world-{lead}:{stage}",
        from_stage="sql",
        to_stage="opportunity",
        phase="Opportunity",
        reason=stage,
        cycle=cycle,
        at=now - timedelta(days=1),
    )


def meet(connection: Connection, leads: Sequence[int], now: datetime) -> dict[int, int]:
    """Appointments past, missed and to come; lead → id of its appointment."""
    plan: list[tuple[int, float, str]] = [
        (10, -0.8, "booked"),
        (11, -2.5, "booked"),
        *((position, -72 - position, "held") for position in (12, 13, 17, 19)),
        (9, -26, "no_show"),
        (29, -240, "no_show"),
        (27, -500, "cancelled"),
        (42, 5, "booked"),
        (43, 29, "booked"),
        (44, 77, "booked"),
    ]
    return {
        leads[position]: add(
            connection,
            Meeting,
            lead_id=leads[position],
            owner=PATHS[position].owners[0],
            starts_at=(now + timedelta(hours=hours)).replace(second=0, microsecond=0),
            state=state,
            attempt=2 if position == 29 else 1,
            missed=2 if position == 29 else int(state in ("no_show", "cancelled")),
            cycle=PATHS[position].cycle,
            booked_by="lead" if position % 2 else PATHS[position].owners[0],
            join_url="https://meet.example/room" if hours > 0 else "",
        )
        for position, hours, state in plan
    }


@dataclass(frozen=True)
class Company:
    """What tasks are about: leads in order, and by lead its sale and its appointment."""

    connection: Connection
    leads: Sequence[int]
    sales: Mapping[int, int]
    meetings: Mapping[int, int]
    now: datetime

    def open(self, kind: str, position: int, opened: datetime, attempt: int = 1) -> int:
        """Open a task for the lead's owner; its id."""
        lead = self.leads[position]
        sale = self.sales.get(lead, 0)
        due = self.now + timedelta(minutes=MINUTES[kind].get(position, 0))
        stage, _, reason, competitor = SALES.get(position, ("discovery", "", "", ""))
        title, instructions = WRITTEN.get(kind, ("", ""))
        facts: dict[str, dict[str, Any]] = {
            "call": {"attempts": 6},
            "opportunity": {"stage": stage, "case": ""},
            "upsell": {"on": f"{due:%Y-%m-%d}"},
            "renewal": {"on": f"{due:%Y-%m-%d}"},
            "loss_review": {
                "stage": stage,
                "reason": reason,
                "competitor": competitor,
                "questions": QUESTIONS,
            },
        }
        return tasks.open_task(
            self.connection,
            TaskRequest(
                f"world-{lead}:{kind}:{attempt}",
                lead,
                TaskKind(kind),
                attempt,
                meeting_id=self.meetings[lead] if kind == "meeting_outcome" else 0,
                opportunity_id=sale if kind in ("opportunity", "loss_review") else 0,
            ),
            title=title,
            instructions=instructions,
            facts=facts.get(kind, {}),
            dispositions=TASKS[TaskKind(kind)].dispositions,
            opened_at=opened,
            due=parse_clock_span("60 business minutes"),
            deadline=parse_clock_span("5 business days"),
            workflow_id=f"lead-{lead}",
            run_id=f"world-{lead}",
        ).id


def open_work(company: Company) -> dict[int, int]:
    """The open tasks, after those that were done before; lead → id of its open task."""
    connection, now = company.connection, company.now
    hot = company.leads[3]
    alert = NewAlert(f"hot:{hot}", "hot_lead", "rep-1", now + timedelta(minutes=4), hot)
    raise_alerts(connection, [alert], now - timedelta(minutes=1))
    made = {}
    for kind, due_in in MINUTES.items():
        for position, minutes in due_in.items():
            if kind == "call":
                _work_before(company, position)
            opened = now - timedelta(minutes=100 if position == 0 else 25)
            task = company.open(kind, position, opened, ATTEMPTS.get(position, 1))
            made[company.leads[position]] = task
            due: dict[str, Any] = {"due": now + timedelta(minutes=minutes), "task": task}
            set_due = "UPDATE task SET due_at = :due, due_in = '' WHERE id = :task"
            run(connection, set_due, **due)
            run(connection, "UPDATE sla_clock SET due_at = :due WHERE task_id = :task", **due)
    run(connection, "UPDATE task SET owner = 'mgr-world' WHERE kind = 'loss_review'")
    _be_late(connection, company.leads[0], made[company.leads[0]], now)
    return made


def _work_before(company: Company, position: int) -> None:
    connection, now = company.connection, company.now
    owner = PATHS[position].owners[0]
    begun = now - timedelta(days=PATHS[position].moves[-1].days)
    task = company.open("qualify", position, begun)
    tasks.complete_task(
        connection, task, Completion(disposition="accept"), owner, begun + timedelta(minutes=18)
    )
    for attempt in range(1, ATTEMPTS.get(position, 1)):
        at = now - timedelta(days=5 - attempt)
        task = company.open("call", position, at, attempt)
        outcome = OUTCOMES[(position + attempt) % len(OUTCOMES)]
        answer = Completion(disposition=outcome, note="Reception says mornings are best.")
        tasks.complete_task(connection, task, answer, owner, at + timedelta(minutes=50))


def _be_late(connection: Connection, lead: int, task: int, now: datetime) -> None:
    clock: Any = connection.scalar(
        text(
            "UPDATE sla_clock SET state = 'breached' WHERE task_id = :task AND promise = 'accept' "
            "RETURNING id"
        ),
        {"task": task},
    )
    due = now - timedelta(minutes=40)
    for action, detail in (("breach", ""), ("remind", "rep-1")):
        add(connection, SlaAction, clock_id=clock, action=action, detail=detail, at=due)
    raise_alerts(
        connection,
        [NewAlert(f"sla_reminder:{clock}:rep-1", "sla_reminder", "rep-1", due, lead)],
        due,
    )


def keep_promises(company: Company) -> None:
    """The promises of the last weeks, what sales said of leads, rests, and what else is wrong."""
    connection, leads, now = company.connection, company.leads, company.now
    for number, lead in enumerate(leads[20:40]):
        at = now - timedelta(days=1 + number * 0.9)
        state = "breached" if number % 6 == 5 else "met"
        for promise, hours in (("hand_over", 4), ("accept", 1), ("first_week", 120)):
            late = state == "breached" and promise == "accept"
            add(
                connection,
                SlaClock,
                key=f"world-{lead}:{promise}",
                promise=promise,
                lead_id=lead,
                owner="rep-1" if number % 2 else "rep-2",
                team="world",
                state="breached" if late else "met",
                started_at=at,
                due_at=at + timedelta(hours=hours),
                ended_at=at + timedelta(hours=hours * (1.4 if late else 0.5)),
            )
        returned = PATHS[20 + number].moves[-1].reason if 15 <= number < 18 else ""
        add(
            connection,
            LeadFeedback,
            lead_id=lead,
            cycle=PATHS[20 + number].cycle,
            verdict="returned" if returned else "accepted",
            reason=returned,
            by="rep-2",
            at=at,
        )
    for lead, days in zip(leads[25:35], PARKED_DAYS, strict=True):
        change_lead(connection, lead, recycled_until=now + timedelta(days=days))
    asked = (now + timedelta(days=PARKED_DAYS[5])).date()
    change_lead(connection, leads[30], return_on=asked, return_why="asked_for")
    sale, meeting = company.sales[leads[17]], company.meetings[leads[11]]
    raise_alerts(
        connection,
        [
            NewAlert(f"stalled:opportunity-{sale}:1", "stalled", "rep-2", now, leads[17]),
            NewAlert(f"outcome:meeting-{meeting}:1:1", "outcome_missing", "rep-1", now, leads[11]),
            NewAlert("unassigned:korea:mgr-korea:1", "unassigned", "mgr-korea", now),
        ],
        now,
    )
