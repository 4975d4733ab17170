"""What a cell or a trait says of consent to mail: yes, no, or in words that need no heading."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Literal

from domain.contacts.answers import CJK, says_yes
from domain.contacts.dates import is_moment
from domain.contacts.texts import key, word_set

Sense = Literal["unsubscribed", "consent", "status"]

# Say by themselves, whatever they stand under, that somebody wants no mail.
_STRONG = """
    unsubscribed unsubscribe optedout optout donotemail donotmail donotcontact dontemail
    dontcontact noemails globallyunsubscribed unsubscribedfromallemail unsubscribedfromallemails
    abgemeldet abbestellt ausgetragen désabonné désabonnée désinscrit désinscrite dadodebaja
    dadadebaja desuscrito desuscrita descadastrado descadastrada disiscritto disiscritta afgemeld
    uitgeschreven wypisany wypisana отписан отписана отписался отписалась aboneliktençıktı
    hủyđăngký đãhủyđăngký berhentiberlangganan odhlášen leiratkozott dezabonat avregistrerad
    수신거부 수신거부함 수신차단 구독취소 구독취소됨 구독해지 退订 已退订 退訂 已退訂 取消订阅
    已取消订阅 取消訂閱 已取消訂閱 拒收 已拒收 配信停止 配信停止済 配信停止済み 購読解除 受信拒否
    配信拒否 オプトアウト ยกเลิกการสมัคร
"""
# Where the state of a subscription is told: "cleaned" is Mailchimp's for an address it gave up.
_STATES = """
    cleaned nonsubscribed neversubscribed notsubscribed suppressed blocklisted blacklisted
    noconsent complained spamcomplaint markedasspam dnc nomail noemail
"""
# Under a heading of consent, or of an opt-out.
_OUT_THERE = """
    nocontact notoptedin donotallow notallowed keineemails keinewerbung nichtabonniert
    nichtkontaktieren nepascontacter refusé refusée nonabonné nosuscrito nosuscrita nocontactar
    nãocontatar nãocontactar nãoassinante noniscritto noncontattare nietmailen nietgeabonneerd
    niezapisany неподписан неподписана abonelikteayrıldı reddetti từchối tidakberlangganan
    menolak ditolak 거부 거부함 거절 수신안함 미수신 차단 연락금지 미구독 구독안함 不接收 不订阅
    未订阅 未訂閱 勿扰 请勿联系 已拒绝 拒绝 拒絕 拒否 停止 不要 不可 配信不可 未購読 非購読 退会
    退会済み 受け取らない 受信しない
"""
# Under a heading of consent only: an opt-out may be withdrawn, inactive or refused as well.
_NO_CONSENT = """
    notgiven notgranted withdrew verweigert rechazado rechazada recusado geweigerd odmowa disabled
    deny archived blocked bounced hardbounced inactive deleted spam junk complaint invalid rejected
    declined denied refused cancelled canceled objected withdrawn revoked consentwithdrawn
    consentrevoked widerrufen widersprochen keineeinwilligung keinezustimmung cancelado cancelou
    nãoinscrito cancellato rifiutato rifiuto geentoestemming zrezygnował zrezygnowała brakzgody
    niewyraziłzgody odwołana отказ отказался несогласен несогласна iptaletti izinsiz khôngđồngý
    tidaksetuju 해지 해지함 철회 동의철회 미동의 비동의 동의안함 동의하지않음 부동의 不同意
    未同意 解除 解除済み 登録解除 同意しない 同意していない 非同意 希望しない 未登録 ไม่ยินยอม
"""
_IN = """
    subscribed subscribe optedin optin doubleoptin resubscribed angemeldet abonniert abonné
    abonnée suscrito suscrita assinante iscritto iscritta aangemeld geabonneerd zapisany zapisana
    подписан подписана abone đãđăngký berlangganan feliratkozott abonat allow 수신 수신함 구독
    구독중 구독함 订阅 已订阅 訂閱 已訂閱 接收 接受 購読 購読中 配信中 配信可 受信 受信する
    受け取る オプトイン
"""
_CONSENT = """
    confirmed consented consent consentgiven granted given agreed accepted allowed permitted
    explicit implicit express active eingewilligt zugestimmt erlaubt einverstanden bestätigt
    inscrit inscrite accepté acceptée consenti inscrito inscrita aceito aceita autorizado
    autorizada acepta aceptado accettato acconsentito ingeschreven akkoord wyraził wyrażona
    согласен согласна согласие onaylı onayladı izinli đồngý setuju disetujui prihlásen souhlas
    수신동의 동의 동의함 허용 승낙 同意 已同意 允许 同意する 同意済 同意済み 登録 登録済 登録済み
    希望 希望する 配信 許可 承諾 ยินยอม
"""

_OPTED_OUT = word_set(_STRONG)
_OUT: Mapping[Sense, frozenset[str]] = {
    "status": word_set(_STRONG + _STATES),
    "unsubscribed": word_set(_STRONG + _STATES + _OUT_THERE),
    "consent": word_set(_STRONG + _STATES + _OUT_THERE + _NO_CONSENT),
}
_AGREED: Mapping[Sense, frozenset[str]] = {
    "status": word_set(_IN),
    "unsubscribed": word_set(_IN),
    "consent": word_set(_IN + _CONSENT),
}
_PARTS = re.compile(r"[()\[\]{},;:/|–—-]+|\s-\s")
_WRAPPED = re.compile(r"""\A[='"\s]*(.*?)(?:\(\))?['"\s]*\Z""")


def wants_no_mail(value: str, sense: Sense, heading: str = "") -> bool | None:
    """Whether a value says that a person wants no mail.

    Args:
        value: not blank.
        sense: of the heading: what a plain yes means. Of a ``status`` no word but those that say
            it by themselves is looked for.
        heading: the heading itself; whether a cross is a yes depends on its script.

    Returns:
        None when it does not say, or says both.
    """
    return _wants_no_mail(value, sense, bool(CJK.search(heading)))


@functools.lru_cache(maxsize=16_384)
def says_opted_out(value: str) -> bool:
    """Whether a value, such as ``Unsubscribed``, says by itself that a person wants no mail."""
    return key(value) in _OPTED_OUT


@functools.lru_cache(maxsize=16_384)
def _wants_no_mail(value: str, sense: Sense, crossed_out: bool) -> bool | None:
    whole = _one(value, sense, crossed_out)
    if whole is not None or sense == "status":
        return whole
    parts = [part for part in map(str.strip, _PARTS.split(value)) if part]
    if len(parts) < 2:
        return None
    told = {_one(part, sense, crossed_out) for part in parts}
    if told in ({True}, {False}):
        return told.pop()
    # "No, thanks" and "Yes: newsletter 3" say it once and then something else.
    first = _one(parts[0], sense, crossed_out)
    return first if first is not None and told == {first, None} else None


def _one(value: str, sense: Sense, crossed_out: bool) -> bool | None:
    unwrapped = _WRAPPED.match(value)
    text = unwrapped.group(1) if unwrapped else value
    word = key(text)
    if word in _OUT[sense]:
        return True
    if word in _AGREED[sense]:
        return False
    if sense == "status":
        return None
    if word == "x" and crossed_out and sense == "unsubscribed":
        return None
    yes = says_yes(text, crossed_out=crossed_out)
    if yes is None:
        yes = True if is_moment(text) else None  # When they agreed, or opted out.
    return None if yes is None else yes == (sense == "unsubscribed")
