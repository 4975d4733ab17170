"""``starter.py segment`` as marketing meets it at a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from cli import segment
from cli.errors import UserError
from domain.checking.policies import read_policy
from domain.segments.policy import Segment, SegmentsPolicy
from store.published.policies import publish_policy
from store.segments.membership import judge_all, publish_segments
from tests.cli.conftest import SCORING
from tests.cli.terminal import run

WHEN = "number(lead.attributes.size) > 50"


def test_marketing_counts_a_condition_publishes_it_and_reads_who_is_in_it(
    database: Engine,
) -> None:
    """Without it a list for a campaign is made in a spreadsheet, and is old when it is sent."""
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO lead (email, email_key, first_name, attributes) VALUES "
                """('a@x.example', 'a@x.example', 'Ada', '{"size": "80"}'), """
                """('b@x.example', 'b@x.example', 'Bo', '{"size": "many"}')"""
            )
        )
    assert "No segments are published" in run(segment.app, "list")
    counted = run(segment.app, "count", WHEN)
    assert "1 of 2 leads" in counted
    assert "lead.attributes.size is no number" in counted
    assert "Ada" in counted
    assert json.loads(run(segment.app, "count", WHEN, "--json"))["count"]["members"] == 1

    policy = SegmentsPolicy(
        policy="segments", segments=(Segment(name="large", title="Large ones", when=WHEN),)
    )
    scoring, _ = read_policy(SCORING, "scoring.yaml")
    assert scoring
    with database.begin() as connection:
        publish_policy(connection, SCORING, scoring)
        publish_policy(connection, "large", policy)
        publish_segments(connection, policy)
    assert "a worker is to judge all leads" in " ".join(run(segment.app, "list").split())
    with database.begin() as connection:
        judge_all(connection, datetime.now(UTC))

    shown = run(segment.app, "show", "large")
    assert WHEN in shown
    assert "Of 1 it can't be said" in shown
    assert "a@x.example" in run(segment.app, "members", "large")
    (member,) = json.loads(run(segment.app, "members", "large", "--json"))
    assert member["first_name"] == "Ada"
    assert run(segment.app, "members", "large", "--csv").count("\n") == 2
    with database.begin() as connection:
        connection.execute(text("UPDATE segment SET fails = true"))
    assert "can't be asked" in run(segment.app, "list")
    with pytest.raises(UserError, match="no segment 'small'"):
        run(segment.app, "show", "small")
