"""The part of a reply that its sender wrote: without quotations and signature.

Line by line, so that a hostile mail costs no more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 100_000
"""Characters that are looked at; no person writes more."""

# "On Monday, Clara Moss <clara@…> wrote:" in the languages of our leads, Gmail's and Apple's way.
_ATTRIBUTION = re.compile(
    r"""
    On\b.+\bwrote\s?: | Am\b.+\bschrieb\b.*: | Le\b.+\ba\s[ée]crit\s?: | El\b.+\bescribi[óo]\s?:
    | (?:\d{4}[년.]|\d{1,2}월).*(?:님이\s?(?:작성|쓴\s?글)|작성)\s?: | 在.*\d.*(?:写道|寫道)\s?[:：]
    | \d{4}[年/.-][^<＜]*[<＜][^>＞]+[>＞]\s?(?:のメール)?\s?[:：]
    """,
    re.IGNORECASE | re.VERBOSE,
)
# These begin with the writer's name.
_NAMED_ATTRIBUTION = re.compile(r".*[<＜].*(?:님이\s?작성|写道|寫道)\s?[:：]")
_RULE = re.compile(r"_{20,}|-{4,}\s?[^\s-][^-]{2,60}?\s?-{4,}|-{2,}\s?Forwarded message\s?-{2,}")
_SENDER = re.compile(
    r"\*?(?:From|Von|De|보낸\s?사람|差出人|送信者|发件人|寄件者)\s?[:：]", re.IGNORECASE
)
_NEXT = re.compile(
    r"\*?(?:Sent|Date|To|Gesendet|Datum|An|Envoy[ée]|À|Enviado|Para|Fecha|보낸\s?날짜|날짜|받는\s?사람"
    r"|送信日時|日時|宛先|发送时间|日期|收件人|寄件日期)\s?[:：]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"--\s?|(?:Sent|Gesendet|Envoyé|Enviado)\s(?:from|via|von|vom|de|depuis|desde)\b.{0,60}"
    r"|Von\smeinem\s.{1,40}\sgesendet|Get\sOutlook\sfor\b.{0,80}|Outlook\sfür\b.{0,80}"
    r"|(?:나의|내)\s.{1,30}에서\s보냄|.{1,30}에서\s전송된\s메일입니다\.?|.{1,30}から送信|发自我的.{1,30}",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """What the sender of a reply wrote, the lines between quotations included.

    Everything after a signature, an attribution ("On … wrote:") that no ``>`` lines follow, or
    the head of a mail below is left out.
    """
    lines = [line.strip() for line in text[:LONGEST].splitlines()]
    own: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if _SIGNATURE.fullmatch(line) or _RULE.fullmatch(line) or _begins_mail(lines, number):
            break
        length = _attribution(lines, number)
        if length and not _is_quoted(lines, number + length):
            break
        if not length and not line.startswith((">", "＞")):
            own.append(line)
        number += length or 1
    return "\n".join(own).strip()


def _attribution(lines: Sequence[str], number: int) -> int:
    """How many lines the attribution takes that begins here; 0 when none does. Mail programs
    wrap it."""
    if len(lines[number]) <= 400 and _NAMED_ATTRIBUTION.fullmatch(lines[number]):
        return 1
    for length in (1, 2, 3):
        wrapped = lines[number : number + length]
        joined = " ".join(wrapped)
        if len(joined) > 400 or not all(wrapped):
            return 0
        if _ATTRIBUTION.fullmatch(joined):
            return length
    return 0


def _is_quoted(lines: Sequence[str], number: int) -> bool:
    following = next((line for line in lines[number : number + 3] if line), "")
    return following.startswith((">", "＞"))


def _begins_mail(lines: Sequence[str], number: int) -> bool:
    """Whether Outlook's copy of a mail's head begins here."""
    if not _SENDER.match(lines[number]):
        return False
    return any(_NEXT.match(line) for line in lines[number + 1 : number + 4])
