"""What leads saw before they went on, by hand and counted lead by lead."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.figures.content import weeks_of
from domain.figures.funnel import Dimension, Question
from domain.figures.periods import Period
from domain.figures.stages import FUNNEL
from store.figures import content
from store.figures.refresh import refresh
from tests.store.figures.leak_world import at
from tests.store.figures.scoring_world import does, is_sent
from tests.support.lead_histories import BEGIN, add_lead

# The weeks begin at midnight in Seoul, six hours after the beginning.
SPRING = Period(date(2026, 3, 3), date(2026, 5, 5), "Asia/Seoul")
NOW = BEGIN + timedelta(days=180)
_NOTE = text(
    "INSERT INTO lead_note (lead_id, kind, by, text, at, written_at) "
    "VALUES (:lead, 'note', 'rep-1', :text, :at, :at)"
)
Found = dict[tuple[str, str, int, int], tuple[int, int]]


def asked(connection: Connection, **given: Any) -> Found:
    """Cases and those that went on, by kind, name, week and stage; '' for all."""
    refresh(connection)
    question = Question(SPRING, NOW, **given)
    weeks = weeks_of(SPRING, NOW.date())
    standing, seen, chosen = content.exposures(connection, question, weeks)
    assert not chosen
    found: Found = {("", "", one.week, one.stage): (one.leads, one.went_on) for one in standing}
    return found | {
        (one.kind.value, one.name, one.of.week, one.of.stage): (one.of.leads, one.of.went_on)
        for one in seen
    }


def test_a_case_stands_in_its_stage_for_the_whole_week_and_goes_on_after_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen after the move, or before the stage was entered, brought nothing about."""
    monkeypatch.setattr(content, "SEEN_BY", 1)
    # The first week is from 0.25 to 7.25 days after the beginning.
    goes_on = add_lead(connection, [(1, "known", 0.1), (1, "engaged", 10)])
    is_sent(connection, goes_on, 3, "before")
    is_sent(connection, goes_on, 3.5, "before")
    is_sent(connection, goes_on, 11, "after")
    is_sent(connection, goes_on, 4, "failed", state="failed")
    does(connection, goes_on, 5, path="/pricing")
    does(connection, goes_on, 5, path="/robots", machine="agent")
    midway = add_lead(connection, [(1, "known", 2)])
    does(connection, midway, 1, path="/too-early")
    moved = add_lead(connection, [(1, "known", 0.1), (1, "engaged", 5)])
    does(connection, moved, 3, path="/pricing")
    lost = add_lead(connection, [(1, "known", 0.1), (1, "recycled", 9)])
    does(connection, lost, 3, path="/pricing")

    found = {key: one for key, one in asked(connection).items() if key[2] == 1}

    assert found == {
        ("", "", 1, 0): (2, 1),
        ("mail", "before", 1, 0): (1, 1),
        ("page", "/pricing", 1, 0): (2, 1),
    }


def test_cases_are_what_counting_lead_by_lead_gives(connection: Connection) -> None:
    """Each week of each lead looked at by itself."""
    chance = random.Random(12)
    for _ in range(120):
        moves = [(1, "known", chance.uniform(-30, 60))]
        for stage in ("engaged", "mql", "sal"):
            if chance.random() < 0.5:
                moves.append((1, stage, moves[-1][2] + chance.uniform(0, 20)))
        if chance.random() < 0.3:
            moves.append((1, "recycled", moves[-1][2] + 5))
        lead = add_lead(connection, moves, owner=chance.choice(("rep-1", "rep-2")))
        for _event in range(chance.randrange(6)):
            is_sent(connection, lead, chance.uniform(-5, 70), chance.choice("ab"))
            does(connection, lead, chance.uniform(-5, 70), path=chance.choice(("/x", "/y")))

    found = asked(connection)

    assert found == _second_way(connection)
    assert {key[:2] for key in found} == {("", ""), *(("mail", one) for one in "ab")} | {
        ("page", "/x"),
        ("page", "/y"),
    }
    part = asked(connection, only={Dimension.OWNER: "rep-1"})
    rest = asked(connection, only={Dimension.OWNER: "rep-2"})
    together = Counter[Any]()
    for parts in (part, rest):
        for key, (leads, went_on) in parts.items():
            together.update({(key, 0): leads, (key, 1): went_on})
    assert {key: (together[key, 0], together[key, 1]) for key in found} == found


