"""What ``openapi.json`` says of each operation beside its parameters and answer: a name for it that
generators make a method of, and every status it may end with.

Statuses are read from the code: a route's function, its dependencies and what they call.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from domain.refusals import Refusal
from web.problems import RequestProblem

ALWAYS = frozenset({401, 422, 503})
"""Nobody known asks; the address or the body is not understood; a server is away."""
WITH_A_BODY = frozenset({408, 413})
"""It comes too slowly, or is too large."""
OURS = ("services.", "store.", "temporal.", "web.")
"""Modules in which a route's refusals come up."""
_SHOWN = {"show": "get", "add": "create", "change": "update"}


def operation_id(route: APIRoute) -> str:
    """``pause_lead`` for the function ``pause`` of ``/leads/{lead_id}/pause``; a function that
    names its thing itself keeps its name. A route may say another (``operation_id=``)."""
    verb, _, thing = route.name.partition("_")
    if thing == "all":
        return f"{verb}_{_last_word(route.path, route.name)}"
    return f"{_SHOWN.get(verb, verb)}_{thing or _singular(_last_word(route.path, route.name))}"


def _last_word(path: str, name: str) -> str:
    """What is done with: the last parameter, if it is an id, or else the last word of the path
    that is not what is done."""
    parts = [part for part in path.strip("/").split("/") if part]
    for part in reversed(parts):
        if part.endswith("_id}"):
            return part[1:-4]
        if part == "{rep}":
            return "rep"
        if not part.startswith("{") and part != name:
            return part.replace("-", "_")
    return name


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun.removesuffix("s")


def statuses_of(route: APIRoute) -> list[int]:
    """Every status of an answer that is no success."""
    found = set(ALWAYS)
    for function in (route.endpoint, *_dependencies(route.dependant)):
        found |= _raised_by(function)
    if route.body_field is not None:
        found |= WITH_A_BODY
    return sorted(found)


def _dependencies(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _dependencies(one)


def _raised_by(function: Callable[..., Any]) -> frozenset[int]:
    """Statuses of the refusals that a function of ours names, or one that it names."""
    found: frozenset[int] = frozenset()
    todo, seen = [function], set[Callable[..., Any]]()
    while todo:
        one = todo.pop()
        if isinstance(one, FunctionType) and one not in seen:
            seen.add(one)
            statuses, named = _named_in(one)
            found |= statuses
            todo += named
    return found


@functools.cache
def _named_in(function: FunctionType) -> tuple[frozenset[int], tuple[FunctionType, ...]]:
    """Statuses of the refusals that a function names itself, and the functions of ours."""
    statuses: set[int] = set()
    functions = []
    # A context manager stands in a wrapper of the standard library.
    function = inspect.unwrap(function)
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Call) and _named(node.func, known) is RequestProblem:
            status = node.args[0] if node.args else None
            if isinstance(status, ast.Constant) and isinstance(status.value, int):
                statuses.add(status.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            named = _named(node, known)
            if isinstance(named, type) and issubclass(named, Refusal) and named is not Refusal:
                statuses.add(named.status)
            elif isinstance(named, FunctionType) and named.__module__.startswith(OURS):
                functions.append(named)
    return frozenset(statuses), tuple(functions)


def _named(node: ast.expr, known: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(known.get(node.value.id), node.attr, None)
    return None
