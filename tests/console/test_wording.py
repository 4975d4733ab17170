"""What rows and journeys hold as codes and spans, as pages word it: a page that fails at one value
of one task keeps somebody's whole inbox from being shown."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from nicegui import ui

from domain.contracts.tasks import TaskKind
from domain.sentences import Sentence
from domain.tasks.wording import instructions_of, title_of
from tests.domain.test_task_wording import CASES, FACTS
from web.console import refusals
from web.console.refusals import told, worded
from web.console.visit import begin_visit


@pytest.fixture(autouse=True, params=["en", "ko", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    """Somebody with a page open, whose language it is."""
    visit: Any = SimpleNamespace(language=request.param, zone=ZoneInfo("Asia/Seoul"))
    begin_visit(ui.context.client, visit)
    return cast(str, request.param)


@pytest.mark.parametrize("kind", TaskKind)
@pytest.mark.parametrize("case", CASES)
def test_every_task_is_worded(kind: TaskKind, case: str) -> None:
    facts = FACTS | {"case": case}
    for one in [title_of(kind, 1, facts, "Welcome call"), *instructions_of(kind, facts, "")]:
        assert "_" not in worded(one)
        assert told(one)


@pytest.mark.parametrize("name", sorted(refusals._CODES))
@pytest.mark.parametrize("value", ["made_up", "", "no budget", "90 days", ["a", "b"], 7])
def test_a_code_that_nobody_knows_is_shown_as_it_is(name: str, value: str | int) -> None:
    said = worded(Sentence(f"It is {{{name}}}.", {name: cast(Any, value)}))
    assert said.startswith("It is ")


def test_spans_are_said_in_words_and_times_as_times(language: str) -> None:
    said = Sentence("{span}, {help_after}", {"span": "2 weeks", "help_after": "1 business hour"})
    words = {
        "en": "2 weeks, 1 business hour",
        "ko": "2주, 업무 시간 1시간",
        "zh": "2 周, 1 个工作小时",
    }
    assert worded(said) == words[language]
    assert "2026" in worded(Sentence("{at}", {"at": datetime(2026, 12, 1, 9, tzinfo=UTC)}))