def _second_way(connection: Connection) -> Found:
    units = connection.execute(text("SELECT * FROM funnel_unit")).mappings().all()
    sent: list[tuple[str, str, int, datetime]] = [
        ("mail", *row)
        for row in connection.execute(
            text(
                "SELECT name, lead_id, sent_at FROM touch JOIN template_version AS t "
                "ON t.id = template_version_id"
            )
        )
    ]
    sent += [
        ("page", *row)
        for row in connection.execute(text("SELECT detail->>'path', lead_id, at FROM engagement"))
    ]
    leads, went_on = Counter[Any](), Counter[Any]()
    for number, week in enumerate(weeks_of(SPRING, NOW.date()), 1):
        for unit in units:
            for stage in range(6):
                since, then = unit[f"{FUNNEL[stage]}_at"], unit[f"{FUNNEL[stage + 1]}_at"]
                over = then or unit["outcome_at"]
                if since is None or since > week.start or (over is not None and over <= week.end):
                    continue
                seen = {
                    (kind, name)
                    for kind, name, lead, when in sent
                    if lead == unit["lead_id"] and week.start <= when < week.end
                }
                for key in {("", ""), *seen}:
                    leads[(*key, number, stage)] += 1
                    went_on[(*key, number, stage)] += bool(
                        then and then <= week.end + timedelta(days=7)
                    )
    return {key: (number, went_on[key]) for key, number in leads.items()}


def test_pages_that_few_have_seen_are_not_told(connection: Connection) -> None:
    """An address with somebody's name in it is opened by that person alone."""
    for number in range(5):
        lead = add_lead(connection, [(1, "known", 0)])
        does(connection, lead, 3, path="/pricing")
        if number:
            does(connection, lead, 3, path="/quote/jane-doe")

    assert {key[1] for key in asked(connection)} == {"", "/pricing"}


def test_content_is_used_that_stands_in_what_sales_wrote(connection: Connection) -> None:
    """A guide that nobody sends is found by whoever keeps it."""
    lead = add_lead(connection, [(1, "known", 0)])
    guide, sheet, unused = (f"https://a.example/{name}" for name in ("guide", "sheet", "unused"))
    connection.execute(
        text(
            "INSERT INTO written_mail (lead_id, request, by, text, at) "
            "VALUES (:lead, 'a', 'rep-1', :text, :at)"
        ),
        {"lead": lead, "text": f"See {guide}.", "at": at(5)},
    )
    for days in (5, 90):
        connection.execute(_NOTE, {"lead": lead, "text": f"Sent {guide}", "at": at(days)})
    connection.execute(
        text(
            "INSERT INTO task (key, lead_id, kind, dispositions, state, opened_at, due_at, "
            "deadline_at, answer, completed_at) VALUES ('a', :lead, 'call', '[]', 'done', :at, "
            ":at, :at, jsonb_build_object('mail', jsonb_build_object('text', cast(:text AS text))),"
            " :at)"
        ),
        {"lead": lead, "text": f"As told: {sheet}", "at": at(6)},
    )
    items = [("Guide", guide), ("Sheet", sheet), ("Unused", unused)]

    found = content.uses(connection, Question(SPRING, NOW), items)

    assert {one.title: one.uses for one in found} == {"Guide": 2, "Sheet": 1, "Unused": 0}


def test_a_use_is_of_the_whole_address(connection: Connection) -> None:
    """A guide under the address of another would be counted for both, and praise what nobody
    sends."""
    lead = add_lead(connection, [(1, "known", 0)])
    guide = "https://a.example/guide"
    for said in (
        *(f"{guide}/enterprise", f"{guide}-2", f"{guide}.pdf", f"{guide}s", f"{guide}/%EA%B0%80"),
        *(f"See {guide}.", f"{guide}/", f"({guide})", f"{guide}?utm=1 and", f"{guide}를 보세요"),
        f"{guide}/x, and {guide}#part",
    ):
        connection.execute(_NOTE, {"lead": lead, "text": said, "at": at(5)})

    items = [("Guide", guide), ("Guide", guide), ("With all of it", f"{guide}/enterprise")]
    found = content.uses(connection, Question(SPRING, NOW), items)

    assert {one.title: one.uses for one in found} == {"Guide": 6, "With all of it": 1}


def test_a_mail_in_the_words_of_its_template_counts(connection: Connection) -> None:
    """Sales sends marketing's mail as it is: of the guide in it would be said that nobody uses
    it."""
    lead = add_lead(connection, [(1, "known", 0)])
    guide = "https://a.example/guide"
    template = connection.scalar(
        text(
            "INSERT INTO template_version (name, language, digest, source, compiled) VALUES "
            "('a', 'en', 'a', '', jsonb_build_object('text', cast(:text AS text))) RETURNING id"
        ),
        {"text": f"Read it: {guide}"},
    )
    for number, words in enumerate(("", "In my own words")):
        connection.execute(
            text(
                "INSERT INTO written_mail (lead_id, request, by, text, template_version_id, at) "
                "VALUES (:lead, :request, 'rep-1', :text, :template, :at)"
            ),
            {
                "lead": lead,
                "request": str(number),
                "text": words,
                "template": template,
                "at": at(5),
            },
        )

    [found] = content.uses(connection, Question(SPRING, NOW), [("Guide", guide)])

    assert found.uses == 1
