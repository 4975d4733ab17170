"""The people of the made-up company's database, and how far each has come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.lead_files.columns import recognise
from domain.lead_files.lead_file import read_lead_file
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from settings import ROOT
from store.imports import import_runs, lead_import
from store.imports.import_runs import Outcome
from store.tables import Assignment, Crossing, StageTransition
from tests.support.rows import add, change_lead, run

PEOPLE = 60
ENDED = "ended"


@dataclass(frozen=True)
class Move:
    """One phase of a journey: so many days ago, which, and why."""

    days: float
    phase: str
    stage: str
    reason: str


@dataclass(frozen=True)
class Path:
    """What leads of a kind went through, and whose they are."""

    owners: tuple[str, ...]
    moves: tuple[Move, ...]
    score: int = 0
    cycle: int = 1


BEGUN = Move(34, "Nurture", "known", "new")
READY = Move(6, "FollowUp", "mql", "score_reached")
BOOKED = Move(4, "Meeting", "sal", "booked")
HELD = Move(3, "Opportunity", "sql", "held")
WON = Move(40, "Customer", "customer", "won")


def _nurtured(days: float, stage: str = "known", score: int = 2) -> Path:
    return Path(("",), (Move(days, "Nurture", stage, "new"),), score)


def _parked(reason: str, days: float, owner: str = "rep-1", cycle: int = 1) -> Path:
    begun = Move(days + 40, "Nurture", "known", "new")
    handed_over = Move(days + 9, "FollowUp", "mql", "score_reached")
    recycled = Move(days, "Recycle", "recycled", reason)
    moves = (begun, recycled) if reason == "exhausted" else (begun, handed_over, recycled)
    return Path((owner,), moves, 12, cycle)


def _ended(reason: str, stage: str = "disqualified") -> Path:
    return Path(("rep-2",), (BEGUN, READY, Move(2, ENDED, stage, reason)))


_FRESH = Path(("rep-1",), (BEGUN, Move(0.02, "FollowUp", "mql", "score_reached")), 88)
_CALLED = Path(("rep-1",), (BEGUN, READY), 74)
_MET = Path(("rep-1",), (BEGUN, READY, BOOKED), 92)
_SELLING = Path(("rep-1",), (BEGUN, READY, BOOKED, HELD), 95)
_WARM = Path(("rep-1",), (Move(21, "Nurture", "engaged", "new"),), 24)

PATHS: tuple[Path, ...] = (
    *(_FRESH,) * 4,
    *(_CALLED,) * 6,
    *(_MET,) * 2,
    *(_SELLING,) * 2,
    _WARM,
    # 15: colleagues
    Path(("rep-2",), _FRESH.moves, 70),
    Path(("rep-2",), _CALLED.moves, 66),
    Path(("rep-2",), _SELLING.moves, 90),
    Path(("rep-4",), _CALLED.moves, 61),
    Path(("rep-4",), _SELLING.moves, 83),
    # 20: a Korean whom nobody can take, and a reply
    Path(("",), (BEGUN, Move(0.1, "FollowUp", "mql", "replied")), 58),
    Path(("rep-4",), (BEGUN, Move(0.1, "FollowUp", "mql", "replied")), 58),
    # 22: customers
    *(Path((owner,), (BEGUN, WON), 30) for owner in ("cs-1", "cs-1", "cs-2")),
    # 25: recycled
    _parked("exhausted", 12, ""),
    _parked("exhausted", 60, "", 2),
    _parked("no_response", 20),
    _parked("no_response", 45, "rep-2", 2),
    _parked("no_show", 9),
    _parked("too_early", 30, "rep-4"),
    _parked("not_interested", 70, "rep-2"),
    _parked("lost", 15),
    _parked("lost", 33, "rep-2"),
    _parked("lost", 120, "rep-4"),
    # 35: over
    _ended("bad_data"),
    _ended("competitor"),
    _ended("student"),
    _ended("unsubscribed", "engaged"),
    _ended("bounced", "known"),
    # 40: not begun
    *(Path(("",), ()),) * 2,
    # 42: an appointment to come
    Path(("rep-1",), _MET.moves, 85),
    Path(("rep-2",), _MET.moves, 79),
    Path(("rep-4",), _MET.moves, 72),
    # 45: with marketing
    *(_nurtured(3 * days + 0.3) for days in range(1, 9)),
    *(_nurtured(4 * days + 1.2, "engaged", 18) for days in range(1, 6)),
    Path(("rep-2",), (Move(160, "Recycle", "recycled", "no_response"), BEGUN), 15, 2),
    Path(("rep-1",), (Move(200, "Recycle", "recycled", "lost"), BEGUN), 11, 3),
)


def bring_people(connection: Connection, now: datetime) -> list[int]:
    """Import the first people of the sample that is shipped; their ids in order."""
    file = read_lead_file((ROOT / "demo" / "sample-leads.csv").read_bytes())
    reader = RowReader(recognise(file.header, {}, source_given=False))
    people: list[tuple[int, LeadRow]] = []
    rejected: Counter[str] = Counter()
    for record in file.records():
        try:
            people.append((record.row, reader.read(record.values)))
        except RejectedRowError as wrong:
            rejected[type(wrong).__name__] += 1
        if len(people) == PEOPLE:
            break
    lead_import.prepare(connection)
    lead_import.stage(connection, people)
    merged = lead_import.merge(connection)
    lead_import.judge_fit(connection, now)
    import_runs.record(
        connection,
        file_name="fair-munich.csv",
        by="marketing at the command line",
        source="Trade Show",
        cadence="welcome-nurture",
        encoding=file.encoding,
        lines=file.line_count,
        outcome=Outcome(
            rows=PEOPLE + rejected.total(),
            created=merged.created,
            updated=merged.updated,
            unsubscribed=0,
            reasons=rejected,
            not_understood={},
            journeys=0,
            starts_for=0.0,
            ready=0,
            ready_hours=0,
            ready_per_hour=0,
        ),
    )
    keys = [row.email_key for _, row in people]
    known = connection.execute(
        text("SELECT email_key, id FROM lead WHERE email_key = ANY(:keys)"), {"keys": keys}
    )
    ids = {row.email_key: int(row.id) for row in known}
    return [ids[key] for key in keys]


def live_on(connection: Connection, leads: list[int], now: datetime) -> None:
    """Let each lead go its path."""
    for lead, path in zip(leads, PATHS, strict=True):
        _walk(connection, lead, path, now)


def enroll(connection: Connection, leads: list[int], now: datetime) -> None:
    """A run by which marketing enrolled some of them: one has entered, the others are to come or
    stay out."""
    run(
        connection,
        """
        WITH run AS (
            INSERT INTO enrollment_run (cadence, selected, replaces, per_day, reason, by, at)
            VALUES ('welcome-nurture', 3, true, 1, 'Spring fair', 'marketing', :at) RETURNING id)
        INSERT INTO enrollment_run_lead
            (run_id, lead_id, state, why, due_at, entered_at, left_phase)
        SELECT id, lead, state, why, :at + days * interval '1 day',
            CASE state WHEN 'entered' THEN cast(:at AS timestamptz) END, 'Recycle'
        FROM run, unnest(cast(:leads AS bigint[]), ARRAY['entered', 'dropped', 'left_out'],
            ARRAY['', '', 'with_sales'], ARRAY[0, 1, 0]) AS one (lead, state, why, days)
        """,
        leads=leads[-3:],
        at=now - timedelta(days=2),
    )


def _walk(connection: Connection, lead: int, path: Path, now: datetime) -> None:
    stage, owner = "known", path.owners[0]
    for number, move in enumerate(path.moves):
        at = now - timedelta(days=move.days)
        add(
            connection,
            StageTransition,
            lead_id=lead,
            key=f"world-{lead}:{number}",
            from_stage=stage,
            to_stage=move.stage,
            phase=move.phase,
            reason=move.reason,
            cycle=path.cycle,
            at=at,
        )
        stage = move.stage
        change_lead(
            connection,
            lead,
            stage=stage,
            phase=move.phase,
            phase_reason=move.reason,
            phase_since=at,
            cycle=path.cycle,
            owner=owner,
            created_at=now - timedelta(days=path.moves[0].days),
            updated_at=at,
        )
        if move.phase == "FollowUp":
            _hand_over(connection, lead, path, at)
    change_lead(connection, lead, interest=path.score, interest_as_of=now - timedelta(hours=3))


def _hand_over(connection: Connection, lead: int, path: Path, at: datetime) -> None:
    owner = path.owners[0]
    add(
        connection,
        Assignment,
        lead_id=lead,
        owner=owner,
        cause="routed" if owner else "unassigned",
        rule="the rest of the world" if owner else "Korea",
        at=at,
    )
    add(
        connection,
        Crossing,
        lead_id=lead,
        cycle=path.cycle,
        at=at - timedelta(minutes=2),
        cause="event",
        grade="B1",
        score=path.score,
        hot=False,
    )
    change_lead(connection, lead, crossed_cycle=path.cycle)
