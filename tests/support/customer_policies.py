"""A team with customer success, and the policies of what comes of an opportunity, for one test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.checking.policies import POLICIES
from domain.rules.policy import PolicyFile
from domain.sales.team import TeamPolicy
from store.opportunities.opportunities import open_opportunity
from store.published.policies import publish_policy
from tests.support.workflow_world import World

CLOSED_DAYS = 2
"""Customer success is away on the first days of every test, beginning tomorrow."""


def put_in_force(here: World, rules: dict[str, Any]) -> PolicyFile:
    """Publish a policy."""
    policy = POLICIES[rules["policy"]].model_validate(rules)
    with here.database.begin() as connection:
        publish_policy(connection, policy.model_dump_json(), policy)
    return policy


def team(here: World) -> TeamPolicy:
    """Sales in a country with summer time, and customer success that is away at first."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    calendar = {
        "time_zone": "Europe/Berlin",
        "hours": {"mon-fri": "09:00-17:00"},
        "holidays": "DE",
    }
    away = {"from": str(tomorrow), "to": str(tomorrow + timedelta(days=CLOSED_DAYS - 1))}
    made = put_in_force(
        here,
        {
            "policy": "team",
            "teams": [
                {"team": "sales", "manager": "mgr-1", "calendar": calendar},
                {"team": "success", "calendar": {**calendar, "closed": [away]}},
            ],
            "managers": [{"code": "mgr-1", "name": "Ines", "email": "ines@perennial.example"}],
            "reps": [
                {"code": "rep-1", "name": "Hana", "email": "h@perennial.example", "team": "sales"},
                {
                    "code": "cs-1",
                    "name": "Elif",
                    "email": "elif@perennial.example",
                    "team": "success",
                    "cap": 0,
                },
            ],
        },
    )
    assert isinstance(made, TeamPolicy)
    return made


def helpful(here: World) -> None:
    """Sales policy with help, loss reasons and a review."""
    put_in_force(
        here,
        {
            "policy": "opportunity",
            "stages": [
                {"name": "discovery", "expected": "2 weeks"},
                {"name": "proposal", "expected": "3 weeks"},
            ],
            "stall_warnings": 1,
            "warned_for": "1 week",
            "help": {"cadence": "mid-funnel", "lasts": "10 weeks"},
            "return_within": "2 weeks",
            "loss_reasons": ["price", "no_budget"],
            "loss_review": {"due": "3 business days", "questions": ["What did we not know?"]},
        },
    )


def caring(here: World) -> None:
    """Customers go to customer success, with two tasks, mails and dates."""
    put_in_force(
        here,
        {
            "policy": "customer",
            "owner": "success",
            "hand_over": [
                {"task": "Read the opportunity", "due": "1 business day"},
                {"task": "Welcome call", "due": "2 business days"},
            ],
            "cadence": "onboarding",
            "question_due": "4 business hours",
            "dates": {
                "upsell": {"after": "6 months", "remind": "2 weeks"},
                "renewal": {"after": "12 months", "every": "12 months", "remind": "60 days"},
            },
        },
    )


def bought(here: World, **columns: Any) -> int:
    """A lead of rep-1 that has just bought; returns its id."""
    lead = here.lead(owner="rep-1", phase="Opportunity", **columns)
    with here.database.begin() as connection:
        now = datetime.now(UTC)
        sale = open_opportunity(connection, key="won", lead_id=lead, stage="discovery", at=now)
        connection.exec_driver_sql(
            "UPDATE opportunity SET outcome = 'won', closed_at = now() WHERE id = %s", (sale,)
        )
    return lead


def sold_on(here: World) -> date:
    """The day of the opportunity where customer success works."""
    day: date = here.value("SELECT (closed_at AT TIME ZONE 'Europe/Berlin')::date FROM opportunity")
    return day
