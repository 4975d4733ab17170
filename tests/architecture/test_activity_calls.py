"""Workflows call activities by name, so nothing but a test sees a name or a type that is wrong;
the journey would wait for ever."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from collections.abc import Callable
from typing import Any, cast

import pytest

from activities.registry import email_activities, journey_activities, webhook_activities
from activities.resources import Resources
from domain.contracts.journey import EMAIL_QUEUE, JOURNEY_QUEUE, AwaitDisposition
from domain.contracts.tasks import TaskResult
from domain.contracts.webhooks import WEBHOOK_QUEUE
from settings import ROOT
from tests.support.source_files import parsed, python_files
from workflows import activity_stubs

# The activities are only looked at, never run.
RESOURCES = cast(Resources, None)
CALLS = {
    "_record": JOURNEY_QUEUE,
    "_send": EMAIL_QUEUE,
    "_post": WEBHOOK_QUEUE,
    "workflow.start_activity": JOURNEY_QUEUE,
}
"""How a workflow calls an activity → the queue it goes to."""


def registered() -> dict[str, tuple[str, Callable[..., Any]]]:
    """Activity name → its queue and its function, as workers register them."""
    queues = {
        JOURNEY_QUEUE: journey_activities(RESOURCES),
        EMAIL_QUEUE: email_activities(RESOURCES),
        WEBHOOK_QUEUE: webhook_activities(RESOURCES),
    }
    return {one.__name__: (queue, one) for queue, made in queues.items() for one in made}


def called(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every activity call in ``tree`` with a name written out: the activity, the call."""
    return [
        (str(node.args[0].value), node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in CALLS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def signature(function: Callable[..., Any]) -> tuple[list[Any], Any]:
    """Annotated types of the arguments (without self) and of the result."""
    hints = typing.get_type_hints(function)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return [hints[name] for name in names], hints["return"]


STUBS = [
    (node.name, name, call)
    for node in parsed(ROOT / "workflows" / "activity_stubs.py").body
    if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    for name, call in called(node)
]


@pytest.mark.parametrize(("stub", "name", "call"), STUBS, ids=[stub for stub, _, _ in STUBS])
def test_a_stub_calls_a_registered_activity_with_its_types(
    stub: str, name: str, call: ast.Call
) -> None:
    queue, function = registered()[name]
    takes, gives = signature(function)

    assert signature(getattr(activity_stubs, stub)) == (takes, gives)
    assert CALLS[ast.unparse(call.func)] == queue
    decoded = {word.arg: ast.unparse(word.value) for word in call.keywords}.get("result_type")
    if decoded is None:
        decoded = ast.unparse(call.args[2])
    assert decoded == ("type(None)" if gives is type(None) else gives.__name__)


def test_the_wait_for_a_person_calls_a_registered_activity_with_its_types() -> None:
    assert signature(registered()["await_disposition"][1]) == ([AwaitDisposition], TaskResult)


def test_each_activity_takes_one_dataclass_of_its_own() -> None:
    """A field can be added to one without a change of what runs already pass."""
    taken = [signature(function)[0] for _, function in registered().values()]

    assert all(len(types) == 1 and dataclasses.is_dataclass(types[0]) for types in taken)
    assert len({types[0] for types in taken}) == len(taken)


def test_every_registered_activity_is_called_and_nothing_else() -> None:
    """One that nobody calls is dead code; one that nobody registers never runs."""
    names = {name for path in python_files("workflows") for name, _ in called(parsed(path))}

    assert names == set(registered())


def test_no_activity_is_torn_out_of_what_it_does() -> None:
    """The SDK would raise an error in its thread, between any two steps, when it is cancelled: a
    mail handed over but not noted, or an error swallowed by the garbage collector."""
    exposed = [
        node.name
        for path in python_files("activities")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if ast.unparse(decorator).startswith("activity.defn")
        and "no_thread_cancel_exception=True" not in ast.unparse(decorator)
    ]

    assert exposed == []
