"""What came of recycled leads, as programs ask for it."""

from __future__ import annotations

import csv
import io
import random
from datetime import date

from sqlalchemy import text

from store.figures.refresh import refresh
from tests.support.lead_histories import BEGIN, add_lead
from tests.web.api.conftest import Api
from tests.web.api.test_figures_of_sales import DAY, MAIL, TASK, figures

WON = text(
    "INSERT INTO opportunity (key, lead_id, opened_at, closed_at, outcome, amount, currency) "
    "VALUES (gen_random_uuid()::text, :lead, :at, :at, 'won', :amount, :currency)"
)


async def test_a_small_recycle_pool_by_hand(api: Api) -> None:
    """Of five that were recycled two came back and one won in two currencies; one rests, one stays
    away, and one came back too lately to be judged. What the winner bought before is not owed to
    the recycling."""
    with api.database.begin() as connection:
        back = [(1, "mql", 0.0), (1, "recycled", 10.0), (2, "known", 50.0), (2, "mql", 60.0)]
        won = add_lead(connection, [*back, (2, "customer", 80.0)], reason="no_response")
        add_lead(connection, [*back[:3]], reason="no_response")
        rests = add_lead(connection, back[:2], reason="no_response", phase="Recycle")
        add_lead(connection, back[:2], reason="lost")
        connection.execute(
            text(
                "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, "
                "cycle, at) VALUES (:lead, 'late', 'recycled', 'known', 'Nurture', '', 2, now())"
            ),
            {"lead": add_lead(connection, back[:2], reason="lost")},
        )
        for day, amount, currency in (
            (5, "999", "EUR"),
            (80, "100", "EUR"),
            # Later than the window.
            (81, "77", "EUR"),
            (70, "50", "USD"),
            (71, None, ""),
        ):
            sold = {"lead": won, "at": BEGIN + day * DAY, "amount": amount, "currency": currency}
            connection.execute(WON, sold)
    days = {"from": "2026-03-01", "to": "2026-04-01", "window": 30}
    refused = await api.ask("manager", "GET", "/figures/recycle?from=2026-03-01&to=2026-04-01")
    rate = [{"currency": "EUR", "day": "2026-01-01", "rate": "1.1"}]
    assert (await api.ask("manager", "POST", "/exchange-rates", rows=rate)).status_code == 200

    found = await figures(api, "manager", "recycle", **days)
    by_wait = await figures(api, "manager", "recycle", by="wait", **days)

    assert rests
    assert (refused.status_code, "no rate" in refused.json()["detail"]) == (422, True)
    whole = found["whole"]
    names = ("recycled", "resting", "re_entered", "immature", "requalified", "won", "worth")
    assert [whole[name] for name in names] == [5, 1, 3, 1, 1, 1, "160.00"]
    assert (whole["re_entry"], whole["requalification"], whole["win_rate"]) == (None,) * 3
    parts = {part["value"]: [part[name] for name in names] for part in found["parts"]}
    assert parts == {
        "no_response": [3, 1, 2, 0, 1, 1, "160.00"],
        "lost": [2, 0, 1, 1, 0, 0, "0.00"],
    }
    assert {part["value"]: part["recycled"] for part in by_wait["parts"]} == {
        "": 2,
        "30 to 59": 2,
        "180 and more": 1,
    }
    assert (found["net_new"]["entered"], found["net_new"]["qualified"]) == (5, 5)
    # What it bought in its first cycle.
    assert (found["net_new"]["won"], found["net_new"]["worth"]) == (0, "1098.90")
    assert (found["currency"], found["wins_without_amount"]) == ("USD", 1)


RECYCLED_SECOND_WAY = text(
    """
    WITH over AS (
        SELECT lead_id, cycle, at, reason FROM stage_transition AS move
        WHERE to_stage = 'recycled' AND at >= :start AND at < :end AND NOT EXISTS (
            SELECT FROM stage_transition AS later WHERE later.lead_id = move.lead_id
                AND later.cycle = move.cycle AND later.at > move.at)
    )
    SELECT reason, count(*) AS recycled,
        count((SELECT min(at) FROM stage_transition AS next WHERE next.lead_id = over.lead_id
            AND next.cycle = over.cycle + 1)) AS re_entered,
        count((SELECT min(at) FROM stage_transition AS next WHERE next.lead_id = over.lead_id
            AND next.cycle = over.cycle + 1 AND to_stage IN ('mql', 'customer'))) AS requalified,
        count((SELECT min(at) FROM stage_transition AS next WHERE next.lead_id = over.lead_id
            AND next.cycle = over.cycle + 1 AND to_stage = 'customer')) AS won
    FROM over GROUP BY 1
    """
)


