"""Why a rep got a lead, turns that are given back, and what another routing would have done: else a
rep who asks is told nothing, and a manager changes rules blindly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.contracts.journey import Phase
from domain.refusals import Conflict
from domain.sales.team import TeamPolicy
from store.routing import dry_run as trying
from store.routing.credits import count_turn_again, give_turn_back
from store.routing.dry_run import RoutingDryRun, dry_run
from store.routing.nudges import end_nudges, nudge
from store.routing.roster import team_policy
from store.routing.routing import assign, reassign, reassign_by_rules
from store.views.alerts_by_lead import alerts_by_lead
from store.views.assignments import AssignmentLine, assignments_of
from tests.support.routed_leads import FRIDAY, enter, publish, rep, team
from tests.support.scored_leads import Book

HOUR = timedelta(hours=1)
KOREA = {"rule": "Korea", "if": 'lead.country == "KR"', "to": "rep-b"}
REST = {"rule": "the rest", "to": ["rep-a", "rep-b"]}


def lead(book: Book, name: str, **columns: Any) -> int:
    """A lead in nurture."""
    values = {"country": "DE", **columns}
    names = ", ".join(values)
    places = ", ".join(f":{one}" for one in values)
    return int(
        book.value(
            "INSERT INTO lead (email, email_key, first_name, phase, fit, cycle, "
            f"{names}) VALUES (:name || '@x.example', :name || '@x.example', :name, 'Nurture', "
            f"'C', 1, {places}) RETURNING id",
            name=name,
            **values,
        )
    )


def told(book: Book, lead_id: int) -> list[AssignmentLine]:
    """Each time the lead changed hands, the newest first."""
    with book.database.connect() as connection:
        return assignments_of(connection, lead_id)


def said(book: Book, lead_id: int) -> str:
    """Why it changed hands last, in English."""
    return " ".join(told(book, lead_id)[0].why)


def share(book: Book, code: str) -> int:
    """How many leads count as given to a rep."""
    return int(book.value("SELECT given FROM routing_share WHERE rep = :rep", rep=code))


def two(**more: Any) -> TeamPolicy:
    """Two reps."""
    return team(rep("rep-a"), rep("rep-b"), **more)


def test_a_routed_lead_keeps_rule_condition_facts_and_who_stood_how(book: Book) -> None:
    """The rules of today say nothing of why a lead was given a month ago."""
    publish(book, two(routing=[KOREA, REST]))
    enter(book, lead(book, "first", country="KR"))
    book.run("UPDATE rep SET present = false WHERE code = 'rep-a'")
    german = lead(book, "second")
    enter(book, german)
    publish(book, two())

    (one,) = told(book, german)

    assert (one.owner, one.rule, one.facts.version) == ("rep-b", "the rest", 1)
    stood = {rep.rep: rep.standing for rep in one.facts.considered}
    assert stood == {"rep-a": "away", "rep-b": "chosen"}
    assert one.facts.considered[0].given == 1
    korean = told(book, int(book.value("SELECT min(id) FROM lead")))[0]
    assert (korean.facts.condition, korean.facts.knew) == (KOREA["if"], {"lead.country": "KR"})
    assert "By the rule “Korea” it was the turn of Rep rep-b." in " ".join(korean.why)


def test_each_way_to_change_hands_says_why(book: Book) -> None:
    """By hand, by a broken promise, by an absence: each is another answer."""
    publish(book, two())
    one = lead(book, "one")
    enter(book, one)
    owner = book.value("SELECT owner FROM lead WHERE id = :id", id=one)
    other = "rep-b" if owner == "rep-a" else "rep-a"
    with book.database.begin() as connection:
        assign(connection, one, FRIDAY, cause="sla", promise="accept")
    assert f"Rep {owner} did not keep a promise in time (accept)" in said(book, one)
    with book.database.begin() as connection:
        assign(connection, one, FRIDAY, cause="absence", until=FRIDAY + HOUR)
    assert f"Rep {other} is away, and something is due before 2026-10-23" in said(book, one)
    with book.database.begin() as connection:
        reassign(connection, [one], other, "mgr", FRIDAY)
    assert said(book, one) == f"mgr gave it to Rep {other}."
    assert not told(book, one)[0].facts.turn
    with book.database.begin() as connection:
        reassign_by_rules(connection, [one], "mgr", FRIDAY)
    assert said(book, one).startswith("mgr had it given to whoever's turn it was.")
    with book.database.begin() as connection:
        assign(connection, one, FRIDAY)
    assert "had this lead before" in said(book, one)
    book.run("UPDATE rep SET present = false")
    waiting = lead(book, "waiting")
    enter(book, waiting)
    assert said(book, waiting) == "No rule fits this lead, and no rep could take it."


def test_a_lead_that_did_not_come_gives_its_turn_back_once(book: Book) -> None:
    """A rep with bad luck has fewer meetings than colleagues of the same weight."""
    publish(book, two())
    first = lead(book, "first")
    enter(book, first)
    owner = book.value("SELECT owner FROM lead WHERE id = :id", id=first)
    with book.database.begin() as connection:
        assert give_turn_back(connection, first, owner, "no_show")
        assert not give_turn_back(connection, first, owner, "no_show")
        assert not give_turn_back(connection, first, "rep-z", "no_show")

    enter(book, lead(book, "second"))

    # Level again, so the first by code is asked once more instead of the other.
    assert book.value("SELECT owner FROM lead WHERE first_name = 'second'") == owner
    assert share(book, owner) == 1
    assert "got the turn back" in said(book, first)
    with book.database.begin() as connection:
        count_turn_again(connection, first)
    enter(book, lead(book, "third"))
    assert share(book, owner) == 2
    assert told(book, first)[0].turn_back == ""


def test_no_turn_is_given_back_for_a_lead_that_was_met_or_given_by_hand(book: Book) -> None:
    """A later no-show of a lead that came before would pay twice; and who was given a lead by a
    person has lost no turn."""
    publish(book, two())
    met, by_hand = lead(book, "met"), lead(book, "hand")
    enter(book, met)
    enter(book, by_hand)
    owner = book.value("SELECT owner FROM lead WHERE id = :id", id=met)
    other = book.value("SELECT owner FROM lead WHERE id = :id", id=by_hand)
    book.run(
        "INSERT INTO meeting (lead_id, owner, starts_at, state) "
        "VALUES (:lead, :owner, :at, 'held')",
        lead=met,
        owner=owner,
        at=FRIDAY + HOUR,
    )
    with book.database.begin() as connection:
        reassign(connection, [by_hand], owner, "mgr", FRIDAY)
        assert not give_turn_back(connection, met, owner, "no_show")
        assert not give_turn_back(connection, by_hand, owner, "returned")
        assert not give_turn_back(connection, by_hand, other, "returned")
    assert book.value("SELECT count(*) FROM routing_credit") == 0


def test_turns_from_before_a_new_team_are_no_credit_in_its_count(book: Book) -> None:
    """The new count begins at zero: a rep would begin it ahead of all others."""
    publish(book, two())
    first = lead(book, "first")
    enter(book, first)
    owner = book.value("SELECT owner FROM lead WHERE id = :id", id=first)
    publish(book, two(routing=[REST]))
    with book.database.begin() as connection:
        assert give_turn_back(connection, first, owner, "returned")
    assert book.value("SELECT count(*) FROM routing_credit") == 0


def tried(book: Book, other: TeamPolicy) -> RoutingDryRun:
    """What another policy would have done."""
    with book.database.connect() as connection:
        in_force = team_policy(connection)
        assert in_force is not None
        return dry_run(connection, in_force, other, FRIDAY + HOUR)


def test_a_dry_run_tells_who_would_have_got_what_and_writes_nothing(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager publishes a rule that nobody can take, and hears of it from the queue."""
    publish(book, two(routing=[KOREA, REST]))
    for number in range(6):
        enter(book, lead(book, f"de{number}"))
    for number in range(3):
        enter(book, lead(book, f"kr{number}", country="KR"))
    enter(book, lead(book, "old"), now=FRIDAY - timedelta(days=40))
    rows = book.value("SELECT count(*) FROM assignment")

    same = tried(book, two(routing=[KOREA, REST]))
    only_a = tried(book, two(routing=[{**KOREA, "to": "rep-a"}, REST]))
    full = tried(book, team(rep("rep-a", cap=0), rep("rep-b", cap=0)))

    assert (same.of, same.leads, same.differ, same.nobody_after) == (9, 9, 0, 0)
    assert {one.rep: one.before for one in same.shares} == {"rep-a": 3, "rep-b": 6}
    assert only_a.differ > 0
    assert {one.before for one in only_a.moved} <= {"rep-a", "rep-b"}
    assert sum(one.after for one in only_a.shares) == 9
    assert (full.nobody_after, len(full.unserved), full.nobody_before) == (9, 9, 0)
    assert book.value("SELECT count(*) FROM assignment") == rows
    assert book.value("SELECT max(version) FROM policy_version WHERE name = 'team'") == 1
    monkeypatch.setattr(trying, "MOST_LEADS", 4)
    assert (tried(book, two()).leads, tried(book, two()).of) == (4, 9)
    monkeypatch.setattr(trying, "LONGEST_SECONDS", -1.0)
    assert tried(book, two()).leads == 0


