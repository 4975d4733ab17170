"""What the pages of the second factor say, in the language that the browser prefers."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from web.sign_in.sign_in_words import preferred


@dataclass(frozen=True)
class SecondFactorWords:
    """Sentences of one language (BCP 47 ``language``)."""

    language: str
    second_factor: str
    code: str
    code_sentence: str
    code_button: str
    begin_again: str
    lost: str
    wrong: str
    too_late: str
    set_up: str
    needed: str
    set_up_sentence: str
    picture: str
    key: str
    open_app: str
    set_up_button: str
    set_up_too_late: str
    back: str
    is_on: str
    left_one: str
    left_more: str
    manage_sentence: str
    renew_button: str
    remove_button: str
    recovery_codes: str
    recovery_sentence: str
    kept: str

    def left(self, count: int) -> str:
        """How many recovery codes are left."""
        return self.left_one if count == 1 else self.left_more.format(count=count)


_ENGLISH = SecondFactorWords(
    language="en",
    second_factor="Second factor",
    code="Code",
    code_sentence="The six digits that your authenticator app shows, or one of your recovery "
    "codes.",
    code_button="Sign in",
    begin_again="Begin again",
    lost="App and recovery codes lost? Ask an admin to reset your second factor.",
    wrong="This code is not right, or it was used already. Wait for the next one.",
    too_late="That took too long. Sign in again.",
    set_up="Set up a second factor",
    needed="Your role needs a second factor beside the password.",
    set_up_sentence="Scan the picture with an authenticator app, or type the key into it. Then "
    "enter the six digits that it shows.",
    picture="QR code for an authenticator app",
    key="Key",
    open_app="Open in an app on this device",
    set_up_button="Turn on",
    set_up_too_late="That took too long, so there is a new key. Put it into your app in place of "
    "the one before.",
    back="Back",
    is_on="Whoever signs in as you with a password or a link is asked for a code.",
    left_one="One recovery code is left.",
    left_more="{count} recovery codes are left.",
    manage_sentence="A code of your app, or a recovery code, lets you make new recovery codes or "
    "remove the second factor. For another phone, remove it and set it up again.",
    renew_button="New recovery codes",
    remove_button="Remove the second factor",
    recovery_codes="Recovery codes",
    recovery_sentence="Each of them lets you in once when you don't have your app. Keep them where "
    "only you find them: they are not shown again.",
    kept="I have kept them",
)

_KOREAN = SecondFactorWords(
    language="ko",
    second_factor="2단계 인증",
    code="인증 코드",
    code_sentence="인증 앱에 표시된 여섯 자리 숫자 또는 복구 코드 하나를 입력해 주세요.",
    code_button="로그인",
    begin_again="처음부터 다시",
    lost="앱과 복구 코드를 모두 잃어버리셨나요? 관리자에게 2단계 인증 초기화를 요청해 주세요.",
    wrong="코드가 맞지 않거나 이미 사용한 코드입니다. 다음 코드를 기다려 주세요.",
    too_late="시간이 너무 오래 걸렸습니다. 다시 로그인해 주세요.",
    set_up="2단계 인증 설정",
    needed="이 역할은 비밀번호 외에 2단계 인증이 필요합니다.",
    set_up_sentence="인증 앱으로 그림을 스캔하거나 키를 직접 입력한 다음, "
    "앱에 표시된 여섯 자리 숫자를 입력해 주세요.",
    picture="인증 앱용 QR 코드",
    key="키",
    open_app="이 기기의 앱에서 열기",
    set_up_button="켜기",
    set_up_too_late="시간이 너무 오래 걸려 새 키를 만들었습니다. "
    "앱에 있는 이전 키를 이 키로 바꿔 주세요.",
    back="뒤로",
    is_on="비밀번호나 링크로 로그인할 때 인증 코드를 요청합니다.",
    left_one="복구 코드가 1개 남았습니다.",
    left_more="복구 코드가 {count}개 남았습니다.",
    manage_sentence="앱의 코드나 복구 코드를 입력하면 복구 코드를 새로 만들거나 "
    "2단계 인증을 해제할 수 있습니다. 휴대폰을 바꾸려면 해제한 뒤 다시 설정해 주세요.",
    renew_button="새 복구 코드",
    remove_button="2단계 인증 해제",
    recovery_codes="복구 코드",
    recovery_sentence="앱을 쓸 수 없을 때 코드마다 한 번씩 로그인할 수 있습니다. "
    "다시 표시되지 않으니 본인만 찾을 수 있는 곳에 보관해 주세요.",
    kept="보관했습니다",
)

_CHINESE = SecondFactorWords(
    language="zh",
    second_factor="双重验证",
    code="验证码",
    code_sentence="请输入身份验证器应用显示的六位数字，或您的一个恢复码。",
    code_button="登录",
    begin_again="重新开始",
    lost="应用和恢复码都丢失了？请联系管理员重置您的双重验证。",
    wrong="验证码不正确或已使用过，请等待下一个验证码。",
    too_late="用时过长，请重新登录。",
    set_up="设置双重验证",
    needed="您的角色除密码外还需要双重验证。",
    set_up_sentence="请用身份验证器应用扫描图片，或手动输入密钥，然后输入应用显示的六位数字。",
    picture="用于身份验证器应用的二维码",
    key="密钥",
    open_app="在此设备的应用中打开",
    set_up_button="启用",
    set_up_too_late="用时过长，已生成新的密钥，请在应用中用它替换之前的密钥。",
    back="返回",
    is_on="使用密码或链接登录时需要输入验证码。",
    left_one="还剩 1 个恢复码。",
    left_more="还剩 {count} 个恢复码。",
    manage_sentence="输入应用中的验证码或恢复码，即可生成新的恢复码或移除双重验证。"
    "如需更换手机，请先移除再重新设置。",
    renew_button="生成新的恢复码",
    remove_button="移除双重验证",
    recovery_codes="恢复码",
    recovery_sentence="无法使用应用时，每个恢复码可登录一次。请保存在只有您能找到的地方，之后不会再显示。",
    kept="我已保存",
)

_WORDS = {words.language: words for words in (_ENGLISH, _KOREAN, _CHINESE)}


def second_factor_words_for(request: HTTPConnection) -> SecondFactorWords:
    """The words of the first language the browser lists that there are words of, else English."""
    return preferred(request, _WORDS)