async def test_the_yield_is_what_another_statement_counts_and_its_parts_add_up(api: Api) -> None:
    """Figures that only our own code can come to are believed by nobody."""
    chance = random.Random(5)
    with api.database.begin() as connection:
        for number in range(80):
            moves, at, cycle = [], chance.uniform(0, 30), 1
            while True:
                moves.append((cycle, "known", at))
                if chance.random() < 0.7:
                    moves.append((cycle, "mql", at + 2))
                if chance.random() < 0.2:
                    moves.append((cycle, "customer", at + 9))
                    break
                if chance.random() < 0.8:
                    moves.append((cycle, "recycled", at + 9))
                if moves[-1][1] != "recycled" or chance.random() < 0.4 or cycle == 3:
                    break
                at, cycle = at + 9 + chance.uniform(5, 60), cycle + 1
            reason = chance.choice(("lost", "no_show", "stalled"))
            owner = ("rep-1", "rep-9")[number % 2]
            add_lead(connection, moves, reason=reason, owner=owner, source=("a", "b")[number % 2])
    days = {"from": "2026-03-10", "to": "2026-05-01"}
    with api.database.connect() as connection:
        span = {"start": "2026-03-10T00:00Z", "end": "2026-05-01T00:00Z"}
        rows = connection.execute(RECYCLED_SECOND_WAY, span).all()
        counted = {row.reason: row[1:] for row in rows}

    found = await figures(api, "manager", "recycle", **days)

    names = ("recycled", "re_entered", "requalified", "won")
    assert {part["value"]: tuple(part[name] for name in names) for part in found["parts"]} == {
        reason: tuple(row) for reason, row in counted.items()
    }
    whole = found["whole"]
    assert whole["requalification"] == round(whole["requalified"] / whole["re_entered"], 4)
    for by in ("reason", "wait", "cycle", "source", "team", "owner"):
        parts = (await figures(api, "manager", "recycle", by=by, **days))["parts"]
        for name in (*names, "resting"):
            assert sum(part[name] for part in parts) == whole[name], (by, name)
    team = (await figures(api, "sdr", "recycle", **days))["whole"]
    assert 0 < team["recycled"] < whole["recycled"]
    # What leads bring is not for everybody.
    assert (team["worth"], whole["worth"]) == (None, "0.00")


MAIL_SENT = text(
    "INSERT INTO touch (key, lead_id, step, channel, state, planned_at, sent_at) "
    "VALUES (:key, :lead, 'hello', 'outbox', :state, :at, :at)"
)


