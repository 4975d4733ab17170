"""What the pages say to recipients, in their language: English, and Korean for Korean leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_KOREAN_DAYS = ("월", "화", "수", "목", "금", "토", "일")


@dataclass(frozen=True)
class Words:
    """Sentences of one language (BCP 47 ``language``)."""

    language: str
    sorry: str
    no_page: str
    altered_link: str
    gone_link: str
    expired_link: str
    trouble: str
    too_much: str
    unsubscribe: str
    unsubscribe_question: str
    unsubscribe_button: str
    unsubscribed: str
    unsubscribed_sentence: str
    preferences: str
    preferences_sentence: str
    save_button: str
    saved: str
    unsubscribe_from_all: str
    no_mail: str
    no_mail_sentence: str
    come_back_button: str
    welcome_back: str
    came_back: str
    enough_today: str
    complained: str
    confirm: str
    confirm_question: str
    confirm_button: str
    confirmed: str
    confirmed_sentence: str
    book_title: str
    book_sentence: str
    move_sentence: str
    your_meeting: str
    cancel_button: str
    booked: str
    cancelled: str
    taken: str
    moved_enough: str
    nothing_to_cancel: str
    no_slots: str
    minutes: str
    times_in: str

    def day(self, day: date) -> str:
        """A date with its weekday."""
        if self.language == "ko":
            return f"{day.month}월 {day.day}일 {_KOREAN_DAYS[day.weekday()]}요일"
        return f"{_ENGLISH_DAYS[day.weekday()]} {day.day} {_ENGLISH_MONTHS[day.month - 1]}"

    def moment(self, at: datetime) -> str:
        """A date and a time of day, as ``at``'s own clock shows them."""
        return f"{self.day(at.date())}, {at:%H:%M}"


_ENGLISH = Words(
    language="en",
    sorry="This page can't be shown",
    no_page="There is no page at this address.",
    altered_link="This link is not complete. Perhaps the mail program broke it: "
    "please open it from the mail once more, or copy it whole.",
    gone_link="This link is no longer valid. Nothing more will be sent because of it.",
    expired_link="This link is too old. Please open one from a newer mail.",
    trouble="Something does not work on our side. Please try again in a few minutes.",
    too_much="The request is too large, or took too long. Please send less, or try again.",
    unsubscribe="Unsubscribe",
    unsubscribe_question="Do you want no more e-mails from us?",
    unsubscribe_button="Yes, send me no more",
    unsubscribed="You are unsubscribed",
    unsubscribed_sentence="We will not write to you again. It takes effect at once.",
    preferences="Your e-mails from us",
    preferences_sentence="Choose what you would like to get.",
    save_button="Save",
    saved="Your choice is saved.",
    unsubscribe_from_all="Unsubscribe from everything",
    no_mail="You get no e-mails from us",
    no_mail_sentence="You can come back here if you would like to hear from us again. "
    "What was not sent meanwhile will not follow.",
    come_back_button="Send me e-mails again",
    welcome_back="You get e-mails from us again.",
    came_back="Mail to your address comes back to us, so we send none. If the address works again, "
    "please write to",
    enough_today="You have changed this often enough for today. Please try again tomorrow. You can "
    "unsubscribe at any time.",
    complained="Our mail was reported as unwanted from your address, so we send none. If that was "
    "a mistake, please write to",
    confirm="Confirm your address",
    confirm_question="Is this address yours, and would you like e-mails from us?",
    confirm_button="Yes, it is mine",
    confirmed="Thank you, your address is confirmed",
    confirmed_sentence="You will hear from us. Every mail has a link to end it.",
    book_title="Choose a time to talk",
    book_sentence="Half an hour, by video or phone. Pick what suits you; we send the details.",
    move_sentence="To move the meeting, choose another time.",
    your_meeting="Your meeting",
    cancel_button="Cancel the meeting",
    booked="Thank you, the time is yours.",
    cancelled="The meeting is cancelled.",
    taken="That time is no longer free. Please choose another.",
    moved_enough="You have moved this meeting often enough for today. Please try again tomorrow, "
    "or reply to our mail.",
    nothing_to_cancel="There is no meeting to cancel.",
    no_slots="No time is free in the next few days. Reply to our mail and we will find one.",
    minutes="minutes",
    times_in="Times in",
)

