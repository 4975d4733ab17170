"""The e-mails and cadences that come with Perennial: complete and in every language."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from domain.brand.policy import DEFAULT, brand_fields
from domain.cadences.cadence import Cadence
from domain.checking.lint import lint
from domain.email.rendering import RenderedEmail, check_fields, compile_template, render
from domain.translations.translator import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
PARTS = {file.name: file.read_text("utf-8") for file in (ROOT / "templates").glob("_*.mjml")}
FILES = sorted((ROOT / "templates").glob("[!_]*.mjml"))
CADENCES = (
    "welcome-nurture",
    "no-show-recovery",
    "cancelled-meeting",
    "recycle-reentry",
    "mid-funnel",
    "onboarding",
)
USED_BY_CODE = {
    "address-confirmation",
    "meeting-confirmation",
    "meeting-reminder",
    "meeting-cancelled",
    "meeting-cancelled-by-us",
    "meeting-handed-over",
    "follow-up-after-call",
    "outbound-1-why-you",
    "outbound-2-last-try",
}
FULL = {"first_name": "민준", "last_name": "김", "title": "소장", "company": "A & <B>"}


def languages_by_name() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in FILES:
        name, language = file.name.removesuffix(".mjml").rsplit(".", 1)
        found.setdefault(name, set()).add(language)
    return found


def is_about_a_meeting(file: Path) -> bool:
    return file.name.startswith("meeting-")


def is_operational(file: Path) -> bool:
    return is_about_a_meeting(file) or file.name.startswith("address-")


def mail(file: Path, lead: dict[str, str]) -> RenderedEmail:
    known = bool(lead)
    signed = {"signature": "Planner\nLindenmoor" * known, "phone": "+46 8 000 0167" * known}
    data: dict[str, Any] = {
        "lead": {
            **dict.fromkeys(FULL, ""),
            "country": "",
            "language": "",
            "attributes": {},
            **lead,
        },
        "sender": {"name": "Clara Moss", "email": "clara@example.com"} | signed,
        "owner": {"name": "Hana Lindqvist", "email": "hana@example.com"} | signed,
        "links": {
            "unsubscribe": "https://go.example/u/t?a=1&b=2",
            "preferences": "https://go.example/p/t",
            "booking": "https://go.example/b/t",
            "confirmation": "https://go.example/c/t",
        },
        "brand": brand_fields(DEFAULT, file.name.split(".")[1], "https://go.example"),
        "postal_address": "Lindenmoor, 1 Orchard Lane",
        "link": lambda url: f"https://go.example/l/{url.removeprefix('https://')}",
    }
    if is_about_a_meeting(file):
        data["meeting"] = {"starts_at": "Tuesday, 14 October, 14:00", "minutes": 30}
        data["meeting"] |= {"place": "", "phone": "", "words": ""}
        data["links"]["meeting"] = "https://meet.example/hana" * known
    return render(compile_template(file.read_text("utf-8"), file.name, PARTS), data)


def shipped_cadence(name: str) -> Cadence:
    file = ROOT / "cadences" / f"{name}.yaml"
    cadence, problems = lint(file.read_text("utf-8"), file.name, languages_by_name())
    assert not problems, "\n".join(map(str, problems))
    assert cadence is not None
    return cadence


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("lead", [FULL, {}], ids=["full", "empty"])
def test_every_mail_reads_well_with_and_without_what_is_known_of_the_lead(
    file: Path, lead: dict[str, str]
) -> None:
    rendered = mail(file, lead)
    # A Chinese character says what half a word does.
    assert (5 if ".zh." in file.name else 10) <= len(rendered.subject) <= 80
    for part in (rendered.subject, rendered.text, rendered.html):
        assert "None" not in part
        assert not re.search(r"[{%]{2}|zqtag", part)
    # A missing value shows as a gap before punctuation or as two spaces.
    assert not re.search(r"[ ]{2}| [,.?，。](\s|$)|\n\n\n|(^|[，。：])[，。]", rendered.text)
    assert len(rendered.html) < 60_000, "Gmail clips a mail at 102 KB"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_readers_of_the_text_part_get_the_same_links(file: Path) -> None:
    rendered = mail(file, FULL)
    in_html = {unescape(url) for url in re.findall(r'href="([^"]*)"', rendered.html)}
    in_text = {url.rstrip(").") for url in re.findall(r"https?://\S+", rendered.text)}
    assert in_html == in_text
    assert in_html, "every mail asks for something"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_marketing_mail_can_be_refused_and_says_who_sent_it(file: Path) -> None:
    rendered = mail(file, FULL)
    assert "Lindenmoor, 1 Orchard Lane" in rendered.text
    for link in ("https://go.example/u/t?a=1&b=2", "https://go.example/p/t"):
        assert is_operational(file) != (link in rendered.text)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_mail_that_asks_to_confirm_names_nobody(language: str) -> None:
    """Anybody can have it sent to anybody: what they typed must not stand in it."""
    file = ROOT / "templates" / f"address-confirmation.{language}.mjml"
    assert "lead" not in file.read_text("utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_merge_field_of_a_shipped_mail_is_unknown_or_without_fallback(file: Path) -> None:
    source = file.read_text("utf-8")
    meeting = is_about_a_meeting(file)
    assert check_fields(source, file.name, PARTS, meeting=meeting) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_mail_shouts(file: Path) -> None:
    rendered = mail(file, FULL)
    assert "!" not in rendered.subject + rendered.text
    spam = r"\b(free trial|act now|limited time|guarantee|100%|무료|당첨|마감 임박)\b"
    assert not re.search(spam, rendered.subject + rendered.text, re.IGNORECASE)


def test_every_mail_exists_in_every_language_and_is_used() -> None:
    names = languages_by_name()
    assert all(languages == set(LANGUAGES) for languages in names.values()), names
    used = {name for cadence in CADENCES for name in shipped_cadence(cadence).templates()}
    assert set(names) == used | USED_BY_CODE


@pytest.mark.parametrize(
    ("name", "mails", "days"),
    [
        ("welcome-nurture", 8, (28, 40)),
        ("no-show-recovery", 3, (7, 14)),
        ("cancelled-meeting", 1, (6, 14)),
        ("recycle-reentry", 5, (20, 40)),
        ("mid-funnel", 3, (10, 21)),
        ("onboarding", 3, (30, 45)),
    ],
)
def test_a_shipped_cadence_has_the_length_marketing_was_promised(
    name: str, mails: int, days: tuple[int, int]
) -> None:
    cadence = shipped_cadence(name)
    assert len(cadence.templates()) == mails
    assert days[0] <= cadence.length().total_seconds() / 86_400 <= days[1]


def test_a_returning_lead_gets_no_welcome_mail_again() -> None:
    welcome = set(shipped_cadence("welcome-nurture").templates())
    assert welcome.isdisjoint(shipped_cadence("recycle-reentry").templates())
