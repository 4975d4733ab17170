"""Cadences as hypothesis makes them: all valid, every step reachable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from domain.cadences.cadence import EXIT_EVENTS, Cadence
from domain.time.window import WEEKDAYS

CONDITION = "has(lead.attributes.b"
"""Each branch asks for an attribute of its own: b0, b1, …"""
names = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True)

_emails = st.builds(lambda name: {"email": name}, names)
_waits = st.builds(
    lambda amount, unit: {"wait": f"{amount} {unit}"},
    st.integers(1, 14),
    st.sampled_from(["minute", "hours", "days", "business days", "weeks"]),
)
_tasks = st.builds(
    lambda title, kind: {"task": {"title": title, "kind": kind}},
    st.text("abc Д한", min_size=1).filter(str.strip),
    st.sampled_from(["call", "email", "research", "other"]),
)
_exits = st.builds(lambda reason: {"exit": reason}, names)
Steps = list[dict[str, Any]]


def _lists(arms: st.SearchStrategy[Steps]) -> st.SearchStrategy[Steps]:
    """Lists of steps whose branches always have a way on, and which may end in an exit."""
    branches = st.builds(
        lambda then, otherwise: {
            "branch": {"if": "", "then": then} | ({"else": otherwise} if otherwise else {})
        },
        arms,
        arms.filter(_comes_out) | st.just([]),
    )
    plain = st.lists(st.one_of(_emails, _waits, _tasks, branches), min_size=1, max_size=4)
    return st.builds(lambda steps, end: [*steps, *end], plain, st.lists(_exits, max_size=1))


def _comes_out(steps: Steps) -> bool:
    return "exit" not in steps[-1]


def _numbered(steps: Steps, count: Iterator[int]) -> Steps:
    """A copy in which each branch has its own condition."""
    copies: Steps = []
    for step in steps:
        if "branch" in step:
            branch = {"if": f"{CONDITION}{next(count)})"}
            arms = {
                arm: _numbered(step["branch"][arm], count)
                for arm in ("then", "else")
                if arm in step["branch"]
            }
            copies.append({"branch": branch | arms})
        else:
            copies.append(step)
    return copies


_steps = st.recursive(st.lists(st.one_of(_emails, _waits), min_size=1), _lists, max_leaves=6)


@st.composite
def cadence_data(draw: st.DrawFn) -> dict[str, Any]:
    """A cadence as plain data, as it stands in YAML."""
    opens = draw(st.integers(0, 22))
    return {
        "cadence": draw(names),
        "description": draw(st.text(max_size=20)),
        "window": {
            "days": sorted(draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))),
            "from": f"{opens:02}:00",
            "to": f"{draw(st.integers(opens + 1, 24)):02}:00",
            "skip_holidays": draw(st.booleans()),
        },
        "exit_on": sorted(draw(st.sets(st.sampled_from(EXIT_EVENTS)))),
        "steps": _numbered(draw(_steps), itertools.count()),
    }


def cadences() -> st.SearchStrategy[Cadence]:
    """Valid cadences."""
    return cadence_data().map(Cadence.model_validate)
