"""Mail that came back, as some twenty mail systems write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.inbound.corpus.entry import JANE, OURS, Entry, message, multipart, part

_HEAD = (
    f"Received: by mx\r\nMessage-ID: <{OURS}>\r\nFrom: clara@lindenmoor.example\r\nTo: {JANE}\r\n"
)
_MAIL = f"{_HEAD}Subject: Fewer empty shifts\r\n\r\nHello"
_BY_SERVER = "MAILER-DAEMON@mx.acme.example"


def _back(name: str, body: bytes, kind: str = "bounce", **values: Any) -> Entry:
    language = str(values.pop("language", ""))
    lead = str(values.pop("lead", JANE))
    stops = values.pop("stops", (JANE,) if kind == "bounce" and lead else ())
    given = {"sender": _BY_SERVER, "subject": "Undelivered Mail Returned to Sender", "answers": ""}
    raw = message(f"b {name}", body, **(given | values))
    return Entry(f"returned {name}", raw, kind, lead, language, stops)


def _fields(status: str, action: str = "failed", said: str = "", recipient: str = JANE) -> bytes:
    told = f"Diagnostic-Code: smtp; {said}\r\n" if said else ""
    text = (
        "Reporting-MTA: dns; mx.acme.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n{told}"
    )
    return part(text.encode(), "message/delivery-status", encoding="7bit")


def _report(fields: bytes, words: str = "I am sorry.", returned: str = _MAIL) -> bytes:
    parts = [part(words), fields]
    if returned:
        whole = "\r\n\r\n" in returned
        kind = "message/rfc822" if whole else "text/rfc822-headers"
        parts.append(part(returned.encode(), kind, encoding="7bit"))
    return multipart("report", parts, "; report-type=delivery-status")


def _structured() -> Sequence[Entry]:
    exchange = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@acme.example>"
    no_user = "550 5.1.1 <jane@acme.example>: Recipient address rejected: User unknown"
    return [
        _back("postfix", _report(_fields("5.1.1", said=no_user))),
        _back("postfix with the head only", _report(_fields("5.1.1"), returned=_HEAD)),
        _back("sendmail", _report(_fields("5.1.1")), subject="Returned mail: see transcript",
              sender="Mail Delivery Subsystem <MAILER-DAEMON@mx.example>"),
        _back("exchange", _report(_fields("5.1.10")), sender=exchange,
              subject="Undeliverable: Fewer empty shifts"),
        _back("exchange in German", _report(_fields("5.1.10")), sender=exchange, language="de",
              subject="Unzustellbar: Weniger leere Schichten"),
        _back("gmail", _report(_fields("5.1.1")), subject="Delivery Status Notification (Failure)",
              sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>"),
        _back("without the mail", _report(_fields("5.1.1"), returned="")),
        _back("without the mail from nobody", _report(_fields("5.1.1"), returned=""), sender="<>"),
        _back("with another id", _report(_fields("5.1.1"), returned=_MAIL.replace(OURS, "a@ses"))),
        _back("full", _report(_fields("4.2.2", said="452 4.2.2 mailbox full")), stops=()),
        _back("opensmtpd", _report(_fields("5.0.0", "error", "550 5.1.1 no such user"))),
        _back("without an action", _report(_fields("5.1.1", action=""))),
        _back("in utf-8", multipart("report", [part("Désolé"), part(
            f"Final-Recipient: utf-8; {JANE}\r\nAction: failed\r\nStatus: 5.1.1\r\n".encode(),
            "message/global-delivery-status", encoding="7bit")], "; report-type=delivery-status")),
        _back("in base64", multipart("report", [part("Sorry"), part(
            f"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; {JANE}\r\nAction: failed\r\n"
            "Status: 5.1.1\r\n".encode(), "message/delivery-status")],
            "; report-type=delivery-status")),
        _back("for several", multipart("report", [part("Sorry"), part(
            "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; other@x.example\r\n"
            "Action: delivered\r\nStatus: 2.0.0\r\n\r\n"
            f"Final-Recipient: rfc822; {JANE}\r\nAction: failed\r\nStatus: 5.1.1\r\n".encode(),
            "message/delivery-status", encoding="7bit")], "; report-type=delivery-status")),
        _back("later", _report(_fields("4.4.1", "delayed")), "auto_reply", subject="Delayed"),
        _back("delivered", _report(_fields("2.0.0", "delivered")), "auto_reply"),
    ]  # fmt: skip


_IN_WORDS = {
    "qmail": (
        "failure notice",
        "Hi. This is the qmail-send program at mx.acme.example.\r\nI'm afraid I wasn't able to "
        "deliver your message to the following addresses.\r\n\r\n<jane@acme.example>:\r\n"
        "550 5.1.1 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n",
    ),
    "exim": (
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its recipients.\r\n\r\n"
        "  jane@acme.example\r\n    550 5.1.1 User unknown\r\n\r\n------ This is a copy of the "
        "message, including all the headers. ------\r\n\r\n",
    ),
    "a small server": ("failure delivery", "From acme.example.\r\n550 5.1.1 unknown user\r\n\r\n"),
    "in Japanese": ("メッセージを配信できません。", "550 5.1.1 宛先が見つかりません。\r\n\r\n"),
    "in Korean": ("메일 전송 실패", "550 5.1.1 존재하지 않는 사용자입니다.\r\n\r\n"),
    "in Chinese": ("系统退信", "550 5.1.1 收件人不存在\r\n\r\n"),
    "in French": ("Échec de la remise", "550 5.1.1 destinataire inconnu\r\n\r\n"),
    "in Russian": ("Письмо не доставлено", "550 5.1.1 пользователь не найден\r\n\r\n"),
    "in Spanish": ("Correo devuelto", "550 5.1.1 usuario desconocido\r\n\r\n"),
    "in Polish": ("Nie dostarczono wiadomości", "550 5.1.1 odbiorca nie istnieje\r\n\r\n"),
}  # fmt: skip
_SENDERS = {
    "without a domain": "MAILER-DAEMON",
    "from nobody": "<>",
    "by name": "Mail Delivery System",
    "by postmaster": "postmaster@acme.example",
    "by a daemon": "Mail <mail-daemon@acme.example>",
}
_FAILED = "jane@acme.example\r\n550 5.1.1 no such user\r\n\r\n"


def _worded() -> Sequence[Entry]:
    def copied(words: str) -> bytes:
        return part(f"{words}{_MAIL}\r\n")

    nobody = "Sorry, this address is not known: jane@acme.example\r\n"
    return [
        *(_back(name, copied(words), subject=title) for name, (title, words) in _IN_WORDS.items()),
        *(_back(name, copied(_FAILED), sender=sender) for name, sender in _SENDERS.items()),
        _back("exim by its header", part("It failed.\r\n550 No such user here\r\n"), answers="",
              more=[("X-Failed-Recipients", JANE)], sender="Mailer-Daemon@mx.example"),
        _back("in answer to ours", part(nobody + "550 5.1.1\r\n"), answers=OURS,
              subject="failure delivery"),
        _back("with the mail attached", multipart("mixed", [part("550 5.1.1 no user"), part(
            _MAIL.encode(), "message/rfc822", encoding="7bit")]), subject="Nondeliverable mail"),
        _back("qmail without the mail", part(_IN_WORDS["qmail"][1]), subject="failure notice"),
        _back("full in words", part(f"452 4.2.2 mailbox full\r\n{_MAIL}"), stops=()),
        _back("of somebody else's mail", part("550 5.1.1 other@x.example unknown"), lead=""),
        _back("made up by a person", _report(_fields("5.1.1"), returned=""), lead="",
              sender="Jane <jane@acme.example>"),
        _back("a warning", part("Warning: could not send message for past 4 hours\r\n"
              "It will be retried.\r\n"), "auto_reply", subject="Warning", lead=""),
    ]  # fmt: skip


RETURNED: tuple[Entry, ...] = (*_structured(), *_worded())
