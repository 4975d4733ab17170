"""What is refused, and what journeys say, in the visitor's language."""

from __future__ import annotations

import re

import pytest

from domain.sentences import Sentence
from domain.translations.translator import sentences
from tests.support.web_app import Site
from web.console.refusals import known_again

PLACE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("pattern", sentences("ko", "journeys"))
def test_what_a_journey_says_is_known_again(pattern: str) -> None:
    """One that is taken for another, or for none, is told wrong or in English."""
    values = {name: f"{name}-7" for name in PLACE.findall(pattern)}

    found = known_again(Sentence(pattern, values))

    assert isinstance(found, Sentence)
    assert (found.pattern, found.values) == (pattern, values)


def test_what_stands_in_a_sentence_of_a_journey_is_known_again() -> None:
    """A sentence would be half in English."""
    found = known_again(
        "Waiting to send step 2 of welcome on Tue 09:00 KST, because sales keeps the account out "
        "of marketing"
    )

    assert isinstance(found, Sentence)
    assert isinstance(found.values["what"], Sentence)
    assert found.values["what"].values["when"] == "Tue 09:00 KST"


def test_an_sdr_reads_in_korean_that_a_lead_is_another_teams(site: Site) -> None:
    """Who does not read English would not know what is wrong."""
    lead = site.world.nurtured
    with site.visit(site.sign_in("sdr", "rep-1", "ko")) as browser:
        page = browser.get(f"/console/leads/{lead}")

    assert page.status_code == 404
    assert f"팀의 리드 중에 {lead}번이 없습니다." in page.text
