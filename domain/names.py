"""Names: of people, put together and split as far as their script tells how; ids as typed."""

from __future__ import annotations

import re

_HANGUL = re.compile(r"[가-힣]{2,6}\Z")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}\Z")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff가-힣]")
_TWO_SYLLABLES = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
_TWO_CHARACTERS = (
    *("欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛"),
    *("司徒", "东方", "慕容", "皇甫", "令狐"),
)


def split_name(whole: str) -> tuple[str, str]:
    """(first name, last name) of a whole name.

    Korean and Chinese names begin with the family name, with or without a space, as do Japanese
    ones with a space. “Last, First” is read as such; elsewhere the last word is the family name.
    A single word that can't be split is a first name.
    """
    whole = " ".join(whole.split())
    if _HANGUL.match(whole) or _HAN.match(whole):
        length = 2 if len(whole) > 2 and whole.startswith(_TWO_SYLLABLES + _TWO_CHARACTERS) else 1
        return whole[length:], whole[:length]
    if "," in whole:
        last, first = whole.split(",", 1)
        return first.strip(), last.strip()
    if _EAST_ASIAN.match(whole):
        last, _, first = whole.partition(" ")
        return (first, last) if first else (whole, "")
    first, _, last = whole.rpartition(" ")
    return (first, last) if first else (whole, "")


def full_name(first: str, last: str) -> str:
    """The name in the order of its script: 김민준, but Minjun Kim. Empty if unknown."""
    first, last = first.strip(), last.strip()
    if first and last and _family_name_first(first) and _family_name_first(last):
        return last + first
    return f"{first} {last}".strip()


def _family_name_first(name: str) -> bool:
    # Kana, Han and Hangul syllables: written with the family name first, and without a space.
    return all("\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\ud7a3" for letter in name)


def id_named(who: str, kind: str) -> int:
    """The id in what a person typed, ``42`` or (of the kind ``lead``) ``lead-42``; 0 when it is
    something else."""
    number = who.strip().removeprefix(f"{kind}-")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
