"""What a mail that came in is, and what is read of it besides."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engagement.bounces import BounceMeaning
from domain.inbound.charsets import decode, decode_header
from domain.inbound.dates import back_on, later_day
from domain.inbound.mail import InboundMail, Parts
from domain.inbound.reply_extraction import extract_reply
from domain.inbound.returned import returned
from domain.inbound.verdict import MailVerdict, classify

DAY = date(2026, 11, 29)
QUOTED = (
    "\n\nOn Mon, Oct 5, 2026 at 9:00 AM Clara Moss <clara@x.example>\nwrote:\n\n> stop the wait\n"
)
REPORT = """Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; jane@acme.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} no
"""


def read(
    subject: str, text: str, sender: str = "jane@acme.example", report: str = ""
) -> MailVerdict:
    """The verdict over a mail with no other headers."""
    parts = Parts(text=text, reports=[report] if report else [])
    mail = InboundMail([], sender, sender, subject, parts)
    return classify(mail, DAY, returned(mail))


@pytest.mark.parametrize(
    ("action", "status", "hard"),
    [
        ("failed", "5.1.1", True),
        ("failed", "4.2.2", False),
        ("FAILED", "5.1.1 (gone)", True),
        ("delayed", "4.4.1", None),
        ("delivered", "2.0.0", None),
    ],
)
def test_delivery_reports_say_how_bad_it_is(action: str, status: str, hard: bool | None) -> None:
    """A full mailbox must not cost a lead for ever, a dead address must."""
    report = REPORT.format(action=action, status=status)
    verdict = read("Undeliverable", "Sorry", "mailer-daemon@mx.example", report)
    assert verdict.kind == ("auto_reply" if hard is None else "bounce")
    assert (verdict.meaning is BounceMeaning.ADDRESS_DEAD) is bool(hard)
    assert verdict.status == ("" if hard is None else status[:5])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I am out of budget", "reply"),
        ("I'm out of the loop on this, ask Bob", "reply"),
        ("My colleague is on vacation, I decide", "reply"),
        ("My boss is out of office until Friday, so we wait", "reply"),
        ("She is on maternity leave; I took over", "unclear"),
        ("You have reached Tom Lee. He is out of the office until 3 May.", "unclear"),
        ("Jane Doe has left Acme Corp. Please contact bob@acme.example", "out_of_office"),
        ("I will be out of contact until 3 March.", "out_of_office"),
        ("Unser Kollege ist im Urlaub bis 3. Mai.", "out_of_office"),
        ("Mein Chef ist im Urlaub, ich melde mich danach", "reply"),
        ("Mon collègue est en congé, je décide", "reply"),
        ("상사가 휴가 중이라 다음 주에 결정합니다", "reply"),
        ("同事在休假，我来处理", "reply"),
        ("上司が休暇中のため来週決めます", "reply"),
        ("I have left you a voicemail", "reply"),
        ("Bob has left a comment on the document", "reply"),
        ("I am out of town until Monday", "out_of_office"),
        ("I'm out of the country until 7 December", "out_of_office"),
        ("I have left the company. Please contact Bob", "out_of_office"),
        ("I am on leave until 7 December. Please contact my colleague Bob.", "out_of_office"),
        ("Ich bin im Urlaub, bitte wenden Sie sich an meinen Kollegen", "out_of_office"),
        ("휴가 중입니다. 급한 일은 동료에게 연락 바랍니다", "out_of_office"),
        ("我在休假，请联系同事", "out_of_office"),
        ("休暇中です。担当者は佐藤です", "out_of_office"),
    ],
)
def test_only_its_sender_can_be_away(text: str, kind: str) -> None:
    """A reply about somebody else's leave, or of being out of something else than the office, is
    lost to the rep when it counts as an absence."""
    assert read("Re: Hello", text).kind == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Unsubscirbe", "unsubscribe"),
        ("unsubcribe", "unsubscribe"),
        ("unsubsribe me", "unsubscribe"),
        ("Hør op med at skrive til mig", "unsubscribe"),
        ("Unsure.", "reply"),
        ("Unsuitable for us.", "reply"),
    ],
)
def test_who_mistypes_a_wish_to_stop_is_heard(text: str, kind: str) -> None:
    """In anger people type badly."""
    assert read("Re: Hello", text).kind == kind


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of the office until December 7, 2026.", date(2026, 12, 7)),
        ("Ich bin vom 30.11. bis 11.12.2026 nicht im Büro.", date(2026, 12, 11)),
        ("12월 7일까지 부재중입니다.", date(2026, 12, 7)),
        ("12月7日まで不在です。", date(2026, 12, 7)),
        ("Je suis absent jusqu'au 5 janvier.", date(2027, 1, 5)),
        ("Я в отпуске до 14 декабря.", date(2026, 12, 14)),
        ("7 Aralık tarihine kadar izindeyim.", date(2026, 12, 7)),
        ("Tôi nghỉ phép đến ngày 7 tháng 12.", date(2026, 12, 7)),
        ("I am out of the office until Monday.", date(2026, 11, 30)),
        ("I am out of the office, back on 3/4.", None),
        ("I am out of the office.", None),
        ("I was away until October 5, 2026.", None),
    ],
)
def test_who_is_away_is_back_on_the_day_they_say(text: str, day: date | None) -> None:
    """Written to meanwhile, they never see it; a day that is guessed wrong is worse than none."""
    assert back_on(text, DAY) == day


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic reply: Hello", "Could you send me the prices by December 7, 2026?"),
        (
            "Re: Hello",
            "I am on leave until December 7, 2026. Our plant in Ulm plans shifts by hand.",
        ),
    ],
)
def test_who_may_be_away_is_so_until_the_day_they_say(subject: str, text: str) -> None:
    """The person who settles it would not see the day, nor would it count."""
    verdict = read(subject, text)
    assert (verdict.doubt, verdict.away_until) == ("away", date(2026, 12, 7))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Please contact me again in March.", date(2027, 3, 1)),
        ("Melden Sie sich bitte im März wieder.", date(2027, 3, 1)),
        ("3월에 다시 연락 주세요.", date(2027, 3, 1)),
        ("明年再联系我。", date(2027, 1, 1)),
        ("Let's talk in Q2.", date(2027, 4, 1)),
        ("Call me on December 15.", date(2026, 12, 15)),
        ("Revenez vers moi en janvier 2027.", date(2027, 1, 1)),
        ("May I call you?", None),
        ("We began in March.", None),
        ("Yes.", None),
    ],
)
def test_who_asks_for_later_is_asked_then(text: str, day: date | None) -> None:
    assert later_day(text, DAY) == day


@pytest.mark.parametrize(
    "below",
    [
        QUOTED,
        "\n\nOn Mon Clara wrote:\n> hello",
        "\n\nAm 05.10.2026 um 09:00 schrieb Clara Moss:\n> Hallo",
        "\n\nLe lun. 5 oct. 2026 à 09:00, Clara <c@x.example> a écrit :\n> Bonjour",
        "\n\nEl lun, 5 oct 2026 a las 9:00, Clara (<c@x.example>) escribió:\n\n> Hola",
        "\n\n2026년 10월 5일 (월) 오전 9:00, Clara Moss <c@x.example>님이 작성:\n> 안녕",
        "\n\n2026年10月5日(月) 9:00 Clara Moss <c@x.example>:\n\n> こんにちは",
        "\n\nClara Moss <c@x.example> 于2026年10月5日周一 写道：\n> 你好",
        "\n\nW dniu 5.10.2026 o 09:00, Clara pisze:\n> Witam",
        "\n\nOp 5 okt. 2026 om 09:00 schreef Clara <c@x.example>:\n> Hallo",
        "\n\nPada tanggal Sen, 5 Okt 2026 Clara <c@x.example> menulis:\n> Halo",
        "\n\nVào Th 2, 5 thg 10, 2026 Clara <c@x.example> đã viết:\n> Chào",
        "\n\nEm seg., 5 de out. de 2026 às 09:00, Clara escreveu:\n> Olá",
        "\n\n-----Original Message-----\nFrom: Clara\nHello",
        "\n\n-----원본 메시지-----\n안녕",
        "\n\n보낸 사람: Clara <c@x.example>\n보낸 날짜: 2026년 10월 5일\n받는 사람: Jane\n\n안녕",
        "\n________________________________\nFrom: Clara",
        "\n\nVon: Clara\nGesendet: Montag\nAn: Jane\n\nHallo",
        "\n\nOd: Clara\nWysłano: poniedziałek\nDo: Jane\n\nWitam",
        "\n\nОт: Clara\nОтправлено: понедельник\nКому: Jane\n\nПривет",
        "\n-- \nJane Doe\nAcme",
        "\n\nSent from my iPhone",
        "\n\n나의 iPhone에서 보냄",
        "\n\n> only quoted",
    ],
)
def test_only_the_sender_s_own_words_count(below: str) -> None:
    """What we wrote ourselves would be read as the lead's."""
    assert extract_reply("Yes, please.\nCall me." + below) == "Yes, please.\nCall me."


