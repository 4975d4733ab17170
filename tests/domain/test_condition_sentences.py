"""What is wrong with a condition, told in the reader's language."""

from __future__ import annotations

import re

import pytest

from domain.checking.policies import read_policy
from domain.rules.conditions import ConditionError, compile_condition
from domain.sentences import Sentence
from domain.translations.translator import translator_for

WRONG = [
    "",
    "lead.contry == 'KR'",
    "scor > 3",
    "lead.country = 'KR'",
    "score > ",
    "score",
    "lead.attributes.employees > 5",
    "lead.attributes.seats < '100'",
    "score == 'many'",
    "score < 0",
    "fit == 'E'",
    "lead.title.matches('(')",
    "lead.title + 'a' + 'b' == lead",
    "lead",
]


@pytest.mark.parametrize("source", WRONG)
@pytest.mark.parametrize("language", ["ko", "zh"])
def test_each_mistake_has_its_words_in_every_language(source: str, language: str) -> None:
    """A marketer in Seoul would read English under every second condition."""
    with pytest.raises(ConditionError) as wrong:
        compile_condition(source)
    said = wrong.value.message

    assert isinstance(said, Sentence)
    assert re.search(r"[가-힣一-鿿]", translator_for(language).pattern(said.pattern) or "")


def test_a_mistake_in_a_file_keeps_its_words() -> None:
    """What goes through the model of a file would be told in English there."""
    text = (
        'policy: segments\nsegments:\n  - name: kr\n    title: KR\n    when: lead.contry == "KR"\n'
    )
    _, problems = read_policy(text, "segments.yaml")

    assert [type(one.message) for one in problems] == [Sentence]
    assert "unknown field 'contry' of lead. Did you mean 'country'?" in str(problems[0])
