"""Follow-up policies for one test: those of the tests with other gaps and further lines."""

from __future__ import annotations

from domain.checking.policies import read_policy
from store.published.policies import publish_policy
from tests.support.workflow_world import CADENCES, World

FOLLOW_UP = (CADENCES / "follow-up.yaml").read_text(encoding="utf-8")
GAPS = "gaps: [5 minutes, 1 business day, 2 business days, 3 business days, 4 business days]"
BUSY_AGAIN = "after: {busy: {again_in: 30 business minutes, counts: false}}"
OUTBOUND_RULES = """
outbound:
  gaps: [5 minutes, 2 business days, 2 business days]
  email_after: {1: outbound-1-why-you, 3: outbound-2-last-try}
"""


def publish(here: World, text: str) -> None:
    """Put a policy in force."""
    policy, problems = read_policy(text, "test.yaml")
    assert policy, problems
    with here.database.begin() as connection:
        publish_policy(connection, text, policy)


def with_calls(gaps: str, *lines: str) -> str:
    """The follow-up of the tests with other gaps and further lines; one mail, after attempt 1."""
    text = FOLLOW_UP.replace("email_after: [1, 3]", "email_after: [1]")
    return text.replace(GAPS, f"gaps: {gaps}") + "\n".join(lines) + "\n"
