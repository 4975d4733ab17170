"""What nobody can tell for sure: a person looks at it, and it counts as nothing until then."""

from __future__ import annotations

from typing import Any

from tests.inbound.corpus.entry import JANE, OURS, STRANGER, Entry, message, multipart, part

_STRANGER = f"Kim <{STRANGER}>"


_OBJECTIONS = (
    *("Where did you get my address from?", "Who gave you my name?", "Enough with the e-mails!"),
    *("I'd rather not get these any more.", "Woher haben Sie meine Adresse?", "Das ist Spam!"),
    *("Bitte sehen Sie von weiteren Kontaktaufnahmen ab.", "Sie verstoßen gegen die DSGVO."),
    *("D'où tenez-vous mon adresse ?", "C'est du spam.", "¿De dónde han sacado mi correo?"),
    *("Skąd macie mój adres?", "Откуда у вас мой адрес?", "Adresimi nereden buldunuz?"),
    *("이거 스팸이에요", "어디서 제 메일 주소를 아셨나요?", "迷惑です。", "这是垃圾邮件",
      "你们从哪里知道我的邮箱？"),
)  # fmt: skip


def _unclear(name: str, words: str, **values: Any) -> Entry:
    lead, kind = str(values.pop("lead", JANE)), str(values.pop("kind", "unclear"))
    body = values.pop("body", None) or part(words)
    raw = message(f"u {name}", body, **values)
    return Entry(f"unclear {name}", raw, kind, lead)


UNCLEAR: tuple[Entry, ...] = (
    _unclear("only quoted", "> Shall we talk?\r\n"),
    _unclear("empty", ""),
    _unclear("only a signature", "-- \r\nJane Doe\r\nAcme"),
    _unclear("from nobody", "Yes, call me.", sender="<>", lead=""),
    *(_unclear(f"objection {number}", words) for number, words in enumerate(_OBJECTIONS)),
    _unclear("without a sender", "unsubscribe", sender="", lead=""),
    _unclear("without an address", "Yes, call me.", sender="Jane Doe", lead=""),
    _unclear("by a mail system that says something else", "Quarantine digest of this week.",
             sender="postmaster@acme.example", answers="", subject="Digest", lead=""),
    _unclear("with an empty envelope", "Yes, call me.", more=[("Return-Path", "<>")]),
    _unclear("stops, and wants a call", "Please don't e-mail me, call me instead."),
    _unclear("stops another's contract", "我们想取消现在的系统订阅，贵公司价格多少?"),
    _unclear("speaks of stopping", "I don't need the newsletter feature, only shifts."),
    _unclear("stops for a colleague", "Please unsubscribe our old employee John."),
    _unclear("wants a call, and has a word below", "Thanks, call me.\r\nunsubscribe"),
    _unclear("away, and more", "I am on vacation. Our new plant opens in spring and we look at "
             "software for it with our team in Oslo."),
    _unclear("away by its subject, with a question", "Can you show that?",
             subject="Out of office: how do you plan it"),
    _unclear("a receipt, or a person", "We have received your request."),
    _unclear("through a group, out of the blue", "We need a new planning tool.", answers="",
             subject="Tools", more=[("Precedence", "list"), ("List-Post", "<mailto:s@x>")]),
    _unclear("an invitation of theirs", "", body=multipart("alternative", [part(""), part(
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:x@acme\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n", "text/calendar", more="; method=REQUEST")]), subject="Demo"),
    _unclear("of a stranger in the thread", "Yes.", sender=_STRANGER, lead="", kind="reply"),
    _unclear("of a stranger", "Yes, call me.", sender=_STRANGER, lead="", kind="reply", answers=""),
    _unclear("of a stranger about another's mail", "Stop by!", sender=_STRANGER, lead="",
             kind="reply", answers=OURS),
)  # fmt: skip