def test_answers_between_quotations_are_own_words() -> None:
    mail = "On Mon Clara wrote:\n> When?\nOn Tuesday.\n> Where?\nHere.\n"
    assert extract_reply(mail) == "On Tuesday.\nHere."


def test_one_broken_word_spoils_no_other() -> None:
    """A subject that stays encoded as a whole says nothing to anybody."""
    assert decode_header("=?utf-8?q?J=C3=A4?= =?no-such?q?x?= =?utf-8?b?!?=") == "Jäx"
    assert decode("“x”".encode("cp1252"), "iso-8859-1") == "“x”"
    assert decode(b"\\ud800", "unicode_escape") == "\\ud800"


@pytest.mark.parametrize(
    "piece",
    [
        *("<@>", "On a wrote ", "2026년1님이 ", "From:\n", "Am schrieb ", " \n", "- ", "4.1 "),
        *(
            "please ",
            "stop sending ",
            "메일 ",
            "remove me from ",
            "away until ",
            "不要",
            "?",
            "1/2 ",
        ),
        *("Message-ID: <", "X-Failed-Recipients: a@b ", "de 2026 ", "[x] "),
    ],
)
def test_a_hostile_mail_is_read_no_slower(piece: str) -> None:
    """A reader that takes for ever would stop the web app."""
    long = piece * 40_000
    for sender in (long[:4000], "mailer-daemon@x.example"):
        began = time.process_time()
        assert read(long[:4000], long, sender, long[:60_000]).kind
        assert time.process_time() - began < 5


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_any_text_is_something(subject: str, text: str, sender: str) -> None:
    assert read(subject, text, sender, subject).kind
    assert read(subject, text, "mailer-daemon@x.example").kind != "reply"
    assert read(subject, text, "").kind not in ("reply", "unsubscribe")
