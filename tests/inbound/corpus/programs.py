"""What programs answer: absences, receipts, newsletters, calendars, providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.inbound.corpus.entry import (
    BEN,
    JANE,
    OURS,
    STRANGER,
    Entry,
    message,
    multipart,
    part,
)

_SUBJECTS: dict[str, tuple[str, ...]] = {
    "en": ("Automatic reply: Fewer empty shifts", "[External] Automatic reply: Hello",
           "Out of Office: Hello", "OOO: back on Monday"),
    "ko": ("자동 응답: 안녕하세요", "부재중: 안녕하세요", "[자동회신] 휴가 중입니다"),
    "zh": ("自动答复: 报价", "来自王伟的自动回复"),
    "zh-Hant": ("自動回覆：報價",),
    "ja": ("自動応答: お知らせ", "不在のお知らせ", "休暇中のお知らせ"),
    "de": ("Automatische Antwort: Angebot", "Abwesenheitsnotiz: Angebot"),
    "fr": ("Réponse automatique : Offre", "Absence du bureau"),
    "es": ("Respuesta automática: Oferta", "Fuera de la oficina"),
    "it": ("Risposta automatica: Offerta", "Fuori ufficio: Offerta"),
    "pt": ("Resposta automática: Oferta", "Ausência do escritório"),
    "nl": ("Automatisch antwoord: Aanbod", "Afwezig: Aanbod"),
    "pl": ("Automatyczna odpowiedź: Oferta",),
    "ru": ("Автоматический ответ: предложение", "Автоответ: предложение"),
    "tr": ("Otomatik yanıt: Teklif",),
    "vi": ("Trả lời tự động: Báo giá",),
    "id": ("Balasan otomatis: Penawaran",),
    "sv": ("Autosvar: Erbjudande",),
    "el": ("Αυτόματη απάντηση: Προσφορά",),
    "ar": ("رد تلقائي: عرض",),
    "cs": ("Automatická odpověď: Nabídka",),
}  # fmt: skip
_BODIES: dict[str, tuple[str, ...]] = {
    "en": ("I am out of the office until Monday", "OOO until Jan 4, limited access to email.",
           "Thank you for your email. I am on annual leave from 30 November to 4 December with "
           "limited access to my mail.\r\nFor urgent matters please contact my colleague."),
    "ko": ("출장 중입니다. 12월 7일에 복귀합니다.", "휴가 중이라 답변이 늦습니다."),
    "zh": ("我正在休假，12月7日回来。紧急事项请联系我的同事。",),
    "ja": ("12月7日まで休暇をいただいております。お急ぎの場合は代表までご連絡ください。",),
    "de": ("Ich bin im Urlaub und ab dem 7. Dezember wieder erreichbar.",),
    "fr": ("Je suis absent jusqu'au 7 décembre. En cas d'urgence, contactez mon collègue.",),
    "es": ("Estoy de vacaciones hasta el 7 de diciembre.",),
    "it": ("Sono in ferie fino al 7 dicembre. Per urgenze contattare il collega.",),
    "pt": ("Estou de férias até 7 de dezembro.",),
    "nl": ("Ik ben met vakantie tot 7 december. Bij dringende zaken kunt u mijn collega mailen.",),
    "pl": ("Jestem na urlopie do 7 grudnia.",),
    "ru": ("Я в отпуске до 7 декабря. По срочным вопросам обращайтесь к коллегам.",),
    "tr": ("7 Aralık tarihine kadar izindeyim.",),
    "vi": ("Tôi đang nghỉ phép đến ngày 7 tháng 12.",),
    "id": ("Saya sedang cuti sampai 7 Desember.",),
}  # fmt: skip
_AUTOMATIC = {
    "rfc 3834": ("Auto-Submitted", "auto-replied"),
    "rfc 3834 with a parameter": ("auto-submitted", "Auto-Generated; owner-email=x"),
    "an old precedence": ("Precedence", "auto_reply"),
    "x-autoreply": ("X-Autoreply", "yes"),
    "x-autorespond": ("X-Autorespond", "Spring offer"),
    "an old webmail": ("X-POST-MessageClass", "9; Autoresponder"),
}
_RECEIPTS = {
    "en": "We have received your request. Ticket number 1234.\r\nPlease do not reply to this mail.",
    "ko": "문의가 접수되었습니다. 본 메일은 발신전용입니다.",
    "de": "Wir haben Ihre Anfrage erhalten.\r\n\r\nDiese Mail wurde automatisch erstellt.",
    "fr": "Nous avons bien reçu votre demande. Merci de ne pas répondre à ce message.",
    "ja": "お問い合わせを受け付けました。このメールは送信専用です。",
    "zh": "您的邮件已收到。此邮件为系统自动发送，请勿回复。",
    "es": "Hemos recibido su solicitud. No responda a este correo.",
}


def _away(name: str, words: str, language: str = "en", **values: Any) -> Entry:
    lead = str(values.pop("lead", JANE))
    raw = message(f"a {name}", part(words), **values)
    return Entry(f"away {name}", raw, "out_of_office", lead, language)


def _program(name: str, body: bytes, kind: str = "auto_reply", **values: Any) -> Entry:
    lead, language = str(values.pop("lead", JANE)), str(values.pop("language", ""))
    stops = values.pop("stops", ())
    raw = message(f"m {name}", body, **values)
    return Entry(f"program {name}", raw, kind, lead, language, stops)


def _invitation(method: str, partstat: str, name: str = "") -> bytes:
    text = (
        f"BEGIN:VCALENDAR\r\nPRODID:-//{name}//EN\r\nVERSION:2.0\r\nMETHOD:{method}\r\n"
        "BEGIN:VEVENT\r\nUID:meeting-12@lindenmoor.example\r\nDTSTAMP:20261129T090000Z\r\n"
        "DTSTART:20261204T090000Z\r\nORGANIZER:mailto:clara@lindenmoor.example\r\n"
        f"ATTENDEE;PARTSTAT={partstat};CN=Jane:mailto:{JANE}\r\nSEQUENCE:0\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return part(text, "text/calendar", more=f"; method={method}")


def _calendars() -> Sequence[Entry]:
    def answer(name: str, subject: str, calendar: bytes | None, **values: Any) -> Entry:
        body = part("") if calendar is None else multipart("alternative", [part(""), calendar])
        return _program(name, body, "meeting_answer", subject=subject, answers="", **values)

    return [
        answer("outlook declines", "Declined: Demo", _invitation("REPLY", "DECLINED", "Outlook")),
        answer("outlook lehnt ab", "Abgelehnt: Demo", _invitation("REPLY", "DECLINED")),
        answer(
            "google accepts", "Accepted: Demo @ Fri", _invitation("REPLY", "ACCEPTED", "Google")
        ),
        answer("in Japanese", "承諾: Demo", _invitation("REPLY", "ACCEPTED")),
        answer("another time", "New Time Proposed: Demo", _invitation("COUNTER", "TENTATIVE")),
        answer("perhaps", "Mit Vorbehalt: Demo", _invitation("REPLY", "TENTATIVE")),
        answer("with the mark of Re", "Re: Demo", _invitation("REPLY", "DECLINED")),
        answer("without a calendar", "Rechazado: Demo", None, language="es"),
        answer("without a calendar in Chinese", "已谢绝: Demo", None, language="zh"),
        answer("without a calendar in Korean", "거절: 데모", None, language="ko"),
    ]


_MAIL = f"Message-ID: <{OURS}>\r\nFrom: clara@lindenmoor.example\r\nTo: {JANE}\r\n\r\nHello"


def _feedback(kind: str = "abuse", more: str = "") -> bytes:
    return part(
        f"Feedback-Type: {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n{more}".encode(),
        "message/feedback-report",
        encoding="7bit",
    )


def _complaints() -> Sequence[Entry]:
    def report(name: str, feedback: bytes, returned: str = _MAIL, **values: Any) -> Entry:
        body = multipart(
            "report",
            [part("This is an abuse report."), feedback,
             part(returned.encode(), "message/rfc822", encoding="7bit")],
            "; report-type=feedback-report",
        )  # fmt: skip
        kind = str(values.pop("kind", "complaint"))
        given = {"sender": "fbl@provider.example", "subject": "FW: Fewer empty shifts"}
        return _program(name, body, kind, answers="", **(given | values))

    to_jane = f"Original-Rcpt-To: {JANE}\r\n"
    letter = multipart("mixed", [part(""), part(_MAIL.encode(), "message/rfc822", encoding="7bit")])
    hotmail = f"X-HmXmrOriginalRecipient: {JANE}\r\n{_MAIL}".replace(OURS, "rewritten@x.example")
    hidden = multipart("mixed", [part(hotmail.encode(), "message/rfc822", encoding="7bit")])
    return [
        report("arf", _feedback(), stops=(JANE,)),
        report("arf of a rewritten mail", _feedback(more=to_jane), _MAIL.replace(OURS, "a@b"),
               lead=""),
        report("arf of a rewritten mail by a mail system", _feedback(more=to_jane),
               _MAIL.replace(OURS, "a@b"), sender="postmaster@provider.example", stops=(JANE,)),
        report("arf that names Jane only", _feedback(more=to_jane), "Subject: x\r\n\r\nHello",
               lead=""),
        report("arf for an opt-out that names Jane only", _feedback("opt-out", to_jane),
               "Subject: x\r\n\r\nHello", kind="unsubscribe", lead=""),
        report("arf for an opt-out", _feedback("opt-out", to_jane), kind="unsubscribe",
               stops=(JANE,)),
        report("arf for no spam", _feedback("not-spam"), kind="auto_reply"),
        _program("jmrp", letter, "complaint", sender="staff@hotmail.example", answers="",
                 subject="complaint about message from 192.0.2.7", stops=(JANE,)),
        _program("jmrp by header", hidden, "complaint", sender="staff@hotmail.example", answers="",
                 subject="FW: Hello", lead=""),
    ]  # fmt: skip


def _others() -> Sequence[Entry]:
    stranger = f"Help <{STRANGER}>"
    ticket = "[Ticket 7] Fewer empty shifts"
    return [
        _program("ticket", part("We got your mail."), subject=ticket, sender=stranger,
                 more=[("Auto-Submitted", "auto-replied")]),
        _program("nobody reads", part("Your case was opened."), subject="Re: Hello",
                 sender=f"no-reply@{'acme.example'}"),
        _program("newsletter", part("Ten tips for spring. Click here to unsubscribe."),
                 sender=f"News <{STRANGER}>", answers="", subject="Spring news", lead="",
                 more=[("List-Unsubscribe", "<https://x.example/u>"), ("Precedence", "bulk")]),
        _program("mail was read", multipart("report", [part("Read."), part(
            b"Disposition: manual-action/MDN-sent-manually; displayed",
            "message/disposition-notification", encoding="7bit")],
            "; report-type=disposition-notification"), subject="Read: Hello"),
        _away("of a colleague in the thread", "I am out of the office.", sender=stranger,
              more=[("Auto-Submitted", "auto-replied")]),
        _away("of Ben", "I am on leave.", sender=f"Ben <{BEN}>", lead=BEN, answers="",
              more=[("X-Auto-Response-Suppress", "All"), ("Auto-Submitted", "auto-generated")]),
    ]  # fmt: skip


PROGRAMS: tuple[Entry, ...] = (
    *(
        _away(f"by subject {language} {number}", "Yes", language, subject=subject)
        for language, subjects in _SUBJECTS.items()
        for number, subject in enumerate(subjects)
    ),
    *(
        _away(f"by words {language} {number}", words, language)
        for language, bodies in _BODIES.items()
        for number, words in enumerate(bodies)
    ),
    *(
        _program(f"by {name}", part("Noted."), more=[header], subject="Re: Hello")
        for name, header in _AUTOMATIC.items()
    ),
    *(
        _program(f"receipt {language}", part(words), language=language, subject="Re: Hello")
        for language, words in _RECEIPTS.items()
    ),
    *_calendars(),
    *_complaints(),
    *_others(),
)
