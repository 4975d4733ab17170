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
    (?:On|At)\b.+\bwrote\s?: | (?:Am|Den|Il|Op|Pada|Vào|Em|No\ dia|W\ dniu|Dnia|Le|El|Den)\b.+\b
      (?:schrieb|skrev|ha\ scritto|schreef|menulis|đã\ viết|viết|escreveu|pisze|napisał\(?a?\)?
      |a\s[ée]crit|escribi[óo])\b.*: | .+\btarihinde\b.+\b(?:yazdı|şunu\ yazdı)\s?:
    | .{1,80}\d{4}.{0,80}\b(?:пишет|написал(?:а|\(а\))?|пише|wrote|schrieb|napsal\(?a?\)?|írta)\s?:
    | (?:\d{4}[년.]|\d{1,2}월).*(?:님이\s?(?:작성|쓴\s?글)|작성)\s?: | 在.*\d.*(?:写道|寫道)\s?[:：]
    | \d{4}[年/.-][^<＜]*[<＜][^>＞]+[>＞]\s?(?:のメール|wrote|:)?\s?[:：]
    """,
    re.IGNORECASE | re.VERBOSE,
)
# These begin with the writer's name.
_NAMED_ATTRIBUTION = re.compile(
    r".*[<＜].*(?:님이\s?작성|写道|寫道|schrieb am.*|escribió.*|ha scritto.*|a écrit.*|schreef "
    r"op.*"
    r"|skrev.*|napisał\(?a?\)?.*)\s?[:：]"
)
_RULE = re.compile(
    r"_{10,}|-{4,}\s?[^\s-][^-]{2,60}?\s?-{4,}|-{2,}\s?Forwarded message\s?-{2,}"
    r"|-{3,}\s?(?:原始邮件|原始郵件|Original|回复的原邮件|Mensaje original|Messaggio "
    r"originale)\s?-{3,}"
)
_SENDER = re.compile(
    r"\*?(?:From|Von|De|Da|Van|Od|От|Від|Kimden|Gönderen|Từ|Dari|Från|Fra|보낸\s?사람|差出人"
    r"|送信者|送信元"
    r"|发件人|寄件者|寄件人)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\*?(?:Sent|Date|To|Gesendet|Datum|An|Envoy[ée]|À|Enviado(?: el)?|Para|Fecha|Data|Inviato|A"
    r"|Verzonden|Aan|Wysłano|Do|Отправлено|Дата|Кому|Gönderildi|Tarih|Kime|Đã gửi|Ngày|Đến"
    r"|Dikirim"
    r"|Tanggal|Kepada|Skickat|Till|Sendt|Til|보낸\s?날짜|날짜|받는\s?사람|送信日時|日時|日付"
    r"|宛先|发送时间"
    r"|发送日期|日期|时间|收件人|寄件日期|收件者)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"--\s?|(?:Sent|Gesendet|Envoyé|Enviado|Inviato|Verzonden|Wysłane|Отправлено"
    r"|Skickat)\s(?:from|via"
    r"|von|vom|de|depuis|desde|do|da|dal|vanaf|van|z|с|från)\b.{0,60}"
    r"|Von\smeinem\s.{1,40}\sgesendet|Get\sOutlook\sfor\b.{0,80}|Outlook\sfür\b.{0,80}"
    r"|.{1,40}\s?(?:cihazımdan|dan)\sgönderildi|Đã\sgửi\stừ.{1,40}|Dikirim\sdari.{1,40}"
    r"|(?:나의|내)\s.{1,30}에서\s보냄|.{1,30}에서\s전송된\s메일입니다\.?|.{1,30}から送信"
    r"|发自我的.{1,30}|發自我的.{1,30}",
    re.IGNORECASE,
)


def extract_reply(text: str) -> str:
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
