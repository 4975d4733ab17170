"""What sales does with leads, as programs ask for it."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from tests.support.lead_histories import BEGIN, add_lead
from tests.web.api.conftest import Api

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CROSS = text(
    "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
    "VALUES (:lead, :cycle, :at, 'score', 'A', 80, false)"
)
TASK = text(
    "INSERT INTO task (key, lead_id, kind, dispositions, owner, state, opened_at, due_at, "
    "deadline_at, disposition, completed_at) VALUES (gen_random_uuid()::text, :lead, :kind, '[]', "
    ":owner, 'done', :at, :at, :at, :disposition, :at) RETURNING id"
)
NOTE = text(
    "INSERT INTO lead_note (lead_id, kind, direction, by, at, written_at) "
    "VALUES (:lead, :kind, :direction, 'rep-1', :at, :at)"
)
MAIL = text("INSERT INTO written_mail (lead_id, request, by, at) VALUES (:lead, :of, 'rep-1', :at)")
ANSWER = text(
    "INSERT INTO lead_feedback (lead_id, task_id, cycle, verdict, reason, by, at) "
    "VALUES (:lead, :task, 1, :verdict, :reason, 'x', :at)"
)
CLOCK = text(
    "INSERT INTO sla_clock (key, promise, lead_id, owner, state, started_at, due_at, ended_at) "
    "VALUES (gen_random_uuid()::text, 'accept', :lead, :owner, :state, :at, :due, :ended)"
)


async def figures(api: Api, role: str, what: str, **query: Any) -> Any:
    asked = "&".join(f"{name.strip('_')}={value}" for name, value in query.items())
    answer = await api.ask(role, "GET", f"/figures/{what}?{asked}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def crossed(connection: Connection, owner: str, days: float = 0, **values: Any) -> int:
    """A lead that crossed so many days after the beginning."""
    lead = add_lead(connection, [(1, "known", days - 1), (1, "mql", days)], owner=owner, **values)
    connection.execute(CROSS, {"lead": lead, "cycle": 1, "at": BEGIN + days * DAY})
    return lead


async def test_what_a_person_did_is_an_attempt_and_what_a_machine_did_is_none(api: Api) -> None:
    """A rep would be quick by what the cadence sent, by what was skipped, by what was done before
    the lead crossed, or slow in spite of a call that was made by hand."""
    with api.database.begin() as connection:
        lead = crossed(connection, "rep-1", source="web")
        about = {"lead": lead, "owner": "rep-1"}
        for hours, kind, disposition in (
            (-2, "call", "no_answer"),
            (1, "qualify", "accept"),
            (2, "cadence", "skipped"),
            (5, "call", "connected"),
            (6, "cadence", "done"),
        ):
            at = BEGIN + hours * HOUR
            connection.execute(TASK, about | {"kind": kind, "disposition": disposition, "at": at})
        for hours, kind, direction in ((3, "call", "in"), (3, "note", ""), (4, "call", "out")):
            at = BEGIN + hours * HOUR
            connection.execute(NOTE, about | {"kind": kind, "direction": direction, "at": at})
        connection.execute(MAIL, {"lead": lead, "of": "m", "at": BEGIN + 7 * HOUR})

    whole = (await figures(api, "manager", "speed"))["whole"]

    assert (whole["leads"], whole["tried"], whole["attempts"]) == (1, 1, 4)
    assert whole["wall"]["p50"] == 240
    # The call after, a task of the cadence and a mail: an hour apart each.
    assert whole["longest_gap_days"] == round(1 / 24, 2)


async def test_what_was_done_in_a_later_cycle_answers_no_earlier_crossing(api: Api) -> None:
    """A lead that nobody tried for months would count as tried late."""
    with api.database.begin() as connection:
        moves = [(1, "mql", 0.0), (1, "recycled", 9.0), (2, "known", 60.0), (2, "mql", 70.0)]
        lead = add_lead(connection, moves, owner="rep-1")
        for cycle, days in ((1, 0), (2, 70)):
            at = BEGIN + days * DAY
            connection.execute(CROSS, {"lead": lead, "cycle": cycle, "at": at})
        at = BEGIN + 70 * DAY + HOUR
        done = {"kind": "call", "disposition": "busy", "owner": "rep-1", "lead": lead, "at": at}
        connection.execute(TASK, done)

    whole = (await figures(api, "manager", "speed"))["whole"]

    assert (whole["leads"], whole["tried"], whole["wall"]["p50"]) == (2, 1, 60)


def busy_floor(api: Api) -> None:
    """Sixty leads of four reps, with calls, answers and promises of all kinds."""
    chance = random.Random(11)
    with api.database.begin() as connection:
        for number in range(60):
            owner = ("rep-1", "rep-2", "rep-9", "")[number % 4]
            days = chance.uniform(0, 80)
            at = BEGIN + days * DAY
            lead = crossed(connection, owner, days, source=chance.choice(("web", "fair")))
            task = 0
            for _ in range(chance.randrange(6)):
                done = at + chance.uniform(0, 12) * DAY
                values = {"kind": "call", "disposition": "busy", "owner": owner, "at": done}
                task = connection.execute(TASK, values | {"lead": lead}).scalar_one()
            if task:
                verdict, reason = chance.choice((("accepted", ""), ("returned", "no_need")))
                told = {"task": task, "verdict": verdict, "reason": reason, "at": at}
                connection.execute(ANSWER, told | {"lead": lead})
            state = chance.choice(("met", "breached", "running", "void", "paused"))
            ended = at + DAY if state in ("met", "void") or chance.random() < 0.2 else None
            clock = {"owner": owner, "state": state, "at": at, "due": at + DAY, "ended": ended}
            connection.execute(CLOCK, clock | {"lead": lead})


SECOND_WAY = text(
    """
    WITH tried AS (
        SELECT crossing.id, crossing.at, task.completed_at
        FROM crossing LEFT JOIN task ON task.lead_id = crossing.lead_id
        WHERE crossing.at >= :start AND crossing.at < :end
    ), lead AS (
        SELECT id, at, min(completed_at) AS first, count(completed_at) AS attempts,
            count(*) FILTER (WHERE completed_at < at + interval '7 days') AS in_week
        FROM tried GROUP BY id, at
    )
    SELECT count(*) AS leads, count(first) AS tried,
        round(cast(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first - at) / 60)
            AS numeric), 1)::float AS p50,
        round(cast(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM first - at) / 60)
            AS numeric), 1)::float AS p90,
        count(*) FILTER (WHERE first <= at + interval '1 hour') AS within_60,
        sum(attempts)::int AS attempts, count(*) FILTER (WHERE in_week >= 2) AS persistent
    FROM lead
    """
)


async def test_the_report_is_what_another_statement_counts_and_its_parts_add_up(api: Api) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    busy_floor(api)
    days = {"from": "2026-03-10", "to": "2026-05-01", "at_least": 2}
    with api.database.connect() as connection:
        span = {"start": "2026-03-10T00:00Z", "end": "2026-05-01T00:00Z"}
        counted = connection.execute(SECOND_WAY, span).one()._asdict()
        rows = connection.execute(
            text(
                "SELECT state, count(*) AS number FROM sla_clock "
                "WHERE started_at >= :start AND started_at < :end GROUP BY 1"
            ),
            span,
        )
        promises = {row.state: row.number for row in rows}

    found = await figures(api, "manager", "speed", **days)

    whole = found["whole"]
    took = whole["wall"]
    assert {name: whole.get(name, took.get(name)) for name in counted} == counted
    assert took["share_60"] == round(took["within_60"] / took["of_60"], 4)
    [promise] = whole["promises"]
    # What runs is long due.
    missed = promises["breached"] + promises["running"]
    assert (promise["met"], promise["due"], promise["waiting"]) == (
        *(promises["met"], missed),
        promises["paused"],
    )
    assert 0 < promise["past_due"] < missed
    for by in ("owner", "team", "month"):
        parts = (await figures(api, "manager", "speed", by=by, **days))["parts"]
        assert len(parts) > 1
        for name in ("leads", "tried", "attempts", "persistent", "weeks_over"):
            assert sum(part[name] for part in parts) == whole[name], (by, name)
        for name in ("accepted", "returned"):
            every = sum(part["answers"][name] for part in parts)
            assert (
                every
                == whole["answers"][name]
                == sum(one["answers"][name] for one in found["sources"])
            )
        for name in ("met", "due", "past_due", "waiting"):
            every = sum(one[name] for part in parts for one in part["promises"])
            assert every == promise[name], (by, name)


async def test_an_sdr_sees_the_own_and_marketing_no_rep_of_whom_there_are_few(api: Api) -> None:
    """One case would be a judgement of one person."""
    with api.database.begin() as connection:
        for owner, leads in (("rep-1", 6), ("rep-2", 2), ("rep-9", 7)):
            for _ in range(leads):
                crossed(connection, owner)

    own = await figures(api, "sdr", "speed", by="owner")
    named = await figures(api, "marketing", "speed", by="owner")
    few = await api.ask("marketing", "GET", "/figures/speed?owner=rep-2")

    assert {part["value"]: part["leads"] for part in own["parts"]} == {"rep-1": 6}
    assert {one["value"]: one["leads"] for one in named["parts"]} == {
        "(few)": 2,
        "rep-1": 6,
        "rep-9": 7,
    }
    assert (few.status_code, few.json()["errors"][0]["field"]) == (422, "owner")


async def test_each_number_of_the_agreement_opens_as_many_cases_and_is_in_a_file(api: Api) -> None:
    """A number that nobody can follow to its leads is argued about; and what is on the page is in
    the file."""
    busy_floor(api)
    days = {"from": "2026-03-10", "to": "2026-05-01"}
    behind = "figure_from=2026-03-10&figure_to=2026-05-01"

    async def listed(role: str, figure: str) -> int:
        answer = await api.ask(role, "GET", f"/leads?figure={figure}&{behind}&limit=100")
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    for role in ("manager", "sdr"):
        found = await figures(api, role, "speed", by="owner", **days)
        for part in (found["whole"], *found["parts"]):
            name = "" if part["value"] is None else f"&figure_of=owner:{part['value']}"
            assert await listed(role, f"handed_over{name}") == part["leads"]
            assert await listed(role, f"tried{name}") == part["tried"]
            for one in part["promises"]:
                of = f"&figure_at={one['promise']}{name}"
                for figure in ("met", "due", "past_due"):
                    assert await listed(role, f"{figure}{of}") == one[figure], (figure, of)
            answers = part["answers"]
            assert await listed(role, f"accepted{name}") == answers["accepted"]
            for reason, leads in answers["reasons"].items():
                assert await listed(role, f"returned&figure_at={reason}{name}") == leads
    [first, *_others] = found["sources"]
    of = f"accepted&figure_of=source:{first['source']}"
    assert await listed("sdr", of) == first["answers"]["accepted"]
    refused = await api.ask("manager", "GET", f"/leads?figure=met&{behind}&figure_of=source:web")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "figure_of")

    whole = (await figures(api, "manager", "speed", **days))["whole"]
    asked = "from=2026-03-10&to=2026-05-01"
    files = {
        name: list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        for name in ("speed", "answers")
        for answer in [await api.ask("manager", "GET", f"/figures/{name}.csv?{asked}")]
    }
    assert files["speed"][0]["leads"] == str(whole["leads"])
    assert files["speed"][0]["accept_due"] == str(whole["promises"][0]["due"])
    told = sum(int(row["leads"]) for row in files["answers"])
    assert told == whole["answers"]["accepted"] + whole["answers"]["returned"]


async def test_marketing_sees_no_months_of_one_rep(api: Api) -> None:
    """A month of one rep is a few cases, and a judgement of one person."""
    with api.database.begin() as connection:
        for days in range(6):
            crossed(connection, "rep-1", days * 10, source=("web", "fair")[days == 0])
    for what in ("cohorts?", "velocity?", "speed?by=month&", "speed.csv?by=month&"):
        alone = await api.ask("marketing", "GET", f"/figures/{what}owner=rep-1")
        assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "owner"), what
        assert (await api.ask("marketing", "GET", f"/figures/{what}")).status_code == 200
    # A rep who is named is named with each number, be it small.
    of = "figure=accepted&figure_of=owner:rep-1&figure_of=source:fair&figure_from=2026-01-01"
    answer = await api.ask("marketing", "GET", f"/leads?{of}")
    assert answer.status_code == 200, answer.text
    for query, field in (
        ("figure_at=known&figure_of=reached:x", "figure_of"),
        ("figure_at=sal&figure_of=reached:mql", "figure_of"),
        ("figure_of=reached:sal", "figure_at"),
    ):
        answer = await api.ask("manager", "GET", f"/leads?figure=reached&{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), query


async def test_a_file_has_what_its_page_has_and_no_share_of_nothing(api: Api) -> None:
    """A month that is too young for its first cell was missing, and a promise that nobody was given
    read as one that nobody kept."""
    with api.database.begin() as connection:
        lead = crossed(connection, "rep-1", 0)
        crossed(connection, "rep-9", 0)
        clock = {"owner": "rep-1", "state": "met", "at": BEGIN, "due": BEGIN + DAY}
        connection.execute(CLOCK, clock | {"lead": lead, "ended": BEGIN + HOUR})
        young = add_lead(connection, [])
        connection.execute(
            text(
                "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, "
                "cycle, at) VALUES (:lead, 'young', '', 'mql', 'Nurture', '', 1, now())"
            ),
            {"lead": young},
        )

    async def file(path: str) -> list[dict[str, str]]:
        answer = await api.ask("manager", "GET", path)
        return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    triangle = await file("/figures/cohorts.csv?stage=mql")
    months = (await figures(api, "manager", "cohorts", stage="mql"))["together"]["months"]
    assert {one["month"] for one in triangle} == {"", *(one["month"] for one in months)}
    assert {one["days"] for one in triangle if one["month"] == months[-1]["month"]} == {""}
    shares = {one["value"]: one for one in await file("/figures/speed.csv?by=owner")}
    assert shares["rep-9"]["accept_met"] == "0"
    assert shares["rep-9"]["accept_met_share"] == ""


async def test_what_can_not_be_counted_is_refused_where_it_was_entered(api: Api) -> None:
    """A figure of nothing would be believed."""
    for query, field, says in (
        ("speed?by=colour", "by", "There is no 'colour'"),
        ("speed?by=source", "by", "choose one of owner"),
        ("speed?from=2199-01-01", "from", "is in the future"),
        ("recycle?by=colour", "by", "There is no 'colour'"),
        ("recycle?to=2199-01-01", "to", "is in the future"),
        ("recycle?window=9000", "window", "longer than there are data"),
        ("speed?at_least=0", "at_least", "At least one attempt"),
    ):
        answer = await api.ask("manager", "GET", f"/figures/{query}")
        assert answer.status_code == 422, query
        assert says in answer.json()["detail"], query
        assert [one["field"] for one in answer.json()["errors"]] == [field], query
