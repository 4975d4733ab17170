"""Mistakes stand at the step that they belong to: else who knows no YAML looks for line 27."""

from __future__ import annotations

from domain.authoring.yaml_source import read
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    ExitForm,
    MailStepForm,
    TaskForm,
    WaitForm,
    WindowForm,
)
from domain.checking.lint import lint
from domain.checking.step_mistakes import mistakes_by_step, mistakes_of, mistakes_of_rules

TEMPLATES = {"one": {"en"}, "meeting-x": {"en"}}


def test_each_mistake_is_told_at_its_step_and_field() -> None:
    """Within branches too; what is in no step is told for itself."""
    text = """\
cadence: X
steps:
  - email: none
  - branch:
      if: lead.nothing > 3
      then:
        - wait: 3 dayz
        - exit: over
        - task: {kind: call}
      else:
        - wiat: 3 days
"""
    source = read(text, "")
    found = {
        (one.place, one.field) for one in mistakes_by_step(source, lint(text, "", TEMPLATES)[1])
    }
    branch = ("steps", 1, "branch")
    assert found == {
        ((), ""),
        (("steps", 0), "mail"),
        (("steps", 1), "condition"),
        ((*branch, "then", 0), "span"),
        ((*branch, "then", 2), ""),
        ((*branch, "else", 0), ""),
    }


def test_a_step_is_checked_before_it_stands_in_a_cadence() -> None:
    """The dialog tells it, and nothing that is wrong elsewhere."""
    assert mistakes_of(MailStepForm(mail="one"), TEMPLATES) == {}
    assert "Add templates/two.en.mjml" in mistakes_of(MailStepForm(mail="two"), TEMPLATES)["mail"]
    assert "about a meeting" in mistakes_of(MailStepForm(mail="meeting-x"), TEMPLATES)["mail"]
    assert mistakes_of(MailStepForm(), TEMPLATES).keys() == {"mail"}
    assert mistakes_of(WaitForm(span="0 days"), TEMPLATES).keys() == {"span"}
    assert mistakes_of(TaskForm(title=" ", due="3 years"), TEMPLATES).keys() == {"title", "due"}
    assert mistakes_of(ExitForm(reason="no response"), TEMPLATES).keys() == {"reason"}
    assert mistakes_of(ExitForm(reason="no_response"), TEMPLATES) == {}
    assert mistakes_of(BranchForm(condition="score >"), TEMPLATES).keys() == {"condition"}
    assert mistakes_of(BranchForm(condition="score > 3"), TEMPLATES) == {}
    assert mistakes_of(BranchForm(), TEMPLATES).keys() == {"condition"}
    assert mistakes_of(TaskForm(), TEMPLATES).keys() == {"title"}
    assert mistakes_of(WaitForm(id="Not a name"), TEMPLATES).keys() == {"id"}


def test_the_rules_are_checked_field_by_field() -> None:
    """A window that never opens, a name that can't be one."""
    assert mistakes_of_rules(CadenceForm(name="x")) == {}
    wrong = CadenceForm(name="Spring check", window=WindowForm([], "9", "25:00"))
    assert mistakes_of_rules(wrong).keys() == {"name", "begins", "ends"}
    night = CadenceForm(name="x", window=WindowForm(["mon"], "22:00", "06:00"))
    assert mistakes_of_rules(night).keys() == {"ends"}
    assert mistakes_of_rules(CadenceForm(name="x", window=WindowForm([]))).keys() == {"days"}


def test_a_cadence_that_says_its_languages_asks_for_no_others() -> None:
    """Else a mail that is only in Korean could not be put into a cadence in Korean."""
    mail, there = MailStepForm(mail="one"), {"one": ["ko"]}
    assert mistakes_of(mail, there, ["ko"]) == {}
    assert "'en'" in mistakes_of(mail, there)["mail"]
    assert "'zh'" in mistakes_of(mail, there, ["ko", "zh"])["mail"]
