"""A cadence as a form: else a marketer who moves one step rewrites what others wrote with care, or
leads get other mails than the drawing says."""

from __future__ import annotations

import copy
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from ruamel.yaml import YAML

from domain.authoring.yaml_edit import lost_comments, merged
from domain.authoring.yaml_source import read, validate
from domain.cadences.cadence import Cadence
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    MailStepForm,
    TaskForm,
    TextForm,
    WaitForm,
    each_step,
    form_of,
    unknown_of,
    with_form,
)
from domain.cadences.step_edits import added, can_be_added, moved, replaced, with_copy, without
from settings import ROOT
from tests.domain.cadences import cadence_data

SHIPPED = sorted(
    path
    for folder in ("cadences", "docs/reference/examples")
    for path in (ROOT / folder).glob("*.yaml")
    if path.read_text(encoding="utf-8").find("\nsteps:") > 0
)
COMMENTED = """\
# what it is
cadence: short
exit_on: [replied]
steps:
  # about the first
  - email: one  # beside the first
  # about the wait
  - wait: 3 days
  # about the branch
  - branch:
      if: score > 3
      # about then
      then:
        # about the task
        - task:
            title: Call
            # about what to say
            instructions: >-
              Say that
              it rains.
        # about two
        - email: two
      # about else
      else:
        - {email: three, again: true}
        # about the end
        - exit: no_response
  # about the last
  - email: four
  - task:
      title: Last
      instructions: |
        The last
        line.
# below all
"""


def form(text: str) -> CadenceForm:
    """A file as a form."""
    made = form_of(read(text, "").data)
    assert made is not None
    return made


def written(text: str, changed: CadenceForm | None) -> str:
    """The file with a changed form."""
    assert changed is not None
    data = with_form(read(text, "").data, changed)
    made = merged(text, data)
    assert read(made, "").data == data
    return made


def model(text: str) -> Cadence:
    """What a file says, which has no mistake."""
    made, problems = validate(Cadence, text, "cadence.yaml")
    assert problems == []
    assert made is not None
    return made


