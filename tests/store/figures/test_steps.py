"""What steps brought: by hand, by another way of counting, as lists of leads, and at scale."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.figures.funnel import Question
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.periods import Period
from domain.figures.steps import (
    CREDIT,
    StepCount,
    StepKind,
    StepQuestion,
    cadence_results,
    flat,
    mail_results,
)
from store.figures.lists import cases_behind, statement
from tests.store.figures.leak_world import at, meet
from tests.store.figures.step_world import LANGUAGES, PERIOD, World, empty_world
from tests.support.lead_histories import BEGIN


@pytest.fixture
def world(connection: Connection) -> World:
    """Cadences and mails are published, nobody is in them."""
    return empty_world(connection)


def test_what_a_lead_became_is_credited_to_the_last_touch_before_it(world: World) -> None:
    """Else two mails would each claim the same customer, or one a year old would."""
    lead = world.lead((1, "mql", 10), (1, "opportunity", 50), (1, "customer", 80))
    one = world.enroll(lead)
    world.mail(lead, one, 1)
    world.mail(lead, one, 5, mail="again")
    meet(world.connection, lead, 9, 12, "held")
    world.mail(lead, world.enroll(lead, "two"), 11)
    late = world.lead((1, "mql", 40))
    world.mail(late, world.enroll(late), 2)
    bounced = world.lead((1, "mql", 10))
    second = world.enroll(bounced)
    world.mail(bounced, second, 1)
    gone = world.mail(bounced, second, 5, mail="again")
    world.event(bounced, gone, "bounce", 5)
    asked = world.lead((1, "mql", 6))
    world.task(asked, world.enroll(asked), 4, "meeting_booked")
    skipped = world.lead((1, "mql", 6))
    world.task(skipped, world.enroll(skipped), 4, "skipped")

    counts = world.counts(cadence="one")

    credited = {
        (one.step, one.end): (one.booked, one.mql, one.opportunity, one.won) for one in counts
    }
    assert credited == {
        ("email-hello", ""): (0, 1, 0, 0),
        ("email-again", ""): (1, 1, 1, 1),
        ("task-call", "meeting_booked"): (0, 1, 0, 0),
        ("task-call", "skipped"): (0, 0, 0, 0),
    }
    assert [one.mql for one in world.counts(cadence="two")] == [0]
    assert world.behind(CountedAs.STEP_WON, cadence="one") == [lead]
    assert world.behind(CountedAs.STEP_MQL, cadence="one") == sorted([lead, bounced, asked])


def test_what_came_of_a_task_done_long_after_its_period_counts(world: World) -> None:
    """A call that was put off would have brought nothing, in no period at all."""
    lead = world.lead((1, "mql", 120), (1, "opportunity", 125))
    world.task(lead, world.enroll(lead), 20, "done", done=100)
    meet(world.connection, lead, 121, 123, "held")

    (found,) = world.counts(cadence="one")

    assert (found.done, found.booked, found.mql, found.opportunity) == (1, 1, 1, 1)


def test_a_mail_that_was_refused_for_our_reputation_takes_no_credit(world: World) -> None:
    """What the mail before it brought would be counted nowhere."""
    lead = world.lead((1, "mql", 10))
    enrollment = world.enroll(lead)
    world.mail(lead, enrollment, 1)
    for refused, delivered in ((5, False), (0.5, True)):
        touch = world.mail(lead, enrollment, refused, mail="again", delivered=delivered)
        world.connection.execute(
            text(
                "INSERT INTO mail_refusal (key, touch_id, channel, meaning, code, at) "
                "VALUES (gen_random_uuid()::text, :touch, 'outbox', 'reputation', '', :at)"
            ),
            {"touch": touch, "at": at(refused + 0.1)},
        )

    counts = {one.step: one for one in world.counts(cadence="one")}

    assert counts["email-again"].bounced == 1
    assert {step: one.mql for step, one in counts.items()} == {"email-hello": 1, "email-again": 0}


def test_a_task_is_not_compared_with_a_mail_that_has_its_name() -> None:
    """Shares of calls would be told as the difference between two mails."""

    def counts(version: int, kind: StepKind) -> StepCount:
        return StepCount("one", version, "hello", kind, "", "", 50, sent=50, done=0, mql=version)

    question = StepQuestion(PERIOD, cadence="one", version=2)
    mail, task = StepKind.MAIL, StepKind.TASK
    other = [counts(2, mail), counts(1, task)]

    assert cadence_results(question, other, 1, 0).differences == []
    both = cadence_results(question, [*other, counts(1, mail)], 1, 0).differences
    assert {(one.step, one.kind) for one in both} == {("hello", mail)}


def test_steps_stand_in_the_order_in_which_they_are_read() -> None:
    """The last mail of a cadence would stand above its first, by its name."""

    def count(step: str) -> StepCount:
        return StepCount("one", 1, step, StepKind.MAIL, "en", "", 1)

    counts = [count("ask"), count("hello"), count("before"), count("proof")]
    question = StepQuestion(PERIOD, cadence="one")
    found = cadence_results(question, counts, None, 0, ["hello", "proof", "ask"])

    for parts in (found.steps, found.languages, found.rows):
        assert [one.step for one in parts] == ["hello", "proof", "ask", "before"]


def test_a_task_that_a_pause_withdrew_counts_once_by_its_end(world: World) -> None:
    """A paused lead would look like two tasks, one of which nobody did."""
    lead = world.lead()
    enrollment = world.enroll(lead)
    world.task(lead, enrollment, 1, "withdrawn")
    world.task(lead, enrollment, 2, "done")

    assert [(one.end, one.touches, one.done) for one in world.counts(cadence="one")] == [
        ("done", 1, 1)
    ]
    assert world.behind(CountedAs.STEP_TASK, "done", cadence="one") == [lead]
    assert world.behind(CountedAs.STEP_TASK, "withdrawn", cadence="one") == []


MEANS = {"suppressed": "held_back", "unknown": "unsettled", "planned": "unsettled"}
OUTCOMES = {
    "open": {"opened"},
    "click": {"opened", "clicked"},
    "reply": {"replied"},
    "unsubscribe": {"unsubscribed"},
}


@dataclass
class Told:
    """A touch as the test made it."""

    lead: int
    key: tuple[str, int, str, str, str]
    """Cadence, version, step, language, end."""
    days: float
    facts: set[str]
    counts: bool
    """Whether it can be credited with anything."""


def crowd(world: World, seed: int) -> tuple[list[Told], list[tuple[int, str, float]]]:
    """Leads that are written to, called and become something; what became of them, and when."""
    chance = random.Random(seed)
    told: list[Told] = []
    became: list[tuple[int, str, float]] = []
    for _ in range(150):
        history: list[tuple[int, str, float]] = []
        if chance.random() < 0.5:
            history.append((1, "mql", chance.uniform(1, 75)))
            if chance.random() < 0.5:
                history.append((1, "opportunity", history[0][2] + 3))
                if chance.random() < 0.5:
                    history.append((1, "customer", history[0][2] + 9))
        lead = world.lead(*history)
        if history:
            what = "won" if len(history) == 3 else "opportunity" if len(history) == 2 else "mql"
            became.append((lead, what, history[0][2]))
        if chance.random() < 0.3:
            set_on = chance.uniform(1, 75)
            meet(world.connection, lead, set_on, set_on + 2, "booked")
            became.append((lead, "booked", set_on))
        for _pass in range(chance.randint(1, 2)):
            cadence, version = chance.choice(("one", "two")), chance.choice((1, 2))
            enrollment = world.enroll(lead, cadence, version)
            language = chance.choice(LANGUAGES)
            for mail in ("hello", "again"):
                key = (cadence, version, f"email-{mail}", language, "")
                told.append(Told(lead, key, chance.uniform(-5, 70), set(), counts=False))
                _mail(world, chance, enrollment, told[-1])
            if chance.random() < 0.5:
                end = chance.choice(("done", "skipped", "expired", "not_interested", "open"))
                days = chance.uniform(-5, 70)
                world.task(lead, enrollment, days, end)
                done = end in ("done", "not_interested")
                facts = {"done"} if done else set()
                told.append(Told(lead, (cadence, version, "task-call", "", end), days, facts, done))
    return told, became


def _mail(world: World, chance: random.Random, enrollment: int, told: Told) -> None:
    """Send a mail, or not, and let something come of it."""
    lead, days = told.lead, told.days
    state = chance.choice(("sent",) * 6 + ("failed", "suppressed", "unknown", "planned"))
    delivered = state == "sent" and chance.random() < 0.5
    _cadence, _version, step, language, _end = told.key
    mail = step.removeprefix("email-")
    given = {"mail": mail, "language": language, "state": state, "delivered": delivered}
    touch = world.mail(lead, enrollment, days, **given)
    told.facts.add(MEANS.get(state, state))
    if state in ("sent", "failed") and chance.random() < 0.15:
        world.event(lead, touch, chance.choice(("bounce", "soft_bounce")), days + 0.1)
        told.facts = {"sent", "bounced"}
        return
    if delivered:
        told.facts.add("delivered")
    if state != "sent":
        return
    told.counts = True
    for kind, means in OUTCOMES.items():
        if chance.random() < 0.3:
            machine = chance.choice(("", "agent")) if kind in ("open", "click") else ""
            world.event(lead, touch, kind, days + chance.uniform(0.1, 3), machine)
            told.facts |= means if not machine else set()


def credit(told: list[Told], became: list[tuple[int, str, float]]) -> None:
    """Credit what leads became to their last touch before it."""
    for lead, what, days in became:
        before = [
            one
            for one in told
            if one.lead == lead and one.counts and 0 <= days - one.days < CREDIT.days
        ]
        if before:
            last = max(before, key=lambda one: one.days)
            last.facts |= {
                "booked": {"booked"},
                "mql": {"mql"},
                "opportunity": {"mql", "opportunity"},
                "won": {"mql", "opportunity", "won"},
            }[what]


def test_each_number_is_what_another_way_of_counting_says_and_the_parts_add_up(
    world: World,
) -> None:
    """Marketing decides by them; counted here lead by lead, in another language than SQL."""
    told, became = crowd(world, seed=16)
    credit(told, became)
    start, end = (
        (PERIOD.start - BEGIN) / timedelta(days=1),
        (PERIOD.end - BEGIN) / timedelta(days=1),
    )
    inside = [one for one in told if start <= one.days < end]
    expected: Counter[tuple[Any, ...]] = Counter()
    for one in inside:
        expected[*one.key, "touches"] += 1
        for fact in one.facts:
            expected[*one.key, fact] += 1

    found: Counter[tuple[Any, ...]] = Counter()
    for cadence in ("one", "two"):
        for row in world.counts(cadence=cadence):
            key = (row.cadence, row.version, row.step, row.language, row.end)
            for name in StepCount._fields[6:]:
                found[*key, name] += getattr(row, name)

    assert +found == +expected
    assert {name for *_key, name in expected} == set(StepCount._fields[6:])

    counts = world.counts(cadence="one")
    report = cadence_results(StepQuestion(PERIOD, cadence="one"), counts, None, 0)
    whole = report.whole
    mails = sum(one.touches for one in counts if one.kind == StepKind.MAIL)
    assert whole.sent + whole.failed + whole.held_back + whole.unsettled == mails
    assert sum(whole.ends.values()) == whole.touches - mails
    for parts in (report.steps, report.versions, report.rows):
        assert sum(one.touches for one in parts) == whole.touches
        assert sum(one.won.number for one in parts) == whole.won.number
    assert sum(one.sent for one in report.languages) == whole.sent
    for figures in (*report.rows, whole):
        for name, measure in figures.measures().items():
            if measure.share is not None and measure.low is not None and measure.high is not None:
                assert measure.low <= measure.share <= measure.high, name
            else:
                assert (measure.share, measure.low, measure.high) == (None, None, None)

    mail = mail_results(StepQuestion(PERIOD, template="hello"), world.counts(template="hello"), 0)
    assert mail.whole.sent == sum(
        number
        for (*_, step, _lang, _end, name), number in expected.items()
        if step == "email-hello" and name == "sent"
    )
    assert {one.cadence for one in mail.steps} == {"one", "two"}
    lines = flat(report.rows)
    assert len({tuple(line) for line in lines}) == 1


def test_each_number_opens_as_many_touches_as_it_says(world: World) -> None:
    """A marketer who opens a number would find other leads than were counted."""
    told, became = crowd(world, seed=3)
    credit(told, became)
    counts = world.counts(cadence="two")
    together: Counter[tuple[int, str, str, str]] = Counter()
    for one in counts:
        for name in StepCount._fields[7:]:
            together[one.version, one.step, one.language, name] += getattr(one, name)
    figures = [one for one in CountedAs if one.removeprefix("step_") in StepCount._fields[7:]]
    assert len(figures) == len([one for one in CountedAs if one.startswith("step_")]) - 1
    for (version, step, language, name), number in together.items():
        if f"step_{name}" in figures:
            found = world.behind(
                CountedAs(f"step_{name}"),
                cadence="two",
                version=version,
                step=step,
                language=language,
            )
            assert len(found) == number, (version, step, language, name)
    for one in counts:
        if one.kind == StepKind.TASK:
            ended = world.behind(
                CountedAs.STEP_TASK, one.end, cadence="two", version=one.version, step=one.step
            )
            assert len(ended) == one.touches
    steps = StepQuestion(PERIOD, cadence="two")
    behind = LeadsBehind(CountedAs.STEP_SENT, Question(PERIOD, BEGIN), steps=steps)
    cases = cases_behind(world.connection, behind)
    assert (cases.cases, cases.imported) == (sum(one.sent for one in counts), 0)
    assert 0 < cases.leads <= cases.cases


def test_two_versions_differ_by_an_interval_that_holds_for_all_of_the_table(world: World) -> None:
    """A marketer would keep the worse version because of a few lucky mails."""
    for version, opened in ((1, 5), (2, 60)):
        for number in range(100):
            lead = world.lead()
            touch = world.mail(lead, world.enroll(lead, "one", version), 1)
            if number < opened:
                world.event(lead, touch, "open", 2)
    few = world.lead()
    world.mail(few, world.enroll(few, "one", 2), 1, mail="again")

    question = StepQuestion(PERIOD, cadence="one", version=2)
    found = cadence_results(question, world.counts(cadence="one"), 1, 0)

    by_outcome = {one.outcome: one for one in found.differences}
    assert {one.step for one in found.differences} == {"email-hello"}
    opened_more = by_outcome["opened"]
    assert (opened_more.share, opened_more.other_share) == (0.6, 0.05)
    assert 0.3 < opened_more.low < opened_more.difference == 0.55 < opened_more.high < 0.75
    assert by_outcome["clicked"].low < 0 < by_outcome["clicked"].high
    assert [one.touches for one in found.versions] == [101, 100]
    assert found.whole.touches == 101


def _scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan.get("Relation Name", "") == "touch":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def test_touches_are_not_read_from_their_beginning(world: World) -> None:
    """The page of a cadence would take minutes once a million mails were sent."""
    connection = world.connection
    connection.execute(
        text(
            """
            INSERT INTO lead (email, email_key)
            SELECT 'a' || n, 'a' || n FROM generate_series(1, 20000) AS n
            """
        )
    )
    connection.execute(
        text(
            """
            INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at)
            SELECT 'e' || id, id, :one + id % 4, 1, now() FROM lead
            """
        ),
        {"one": world.versions["one", 1]},
    )
    connection.execute(
        text(
            """
            INSERT INTO touch (key, lead_id, enrollment_id, template_version_id, step, channel,
                state, planned_at, sent_at)
            SELECT 't' || id || '-' || n, lead_id, id, :mail, 'email-hello', 'outbox', 'sent', made,
                made
            FROM enrollment, generate_series(1, 3) AS n,
                LATERAL (SELECT timestamptz '2024-01-01' + id % 900 * interval '1 day') AS at (made)
            """
        ),
        {"mail": world.templates["hello", "en"]},
    )
    connection.execute(text("ANALYZE"))
    week = Period(date(2026, 3, 1), date(2026, 3, 8), "UTC")

    for question in (
        StepQuestion(week, cadence="one"),
        StepQuestion(week, template="hello"),
    ):
        found = statement(LeadsBehind(CountedAs.STEP_SENT, Question(week, BEGIN), steps=question))
        plan = connection.execute(
            text(f"EXPLAIN (FORMAT JSON) {found.sql}"), found.values
        ).scalar_one()
        assert list(_scans(plan[0]["Plan"])) == []
