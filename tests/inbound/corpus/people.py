"""What people write, with the mail programs they write with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.inbound.corpus.entry import BEN, JANE, OURS, OURS_TO_BEN, Entry, message, multipart, part

_WORDS = {
    "en": "Sounds good, could you call me on Thursday?",
    "ko": "네, 좋습니다. 목요일에 통화 가능할까요?",
    "zh": "可以，请星期四给我打电话。",
    "zh-Hant": "好的，請星期四打電話給我。",
    "ja": "ありがとうございます。木曜日にお電話いただけますでしょうか。",
    "de": "Klingt gut, rufen Sie mich bitte am Donnerstag an.",
    "fr": "Cela m'intéresse, pouvez-vous m'appeler jeudi ?",
    "es": "Me interesa, ¿puede llamarme el jueves?",
    "it": "Mi interessa, può chiamarmi giovedì?",
    "pt": "Tenho interesse, pode ligar na quinta?",
    "nl": "Klinkt goed, kunt u donderdag bellen?",
    "pl": "Brzmi dobrze, proszę zadzwonić w czwartek.",
    "ru": "Интересно, позвоните мне в четверг.",
    "tr": "İlgileniyoruz, perşembe günü arayabilir misiniz?",
    "vi": "Nghe hay đấy, thứ năm anh gọi cho tôi được không?",
    "id": "Kami tertarik, bisa telepon hari Kamis?",
    "sv": "Låter bra, kan ni ringa på torsdag?",
}
_QUOTED = "> unsubscribe\r\n> stop the wait\r\n"
_BELOW: dict[str, str] = {
    "gmail": f"On Mon, Oct 5, 2026 at 9:00 AM Clara Moss <clara@x.example> wrote:\r\n\r\n{_QUOTED}",
    "outlook": "From: Clara Moss\r\nSent: Monday\r\nTo: Jane\r\n\r\nunsubscribe here",
    "apple": f"Am 05.10.2026 um 09:00 schrieb Clara Moss <clara@x.example>:\r\n\r\n{_QUOTED}",
    "naver": "-----Original Message-----\r\nFrom: Clara\r\nunsubscribe",
    "qq": "------------------ 原始邮件 ------------------\r\n发件人: Clara\r\nunsubscribe",
    "thunderbird-fr": f"Le 05/10/2026 à 09:00, Clara Moss a écrit :\r\n{_QUOTED}",
    "gmail-ko": f"2026년 10월 5일 (월) 오전 9:00, Clara <c@x.example>님이 작성:\r\n{_QUOTED}",
    "outlook-ja": "差出人: Clara\r\n送信日時: 2026年10月5日\r\n宛先: Jane\r\nunsubscribe",
    "gmail-ru": f"пн, 5 окт. 2026 г. в 09:00, Clara <c@x.example> написал(а):\r\n{_QUOTED}",
    "gmail-it": f"Il giorno lun 5 ott 2026 alle 09:00 Clara ha scritto:\r\n{_QUOTED}",
    "gmail-tr": f"Clara, 5 Eki 2026 Pzt, 09:00 tarihinde şunu yazdı:\r\n{_QUOTED}",
}


_BESIDE = (
    *("Sorry, I found your mail in my spam folder. Please call me.", "Is it GDPR compliant?"),
    *("Please delete the old quote, I need a new one.", "Where did you get these figures from?"),
    *("Can you remove Tom from the invitation and add Ben?", "How did you find us?"),
    *("Ist das DSGVO-konform?", "Wir haben keine weiteren Fragen, schicken Sie den Vertrag."),
    *(
        "Bitte löschen Sie den Termin am Montag, Dienstag passt besser.",
        "Est-ce conforme au RGPD ?",
    ),
    *("견적서에서 2번 항목을 삭제해 주세요", "スパムフィルターに入っていました。資料をください。"),
    *("请删除报价单中的第二项", "Our lawyer wants to see the contract again."),
)


def _said(name: str, words: str, language: str = "en", **values: Any) -> Entry:
    lead = str(values.pop("lead", JANE))
    body = values.pop("body", None) or part(words)
    return Entry(f"person {name}", message(f"p {name}", body, **values), "reply", lead, language)


def _in_languages() -> list[Entry]:
    return [
        *(_said(language, words, language) for language, words in _WORDS.items()),
        # Of words that are said when mail is to stop, too.
        *(_said(f"beside {number}", words) for number, words in enumerate(_BESIDE)),
    ]


def _with_programs() -> list[Entry]:
    return [
        _said(f"with {program}", "", body=part(f"Yes, please.\r\n\r\n{below}"))
        for program, below in _BELOW.items()
    ]


def _html(words: str) -> bytes:
    return part(f"<html><body><p>{words}</p></body></html>", "text/html")


_BODIES: dict[str, Callable[[], bytes]] = {
    "html only": lambda: _html("Yes, call me."),
    "blank text beside html": lambda: multipart(
        "alternative", [part("\r\n \r\n\u00a0"), _html("Yes, call me.")]
    ),
    "no text beside html": lambda: multipart(
        "alternative", [part("> Shall we?\r\n"), _html("Yes, call me.")]
    ),
    "words below an attachment": lambda: multipart(
        "mixed", [part(b"%PDF", "application/pdf"), part("Yes, call me.")]
    ),
    "list footer beside html": lambda: multipart(
        "mixed",
        [
            multipart("alternative", [part(""), _html("Yes, call me.")], boundary="=_b2"),
            part("_______________\r\nsales mailing list\r\n"),
        ],
    ),
    "signed": lambda: multipart(
        "signed", [part("Yes, call me."), part(b"x", "application/pkcs7-signature")]
    ),
    "own words between quotations": lambda: part("> When?\r\nThursday.\r\n> Where?\r\nHere.\r\n"),
}
# What programs add to the mails of people.
_HEADS: dict[str, list[tuple[str, str]]] = {
    "asks for no automatic answers": [("X-Auto-Response-Suppress", "DR, OOF, AutoReply")],
    "asks for none at all": [("X-Auto-Response-Suppress", "All")],
    "through a group": [
        ("Precedence", "list"), ("List-ID", "<sales.acme.example>"), ("List-Post", "<mailto:s@x>"),
        ("List-Unsubscribe", "<mailto:s-leave@x.example>")],
    "through an alias": [("Precedence", "bulk")],
    "not automatic": [("Auto-Submitted", "no")],
    "of low priority": [("X-Priority", "5"), ("Importance", "low"), ("X-Autoreply", "no")],
    "with an envelope": [("Return-Path", f"<{JANE}>")],
}  # fmt: skip
_SUBJECTS = {
    "Re: Automatic reply: Spring offer": "He is back now, write again.",
    "AW: Abwesenheitsnotiz: Angebot": "Bin wieder da, bitte rufen Sie an.",
    "Abwesenheiten im Plan abbilden?": "Können Sie das in der Software zeigen?",
    "Absence de réponse à ma demande": "Pouvez-vous me rappeler ?",
    "Vacation planning in your product": "How do you handle carry-over days?",
    "휴가 관리 기능 문의": "휴가 신청도 같이 관리되나요?",
    "休暇の申請について": "休暇申請の画面を見せていただけますか。",
    "Undelivered parcels": "We have many of those, can you help?",
    "Out of stock?": "Can you deliver?",
    "Urlaubsplanung": "Wie bilden Sie Urlaubsanträge ab?",
    "Delivery failure rates": "What are yours?",
    "Accepted by our board": "The board likes it, send us a contract.",
}
_NO_STOPS = {
    "can't stop yet": "We can't stop our old contract before May.",
    "stops by": "Stop by on Tuesday!",
    "asks for the feature": "수신거부 기능도 있나요? 궁금합니다.",
    "asks how it works": "How do our customers opt out in your product?",
    "wants links": "Does your tool support unsubscribe links?",
    "resend": "I am not receiving your emails, please resend.",
    "kündigt anderswo": "Wir müssen erst unseren alten Vertrag kündigen.",
    "löscht den Termin": "Bitte löschen Sie den alten Termin und nennen Sie einen neuen.",
    "pas disponible": "Je ne suis pas disponible mardi, mercredi me va.",
    "no puedo": "No puedo el martes, mejor el miércoles.",
    "삭제할 항목": "자료에서 두 번째 항목을 삭제해 주세요.",
    "资料": "请发邮件给我报价。",
    "リスト": "リストを送ってください。",
    "was away": "Sorry for the late reply, I was out of office last week. We are interested.",
    "war weg": "Ich war im Urlaub, entschuldigen Sie die späte Antwort. Passt Ihnen Freitag?",
    "다녀왔음": "휴가 다녀오느라 답장이 늦었습니다. 이번 주에 통화 가능하신가요?",
    "戻りました": "休暇明けで返信が遅くなりました。ぜひお話を伺いたいです。",
    "刚回来": "我刚休假回来，回复晚了，请把报价发给我。",
    "hat keine bekommen": "Ich habe keine E-Mail von Ihnen erhalten, bitte nochmals senden.",
    "pas changer": "Nous ne souhaitons pas changer de fournisseur avant juin.",
    "no thanks": "結構です。来年またお願いします。",
    "не могу": "Не могу во вторник, лучше в среду.",
}


def _others() -> list[Entry]:
    ben = f"Ben Roe <{BEN}>"
    return [
        _said("who forwarded the mail of another", "Call me.", sender=ben, lead=BEN),
        _said("who answers another's thread and ours", "Yes.", sender=ben, lead=BEN,
              answers=OURS_TO_BEN, more=[("References", f"<{OURS}>")]),
        _said("with an address of folders", "Yes.", sender="Jane <jane+crm@acme.example>"),
        _said("without a thread", "Please call me.", answers="", subject="Question"),
        _said("who only writes a subject", "", answers="", subject="Please call me on Friday"),
        _said("whose name has a comma", "Yes.", answers="",
              sender="=?iso-8859-1?Q?M=FCller=2C_Jane?= <jane@acme.example>"),
        _said("whose name has an address", "Yes.", answers="",
              sender='"jane@private.example" <jane@acme.example>'),
        _said("whose name has brackets", "Yes.", answers="",
              sender="=?utf-8?q?Jane_=3Cx=40y=2Eexample=3E?= <jane@acme.example>"),
        _said("in capitals", "Yes.", answers="", sender="JANE@ACME.EXAMPLE"),
        _said("with a comment", "Yes.", answers="", sender="jane@acme.example (Jane Doe)"),
        _said("away but here", "I am out of the office until Monday, can we talk on Tuesday?"),
        _said("asks for March", "Please contact me again in March."),
    ]  # fmt: skip


PEOPLE: tuple[Entry, ...] = (
    *_in_languages(),
    *_with_programs(),
    *(_said(name, "", body=body()) for name, body in _BODIES.items()),
    *(_said(name, "Yes, please call me.", more=more) for name, more in _HEADS.items()),
    *(_said(subject, words, subject=subject) for subject, words in _SUBJECTS.items()),
    *(_said(name, words) for name, words in _NO_STOPS.items()),
    *_others(),
)
