"""In which languages a cadence writes, and to whom."""

from __future__ import annotations

import pytest

from domain.cadences.cadence import Cadence
from domain.checking.lint import lint
from domain.email.template_language import in_language

TEXT = """\
cadence: winter
{languages}steps:
  - email: winter-1
  - email: winter-2
"""


def checked(languages: str, templates: dict[str, list[str]]) -> tuple[Cadence | None, list[str]]:
    """The cadence and what is wrong with it."""
    cadence, problems = lint(TEXT.format(languages=languages), "winter.yaml", templates)
    return cadence, [str(one) for one in problems]


def test_a_campaign_in_english_only_is_published_though_a_mail_is_in_korean_too() -> None:
    """A campaign for one market waits for no translator, and nobody gets half of it in another
    language."""
    mails = {"winter-1": ["en", "ko"], "winter-2": ["en"]}
    cadence, problems = checked("", mails)
    assert cadence is None
    assert "or say languages: [en] to write in less" in problems[0]
    cadence, problems = checked("languages: [en]\n", mails)
    assert problems == []
    assert cadence is not None
    assert cadence.fallback_language == "en"
    assert cadence.model_dump(mode="json")["languages"] == ["en"]


def test_a_campaign_needs_no_english() -> None:
    """A company that writes in Korean falls back to Korean."""
    cadence, problems = checked("languages: [ko]\n", {"winter-1": ["ko"], "winter-2": ["ko"]})
    assert problems == []
    assert cadence is not None
    assert cadence.fallback_language == "ko"


def test_a_language_that_is_promised_is_there_in_each_mail() -> None:
    """Else a lead would get the second mail in another language than the first, unseen."""
    mails = {"winter-1": ["en", "ko"], "winter-2": ["en"]}
    _cadence, problems = checked("languages: [en, ko]\n", mails)
    assert len(problems) == 1
    assert "'winter-2' is missing in the language 'ko' (the cadence says so" in problems[0]


@pytest.mark.parametrize("languages", ["english", "[English]", "[en, en]", "[1]"])
def test_what_is_no_language_is_refused(languages: str) -> None:
    """A slip of the pen would have everybody written to in the wrong language."""
    mails = {"winter-1": ["en"], "winter-2": ["en"]}
    _cadence, problems = checked(f"languages: {languages}\n", mails)
    assert problems


def test_a_cadence_that_names_no_languages_is_kept_as_it_was() -> None:
    """Versions that were published before are the same version still."""
    cadence, _problems = checked("", {"winter-1": ["en"], "winter-2": ["en"]})
    assert cadence is not None
    assert "languages" not in cadence.model_dump(mode="json")
    assert cadence.fallback_language == "en"


def test_a_mail_that_is_translated_begins_with_the_parts_of_its_language() -> None:
    """Else a Korean mail would end with an English footer, and be read out as English."""
    source = (
        '<mjml lang="en"><mj-body><mj-include path="_header.mjml" />'
        '<mj-include path="_footer.en.mjml" /><mj-include path="_mine.en.mjml" /></mj-body>'
    )
    made = in_language(source, "en", "ko", {"_header.mjml", "_footer.ko.mjml"})
    assert made == (
        '<mjml lang="ko"><mj-body css-class="ko"><mj-include path="_header.mjml" />'
        '<mj-include path="_footer.ko.mjml" /><mj-include path="_mine.en.mjml" /></mj-body>'
    )
    assert 'css-class="zh"' in in_language(made, "ko", "zh", set())
