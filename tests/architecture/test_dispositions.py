"""Everything that has to know a disposition, held against the one table of them."""

from __future__ import annotations

import ast
import json
import re
from typing import get_args

import pytest
from sqlalchemy import create_engine
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from cli.cadence import CADENCES
from cli.tasks import app
from domain.checking.policies import read_policy
from domain.contracts.journey_sales import MeetingOutcome
from domain.contracts.tasks import CLOSES_OPPORTUNITY, Disposition, TaskKind
from domain.sales.follow_up import BY_DEFAULT, BY_ITSELF, FollowUpPolicy
from domain.sales.next_calls import next_action
from domain.tasks.completion import Completion
from domain.tasks.rules import DISPOSITIONS, TASKS
from domain.translations.translator import sentences
from settings import ROOT, Settings
from tests.domain.test_completion import EVERY, needed
from web.api.app import create_api
from web.api.examples import EXAMPLES
from web.api.opportunities import Close

FIELDS = {"at": "needs_time", "reason": "needs_reason", "until": "may_name_day"}
"""Field of a completion → of the rule that says whether a disposition takes it."""
PAGE = (ROOT / "docs" / "dispositions.md").read_text(encoding="utf-8")

HANDLED = {
    TaskKind.QUALIFY: ("workflows/follow_up.py", set()),
    TaskKind.CADENCE: ("workflows/cadence_run.py", {Disposition.DONE, Disposition.SKIPPED}),
    TaskKind.OPPORTUNITY: ("workflows/opportunity_stages.py", {Disposition.IN_PROGRESS}),
    TaskKind.RENEWAL: ("workflows/customer.py", {Disposition.RENEWED}),
    TaskKind.UPSELL: ("workflows/customer.py", {Disposition.DONE, Disposition.NOT_NOW}),
}
"""Kind of task → the workflow that asks for it, and the dispositions after which that simply goes
on."""
WAITED_FOR_BY_NOBODY = {
    TaskKind.LOSS_REVIEW,
    TaskKind.HAND_OVER,
    TaskKind.CUSTOMER_QUESTION,
    TaskKind.LEAD_MESSAGE,
    TaskKind.TO_DO,
}


def named(path: str) -> set[Disposition]:
    """The dispositions that a file names."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = {
        Disposition[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id == "Disposition"
    }
    closes = any(
        isinstance(node, ast.Name) and node.id == "CLOSES_OPPORTUNITY" for node in ast.walk(tree)
    )
    return found | (set(CLOSES_OPPORTUNITY) if closes else set())


@pytest.mark.parametrize("kind", HANDLED)
def test_the_workflow_that_asks_knows_each_disposition(kind: TaskKind) -> None:
    """One it does not know would be taken for one after which nothing changes."""
    path, goes_on = HANDLED[kind]

    assert set(TASKS[kind].dispositions) - named(path) == goes_on - named(path)
    assert goes_on <= set(TASKS[kind].dispositions)


def test_each_outcome_of_a_call_has_a_rule_and_each_of_a_meeting_is_one() -> None:
    """A call would be followed by another whatever was said; a journey would die of its meeting."""
    assert set(TASKS[TaskKind.CALL].dispositions) == {*BY_DEFAULT, *BY_ITSELF} - {"expired"}
    for disposition in TASKS[TaskKind.MEETING_OUTCOME].dispositions:
        assert MeetingOutcome(disposition)
    others = {TaskKind.CALL, TaskKind.MEETING_OUTCOME} | WAITED_FOR_BY_NOBODY
    assert set(TASKS) == {*HANDLED, *others}


def test_the_api_describes_each_disposition_and_field() -> None:
    """Who makes a client of the description could not send a disposition that is new."""
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    schema = create_api(Settings(), nowhere).openapi()["components"]["schemas"]["Completion"]

    assert schema["properties"]["disposition"]["enum"] == [*Disposition]
    assert set(schema["properties"]) == set(Completion.model_fields)
    for name, needs in FIELDS.items():
        for code, rule in DISPOSITIONS.items():
            told = re.search(rf"\b{code}\b", schema["properties"][name]["description"])
            assert bool(told) == getattr(rule, needs), (name, code)
    for operation in ("complete_task", "complete_task_with_undo"):
        Completion.model_validate_json(json.dumps(EXAMPLES[operation]))
    assert get_args(Close.model_fields["outcome"].annotation) == CLOSES_OPPORTUNITY


def test_the_command_line_has_an_option_for_each_field() -> None:
    """A rep at a terminal could not complete what needs a field that is new."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands["done"]
    options = {
        one.name: one for one in command.params if isinstance(one, TyperArgument | TyperOption)
    }

    assert set(Completion.model_fields) <= set(options)
    for name, needs in FIELDS.items():
        for code, rule in DISPOSITIONS.items():
            if getattr(rule, needs):
                assert code in (options[name].help or "")


def test_a_policy_decides_what_follows_a_lead_in_sales_hands_and_nothing_else() -> None:
    """The button of a new disposition would say in the console that nothing depends on it."""
    rules = read_policy((CADENCES / "follow-up.yaml").read_text(encoding="utf-8"), "")[0]
    assert isinstance(rules, FollowUpPolicy)
    for kind, one in EVERY:
        decided = next_action(rules, kind, one, attempt=1) is not None
        assert (TASKS[kind].leads_to[one] is not None) or decided, (kind, one)


@pytest.mark.parametrize("language", ["ko", "zh"])
def test_each_disposition_and_what_it_leads_to_is_translated(language: str) -> None:
    """A Korean rep would choose between words of two languages."""
    there = sentences(language)
    said = [rule.label for rule in DISPOSITIONS.values()]
    said += [rule.label for rule in TASKS.values()]
    for kind, one in EVERY:
        if follows := TASKS[kind].leads_to[one]:
            said += [follows.short, follows.sentence]

    assert [one for one in said if one not in there] == []


@pytest.mark.parametrize(("kind", "disposition"), EVERY)
def test_the_page_of_dispositions_has_each_with_what_it_takes(
    kind: TaskKind, disposition: Disposition
) -> None:
    """Who writes a program against the API looks there for what a task may end with."""
    rule = DISPOSITIONS[disposition]
    must = ", ".join(f"`{name}`" for name in needed(rule)) or "–"
    may = ["until"] * rule.may_name_day + ["competitor"] * rule.may_name_competitor
    may += ["learned"] * TASKS[kind].records_opportunity
    optional = ", ".join(f"`{name}`" for name in may) or "–"
    follows = TASKS[kind].leads_to[disposition]
    leads = follows.sentence if follows else "As the follow-up policy says."
    line = f"| `{disposition}` | {rule.label} | {must} | {optional} | {leads} |"

    section = PAGE.partition(f"## `{kind}`: {TASKS[kind].label}\n")[2].partition("\n## ")[0]
    assert line in section.splitlines(), line
