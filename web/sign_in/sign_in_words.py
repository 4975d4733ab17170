"""What the pages on the way into the console say, in the language that the browser prefers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import HTTPConnection

from domain.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, Weakness

T = TypeVar("T")


@dataclass(frozen=True)
class SignInWords:
    """Sentences of one language (BCP 47 ``language``)."""

    language: str
    sign_in: str
    email: str
    pw: str
    sign_in_button: str
    provider_button: str
    forgotten: str
    wrong: str
    too_many_one: str
    too_many: str
    rep_gone: str
    provider_failed: str
    provider_unknown: str
    enter: str
    enter_sentence: str
    enter_button: str
    link_over: str
    choose: str
    choose_sentence: str
    current: str
    new: str
    new_again: str
    save_button: str
    not_now: str
    length: str
    common: str
    about_you: str
    busy: str
    no_passwords: str
    differ: str
    current_wrong: str
    sorry: str
    other_site: str

    def wait(self, minutes: int) -> str:
        """That there were too many tries, and in how many minutes there may be another."""
        return self.too_many_one if minutes == 1 else self.too_many.format(minutes=minutes)

    def weak(self, weakness: Weakness) -> str:
        """Why a new password is refused, and what to do."""
        told = {Weakness.COMMON: self.common, Weakness.ABOUT_YOU: self.about_you}
        return told.get(weakness, self.length)


_ENGLISH = SignInWords(
    language="en",
    sign_in="Sign in",
    email="E-mail address",
    pw="Password",
    sign_in_button="Sign in",
    provider_button="Sign in with your company account",
    forgotten="No password, or forgotten? Ask an admin for a link.",
    wrong="The e-mail address and the password do not belong together.",
    too_many_one="Too many tries. Try again in a minute.",
    too_many="Too many tries. Try again in {minutes} minutes.",
    rep_gone="You are not in the team policy any more. Ask an admin to give you another role.",
    provider_failed="Your company account could not be checked. Please try again.",
    provider_unknown="Nobody with this company account may sign in here. Ask an admin to add your "
    "e-mail address, or to look for the reason in the log.",
    enter="Welcome",
    enter_sentence="This link signs you in once.",
    enter_button="Sign in",
    link_over="This link was used already, or is too old. Ask an admin for another one.",
    choose="Choose a password",
    choose_sentence=f"At least {SHORTEST_PASSWORD} characters. A few words that only you would put "
    "together are good.",
    current="Password until now",
    new="New password",
    new_again="New password again",
    save_button="Save",
    not_now="Not now",
    length=f"The password needs at least {SHORTEST_PASSWORD} characters, and at most "
    f"{LONGEST_PASSWORD}.",
    common="This password is easy to guess: it is made of much used words, rows of keys or "
    "repetitions. Put a few words together that nobody else would.",
    about_you="This password holds your name, your address, your company or the name of this "
    "product: whoever knows you would try that first. Leave it out.",
    busy="Many people are signing in just now. Try again in a few seconds.",
    no_passwords="Passwords and one-time links are switched off here: sign in with your company "
    "account.",
    differ="The two new passwords are not the same.",
    current_wrong="The password until now is not right.",
    sorry="This can't be done from here",
    other_site="Another web site asked for this in your name, so nothing was done. Open the page "
    "here and try again.",
)

_KOREAN = SignInWords(
    language="ko",
    sign_in="로그인",
    email="이메일 주소",
    pw="비밀번호",
    sign_in_button="로그인",
    provider_button="회사 계정으로 로그인",
    forgotten="비밀번호가 없거나 잊으셨나요? 관리자에게 로그인 링크를 요청해 주세요.",
    wrong="이메일 주소 또는 비밀번호가 맞지 않습니다.",
    too_many_one="시도 횟수가 너무 많습니다. 1분 뒤에 다시 시도해 주세요.",
    too_many="시도 횟수가 너무 많습니다. {minutes}분 뒤에 다시 시도해 주세요.",
    rep_gone="현재 팀 정책에 등록되어 있지 않습니다. 관리자에게 역할 변경을 요청해 주세요.",
    provider_failed="회사 계정을 확인하지 못했습니다. 다시 시도해 주세요.",
    provider_unknown="이 회사 계정으로는 로그인할 수 없습니다. "
    "관리자에게 이메일 주소 등록을 요청하거나 로그에서 이유를 확인해 달라고 해 주세요.",
    enter="환영합니다",
    enter_sentence="이 링크로 한 번 로그인할 수 있습니다.",
    enter_button="로그인",
    link_over="이미 사용했거나 기한이 지난 링크입니다. 관리자에게 새 링크를 요청해 주세요.",
    choose="비밀번호 설정",
    choose_sentence=f"{SHORTEST_PASSWORD}자 이상이어야 합니다. "
    "본인만 떠올릴 수 있는 단어 몇 개를 이어 쓰면 좋습니다.",
    current="현재 비밀번호",
    new="새 비밀번호",
    new_again="새 비밀번호 확인",
    save_button="저장",
    not_now="나중에",
    length=f"비밀번호는 {SHORTEST_PASSWORD}자 이상 {LONGEST_PASSWORD}자 이하여야 합니다.",
    common="추측하기 쉬운 비밀번호입니다. 흔한 단어, 자판 배열, 반복으로 되어 있습니다. "
    "다른 사람은 떠올리지 않을 단어 몇 개를 이어 써 주세요.",
    about_you="비밀번호에 이름, 이메일 주소, 회사 이름 또는 이 제품의 이름이 들어 있습니다. "
    "아는 사람이 가장 먼저 시도할 말이니 빼 주세요.",
    busy="지금 로그인하는 사람이 많습니다. 몇 초 뒤에 다시 시도해 주세요.",
    no_passwords="여기서는 비밀번호와 일회용 링크를 쓰지 않습니다. 회사 계정으로 로그인해 주세요.",
    differ="새 비밀번호가 서로 다릅니다.",
    current_wrong="현재 비밀번호가 맞지 않습니다.",
    sorry="여기서는 처리할 수 없습니다",
    other_site="다른 웹사이트가 회원님의 이름으로 보낸 요청이어서 처리하지 않았습니다. "
    "이곳에서 페이지를 열어 다시 시도해 주세요.",
)

_CHINESE = SignInWords(
    language="zh",
    sign_in="登录",
    email="电子邮箱",
    pw="密码",
    sign_in_button="登录",
    provider_button="使用公司账号登录",
    forgotten="没有密码或忘记了密码？请向管理员索取登录链接。",
    wrong="电子邮箱或密码不正确。",
    too_many_one="尝试次数过多，请在 1 分钟后重试。",
    too_many="尝试次数过多，请在 {minutes} 分钟后重试。",
    rep_gone="您已不在团队策略中，请联系管理员为您更改角色。",
    provider_failed="无法验证您的公司账号，请重试。",
    provider_unknown="此公司账号无法在这里登录，请联系管理员添加您的电子邮箱，或在日志中查看原因。",
    enter="欢迎",
    enter_sentence="此链接可供您登录一次。",
    enter_button="登录",
    link_over="此链接已使用或已过期，请向管理员索取新的链接。",
    choose="设置密码",
    choose_sentence=f"至少 {SHORTEST_PASSWORD} 个字符，可以用几个只有您会组合在一起的词。",
    current="当前密码",
    new="新密码",
    new_again="再次输入新密码",
    save_button="保存",
    not_now="以后再说",
    length=f"密码需要 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符。",
    common="此密码容易被猜到：它由常用词、键盘上的连续按键或重复内容组成。"
    "请把几个别人想不到的词组合在一起。",
    about_you="密码中含有您的姓名、电子邮箱、公司名称或本产品的名称，认识您的人会最先尝试，请去掉。",
    busy="当前登录的人较多，请过几秒再试。",
    no_passwords="这里已停用密码和一次性链接，请使用公司账号登录。",
    differ="两次输入的新密码不一致。",
    current_wrong="当前密码不正确。",
    sorry="无法从这里完成此操作",
    other_site="这是另一个网站以您的名义发出的请求，因此没有执行。请在本站打开页面后重试。",
)

_WORDS = {words.language: words for words in (_ENGLISH, _KOREAN, _CHINESE)}


def sign_in_words_for(request: HTTPConnection) -> SignInWords:
    """The words of the first language the browser lists that there are words of, else English."""
    return preferred(request, _WORDS)


def preferred(request: HTTPConnection, words: Mapping[str, T]) -> T:
    """Of what there is by language (``en`` always), what the browser would rather have."""
    for tag in request.headers.get("Accept-Language", "").split(","):
        code = tag.strip()[:2].lower()
        if code in words:
            return words[code]
    return words["en"]
