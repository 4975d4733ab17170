"""A mail in an SDR's own words: what would break for a lead, or let words do what they must not."""

from __future__ import annotations

import pytest

from domain.email.own_words import in_own_words, words_of
from domain.email.rendering import RenderError, TemplateError, render
from services.template_parts import TEMPLATES, template_parts
from tests.support.mail_fields import FIELDS

PARTS = template_parts(TEMPLATES)
AFTER_CALL = "follow-up-after-call"


def source(language: str = "en", name: str = AFTER_CALL) -> str:
    return (TEMPLATES / f"{name}.{language}.mjml").read_text(encoding="utf-8")


def test_what_is_shown_to_be_changed_is_what_would_be_said() -> None:
    """Who changes a mail would begin from an empty field, or with codes of fields."""
    shown = render(words_of(source(), AFTER_CALL), FIELDS)

    assert shown.subject == "I tried to call you"
    assert shown.text.startswith("Hi Robin,\n\nI tried to reach you by phone.")
    assert "Choose a time" not in shown.text
    assert "unsubscribe" not in shown.text


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
@pytest.mark.parametrize("name", [AFTER_CALL, "outbound-1-why-you", "outbound-2-last-try"])
def test_own_words_keep_button_signature_and_the_way_out(name: str, language: str) -> None:
    """A mail without a link to unsubscribe is against the law, and one without a name nobody's."""
    words = (
        "Dear {{ lead.first_name }},\n\nas agreed: https://example.com/a?b=1&c=2.\n<b>Thanks</b>"
    )

    mail = render(
        in_own_words(source(language, name), name, PARTS, subject="As agreed", words=words), FIELDS
    )

    assert mail.subject.endswith("As agreed")
    assert mail.subject.startswith(("(광고)", "（广告）")) == (
        render(words_of(source(language, name), name), FIELDS).subject[0] in "(（"
    )
    assert "Dear Robin," in mail.text
    assert "<b>Thanks</b>" in mail.text
    assert "&lt;b&gt;Thanks" in mail.html
    assert 'href="https://go.example/c?https://example.com/a?b=1&amp;c=2"' in mail.html
    for kept in ("unsubscribe", "booking", "Clara Moss"):
        assert kept in mail.html, kept
    assert "I tried to reach you" not in mail.text


def test_only_the_subject_can_be_changed() -> None:
    mail = render(
        in_own_words(source(), AFTER_CALL, PARTS, subject='About "Tuesday"', words=""), FIELDS
    )

    assert mail.subject == 'About "Tuesday"'
    assert "I tried to reach you by phone" in mail.text


@pytest.mark.parametrize(
    "words",
    [
        "{{ ''.__class__ }}",
        "{% set a = 1 %}",
        "{{ lead.first_name",
        "{% for i in range(100) %}{% for j in range(100) %}x{% endfor %}{% endfor %}",
        "{% if lead.company %}\n\nYes{% endif %}",
        "{{ link(lead.title) }}",
        "{% include 'x' %}",
    ],
)
def test_words_do_only_what_a_template_may(words: str) -> None:
    """What anybody types in a field would read other fields, or keep a worker busy."""
    with pytest.raises(TemplateError):
        in_own_words(source(), AFTER_CALL, PARTS, subject="", words=words)


def test_a_field_that_does_not_exist_is_told() -> None:
    written = in_own_words(source(), AFTER_CALL, PARTS, subject="", words="{{ lead.shoe_size }}")

    with pytest.raises(RenderError, match="shoe_size"):
        render(written, FIELDS)


def test_a_mail_whose_words_depend_on_the_lead_is_not_changed() -> None:
    """Own words would go to some leads only, and nobody would see that."""
    conditional = (
        source()
        .replace("<mj-section>", "{% if lead.company %}<mj-section>", 1)
        .replace("</mj-section>", "</mj-section>{% endif %}", 1)
    )

    with pytest.raises(TemplateError, match="no text of its own"):
        in_own_words(conditional, AFTER_CALL, PARTS, subject="", words="Hello")
