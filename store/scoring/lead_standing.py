"""Where leads stand by their points, and what follows: stage, crossing, alert, news. Times are
journey time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.contracts.journey import (
    ENDED,
    IN_SALES,
    EventCode,
    JourneyEvent,
    Phase,
    Stage,
    journey_id,
)
from domain.scoring.interest import Interest, score
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import Standing, at_least, standing_of
from metrics import CROSSINGS, count_when_committed
from store.alerts import NewAlert, raise_alerts
from store.outbox.lead_messages import message_task, need_an_answer
from store.outbox.outgoing import announce
from store.outbox.relay_messages import QueuedMessage, journey_start, post_all
from store.published.policies import policy
from store.scoring.sales_pace import room
from store.sla import sla
from store.sla.hot_leads import answer_due, watch
from store.sla.sla_recount import notify_of_new_clocks

NOTICE_OF_KIND = {
    "reply": EventCode.REPLIED,
    "unsubscribe": EventCode.UNSUBSCRIBED,
    "bounce": EventCode.BOUNCED,
    "complaint": EventCode.UNSUBSCRIBED,
}
"""Engagements that always change the plan."""
ANSWERS = ("click", "reply", "form", "booking")
"""Engagements that wake a recycled lead whatever they are worth."""
JUST_NOW = timedelta(hours=1)
"""Who did something within this time does not wait for a place with sales."""
WITH_MARKETING = (Phase.NURTURE, Phase.RECYCLE)


_LOCK = text(
    "SELECT id, stage, phase, cycle, crossed_cycle, fit, fit_points, owner, interest, "
    "interest_as_of, phase_reason "
    "FROM lead WHERE id = ANY(cast(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)

_WRITE = text(
    """
    UPDATE lead SET interest = now.interest, interest_as_of = now.as_of,
        stage = now.stage, crossed_cycle = now.crossed_cycle, fit = now.fit,
        fit_points = now.fit_points,
        updated_at = :at
    FROM unnest(cast(:ids AS bigint[]), cast(:interests AS float8[]),
                cast(:as_ofs AS timestamptz[]), cast(:stages AS text[]),
                cast(:crossed AS int[]), cast(:fits AS text[]), cast(:fit_points AS int[]))
        AS now (id, interest, as_of, stage, crossed_cycle, fit, fit_points)
    WHERE lead.id = now.id
    """
)
_RECORD_ENGAGED = text(
    """
    INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
    SELECT lead, key, :before, :stage, phase, :stage, cycle, :at
    FROM unnest(cast(:leads AS bigint[]), cast(:keys AS text[]), cast(:phases AS text[]),
                cast(:cycles AS int[])) AS engaged (lead, key, phase, cycle)
    ON CONFLICT (key) DO NOTHING
    """
)
_RECORD_CROSSINGS = text(
    """
    INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot)
    SELECT lead, cycle, :at, :cause, grade, score, hot
    FROM unnest(cast(:leads AS bigint[]), cast(:cycles AS int[]), cast(:grades AS text[]),
                cast(:scores AS int[]), cast(:hot AS boolean[]))
        AS ready (lead, cycle, grade, score, hot)
    ON CONFLICT (lead_id, cycle) DO NOTHING
    """
)


@dataclass
class LeadNow:
    """A lead as it stands, its row locked."""

    id: int
    stage: str
    phase: str
    cycle: int
    crossed_cycle: int
    fit: str
    fit_points: int
    owner: str
    interest: Interest
    phase_reason: str = ""

    def __post_init__(self) -> None:
        self._stored = self._content()

    def _content(self) -> tuple[object, ...]:
        return self.stage, self.crossed_cycle, self.fit, self.fit_points, self.interest

    @property
    def has_changed(self) -> bool:
        """Whether there is something to write."""
        return self._content() != self._stored

    def next_cycle(self) -> int:
        """The cycle in which the lead would cross now."""
        return self.cycle + (self.phase == ENDED)

    def may_cross(self) -> bool:
        """Whether sales may be told: not while sales has the lead, and once a cycle. A lead that
        was let go comes back by its own doing, one that was turned down does not."""
        turned_down = (
            self.phase == ENDED
            and self.stage != Stage.RECYCLED
            and self.phase_reason != EventCode.UNENROLLED
        )
        return (
            not self.is_with_sales() and not turned_down and self.crossed_cycle < self.next_cycle()
        )

    def is_over(self) -> bool:
        """Whether its last journey has ended, and the next has not begun."""
        return self.phase == ENDED and self.crossed_cycle < self.next_cycle()

    def is_with_sales(self) -> bool:
        """Whether sales has the lead, or has sold to it."""
        return self.phase not in (*WITH_MARKETING, "", ENDED)

    def is_to_be_called(self) -> bool:
        """Whether an SDR has the lead on the list, or is about to: an alert can be answered."""
        on_the_way = not self.is_with_sales() and self.crossed_cycle == self.next_cycle()
        return self.phase == Phase.FOLLOW_UP or on_the_way


@dataclass(frozen=True)
class News:
    """An engagement by a person that was recorded just now; ``points`` is what its rule gives."""

    engagement_id: int
    lead_id: int
    kind: str
    at: datetime
    points: int

    @property
    def is_sign_of_life(self) -> bool:
        """Whether it shows interest: more than a mail that was opened."""
        return self.kind in ANSWERS or (self.points > 0 and self.kind != "open")

    def asks_for_sales(self, rules: ScoringPolicy) -> bool:
        """Whether it alone is worth the highest interest, such as a request for a demo: it brings
        back whoever was let go, as a reply does."""
        return self.kind != "score" and self.points >= rules.levels[1]


@dataclass(frozen=True)
class Ready:
    """A lead that crosses now."""

    lead: LeadNow
    score: int
    standing: Standing
    hot: bool


def lock_leads(connection: Connection, ids: Collection[int]) -> dict[int, LeadNow]:
    """Lock these leads, in the order of their ids, against other writers; those there are."""
    if not ids:
        return {}
    rows = connection.execute(
        _LOCK,
        {"ids": sorted(ids)},
    )
    return {
        row.id: LeadNow(
            row.id,
            row.stage,
            row.phase,
            row.cycle,
            row.crossed_cycle,
            row.fit,
            row.fit_points,
            row.owner,
            Interest(row.interest, row.interest_as_of),
            row.phase_reason,
        )
        for row in rows
    }


def follow(
    connection: Connection,
    rules: ScoringPolicy,
    leads: Mapping[int, LeadNow],
    news: Sequence[News],
    now: datetime,
    *,
    cause: str,
    escalate: bool = True,
) -> int:
    """Write what locked leads have become, and queue what follows for their journeys.

    Args:
        cause: event, fit, rules or entry; kept with a crossing.
        escalate: whether leads that are ready cross now; those in nurture that only ``fit`` made
            ready at the pace of the policy.

    Returns:
        How many crossed.
    """
    if not leads:
        return 0
    by_lead: dict[int, list[News]] = {lead_id: [] for lead_id in leads}
    for one in news:
        by_lead[one.lead_id].append(one)
    messages: list[QueuedMessage] = []
    crossing: list[Ready] = []
    engaged: list[LeadNow] = []
    places: int | None = None
    hot: list[LeadNow] = []
    for lead in leads.values():
        points = score(lead.interest.at(now, rules.half_life.length))
        standing = standing_of(rules, lead.fit, points)
        if lead.stage == Stage.KNOWN and at_least(standing.meaning, "engaged"):
            lead.stage = Stage.ENGAGED
            engaged.append(lead)
        messages += _plan_changes(lead, by_lead[lead.id])
        signs = [one for one in by_lead[lead.id] if one.is_sign_of_life]
        right_now = any(now - one.at <= rules.hot_within.length for one in signs)
        is_hot = standing.meaning == "hot" and right_now
        asks = escalate and lead.is_over() and any(one.asks_for_sales(rules) for one in signs)
        crosses = escalate and lead.may_cross() and at_least(standing.meaning, "mql")
        if crosses and cause == "fit" and lead.phase == Phase.NURTURE:
            places = room(connection, rules, now) if places is None else places
            crosses, places = places > 0, places - 1
        # What is only reported again, or of a mail, is not the lead's own doing.
        rests = lead.phase == ENDED or (lead.phase == Phase.RECYCLE and cause == "event")
        if asks or (crosses and (signs or not rests)):
            crossing.append(Ready(lead, points, standing, is_hot))
            messages.append(_crossing_message(lead))
            lead.crossed_cycle = lead.next_cycle()
        elif lead.phase == Phase.RECYCLE and any(one.kind != "reply" for one in signs):
            messages.append(_interest_message(lead, signs[0]))
        if is_hot and lead.is_to_be_called():
            hot.append(lead)
    write_leads(connection, [lead for lead in leads.values() if lead.has_changed], now)
    _record_engaged(connection, engaged, now)
    _record_crossings(connection, crossing, now, cause)
    messages += _answers_needed(connection, leads, news, now)
    post_all(connection, messages)
    if hot:
        _raise_alerts(connection, hot, now)
    return len(crossing)


def is_ready_on_entry(connection: Connection, lead_id: int, now: datetime) -> bool:
    """Whether a lead that enters nurture is ready for sales already, and sales has room for it or
    it did something just now; then it crosses, and whoever asked takes it there. One for which
    there is no room goes to sales in its turn (``scoring_runs.hand_over``)."""
    rules = policy(connection, ScoringPolicy)
    lead = lock_leads(connection, [lead_id])[lead_id]
    points = score(lead.interest.at(now, rules.half_life.length))
    standing = standing_of(rules, lead.fit, points)
    if not at_least(standing.meaning, "mql"):
        return False
    waits = lead.crossed_cycle < lead.cycle and now - lead.interest.as_of > JUST_NOW
    if waits and not room(connection, rules, now):
        return False
    lead.crossed_cycle = lead.cycle
    write_leads(connection, [lead], now)
    _record_crossings(connection, [Ready(lead, points, standing, hot=False)], now, "entry")
    return True


def _plan_changes(lead: LeadNow, news: Sequence[News]) -> list[QueuedMessage]:
    messages = []
    for one in news:
        if lead.phase == ENDED and one.kind == "reply":
            messages.append(_start_again(lead, EventCode.REPLIED))
            continue
        if lead.phase == "" and one.kind == "reply":
            messages.append(_start(lead, EventCode.REPLIED))
        if code := NOTICE_OF_KIND.get(one.kind):
            messages.append(
                _signal(lead, f"engagement:{one.engagement_id}", code, one.engagement_id)
            )
    return messages


def _answers_needed(
    connection: Connection, leads: Mapping[int, LeadNow], news: Sequence[News], now: datetime
) -> list[QueuedMessage]:
    """A task for each reply whose lead is in a phase that keeps it to itself."""
    replies = [one for one in news if one.kind == "reply" and leads[one.lead_id].phase in IN_SALES]
    waiting = need_an_answer(connection, {one.lead_id for one in replies}, now)
    return [
        message_task(one.lead_id, f"reply-{one.engagement_id}")
        for one in replies
        if one.lead_id in waiting
    ]


def _crossing_message(lead: LeadNow) -> QueuedMessage:
    if lead.phase == ENDED:
        return _start_again(lead, EventCode.SCORE_REACHED)
    if lead.phase == "":
        return _start(lead, EventCode.SCORE_REACHED)
    key = f"crossing:lead-{lead.id}:{lead.cycle}"
    return _signal(lead, key, EventCode.SCORE_REACHED, 0, reason=lead.phase)


def _interest_message(lead: LeadNow, sign: News) -> QueuedMessage:
    key = f"interest:lead-{lead.id}:{lead.cycle}"
    return _signal(lead, key, EventCode.INTEREST, sign.engagement_id)


def _start(lead: LeadNow, reason: EventCode) -> QueuedMessage:
    """The first journey, with sales. Where a start waits for its turn already, this one is none,
    and the journey finds out by itself or by a signal."""
    return journey_start(lead.id, Phase.FOLLOW_UP, {"cycle": lead.cycle, "reason": reason})


def _start_again(lead: LeadNow, reason: EventCode) -> QueuedMessage:
    return journey_start(lead.id, Phase.FOLLOW_UP, {"reason": reason}, again=lead.next_cycle())


def _signal(lead: LeadNow, key: str, code: EventCode, ref: int, reason: str = "") -> QueuedMessage:
    return QueuedMessage(
        key=key,
        workflow_id=journey_id(lead.id),
        kind="signal",
        name="engagement",
        payload=asdict(JourneyEvent(code, ref=ref, cycle=lead.cycle, reason=reason)),
    )


def write_leads(connection: Connection, leads: Collection[LeadNow], now: datetime) -> None:
    """Write what locked leads have become; nothing follows from it."""
    if not leads:
        return
    connection.execute(
        _WRITE,
        {
            "ids": [lead.id for lead in leads],
            "interests": [lead.interest.value for lead in leads],
            "as_ofs": [lead.interest.as_of for lead in leads],
            "stages": [lead.stage for lead in leads],
            "crossed": [lead.crossed_cycle for lead in leads],
            "fits": [lead.fit for lead in leads],
            "fit_points": [lead.fit_points for lead in leads],
            "at": now,
        },
    )


def _record_engaged(connection: Connection, engaged: Sequence[LeadNow], now: datetime) -> None:
    """Record the moves of leads whose phase stays. Those of a lead before its journey and after it
    are none: the journey that begins records where it stands."""
    on_the_way = [lead for lead in engaged if lead.phase not in ("", ENDED)]
    if not on_the_way:
        return
    connection.execute(
        _RECORD_ENGAGED,
        {
            "leads": [lead.id for lead in on_the_way],
            "keys": [f"engaged-{lead.id}:{now.isoformat()}" for lead in on_the_way],
            "phases": [lead.phase for lead in on_the_way],
            "cycles": [lead.cycle for lead in on_the_way],
            "before": Stage.KNOWN,
            "stage": Stage.ENGAGED,
            "at": now,
        },
    )


def _record_crossings(
    connection: Connection, crossing: Sequence[Ready], now: datetime, cause: str
) -> None:
    if not crossing:
        return
    connection.execute(
        _RECORD_CROSSINGS,
        {
            "leads": [ready.lead.id for ready in crossing],
            "cycles": [ready.lead.crossed_cycle for ready in crossing],
            "grades": [ready.standing.grade for ready in crossing],
            "scores": [ready.score for ready in crossing],
            "hot": [ready.hot for ready in crossing],
            "cause": cause,
            "at": now,
        },
    )
    count_when_committed(connection, lambda: CROSSINGS.labels(cause).inc(len(crossing)))
    sla.crossed(connection, {ready.lead.id: ready.lead.owner for ready in crossing}, now)
    announce(connection, "lead.became_ready", *(ready.lead.id for ready in crossing))


def _raise_alerts(connection: Connection, hot: Sequence[LeadNow], now: datetime) -> None:
    """Alert the owners, once per lead and day, and put the lead's open task first, or have it
    opened."""
    owners = {lead.owner for lead in hot}
    due_of_owner = {owner: answer_due(connection, owner, now) for owner in owners}
    dues = {lead.id: due_of_owner[lead.owner] for lead in hot}
    alerts = {
        lead.id: NewAlert(
            f"hot:lead-{lead.id}:{now.date()}", "hot_lead", lead.owner, dues[lead.id], lead.id
        )
        for lead in hot
    }
    new = raise_alerts(connection, list(alerts.values()), now)
    watch(connection, new)
    raised = [lead_id for lead_id, alert in alerts.items() if alert.key in new]
    connection.execute(
        text(
            # One that is locked is being done or withdrawn; who does it may want this lead next.
            "UPDATE task SET hot = true, due_at = least(due_at, alert.due) "
            "FROM unnest(cast(:leads AS bigint[]), cast(:dues AS timestamptz[])) "
            "AS alert (lead_id, due) WHERE task.lead_id = alert.lead_id AND id IN ("
            "SELECT id FROM task WHERE state = 'open' AND lead_id = ANY(:leads) "
            "AND kind IN ('qualify', 'call') FOR UPDATE SKIP LOCKED)"
        ),
        {"leads": raised, "dues": [dues[lead_id] for lead_id in raised]},
    )
    notify_of_new_clocks(connection, raised, now)
    post_all(
        connection,
        # Between two calls there is no task to move up: the next one is opened now.
        [
            _signal(lead, f"{alerts[lead.id].key}:call", EventCode.HOT, 0)
            for lead in hot
            if lead.id in raised and lead.phase == Phase.FOLLOW_UP
        ],
    )
