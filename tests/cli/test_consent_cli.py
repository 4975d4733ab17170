"""``starter.py lead suppress|permit``, and what ``cadence lint`` says of topics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cli import lead
from cli.cadence_files import check_files
from cli.connect import author
from cli.errors import UserError
from domain.consent.policy import ConsentPolicy
from store.consent.consent import consent_of, suppress
from store.published.policies import publish_policy
from tests.cli.terminal import run as run_command
from tests.support.scoring_policy import simple_scoring

ADA = "ada@lovelace.example"
CONSENT = """\
policy: consent
topics:
  nurture: {en: {name: Guides, description: Ideas.}}
"""


@pytest.fixture
def database(database: Engine) -> Engine:
    """A database with one lead."""
    topics: Any = {"nurture": {"en": {"name": "Guides", "description": "Ideas."}}}
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO lead (email, email_key) VALUES (:email, :email)"), {"email": ADA}
        )
        publish_policy(connection, "scoring", simple_scoring(click=1))
        rules = ConsentPolicy(policy="consent", topics=topics)
        publish_policy(connection, CONSENT, rules)
    return database


def run(*arguments: str) -> str:
    """What a command of ``lead`` prints."""
    return run_command(lead.app, *arguments)


def suppressed(database: Engine, reason: str = "") -> str:
    """Suppress the lead for ``reason``, if any, and say why it is suppressed now."""
    with database.begin() as connection:
        if reason:
            suppress(connection, email_key=ADA, reason=reason, at=datetime.now(UTC))
        return consent_of(connection, ADA).suppressed


def records(database: Engine) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT topic, action, source, evidence FROM consent_record ORDER BY id")
        )
        return [tuple(row) for row in rows]


def test_an_operator_stops_mail_and_permits_it_again(database: Engine) -> None:
    """Both are on record with their reason: somebody will ask."""
    assert "no more marketing mail" in run("suppress", ADA, "--reason", "asked by phone")
    assert suppressed(database) == "manual"
    assert "may get mail again" in run("permit", ADA, "--evidence", "signed form of 3 March")
    assert suppressed(database) == ""
    assert records(database) == [
        ("", "opt_out", "operator", f"asked by phone (by {author()})"),
        ("", "opt_in", "operator", f"signed form of 3 March (by {author()})"),
    ]


def test_an_operator_stops_one_topic(database: Engine) -> None:
    run("suppress", ADA, "--topic", "nurture")
    assert suppressed(database) == ""
    run("permit", ADA, "--topic", "nurture", "--evidence", "asked for the guide")
    assert [row[:2] for row in records(database)] == [
        ("nurture", "opt_out"),
        ("nurture", "opt_in"),
    ]
    with pytest.raises(UserError, match="Did you mean 'nurture'"):
        run("suppress", ADA, "--topic", "nurtur")


@pytest.mark.parametrize("reason", ["unsubscribed", "soft_bounced"])
def test_a_permission_lifts_what_the_lead_could_lift(database: Engine, reason: str) -> None:
    suppressed(database, reason)
    run("permit", ADA, "--evidence", "wrote to us")
    assert suppressed(database) == ""


@pytest.mark.parametrize(
    ("reason", "arguments", "sentence"),
    [
        ("complained", [], "complained about our mail"),
        ("complained", ["--address-works"], "complained about our mail"),
        ("bounced", [], "--address-works: Mail to .* bounced"),
    ],
)
def test_what_a_permission_cannot_lift_is_refused_in_a_sentence(
    database: Engine, reason: str, arguments: list[str], sentence: str
) -> None:
    """Mailing who complained costs the good name of all our mail."""
    suppressed(database, reason)
    with pytest.raises(UserError, match=sentence):
        run("permit", ADA, "--evidence", "x", *arguments)
    assert suppressed(database) == reason
    assert records(database) == []


def test_an_address_that_works_again_is_permitted(database: Engine) -> None:
    suppressed(database, "bounced")
    run("permit", ADA, "--evidence", "answered from it", "--address-works")
    assert suppressed(database) == ""


def test_a_permission_needs_evidence(database: Engine) -> None:
    with pytest.raises(UserError, match="--evidence: Say how you know"):
        run("permit", ADA, "--evidence", " ")
    assert records(database) == []


@pytest.mark.parametrize(
    ("line", "place"), [("topic: nurtur\n", "2:8"), ("topic: nurture\n", ""), ("", "")]
)
def test_a_topic_that_leads_could_not_choose_is_a_problem(
    tmp_path: Path, line: str, place: str
) -> None:
    """Its mails could only be refused with everything else."""
    cadence = f"cadence: short\n{line}steps:\n  - wait: 1 day\n"
    (tmp_path / "short.yaml").write_text(cadence, encoding="utf-8")
    (tmp_path / "consent.yaml").write_text(CONSENT, encoding="utf-8")
    found = [str(one) for one in check_files(tmp_path, tmp_path).problems]
    if not place:
        assert found == []
        return
    (problem,) = found
    assert f"short.yaml:{place}: the consent policy does not name the topic 'nurtur'" in problem
    alone = check_files(tmp_path, tmp_path, [tmp_path / "short.yaml"])
    assert [str(one) for one in alone.problems] == found
    assert check_files(tmp_path, tmp_path, [tmp_path / "consent.yaml"]).problems == []
