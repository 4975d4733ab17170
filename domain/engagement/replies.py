"""What a mail that came back is: a person's answer, an automatic one, a refusal or a report.

Only a ``reply`` is interest. The rules follow RFC 3834 (automatic answers), RFC 3464 (delivery
reports) and what Exchange, Gmail and ticket systems do beyond them; all look at a mail's headers
before its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from domain.engagement.own_words import own_words

Kind = Literal["reply", "out_of_office", "auto_reply", "unsubscribe", "bounce"]
Headers = Sequence[tuple[str, str]]

# What programs put before the subject they answer to. A person who answers to one of these has
# "Re:" before it, so only the beginning counts.
_AWAY_SUBJECTS = re.compile(
    r"""\s*\W{0,2}(?:
    auto(?:matic|mated|matisch\w*|-)?[ -]?(?:reply|response|answer) | auto[ -]?responder
    | out[ ]of[ ](?:the[ ])?office | \bo{2,3}\b\s*[:(\[-] | i\ ?['’]?a?m[ ](?:away|on[ ]vacation)
    | on[ ](?:vacation|leave|holiday|annual[ ]leave) | vacation[ ](?:reply|response)
    | 부재\s?중 | 자동\s?(?:응답|회신|답장) | 휴가\s?중
    | automatische[ ]antwort | abwesenheit | abwesend | ich[ ]bin[ ](?:abwesend|nicht[ ]im[ ]b)
    | r[ée]ponse[ ]automatique | absen(?:ce|te?)[ ]d[ue] | en[ ]cong[ée]s?\b
    | message[ ]d['’]absence
    | respuesta[ ]autom[áa]tica | fuera[ ]de[ ](?:la[ ])?oficina | ausencia | de[ ]vacaciones
    | 自動(?:応答|返信|送信|答覆|回覆|回复) | 不在(?:通知|の(?:お知らせ|連絡|ご連絡)|連絡|案内)
    | 自动(?:答复|回复|应答) | 不在办公室 | (?:外出|休假)(?:自动|通知|中)
    | rispost[ae][ ]automatic[ae] | fuori[ ]ufficio | resposta[ ]autom[áa]tica
    | fora[ ]do[ ]escrit[óo]rio | automatisch[ ]antwoord | afwezig
    | auto(?:matiskt?[ ])?svar\b | fr[åa]nvaro | automatyczna[ ]odpowied[źz]
    | tr[ảa][ ]l[ờo]i[ ]t[ựu][ ]đ[ộo]ng | αυτόματη[ ]απάντηση | automatick[áa][ ]odpov[ěe]ď
    | авто(?:мат\w*[ ](?:ответ|отговор|відповідь)|ответ|відповідь)\b | otomatik[ ]yan[ıi]t
    | (?:ال)?رد[ ](?:ال)?تلقائي
    # A calendar's answer to an invitation.
    | (?:accepted|declined|tentative|zugesagt|abgesagt|mit[ ]vorbehalt|accepté|수락|거절)\s*:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_AWAY_WORDS = re.compile(
    r"""
    out[ ]of[ ](?:the[ ])?office | (?:on|annual|maternity|parental)[ ](?:vacation|leave|holiday)
    | (?:am|be|currently)[ ]away | 부재\s?중 | 휴가 | 출장\s?중
    | nicht[ ]im[ ]b[üu]e?ro | abwesen | im[ ]urlaub | absente?\b | en[ ]cong[ée]
    | fuera[ ]de[ ](?:la[ ])?oficina | de[ ]vacaciones | ausente
    | 不在 | 休暇 | 出張 | 休假 | 不在办公室 | 外出
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BOUNCE_SUBJECTS = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|incomplete)|mail delivery|failure notice"
    r"|returned (?:mail|to sender)|unzustellbar|non remis|no se (?:puede|pudo) entregar"
    r"|배달되지 않음|반송|配信不能|配達不能|无法投递|退信",
    re.IGNORECASE,
)
_ADMINISTRATORS = re.compile(r"\b(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])([45])[0-5]\d[ -](?=\S)")
# A first line that only greets; what is wanted stands below it.
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|day|afternoon)|hallo|guten tag|bonjour|hola|ol[áa]|ciao"
    r"|안녕하세요|안녕하십니까)\b[^.?!:]{0,40}[,.!]?",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"""
    (?:(?:please|pls|kindly|hi|hello|just|bitte|merci\ de|por\ favor)\W+)*
    (?:
        unsubscribe(?:\ me)?(?:\ from\ .{1,40})?
        | stop(?:\ (?:it|this|(?:e-?)?mail(?:s|ing)?(?:\ me)?|contacting\ me|sending\ .{1,40}))?
        | (?:remove|delete)\ (?:me|my\ (?:e-?mail|address|e-?mail\ address))(?:\ from\ .{1,40})?
        | take\ me\ off(?:\ .{1,40})? | opt(?:\ me)?[ -]?out
        | (?:do\ not|don['’]t)\ (?:e-?mail|contact|write)(?:\ to)?\ me(?:\ again|\ any\ ?more)?
        | no\ more\ (?:e-?)?mails?
        | 수신\s?거부(?:합니다|해\s?주세요|요청(?:합니다|드립니다)?|바랍니다|\s.{0,10})?
        | (?:메일\s?)?구독\s?(?:취소|해지)(?:\s?(?:합니다|해\s?주세요|요청합니다|부탁드립니다))?
        | (?:더\s?이상\s?)?(?:이?메일(?:을|은)?\s?)?
          (?:그만\s?보내|보내지\s?마)(?:\s?주)?(?:세요|십시오|시오)
        | (?:명단|목록|리스트)에서\s?(?:삭제|제외|빼)(?:해)?\s?(?:주세요|주십시오)
        | (?:newsletter\ )?(?:abmelden|abbestellen) | keine\ (?:e-?)?mails?\ mehr
        | (?:me\ )?d[ée]sabonner | (?:me\ )?d[ée]sinscrire | d[ée]sabonnement | d[ée]sinscription
        | (?:dar(?:me)?\ de\ )?baja | cancelar\ (?:la\ )?suscripci[óo]n | descadastrar
        | disiscriviti | cancellami | afmelden | avsluta\ prenumeration(?:en)?
        | 配信(?:停止|解除)(?:希望|をお願いします|してください)? | 退订 | 取消订阅 | отписаться
    )
    (?:\W+(?:please|pls|now|thanks?(?:\ you)?|감사합니다|부탁드립니다))*
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Verdict:
    """What a mail is. ``hard`` is of a bounce: the address is bad (status 5), not only for now."""

    kind: Kind
    hard: bool = False


def classify(headers: Headers, subject: str, text: str, report: str = "") -> Verdict:
    """What the mail is.

    Args:
        headers: name and value of each, unfolded.
        subject: decoded.
        text: the plain text, quotations and all.
        report: the ``message/delivery-status`` part of a delivery report, '' when there is none.
    """
    values = _Values(headers)
    content_type = values.first("content-type").casefold()
    if report or "multipart/report" in content_type:
        if report or "delivery-status" in content_type:
            return _of_report(report, text)
        return Verdict("auto_reply")  # The receipt for a mail that was read, a complaint.
    if _is_refusal(values, subject):
        return Verdict("bounce", hard=_is_hard(text))
    away = _AWAY_SUBJECTS.match(subject) is not None
    if _is_automatic(values):
        away = away or _AWAY_WORDS.search(own_words(text)[:600]) is not None
        return Verdict("out_of_office" if away else "auto_reply")
    if away:
        return Verdict("out_of_office")
    lines = [line.strip() for line in own_words(text).splitlines() if line.strip()]
    if len(lines) > 1 and _GREETING.fullmatch(lines[0]):
        del lines[0]
    first = lines[0] if lines else subject
    return Verdict("unsubscribe" if _asks_to_stop(first) else "reply")


class _Values:
    """Headers by name, whatever their case."""

    def __init__(self, headers: Headers) -> None:
        self._headers = [(name.casefold(), value) for name, value in headers]

    def first(self, name: str) -> str:
        return next((value.strip() for found, value in self._headers if found == name), "")


def _is_automatic(values: _Values) -> bool:
    submitted = values.first("auto-submitted").partition(";")[0].strip().casefold()
    if submitted not in ("", "no"):
        return True
    precedence = values.first("precedence").casefold()
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return True
    # Nobody who writes by hand asks other programs not to answer by themselves.
    suppressed = values.first("x-auto-response-suppress").casefold()
    if any(word in suppressed for word in ("all", "oof", "autoreply")):
        return True
    return any(
        values.first(name).casefold() not in ("", "no", "none")
        for name in (
            "x-autoreply",
            "x-autorespond",
            "x-auto-respond",
            "x-autoresponder",
            "x-autogenerated",
            "x-auto-reply-from",
            "x-mail-autoreply",
            "list-id",
            "list-post",
        )
    )


def _is_refusal(values: _Values, subject: str) -> bool:
    """Whether a mail server refuses in words, without a report that programs can read."""
    if values.first("x-failed-recipients"):
        return True
    by_server = _ADMINISTRATORS.search(values.first("from")) is not None
    return by_server and _BOUNCE_SUBJECTS.search(subject) is not None


def _of_report(report: str, text: str) -> Verdict:
    fields = re.findall(r"^(action|status):[ \t]*(\S{1,40})", report, re.IGNORECASE | re.MULTILINE)
    actions = {value.casefold() for name, value in fields if name.casefold() == "action"}
    if actions and "failed" not in actions:
        return Verdict("auto_reply")  # Delayed, delivered, relayed: nothing is lost.
    statuses = [value for name, value in fields if name.casefold() == "status"]
    return Verdict("bounce", hard=_is_hard(" ".join(statuses) or text))


def _is_hard(text: str) -> bool:
    """Whether the first status in ``text`` (RFC 3463, or else RFC 5321) is a permanent one."""
    found = _STATUS.search(text) or _SMTP_CODE.search(text)
    return found is not None and found[1] == "5"


def _asks_to_stop(line: str) -> bool:
    return len(line) <= 120 and _STOP.fullmatch(line.strip(" \t\r\n.!?*_\"'“”")) is not None