_KOREAN = Words(
    language="ko",
    sorry="페이지를 표시할 수 없습니다",
    no_page="이 주소에는 페이지가 없습니다.",
    altered_link="링크가 온전하지 않습니다. 메일에서 링크를 다시 열거나 전체를 복사해 주세요.",
    gone_link="더 이상 유효하지 않은 링크입니다. 이 링크와 관련된 메일은 더 보내지 않습니다.",
    expired_link="오래되어 쓸 수 없는 링크입니다. 더 최근 메일의 링크를 열어 주세요.",
    trouble="저희 쪽에 문제가 생겼습니다. 몇 분 뒤에 다시 시도해 주세요.",
    too_much="요청이 너무 크거나 너무 오래 걸렸습니다. 줄여서 보내거나 다시 시도해 주세요.",
    unsubscribe="수신 거부",
    unsubscribe_question="앞으로 메일을 받지 않으시겠습니까?",
    unsubscribe_button="네, 더 이상 받지 않겠습니다",
    unsubscribed="수신 거부가 완료되었습니다",
    unsubscribed_sentence="지금부터 메일을 보내지 않겠습니다.",
    preferences="메일 수신 설정",
    preferences_sentence="받고 싶은 메일을 선택해 주세요.",
    save_button="저장",
    saved="선택하신 내용을 저장했습니다.",
    unsubscribe_from_all="모든 메일 수신 거부",
    no_mail="현재 메일을 받지 않고 계십니다",
    no_mail_sentence="다시 받아 보고 싶으시면 여기서 신청하실 수 있습니다. "
    "그동안 보내지 않은 메일은 다시 발송하지 않습니다.",
    come_back_button="메일 다시 받기",
    welcome_back="다시 메일을 보내 드리겠습니다.",
    came_back="이 주소로 보낸 메일이 반송되어 더 이상 보내지 않고 있습니다. "
    "주소를 다시 쓰실 수 있게 되면 다음 주소로 알려 주세요:",
    enough_today="오늘은 더 이상 변경하실 수 없습니다. 내일 다시 시도해 주세요. "
    "수신 거부는 언제든지 하실 수 있습니다.",
    complained="이 주소에서 저희 메일이 스팸으로 신고되어 더 이상 보내지 않고 있습니다. "
    "실수였다면 다음 주소로 알려 주세요:",
    confirm="이메일 주소 확인",
    confirm_question="본인의 이메일 주소가 맞고, 소식을 받아 보시겠습니까?",
    confirm_button="네, 제 주소입니다",
    confirmed="이메일 주소가 확인되었습니다",
    confirmed_sentence="앞으로 소식을 보내 드립니다. "
    "모든 메일에서 언제든지 수신을 거부하실 수 있습니다.",
    book_title="상담 시간을 선택해 주세요",
    book_sentence="화상 또는 전화로 30분입니다. 편한 시간을 고르시면 자세한 안내를 보내 드립니다.",
    move_sentence="시간을 바꾸시려면 다른 시간을 선택해 주세요.",
    your_meeting="예약된 미팅",
    cancel_button="미팅 취소",
    booked="예약되었습니다. 감사합니다.",
    cancelled="미팅이 취소되었습니다.",
    taken="이미 마감된 시간입니다. 다른 시간을 선택해 주세요.",
    moved_enough="오늘은 더 이상 시간을 변경하실 수 없습니다. "
    "내일 다시 시도하시거나 메일에 회신해 주세요.",
    nothing_to_cancel="취소할 미팅이 없습니다.",
    no_slots="며칠 안에 비어 있는 시간이 없습니다. 메일에 회신해 주시면 시간을 찾아 드리겠습니다.",
    minutes="분",
    times_in="기준 시간대:",
)


def words_in(language: str) -> Words:
    """The words of a lead's language (BCP 47), English where there are no others."""
    return _KOREAN if language.partition("-")[0] == "ko" else _ENGLISH


def words_asked_for(request: Request) -> Words:
    """The words of the language the browser prefers."""
    return words_in(request.headers.get("Accept-Language", "").strip().lower()[:2])
