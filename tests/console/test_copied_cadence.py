"""What a copy of a cadence takes along and leaves alone, and what is asked as two are merged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.access import Role
from domain.cadences.cadence_form import TaskForm
from domain.email.rendering import CompiledTemplate
from domain.refusals import Conflict
from services.publishing import check_new_mails
from store.access.users import add_user
from store.engine import engine
from store.published.cadences import TemplateSource, publish_templates
from store.published.drafts import keep_draft
from web.console.marketing.copying import with_mails, without_entry
from web.console.marketing.merging import differing


def test_copied_mails_replace_nobodys(database_url: str) -> None:
    """A mail that goes to leads today would be written over by the copy of another one, and a
    colleague's draft be of something else."""
    database = engine(database_url)
    with database.begin() as connection:
        publish_templates(
            connection, [TemplateSource("copied-here", "ko", "", CompiledTemplate("", "", "", ""))]
        )
        clara = add_user(connection, "clara-copies@a.example", "Clara", Role.MARKETING)
        keep_draft(
            connection,
            kind="template",
            name="copied-draft.en",
            user_id=clara,
            text="",
            based_on=0,
            at=datetime.now(UTC),
        )
    for name in ("copied-here", "copied-draft"):
        with database.begin() as connection, pytest.raises(Conflict, match=name):
            check_new_mails(connection, {f"{name}.en.mjml": ""})
    database.dispose()


def test_names_of_mails_are_replaced_once() -> None:
    """The copy would send a mail that is not there."""
    text = "- email: a\n- email: 'b-a'\n- email: c  # email: a"
    names = {"a": "b-a", "b-a": "b-b-a"}
    assert with_mails(text, names) == "- email: b-a\n- email: 'b-b-a'\n- email: c  # email: b-a"


def test_a_copy_takes_nobody_in_by_itself() -> None:
    """Published, it would take in whomever the original does, who then get both."""
    text = "cadence: a\n# whom\nenter_when:\n  segment: x\nsteps:\n  - email: one  # first\n"
    assert "enter_when" not in without_entry(text)
    assert "- email: one  # first" in without_entry(text)
    assert without_entry("cadence: [") == "cadence: ["


def test_answers_that_read_the_same_tell_what_differs() -> None:
    """Nobody could tell whose of two tasks with one title to take."""
    mine, theirs = (TaskForm(title="Ring", instructions=said) for said in ("Be kind", "Be brief"))
    assert differing(mine, theirs) == (
        {"instructions": "Be kind"},
        {"instructions": "Be brief"},
    )
