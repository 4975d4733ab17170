"""Tasks in the store: what an SDR or a lead would lose if a retried activity did its work twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from domain.checking.policies import read_policy
from domain.contracts.tasks import Undone
from domain.refusals import TaskRefused
from domain.tasks.completion import Completion, Learned
from settings import Settings
from store.consent.consent import suppress
from store.engine import engine
from store.meetings.missing_outcomes import outcome_missing
from store.published.policies import publish_policy
from store.tasks import tasks
from tests.support.opened_task import NOW, make_lead, opened


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A transaction in a database with lead 1 and its meeting 1."""
    database = engine(database_url)
    with database.begin() as begun:
        make_lead(begun)
        begun.execute(
            text("INSERT INTO meeting (lead_id, starts_at, state) VALUES (1, :at, 'booked')"),
            {"at": NOW},
        )
        yield begun
    database.dispose()


def publish_team(connection: Connection) -> None:
    """Put a team of one rep and a manager in force."""
    source = (
        "policy: team\nteams: [{team: sales, manager: mgr-1}]\n"
        "managers: [{code: mgr-1, name: Ines, email: ines@perennial.example}]\n"
        "reps: [{code: rep-1, name: Hana, email: hana@perennial.example, team: sales}]\n"
    )
    team, problems = read_policy(source, "team.yaml")
    assert team, problems
    publish_policy(connection, source, team)


def test_a_meeting_nobody_reports_on_is_none_that_the_lead_missed(connection: Connection) -> None:
    """Else a lead that came loses one of its chances to book again."""
    task = opened(connection, "meeting_outcome", ["held"], meeting_id=1)

    closed = [tasks.close_task(connection, task, Undone.EXPIRED, NOW) for _ in range(2)]

    assert [one.disposition for one in closed] == [Undone.EXPIRED, Undone.EXPIRED]
    meeting = connection.execute(text("SELECT state, missed FROM meeting")).one()
    assert tuple(meeting) == ("booked", 0)


def test_the_owner_and_then_the_manager_hear_of_a_meeting_nobody_reports_on(
    connection: Connection,
) -> None:
    """The lead would wait for an answer after a meeting that everybody has forgotten; and an alert
    must not stand when the answer is there."""
    connection.execute(text("UPDATE lead SET owner = 'rep-1'"))
    publish_team(connection)
    for times in (1, 1, 2):
        outcome_missing(connection, 1, times, NOW)

    heard = text("SELECT kind, owner FROM alert WHERE answered_at IS NULL ORDER BY id")
    assert connection.execute(heard).all() == [
        ("outcome_missing", "rep-1"),
        ("outcome_missing", "mgr-1"),
    ]
    task = opened(connection, "meeting_outcome", ["held"], meeting_id=1)
    tasks.complete_task(connection, task, Completion(disposition="held"), "rep-1", NOW)
    assert connection.execute(heard).all() == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Completion(disposition="accept", at=NOW), "takes no time"),
        (Completion(disposition="accept", learned=Learned(budget="10")), "opportunity tasks only"),
        (Completion(disposition="accept", reason="Their boss left"), "no reason code"),
    ],
)
def test_what_means_nothing_for_a_disposition_is_refused_not_dropped(
    connection: Connection, answer: Completion, sentence: str
) -> None:
    task = opened(connection, "qualify", ["accept", "return"])

    with pytest.raises(TaskRefused, match=sentence):
        tasks.complete_task(connection, task, answer, "rep-1", NOW)


@pytest.mark.parametrize("listed", [None, "", "loss_reasons: [price]"])
def test_the_journey_hears_no_reason_that_no_policy_lists(
    connection: Connection, listed: str | None
) -> None:
    """What somebody types, such as a buyer's name, would stand in Temporal for good. It stays with
    the task."""
    if listed is not None:
        source = "policy: opportunity\nstages: [{name: a, expected: 1 week}]\nstall_warnings: 0\n"
        policy, problems = read_policy(source + listed, "opportunity.yaml")
        assert policy, problems
        publish_policy(connection, source, policy)
    for number, (kind, disposition) in enumerate(
        [("opportunity", "lost"), ("opportunity", "return"), ("renewal", "lost")]
    ):
        task = opened(connection, kind, [disposition], number=number)
        typed = Completion(disposition=disposition, reason="kim_left")
        if listed:
            with pytest.raises(TaskRefused, match="choose one of price"):
                tasks.complete_task(connection, task, typed, "rep-1", NOW)
            typed = Completion(disposition=disposition, reason="price")
        tasks.complete_task(connection, task, typed, "rep-1", NOW)

        assert tasks.close_task(connection, task, Undone.EXPIRED, NOW).reason == (
            "price" if listed else "other"
        )
        kept = text("SELECT answer ->> 'reason' FROM task WHERE id = :id")
        assert connection.scalar(kept, {"id": task}) == typed.reason


def test_a_complaint_outweighs_an_earlier_unsubscribe(connection: Connection) -> None:
    """Else meeting mail goes on to somebody who calls it spam."""
    for reason in ("unsubscribed", "complained", "unsubscribed"):
        suppress(connection, email_key="a@x.example", reason=reason, at=NOW)

    assert connection.execute(text("SELECT reason FROM suppression")).scalar() == "complained"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_database_url_is_taken_as_hosts_hand_it_out(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://u:p@db.example:5432/x")

    assert settings.database_url == "postgresql+psycopg2://u:p@db.example:5432/x"


def test_another_kind_of_database_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(ValueError, match="write it as postgresql://"):
        Settings(database_url="mysql://u:p@db.example/x")
