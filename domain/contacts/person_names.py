"""Names of people as they stand in cells: without what stands beside them, and split as far as
their script tells how."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Sequence

from domain.contacts.texts import table

_HANGUL = re.compile(r"[가-힣]{2,6}\Z")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}\Z")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff가-힣]")
_TWO_SYLLABLES = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
_TWO_CHARACTERS = (
    *("欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛"),
    *("司徒", "东方", "慕容", "皇甫", "令狐"),
)

_JAPANESE = ("様", "さん", "さま")
"""How people are addressed in Japan only."""
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|【[^【】]*】")


@functools.cache
def _honorifics() -> dict[str, frozenset[str]]:
    """Where they stand → those of ``data/honorifics.txt``."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in table("honorifics"):
        place, *words = line.split()
        found[place].update(words)
    return {place: frozenset(words) for place, words in found.items()}


@functools.cache
def _behind() -> re.Pattern[str]:
    """What stands behind names of East Asia."""
    polite, syllables, position = (
        "|".join(sorted(_honorifics()[place], key=len, reverse=True))
        for place in ("behind", "syllables", "position")
    )
    return re.compile(
        rf"(?:\s+(?:{position})|\s?(?:{position})님|\s?(?:{polite})|\s+(?:{syllables})"
        rf"|(?<=\A.)(?:{syllables})|(?<=[가-힣]{{3}}|\s[가-힣]{{2}})(?:{syllables}))\Z"
    )


@functools.lru_cache(maxsize=16_384)
def bare_name(written: str) -> str:
    """A name without how its bearer is addressed, degrees, positions, and what stands in brackets:
    Ada King of "Frau Dr. Ada King, PhD (she/her)", 김민수 of "김민수 팀장님"; '' when there is
    nothing else."""
    words = _BRACKETS.sub(" ", written).split()
    while _begins_with_honorific(words):
        del words[0]
        if len(words) > 1 and words[0] in _honorifics()["and"]:
            del words[: 1 + _is_honorific(words[1], "before")]
    while len(words) > 1 and (
        _is_honorific(words[-1], "after")
        or (words[-2].endswith(",") and _is_honorific(words[-1], "before", "comma"))
    ):
        del words[-1]
    name = " ".join(words).rstrip(", ")
    return _behind().sub("", name) if _EAST_ASIAN.match(name) else name


def bare_family_name(written: str) -> str:
    """The same of a family name alone, which may be a word that titles are, too: Herr, Miss."""
    return bare_name(written) or written


def _begins_with_honorific(words: Sequence[str]) -> bool:
    # "Herr, Michael" is a family name.
    return bool(words) and not words[0].endswith(",") and _is_honorific(words[0], "before")


def _is_honorific(word: str, *places: str) -> bool:
    word = word.strip(",")
    forms = {word, word.casefold(), word.casefold().removesuffix(".")}
    return any(not forms.isdisjoint(_honorifics()[place]) for place in places)


def split_name(whole: str, *, japanese: bool = False) -> tuple[str, str]:
    """(first name, last name) of a whole name, :func:`bare_name` of it.

    Korean and Chinese names begin with the family name, with or without a space, as do Japanese
    ones with a space. “Last, First” is read as such; elsewhere the last word is the family name.
    A name that can't be split is a first name: where a Japanese one is parted nobody can see, and
    of Chinese ones with four characters only those with a double family name.

    Args:
        japanese: the person is in Japan, so a name in Han characters is no Chinese one.
    """
    name = bare_name(whole)
    if " " not in name and _begins_with_honorific(whole.split()):
        return "", name  # Mr. Smith
    double = name.startswith(_TWO_SYLLABLES + _TWO_CHARACTERS)
    japanese = japanese or whole.endswith(_JAPANESE)
    chinese = _HAN.match(name) and not japanese and (len(name) < 4 or double)
    if _HANGUL.match(name) or chinese:
        length = 2 if len(name) > 2 and double else 1
        return name[length:], name[:length]
    if "," in name:
        last, first = name.split(",", 1)
        return bare_name(first), bare_family_name(last)
    if len(name) == 1 and _EAST_ASIAN.match(name):
        return "", name  # 王先生
    if _EAST_ASIAN.match(name):
        last, _, first = name.partition(" ")
        return (first, last) if first else (name, "")
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (name, "")
