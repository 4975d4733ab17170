"""The sentences of console, sign-in, recipients' pages and mails, and their translations: else
somebody reads half a page in English."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import unescape

from domain import labels
from domain.tasks.rules import TASKS
from domain.translations.translator import CATALOGS, LANGUAGES
from settings import ROOT

SPEAK = ("activities", "domain", "mail", "services", "web")
"""Rooms with sentences that are told by a Translator."""
ROOMS = (
    *("activities", "domain", "health", "mail", "services", "store", "temporal", "web"),
    "workflows",
)
"""Where sentences come from that the console shows but did not write."""
REFUSAL = re.compile("^(Conflict|Forbidden|Invalid|Missing|Unauthorized|.+Refused|TaskOver)$")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
_FIELD = re.compile(r"^(msgid|msgid_plural|msgstr)(?:\[\d+\])?\s+(\".*\")$")
_PLACE = re.compile(r"\{(\w+)(?::[^}]*)?\}")


@dataclass
class Entry:
    """One sentence of a catalog, and where it stands."""

    where: str
    parts: list[tuple[str, str]] = field(default_factory=list)
    """Keyword (msgid, msgid_plural, msgstr) and text, as far as they were read."""

    def texts(self, keyword: str) -> list[str]:
        """The texts of a keyword."""
        return [text for name, text in self.parts if name == keyword]

    @property
    def sentence(self) -> tuple[str, ...]:
        """The English sentence; with its plural, if it has one."""
        return (*self.texts("msgid"), *self.texts("msgid_plural"))


@functools.cache
def spoken() -> dict[tuple[str, ...], str]:
    """The sentences in the code, singular and plural, and where each stands first."""
    found: dict[tuple[str, ...], str] = {}
    for path in written():
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        with path.open("rb") as file:
            for line, message, _comments, _context in extract(method, file, KEYWORDS):
                sentence = message if isinstance(message, tuple) else (message,)
                found.setdefault(sentence, f"{path.relative_to(ROOT)}:{line}")
    for name, table in vars(labels).items():
        if isinstance(table, dict) and name.isupper():
            found |= {(said,): f"domain/labels.py, {name}" for said in table.values()}
    for kind, rule in TASKS.items():
        for follows in filter(None, rule.leads_to.values()):
            found |= dict.fromkeys(((follows.short,), (follows.sentence,)), f"{kind} tasks")
    for call, where in refusals():
        if isinstance(call.args[0], ast.Constant):
            found.setdefault((str(call.args[0].value),), where)
    return found


def written() -> Iterator[Path]:
    """The files with sentences for a Translator in them: code, and the templates of pages."""
    for room in SPEAK:
        yield from sorted((ROOT / room).rglob("*.py"))
    yield from sorted((ROOT / "web" / "pages").glob("*.html"))


def refusals() -> Iterator[tuple[ast.Call, str]]:
    """The calls of ``domain.sentences.sentence``, and where each stands."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Call) and _name(node.func) == "sentence":
                    yield node, f"{path.relative_to(ROOT)}:{node.lineno}"


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else ""


def entries(language: str) -> Iterator[Entry]:
    """The entries of all catalogs of a language, but for their headers."""
    for path in sorted((CATALOGS / language).glob("*.po")):
        yield from (entry for entry in _entries(path) if any(entry.texts("msgid")))


def _entries(path: Path) -> Iterator[Entry]:
    entry: Entry | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        begins = _FIELD.match(line)
        if begins:
            keyword, quoted = begins.groups()
            if keyword == "msgid":
                if entry:
                    yield entry
                entry = Entry(f"{path.relative_to(ROOT)}:{number}")
            if entry:
                entry.parts.append((keyword, unescape(quoted)))
        elif line.startswith('"') and entry:
            keyword, text = entry.parts.pop()
            entry.parts.append((keyword, text + unescape(line)))
    if entry:
        yield entry


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    """One without a translation stands in English in the middle of a page."""
    there = {entry.sentence for entry in entries(language) if all(entry.texts("msgstr"))}

    missing = [f"{where}: {said[0]}" for said, where in spoken().items() if said not in there]
    assert not missing, "\n".join(missing)


def test_refusals_are_constants_so_that_they_can_be_translated() -> None:
    """A pattern that is put together as it runs is in no catalog: the refusal stays English."""
    wrong = [where for call, where in refusals() if not isinstance(call.args[0], ast.Constant)]

    assert not wrong, "\n".join(wrong)


def test_the_store_refuses_in_sentences_that_can_be_translated() -> None:
    """A refusal that is plain text is read in English by everybody."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "store").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and REFUSAL.search(_name(node.func))
        if node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over_or_doubled(language: str) -> None:
    """Of two translations of a sentence nobody knows which one is shown."""
    said = spoken()
    times = Counter(entry.sentence for entry in entries(language))

    wrong = [
        f"{entry.where}: {entry.sentence[0]}: {'doubled' if entry.sentence in said else 'unused'}"
        for entry in entries(language)
        if entry.sentence not in said or times[entry.sentence] > 1
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_places_of_their_sentence(language: str) -> None:
    """A place that is missing hides a figure or a name; one too many breaks the page."""
    wrong = [
        f"{entry.where}: {text}"
        for entry in entries(language)
        for text in entry.texts("msgstr")
        if set(_PLACE.findall(text)) != set(_PLACE.findall(entry.sentence[-1]))
    ]

    assert not wrong, "\n".join(wrong)
