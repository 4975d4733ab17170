"""Mistakes of a template that show only in the mail are told before it is published."""

from __future__ import annotations

import pytest

from domain.email.checked import check_template

FOOTER = '<mj-section><mj-column><mj-text><a href="{{ links.unsubscribe }}">No more</a>'
PARTS = {"_footer.en.mjml": f"{FOOTER} {{{{ postal_address }}}}</mj-text></mj-column></mj-section>"}
INCLUDE = '<mj-include path="_footer.en.mjml" />'


def problems(body: str, name: str = "hello", end: str = INCLUDE, subject: str = "Hello") -> str:
    """What is wrong with a mail whose text, on line 6, is ``body``."""
    source = (
        f"---\nsubject: {subject}\npreheader: Short\n---\n"
        "<mjml><mj-body><mj-section><mj-column><mj-text>\n"
        f"{body}\n</mj-text></mj-column></mj-section>\n{end}\n</mj-body></mjml>\n"
    )
    return "\n".join(map(str, check_template(name, source, f"{name}.en.mjml", PARTS)[1]))


def test_a_mail_that_nobody_can_unsubscribe_from_is_a_mistake() -> None:
    """Marketing would break the law with every lead it mails, and see nothing of it."""
    told = problems("Hello", end="")
    assert told.startswith("hello.en.mjml:9:1: marketing's mails need a link to unsubscribe")
    assert INCLUDE in told
    assert "{{ links.unsubscribe }}" in told
    assert problems("Hello") == ""
    both = '<a href="{{ links.unsubscribe }}">No more</a> {{ postal_address|upper }}'
    assert problems(both, end="") == ""
    # The link is there for some only, or in a comment.
    link = '<a href="{{ links.unsubscribe }}">No more</a>'
    some = f"{{% if lead.company %}}{link}{{% endif %}} {{{{ postal_address }}}}"
    assert "none to a lead of whom nothing but the address is known" in problems(some, end="")
    assert "need a link to unsubscribe" in problems("Hello", end=f"<!-- {INCLUDE} -->")


def test_a_mail_that_says_nowhere_who_sent_it_is_a_mistake() -> None:
    """The form says that the postal address always stands there, and the law wants it."""
    link = '<a href="{{ links.unsubscribe }}">No more</a> 1 Lane'
    told = problems(link, end="")
    assert told.startswith("hello.en.mjml:9:1: marketing's mails need our postal address")
    assert INCLUDE in told
    assert "{{ postal_address }}" in told
    some = link + "{% if lead.company %}{{ postal_address }}{% endif %}"
    assert "none to a lead of whom nothing but" in problems(some, end="")
    assert problems("{{ meeting.starts_at }}", name="meeting-moved", end="") == ""


def test_a_mail_about_a_meeting_needs_no_such_link() -> None:
    """It comes to whoever has a meeting, whatever they chose for other mails."""
    assert problems("{{ meeting.starts_at }}", name="meeting-moved", end="") == ""


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Hi\n{{ lead.country / 2 }}", "hello.en.mjml:7:1: this fails when the mail is written. "),
        ("Hi {{ lead.country|truncate('x') }}", "hello.en.mjml:6:4: this fails when"),
        ("{% for n in range(101) %}x{% endfor %}", "hello.en.mjml:6:1: this fails when"),
        (
            "{{ 'x' if lead.company else 1 // 0 }}",
            "hello.en.mjml:6:1: this fails when the mail is ",
        ),
    ],
)
def test_a_tag_that_fails_in_the_mail_is_named_at_its_line(body: str, place: str) -> None:
    """Published, every mail of it would fail, lead by lead."""
    assert problems(body).startswith(place)
    assert "Fix or delete the tag" in problems(body)


def test_a_subject_that_fails_in_the_mail_is_named_too() -> None:
    """The subject is rendered apart from the mail's body."""
    assert problems("Hi", subject="{{ lead.country + 1 }}").startswith("hello.en.mjml:2:10: ")