def test_a_nudge_is_on_the_owners_list_until_something_is_done(book: Book) -> None:
    """Asked twice, a rep has two of the same; and one that is done goes on asking."""
    publish(book, two())
    one, nobodys = lead(book, "one"), lead(book, "nobodys")
    enter(book, one)
    with book.database.begin() as connection:
        owner = nudge(connection, one, FRIDAY)
        with pytest.raises(Conflict, match="nudged already"):
            nudge(connection, one, FRIDAY)
        with pytest.raises(Conflict, match="Nobody owns"):
            nudge(connection, nobodys, FRIDAY)
        (group,) = alerts_by_lead(connection, owner, limit=5)
        assert (group.lead_id, group.owner, group.alerts[0].kind) == (one, owner, "nudge")
        end_nudges(connection, one, FRIDAY)
        assert alerts_by_lead(connection, owner, limit=5) == []
        assert nudge(connection, one, FRIDAY) == owner


def test_alerts_of_a_lead_are_one_entry(book: Book) -> None:
    """A lead that is late and hot stood twice among others, with the one action at neither."""
    publish(book, two())
    one = lead(book, "one")
    enter(book, one, Phase.FOLLOW_UP)
    with book.database.begin() as connection:
        for number, (kind, whose) in enumerate(
            [("sla_breach", "mgr"), ("hot_lead", "rep-a"), ("unassigned", "mgr")]
        ):
            connection.execute(
                text(
                    "INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at) "
                    "VALUES (:key, :kind, :lead, :owner, :at, :at)"
                ),
                {
                    "key": kind,
                    "kind": kind,
                    "lead": one if kind != "unassigned" else None,
                    "owner": whose,
                    "at": FRIDAY + number * HOUR,
                },
            )
        found = alerts_by_lead(connection, limit=10)
    assert [(group.lead_id, len(group.alerts)) for group in found] == [(one, 2), (0, 1)]
