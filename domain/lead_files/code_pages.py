"""Which code page of single bytes a file was saved in: they hold other letters in the same places.

``£ukasz`` is nobody: a byte that is £ in Western Europe is Ł in Poland. Each page is read, and its
words are compared with what its languages look like: how often two letters stand side by side in
their names of countries, languages, currencies and cities (CLDR). Where two pages are about as
likely the person is asked.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.contacts.cldr import said_in

LATIN: dict[str, tuple[str, ...]] = {
    "cp1252": ("de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "ca", "et", "is"),
    "cp1250": ("pl", "cs", "sk", "hu", "hr", "sl", "ro", "de"),
    "iso8859-2": ("pl", "cs", "sk", "hu", "hr", "sl", "ro", "de"),
    "cp1254": ("tr", "az", "de", "fr"),
    "cp1257": ("lt", "lv", "et", "pl", "de"),
}
"""Code pages of Latin letters → languages that are written in them."""
OTHERS: dict[str, tuple[str, ...]] = {
    "cp1251": ("ru", "uk", "bg", "sr", "mk", "be"),
    "koi8-r": ("ru", "bg"),
    "cp866": ("ru",),
    "cp1253": ("el",),
    "cp1255": ("he",),
    "cp1256": ("ar", "fa"),
    "cp874": ("th",),
}
"""The same of other letters."""
_CLEARLY = 0.25
"""How much likelier than the next, per letter beyond ASCII, a page must be (natural logarithm) …"""
_SURELY = 3.0
"""… and over all letters: of one letter nobody can tell."""
_WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f\W\d_][^\W\d_]*")
_INSIDE = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f\w\s]|[^\x00-\x7f\w\s](?=[^\W\d_])")
# Signs that stand at words in any language.
_SIGNS_AT_WORDS = set("‘’“”„‚«»‹›–—…•·®™©°\xa0´")
_UNSEEN = 0.3
_WRONG = -9.0
"""A sign that no language of the page has in words."""
_OTHER_LANGUAGE = -1.0
_WORDS_SAMPLED = 2_000
_TEXTS = ("territories", "languages", "currency_names", "scripts", "time_zones")
# ş and ţ with cedillas are what the code pages have for ș and ț.
_AS_IN_PAGES = str.maketrans("șțȘȚ", "şţŞŢ")


@dataclass(frozen=True)
class Reading:
    """A file read in a page, and how likely its letters beyond ASCII are (logarithm, mean and
    sum), and how many."""

    page: str
    text: str
    mean: float = 0.0
    total: float = 0.0
    letters: int = 0

    def is_clearer_than(self, other: Reading) -> bool:
        """Whether the next likely reading may be left aside."""
        return (
            self.mean - other.mean >= _CLEARLY
            and (self.mean - other.mean) * self.total / min(self.mean, -0.1) >= _SURELY
        )


def readings(data: bytes, pages: Mapping[str, tuple[str, ...]]) -> list[Reading]:
    """The pages, of :data:`LATIN` or :data:`OTHERS`, in which bytes can be read, the likeliest
    first; those that give the same text count once."""
    found: dict[str, Reading] = {}
    for page, languages in pages.items():
        try:
            text = data.decode(page)
        except UnicodeDecodeError:
            continue
        if text not in found and not any("\x80" <= letter <= "\x9f" for letter in text):
            total, count = _likelihood(text, languages)
            found[text] = Reading(page, text, total / max(count, 1), total, count)
    return sorted(found.values(), key=lambda one: -one.mean)


def _likelihood(text: str, languages: tuple[str, ...]) -> tuple[float, int]:
    """Of the words in the language that suits most of them, or in another one for its price; and
    how many letters there are."""
    found = itertools.islice(_WORD.finditer(text), _WORDS_SAMPLED)
    words = Counter(one.group().casefold() for one in found)
    each = {language: {word: _of_word(word, language) for word in words} for language in languages}
    best = {word: max(each[language][word] for language in languages) for word in words}
    totals = (
        sum(times * max(one[word], best[word] + _OTHER_LANGUAGE) for word, times in words.items())
        for one in each.values()
    )
    total = max(totals)
    count = sum(times * sum(c > "\x7f" for c in word) for word, times in words.items())
    for sign in itertools.islice(_INSIDE.finditer(text), _WORDS_SAMPLED):
        if sign.group() not in _SIGNS_AT_WORDS:
            total += _WRONG
            count += 1
    return total, count


@functools.lru_cache(maxsize=65_536)
def _of_word(word: str, language: str) -> float:
    """The likelihood of a word's letters beyond ASCII, each with its neighbours."""
    pairs, letters = _model(language)
    foreign = [at for at, letter in enumerate(word) if letter > "\x7f"]
    if any(word[at] not in letters for at in foreign):
        return _WRONG * len(foreign)
    framed = f" {word} "
    total = 0.0
    for at in foreign:
        letter = word[at]
        for pair in (framed[at : at + 2], framed[at + 1 : at + 3]):
            total += math.log((pairs[pair] + _UNSEEN) / (letters[letter] + 30 * _UNSEEN)) / 2
        total += math.log(letters[letter] / letters.total()) / 2
    return total


@functools.cache
def _model(language: str) -> tuple[Counter[str], Counter[str]]:
    """How often pairs with a letter beyond ASCII, and such letters, are in a language's names."""
    pairs: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    data = said_in(language)
    for name in _names({kind: data.get(kind) for kind in _TEXTS}):
        for word in re.findall(r"[^\W\d_]+", name.casefold().translate(_AS_IN_PAGES)):
            framed = f" {word} "
            letters.update(letter for letter in word if letter > "\x7f")
            pairs.update(
                pair for pair in map("".join, itertools.pairwise(framed)) if not pair.isascii()
            )
    return pairs, letters


def _names(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for one in data.values():
            yield from _names(one)
