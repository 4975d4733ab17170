"""What marketing writes of forms, what people enter there, and what tells a program from them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from domain.authoring.yaml_source import validate
from domain.checking.checked import CheckedTexts, check_texts
from domain.forms.answers import NO_ADDRESS, NO_CHOICE, NO_PHONE, NOT_TICKED, TOO_LONG, check
from domain.forms.policy import FormsPolicy
from domain.forms.spam import is_worked, seconds_to_wait

FORM = """
policy: forms
forms:
  - name: guide
    title: {en: The guide, ko: 가이드}
    fields:
      - {field: email, kind: email, required: true, label: {en: E-mail}}
      - {field: first_name, label: {en: First name}}
      - {field: phone, kind: phone, label: {en: Phone}}
      - {field: country, kind: country, label: {en: Country}}
      - {field: size, kind: choice, label: {en: Size}, choices: [{value: big, label: {en: Big}}]}
      - {field: has_vans, kind: yes_no, label: {en: We have vans}}
      - {field: question, kind: long_text, label: {en: Question}}
    consent: {topic: nurture, text: {en: Write to me., ko: 동의합니다.}}
"""
ADA = {"email": " Ada@Acme.example ", "first_name": "Ada"}


def form(text: str = FORM) -> Any:
    policy, problems = validate(FormsPolicy, text, "forms.yaml")
    assert problems == []
    assert policy is not None
    return policy.forms[0]


def problems_of(changed: str, into: str) -> list[str]:
    assert changed in FORM
    _, problems = validate(FormsPolicy, FORM.replace(changed, into), "forms.yaml")
    return [str(one) for one in problems]


@pytest.mark.parametrize(
    ("changed", "into", "sentence"),
    [
        ("required: true, ", "", "a form asks for the address"),
        ("field: size", "field: email", "is asked for as kind 'email'"),
        ("field: size", "field: Size of Fleet", "Write 'size_of_fleet'"),
        ("field: size", "field: newsletter_consent", "nothing that a form asks for as a field"),
        ("kind: yes_no", "kind: choice", "needs 'choices:'"),
        ("ko: 동의합니다.", "zh: 同意", "the form has no title in 'zh'"),
        ("title:", "enters: welcome\n    confirm: false\n    title:", "never confirmed"),
        ("title:", "redirect: http://x.example\n    title:", "no address to go on to"),
        ("title:", "redirect: javascript:alert(1)\n    title:", "no address to go on to"),
        ("title:", "origins: [https://x.example/page]\n    title:", "no origin"),
        ("title:", "origins: ['https://*']\n    title:", "no origin"),
        ("title:", "origins: ['https://x.example;script-src *']\n    title:", "no origin"),
        ("title:", "origins: [http://x.example]\n    title:", "must begin with https://"),
    ],
)
def test_a_form_that_could_not_work_is_refused_with_what_to_do(
    changed: str, into: str, sentence: str
) -> None:
    """It would be found out by a visitor, who leaves."""
    assert any(sentence in one for one in problems_of(changed, into))


def test_a_form_names_a_topic_that_people_can_choose_and_a_cadence_that_there_is() -> None:
    """What people agreed to could not be ended by topic; the cadence would never begin."""
    texts = {
        "forms.yaml": FORM.replace("title:", "enters: welcom\n    title:", 1),
        "consent.yaml": "policy: consent\ntopics: {news: {en: {name: News, description: All.}}}\n",
    }
    checked = CheckedTexts()
    check_texts(checked, texts, {}, {"welcome"})

    told = "\n".join(map(str, checked.problems))
    assert "the consent policy does not name the topic 'nurture'" in told
    assert "welcom" in told
    assert "Did you mean 'welcome'" in told


def test_what_is_entered_becomes_facts_of_a_lead() -> None:
    """Else the same person is another lead by each door."""
    entered = ADA | {
        "phone": "02 1234 5678",
        "country": "KR",
        "size": "big",
        "has_vans": "yes",
        "question": "One\r\nand two",
    }
    found = check(form(), entered, agreed=True, language="ko", zone="Asia/Seoul")

    assert found.mistakes == {}
    assert found.agreed
    facts = found.facts
    assert (facts["email"], facts["email_key"]) == ("Ada@acme.example", "ada@acme.example")
    assert (facts["first_name"], facts["phone"], facts["country"]) == ("Ada", "+82212345678", "KR")
    assert facts["attributes"] == {"size": "big", "has_vans": "yes", "question": "One\nand two"}
    assert (facts["language_guess"], facts["time_zone_guess"]) == ("ko", "Asia/Seoul")


@pytest.mark.parametrize(
    ("entered", "mistakes"),
    [
        ({"email": "nobody"}, {"email": NO_ADDRESS}),
        (ADA | {"phone": "12"}, {"phone": NO_PHONE}),
        (ADA | {"country": "Korea"}, {"country": NO_CHOICE}),
        (ADA | {"size": "huge"}, {"size": NO_CHOICE}),
        (ADA | {"question": "x" * 2001}, {"question": TOO_LONG}),
        (ADA | {"first_name": "x" * 301}, {"first_name": TOO_LONG}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    entered: dict[str, str], mistakes: dict[str, str]
) -> None:
    assert check(form(), entered, agreed=False, language="en").mistakes == mistakes


def test_what_would_steer_a_terminal_is_not_kept() -> None:
    """Who lists at a terminal what strangers sent would have it cleared, or its clipboard set."""
    entered = {"email": "ada@acme.example", "first_name": "A\x1b[2Jd\x9b\u202ea\tB"}
    assert check(form(), entered, agreed=True, language="en").typed["first_name"] == "A[2Jda B"


def test_what_must_be_agreed_to_is_not_taken_for_granted() -> None:
    must = form(FORM.replace("topic: nurture,", "topic: nurture, required: true,"))

    assert check(must, ADA, agreed=False, language="en").mistakes == {"consent": NOT_TICKED}
    assert check(must, ADA, agreed=True, language="en").mistakes == {}


def test_the_language_is_one_that_the_form_has() -> None:
    assert form().language_for("ko-KR", "en") == "ko"
    assert form().language_for("de-DE", "fr") == "en"


def test_a_browser_that_did_the_work_need_not_wait_long() -> None:
    """Without script the time alone tells; a person who reads and types takes longer."""
    work = next(str(n) for n in itertools.count() if is_worked("a page", str(n)))

    assert not is_worked("another page", work)
    assert not is_worked("a page", "")
    assert not is_worked("a page", "²" + work)
    assert seconds_to_wait(5, worked=True) == 0
    assert seconds_to_wait(5, worked=False) == 3
