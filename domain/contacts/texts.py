"""Text as programs write it into cells, made comparable: entities, Unicode forms, what is not seen,
and the many ways to write nothing."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from importlib import resources

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_UNSEEN = dict.fromkeys(
    (0xAD, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), 0xFFFD)
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST_NOTHING = 24
# Addresses, numbers and ids are something; there are so many that each second look costs.
_SOMETHING = re.compile(r"@|\d\D?\d")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_BARE = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "’": "'"})


@functools.lru_cache(maxsize=16_384)
def fold(value: str) -> str:
    """For comparing: compatibility forms, case and the accents of letters put aside (those of
    Latin, Greek and Cyrillic; the marks of kana, Thai or Devanagari make other letters)."""
    folded = value.casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded).casefold()
        folded = unicodedata.normalize("NFC", _ACCENTS.sub("", parts)).translate(_BARE)
    return folded


@functools.lru_cache(maxsize=16_384)
def key(value: str) -> str:
    """The letters and digits of a folded value, for looking it up."""
    return "".join(c for c in fold(value) if c.isalnum())


def table(name: str) -> list[str]:
    """The lines of a table in ``domain/contacts/data``, without comments."""
    file = resources.files("domain.contacts") / "data" / f"{name}.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def word_set(words: str, separator: str | None = None) -> frozenset[str]:
    """The keys of words or phrases, for tables."""
    return frozenset(key(word) for word in words.split(separator))


# Compared without case, spaces and punctuation. Fillers are what programs write; words for nothing
# what people do, who may mean them: "Current supplier: none".
_FILLERS = word_set(
    """
    na nan nat nil null undefined void novalue nodata notprovided notset notavailable
    notapplicable notspecified ref value name div0 num spill calc gettingdata error
    """
)
_WORDS = word_set(
    """
    none empty blank missing unknown notknown notgiven noneprovided nonegiven unspecified
    undisclosed tbd tba anonymous unbekannt keine keineangabe keineangaben nichtangegeben inconnu
    inconnue nonrenseigne nonprecise nonfourni neant desconocido desconocida nodisponible
    noespecificado noaplica ninguno sindatos sconosciuto nondisponibile nonspecificato nessuno
    desconhecido naoinformado naodisponivel nenhum onbekend nietopgegeven nvt geen brak nieznany
    niepodano neznamy неизвестно нетданных отсутствует bilinmiyor belirtilmemis yok khongco
    khongro tidakada tidakdiketahui 없음 해당없음 미입력 미상 미정 알수없음 모름 값없음 무 無 无
    暂无 暫無 未知 未填 未填写 未填寫 不详 不詳 不明 未提供 なし 無し 未入力 未設定 該当なし
    """
)
# Na is a family name, Nan and Nil are first names; NA, NaN and nil are not.
_NAMES_TOO = frozenset(("Na", "Nan", "Nil"))
_ERRORS = frozenset(("ref", "value", "name", "num", "spill", "calc", "error"))


def plain(value: str) -> str:
    """The value as it was meant: HTML entities read, composed (NFC), white space collapsed, and
    without characters that are not seen."""
    return " ".join(_as_meant(value).split())


def _as_meant(value: str) -> str:
    if "&" in value and _ENTITY.search(value):
        value = html.unescape(value)
    return value if value.isascii() else unicodedata.normalize("NFC", value).translate(_UNSEEN)


def said(value: str) -> str:
    """The value, plain, or '' when it is one of the ways to say nothing: N/A, -, null, #REF!,
    [not provided], 없음."""
    return _said(value) if len(value) <= _LONGEST_NOTHING else _said.__wrapped__(value)


# Titles, companies and countries repeat in a file; longer values mostly do not, and are not held.
@functools.lru_cache(maxsize=16_384)
def _said(value: str) -> str:
    value = plain(value)
    if len(value) > _LONGEST_NOTHING or _SOMETHING.search(value):
        return value
    return "" if says_nothing(value) else value


def kept(value: str) -> str:
    """The value of an attribute: with its lines, without entities; '' for what programs write for
    nothing. ``None`` and ``unknown`` may be what somebody answered."""
    return _kept(value) if len(value) <= _LONGEST_NOTHING else _kept.__wrapped__(value)


@functools.lru_cache(maxsize=16_384)
def _kept(value: str) -> str:
    value = _as_meant(value.strip())
    if len(value) > _LONGEST_NOTHING or _SOMETHING.search(value):
        return value
    return "" if is_filler(value) else value


@functools.lru_cache(maxsize=16_384)
def says_nothing(value: str) -> bool:
    """Whether a value stands for none: a filler, or a word for it in some language."""
    return key(value) in _WORDS or is_filler(value)


@functools.lru_cache(maxsize=16_384)
def is_filler(value: str) -> bool:
    """Whether a program put the value there for lack of one: ``-``, ``null``, ``#DIV/0!``. Signs
    say something: ✓, ☐, ★★★."""
    letters = key(value)
    if letters in _ERRORS:
        return value.startswith("#")
    if not letters:
        return not any(one in "√×" or unicodedata.category(one) == "So" for one in value)
    return letters in _FILLERS and value not in _NAMES_TOO


def words(heading: str) -> str:
    """A heading or a trait's name as folded words with a space between: ``HasOptedOutOfEmail`` and
    ``Has opted-out of e-mail`` alike, but for the hyphen's space."""
    spaced = _HUMP.sub(" ", unicodedata.normalize("NFKC", heading))
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in fold(spaced)).split())