def followers(text: str) -> dict[str, str]:
    """Comment → the first line below it that is none."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("#"):
            waiting.append(line)
        elif line:
            found |= dict.fromkeys(waiting, line)
            waiting = []
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_looking_at_what_is_shipped_changes_nothing(path: Path) -> None:
    """Every step of ours has a form, and who looks at it finds the file as it was."""
    text = path.read_text(encoding="utf-8")
    opened = form(text)
    assert not [one for one in each_step(opened.steps) if isinstance(one, TextForm)]
    assert not [one for one in each_step(opened.steps) if unknown_of(one)]
    made = written(text, opened)
    assert made == merged(text, read(text, "").data)
    assert model(made) == model(text)
    assert lost_comments(text, made) == []


def commented(data: dict[str, Any]) -> tuple[str, int]:
    """Data as a file, with a comment above each step; and how many there are."""
    out = io.StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(data, out)
    lines, number = [], 0
    for line in out.getvalue().splitlines():
        start = line.lstrip(" ")
        if start.startswith(("- email", "- wait", "- task", "- branch", "- exit")):
            lines.append(f"{line[: len(line) - len(start)]}# about step {number}")
            number += 1
        lines.append(line)
    return "\n".join(lines) + "\n", number


@how(max_examples=500, deadline=None)
@given(cadence_data(), st.randoms(use_true_random=False))
def test_any_cadence_comes_back_from_its_form(data: dict[str, Any], random: Any) -> None:
    """The same model, with its comments; and whatever is moved takes along what was said of it,
    and can be published still."""
    text, number = commented(data)
    same = written(text, form(text))
    assert model(same) == model(text)
    assert followers(same) == followers(text)

    opened = form(text)
    step = random.choice(each_step(opened.steps))
    assert step.was is not None
    if changed := moved(opened, step.was, down=random.random() < 0.5):
        after = written(text, changed)
        model(after)
        assert len(each_step(form(after).steps)) == number
        assert lost_comments(text, after) == []
        assert followers(after) == followers(text)


def test_each_way_of_changing_a_step_leaves_the_others_alone() -> None:
    """Into a branch, out of it, copied, deleted: comments go along, and nothing else is touched."""
    opened = form(COMMENTED)
    wait, branch = ("steps", 1), ("steps", 2)
    down = written(COMMENTED, moved(opened, wait, down=True))
    assert "      then:\n        # about the wait\n        - wait: 3 days\n" in down
    assert followers(down) == followers(COMMENTED)
    task = (*branch, "branch", "then", 0)
    up = written(COMMENTED, moved(opened, task, down=False))
    assert followers(up) == followers(COMMENTED)
    task_there = form(up).steps[2]
    assert isinstance(task_there, TaskForm)
    assert task_there.instructions == "Say that it rains."

    twice = form(written(COMMENTED, with_copy(opened, branch)))
    assert [one.kind for one in twice.steps] == [
        "email",
        "wait",
        "branch",
        "branch",
        "email",
        "task",
    ]
    fewer = written(COMMENTED, without(opened, branch))
    assert set(lost_comments(COMMENTED, fewer)) == {
        "about the branch",
        *("about then", "about the task", "about what to say", "about two"),
        *("about else", "about the end"),
    }
    more = written(COMMENTED, added(opened, ("steps", 1), MailStepForm(mail="new", again=True)))
    assert "  - email: new\n    again: true\n" in more
    assert followers(more) == followers(COMMENTED)


def test_a_changed_field_changes_its_line() -> None:
    """The window that is not said, the task that is due in a day: what is usual is not written."""
    opened = form(COMMENTED)
    other = copy.deepcopy(opened.steps[1])
    assert isinstance(other, WaitForm)
    other.span = "2 business days"
    text = written(COMMENTED, replaced(opened, ("steps", 1), other))
    assert set(text.splitlines()) ^ set(COMMENTED.splitlines()) == {
        "  - wait: 3 days",
        "  - wait: 2 business days",
    }
    task = TaskForm(title="Call", task_kind="call")
    text = written(COMMENTED, added(opened, ("steps", 0), task))
    assert "  - task:\n      title: Call\n      kind: call\n  # about the first" in text
    opened.description, opened.exit_on = "For whom", ["booked"]
    assert opened.window
    opened.window.begins = "10:00"
    text = written(COMMENTED, opened)
    assert model(text).window.start == 600
    assert model(text).exit_on == ("booked",)
    assert model(text).description == "For whom"


def test_what_has_no_field_is_text_and_stays() -> None:
    """A step of a later release, one with two kinds, a key that nobody knows."""
    text = """\
cadence: x
enter_when: {segment: a}
window: {days: all}
steps:
  - goto: 7
  # about both
  - {email: a, wait: 2 days}
  - email: a
    again: false
    later: 0
  - nothing
  - wait: [1]
  - email: b
"""
    opened = form(text)
    assert [one.kind for one in opened.steps] == ["text"] * 2 + ["email"] + ["text"] * 2 + ["email"]
    assert unknown_of(opened.steps[2]) == {"later": 0}
    assert opened.others == {"enter_when": {"segment": "a"}}
    assert opened.window is None
    after = written(text, moved(opened, ("steps", 5), down=False))
    for line in text.splitlines():
        assert line.replace("window: {days: all}", "window: {days: all}") in after.splitlines()
    assert form_of(read("cadence: x\nsteps: 3\n", "").data) is None
    assert form_of(None) is None


def test_no_act_makes_what_the_linter_refuses() -> None:
    """A branch without a step, a mail behind the end."""
    opened = form(COMMENTED)
    arms = ("steps", 2, "branch")
    assert without(form("cadence: x\nsteps:\n  - email: a\n"), ("steps", 0)) is None
    assert not can_be_added(opened, (*arms, "else", 2), ends=False)
    assert can_be_added(opened, (*arms, "else", 1), ends=False)
    assert not can_be_added(opened, ("steps", 0), ends=True)
    assert can_be_added(opened, ("steps", 5), ends=True)
    out = moved(opened, (*arms, "else", 1), down=True)
    assert out
    assert [one.kind for one in out.steps][-1] == "exit"
    one_left = without(opened, (*arms, "then", 0))
    assert one_left
    left = form(written(COMMENTED, one_left))
    assert without(left, (*arms, "then", 0)) is None
    branch = left.steps[2]
    assert isinstance(branch, BranchForm)
    assert without(left, ("steps", 2))
