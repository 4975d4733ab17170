"""Names: of people, put together in the order of their script and as far as a mail may say them;
ids as typed."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 60
"""Characters of a name that a mail greets with."""
LONGEST_VALUE = 200
"""Characters of any other value that a mail may say."""
_IN_NAMES = frozenset(" '’‘ʼ`´-‐‑–·・")
_INITIAL_OR_END = re.compile(r"\.(?!$|[ -]|[^\W\d_](?:[.]|$))")
_MOST_WORDS = 5
# What mail programs make a link of: an address, a path, a number to call.
_LINK = re.compile(
    r"://|www\.|@|mailto:|tel:|\w\.\w[^\s/]*[/\\:?#]"
    r"|\+\s?\d(?:[\s().-]*\d){5}|\d(?:[\s().-]*\d){8}",
    re.IGNORECASE,
)
_DOT_WITHIN = re.compile(r"(?<=\w)[.．。｡․](?=\w)")

_FREE_MAIL = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com"),
        *("yahoo.com", "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de"),
        *("mail.com", "proton.me", "protonmail.com", "naver.com", "daum.net", "hanmail.net"),
        *("kakao.com", "nate.com", "qq.com", "163.com", "126.com", "sina.com", "foxmail.com"),
        *("yandex.ru", "mail.ru"),
    )
)
# yahoo.co.jp, hotmail.fr: one provider under the domains of many countries.
_FREE_MAIL_ABROAD = re.compile(
    r"(?:yahoo|ymail|hotmail|outlook|gmx|yandex|aol)\.(?:com?\.)?[a-z]{2,3}"
)

FREE_MAIL = "^(?:{}|{})$".format(
    "|".join(map(re.escape, sorted(_FREE_MAIL))), _FREE_MAIL_ABROAD.pattern
)
"""The domains of :func:`is_free_mail` as a pattern that PostgreSQL understands too."""


def is_free_mail(domain: str) -> bool:
    """Whether anybody has an address at this domain (lower case): two people there need not be
    colleagues."""
    return domain in _FREE_MAIL or _FREE_MAIL_ABROAD.fullmatch(domain) is not None


def mailable_name(name: str) -> str:
    """The first or last name as a mail may greet with it; '' for what is no name.

    Whoever fills in a form chooses what stands there, and the mail goes out with our signature:
    only letters of any script and what joins them, five words and :data:`LONGEST_NAME` characters.
    """
    shown = _one_line(name)
    if len(shown) > LONGEST_NAME or len(shown.split()) > _MOST_WORDS:
        return ""
    if any(
        not (sign in _IN_NAMES or sign == "." or sign.isalpha() or _is_mark(sign)) for sign in shown
    ):
        return ""
    return "" if _INITIAL_OR_END.search(shown) or not any(map(str.isalpha, shown)) else shown


def mailable(value: str) -> str:
    """Any other value as a mail may say it; '' when it is long, or a link, an address or a number
    to call is in it. A dot within a word, as of Booking.com, becomes a space: mail programs turn
    such words into links."""
    shown = _one_line(value)
    if len(shown) > LONGEST_VALUE or _LINK.search(unicodedata.normalize("NFKC", shown)):
        return ""
    return _DOT_WITHIN.sub(" ", shown)


def _one_line(value: str) -> str:
    """Without signs that are not seen: controls, and those that turn the direction of writing."""
    seen = "".join(" " if one.isspace() else one for one in value)
    return " ".join(
        "".join(
            one for one in seen if unicodedata.category(one) not in ("Cc", "Cf", "Co", "Cs")
        ).split()
    )


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M")


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