async def test_recycled_leads_cost_what_was_done_for_them_and_new_ones_their_spend_too(
    api: Api,
) -> None:
    """What was sent before a lead was recycled, after the window, or was never sent, costs the
    recycling nothing; a mail that a rep wrote counts once."""
    with api.database.begin() as connection:
        back = [(1, "known", 0.0), (1, "mql", 1.0), (1, "recycled", 10.0), (2, "known", 50.0)]
        lead = add_lead(connection, [*back, (2, "mql", 60.0)], reason="lost", source="Web")
        rests = add_lead(connection, back[:3], reason="lost", phase="Recycle", source="web")
        sent = [(lead, 5, "sent"), (lead, 20, "sent"), (lead, 55, "sent"), (lead, 56, "failed")]
        sent += [(lead, 90, "sent"), (rests, 30, "sent")]
        for number, (of, day, state) in enumerate(sent):
            values = {"key": f"k-{number}", "lead": of, "state": state, "at": BEGIN + day * DAY}
            connection.execute(MAIL_SENT, values)
        connection.execute(MAIL, {"lead": lead, "of": "m", "at": BEGIN + 52 * DAY})
        written = {"key": "written-1", "lead": lead, "state": "sent", "at": BEGIN + 52 * DAY}
        connection.execute(MAIL_SENT, written)
        for day, disposition in ((3, "busy"), (51, "connected"), (53, "skipped")):
            done = {"kind": "call", "disposition": disposition, "owner": "", "lead": lead}
            connection.execute(TASK, done | {"at": BEGIN + day * DAY})
    spend = [
        {"source": "web", "day": "2026-03-02", "amount": "60"},
        {"source": "fair", "day": "2026-03-03", "amount": "40"},
        {"source": "web", "day": "2026-04-01", "amount": "999"},
    ]
    assert (await api.ask("marketing", "POST", "/spend", rows=spend)).status_code == 200
    days = {"from": "2026-03-01", "to": "2026-04-01", "window": 30}

    found = await figures(api, "manager", "recycle", **days)
    of_web = await figures(api, "manager", "recycle", source="web", **days)
    of_fair = await figures(api, "manager", "recycle", source="fair", **days)
    of_team = await figures(api, "sdr", "recycle", **days)
    file = (await api.ask("manager", "GET", "/figures/recycle.csv?from=2026-03-01&window=30")).text

    took = found["whole"]["touches"]
    # The mails of days 20, 30 and 55; the call of day 51 and what the rep wrote.
    assert (took["mails"], took["attempts"]) == (3, 2)
    assert (took["touches_per_lead"], took["touches_per_mql"], took["touches_per_win"]) == (
        *(2.5, 5.0),
        None,
    )
    new = found["net_new"]
    # The mail of day 5 and the call of day 3: what they get while they rest, recycling costs.
    assert (new["touches"]["mails"], new["touches"]["attempts"]) == (1, 1)
    assert new["spend"] == {
        "spend": "100.00",
        "per_lead": "50.00",
        "per_mql": "50.00",
        "per_win": None,
    }
    # It is spent for leads of "Web" too, which are not in this report.
    assert of_web["net_new"]["spend"] is None
    assert of_fair["net_new"]["spend"]["spend"] == "40.00"
    assert of_team["net_new"]["spend"] is None
    rows = list(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"))))
    assert [(row["kind"], row["value"], row["mails"], row["spend"]) for row in rows] == [
        ("recycled", "", "3", ""),
        ("recycled", "lost", "3", ""),
        ("net_new", "", "1", "1099.00"),
    ]


async def test_each_rest_costs_one_row_only_and_imported_months_no_new_lead(api: Api) -> None:
    """A mail of the first rest is no cost of a new lead, one of the second none of the first
    recycling. What brought imported leads would make each new one dear, and one old row without a
    rate is no reason to show nothing."""
    with api.database.begin() as connection:
        moves = [(1, "known", 0.0), (1, "recycled", 10.0), (2, "known", 20.0)]
        moves += [(2, "recycled", 30.0), (3, "known", 40.0), (3, "recycled", 50.0)]
        lead = add_lead(connection, moves, reason="lost", source="web")
        for number, day in enumerate((5, 15, 25, 35, 45, 55)):
            values = {"key": f"k-{number}", "lead": lead, "state": "sent", "at": BEGIN + day * DAY}
            connection.execute(MAIL_SENT, values)
        connection.execute(
            text(
                "INSERT INTO funnel_unit (record, cycle, known_at, stage, stage_since) "
                "VALUES ('old', 1, '2025-06-01T00:00Z', 0, '2025-06-01T00:00Z')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO funnel_passage (unit_id, stage, at, implied, timed_next, "
                "timed_before, timed_won, cycle, imported, source, campaign, cadence, segment, "
                "owner, country) SELECT id, 0, known_at, false, false, false, false, 1, true, "
                "'web', '', '', '', '', '' FROM funnel_unit WHERE record = 'old'"
            )
        )
    spend = [
        {"source": "web", "day": "2025-07-01", "amount": "5000"},
        {"source": "web", "day": "2026-03-02", "amount": "60"},
    ]
    assert (await api.ask("marketing", "POST", "/spend", rows=spend)).status_code == 200

    found = await figures(api, "manager", "recycle", _from="2025-06-01")
    usual = await figures(api, "manager", "recycle")

    assert (found["whole"]["touches"]["mails"], found["net_new"]["touches"]["mails"]) == (5, 1)
    assert found["net_new"]["spend"]["spend"] == "60.00"
    begins, ends = (date.fromisoformat(usual[name]) for name in ("begins", "ends"))
    assert (ends - begins).days == 365
    dated = [{"source": "web", "day": "2026-03-03", "amount": "7", "currency": "CHF"}]
    rate = [{"currency": "CHF", "day": "2026-03-03", "rate": "1.1"}]
    assert (await api.ask("manager", "POST", "/exchange-rates", rows=rate)).status_code == 200
    assert (await api.ask("marketing", "POST", "/spend", rows=dated)).status_code == 200
    with api.database.begin() as connection:
        connection.execute(text("DELETE FROM exchange_rate"))

    without = await figures(api, "manager", "recycle")

    assert (without["net_new"]["spend"], without["spend_without_rate"]) == (
        None,
        ["CHF 2026-03-03"],
    )
    assert without["whole"]["recycled"] == 3


async def test_who_waited_less_is_not_ahead_because_they_have_been_back_for_longer(
    api: Api,
) -> None:
    """Without a window the shortest wait would always look best."""
    with api.database.begin() as connection:
        for back in (20.0, 60.0):
            for _ in range(20):
                moves = [(1, "mql", 0.0), (1, "recycled", 10.0), (2, "known", back)]
                add_lead(connection, [*moves, (2, "mql", back + 100)], reason="lost")

    found = await figures(api, "manager", "recycle")
    within = await figures(api, "manager", "recycle", window=120)

    assert (found["window"], found["waits_window"], within["waits_window"]) == (None, 90, 120)
    assert [one["requalified"] for one in found["waits"]] == [0, 0]
    assert [one["requalified"] for one in within["waits"]] == [20, 20]


WAITS_SECOND_WAY = text(
    """
    WITH next AS (
        SELECT over.reason, over.at AS rested, min(next.at) AS back,
            bool_or(next.to_stage IN ('mql', 'customer')) AS qualified,
            bool_or(next.to_stage = 'customer') AS won
        FROM stage_transition AS over JOIN stage_transition AS next
            ON next.lead_id = over.lead_id AND next.cycle = over.cycle + 1
        WHERE over.to_stage = 'recycled' GROUP BY over.id
    )
    SELECT reason, CASE WHEN back < rested + interval '30 days' THEN 'under 30'
        WHEN back < rested + interval '60 days' THEN '30 to 59' ELSE '60 to 89' END AS wait,
        count(*), count(*) FILTER (WHERE qualified), count(*) FILTER (WHERE won)
    FROM next GROUP BY 1, 2 ORDER BY 1, 2
    """
)


async def test_other_waits_are_compared_by_what_came_of_those_who_waited_so(api: Api) -> None:
    """Nobody would change a wait for a figure that only our own code can come to."""
    chance = random.Random(8)
    with api.database.begin() as connection:
        for _ in range(160):
            at = 20 + chance.uniform(1, 80)
            moves = [(1, "mql", 0.0), (1, "recycled", 20.0), (2, "known", at)]
            moves += [(2, "mql", at + 1)] if chance.random() < 0.5 else []
            moves += [(2, "customer", at + 2)] if chance.random() < 0.2 else []
            add_lead(connection, moves, reason=chance.choice(("lost", "lost", "no_show")))
        refresh(connection)
        counted = [tuple(row) for row in connection.execute(WAITS_SECOND_WAY)]

    found = await figures(api, "manager", "recycle", by="cycle")
    file = (await api.ask("manager", "GET", "/figures/recycle-waits.csv")).text

    names = ("reason", "wait", "leads", "requalified", "won")
    waits = found["waits"]
    assert sorted(tuple(one[name] for name in names) for one in waits) == sorted(counted)
    usual = {one["reason"]: one for one in waits if one["compared"] == "usual"}
    for one in waits:
        other = usual[one["reason"]]
        assert one["leads"] <= other["leads"]
        if more := one["won_more"]:
            difference = one["won"] / one["leads"] - other["won"] / other["leads"]
            assert more["difference"] == round(difference, 4)
            assert more["low"] < more["difference"] < more["high"]
        else:
            assert one is other or min(one["leads"], other["leads"]) < 20
    rows = list(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"))))
    assert [row["wait"] for row in rows] == [one["wait"] for one in waits]
    assert {"won_low", "requalified_difference"} <= rows[0].keys()
