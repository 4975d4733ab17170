"""What names and values of traits are made of, as far as they are about mail that is wanted or not.

Everything is compared without case, spaces and punctuation; names also from each of their words on.
"""

from __future__ import annotations

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MAIL = (
    r"(?:e?mails?|marketing|newsletters?|mailings?(?:lists?)?|communications?|promotion(?:al|s)?)"
)
# What stands before the word that matters, where nothing tells words apart.
_BEFORE = rf"(?:is|has|was|hs|the|all|global(?:ly)?|user|contact|lead|customer|gdpr|{_MAIL})*"

REFUSAL = re.compile(
    rf"""{_BEFORE}(?:
        unsub(?!mit|stan) | opt(?:ed|s|ing)?outs?(?!put|er)
        | (?:do|does)?(?:not|nt)(?:e?mail|contact|market|send|disturb)
        | no(?:more)?(?:contact|{_MAIL})(?:allowed|wanted|please)?$
        | (?:not|non|never|un|no|without)(?:subscri|{_MAIL}?consent|optin|optedin)
        | suppress(?:ed|e?mail) | (?:black|block|deny)list
        | (?:{_MAIL}|consent|permission|optin)(?:is|was|has|been|status)*
          (?:withdr|revok|denied|declin|refus|reject|oppos|object|disabled|blocked|stopped)
        | (?:reject|refus|declin|oppos|object|revok|withdr[ae]w|stop|disabl|block)
          (?:s|ed|es|e|d|n|to|all|being)*(?:{_MAIL}|consent)
        | remove(?:me|from(?:all)?(?:{_MAIL}|lists?))
        | abgemeldet|abmeld|widerspr|d[ée]sabonn|d[ée]sinscri|bajade|dadode?baja|descadastr|disiscri
        | uitgeschreven|afgemeld|avregistr|wypis|отпис|수신거부|구독취소|구독해지|退订|退訂|拒收
        | 取消订阅|取消訂閱|配信停止|購読解除|受信拒否
    )""",
    re.VERBOSE,
)
CONSENT = re.compile(
    rf"""{_BEFORE}(?:
        subscribe[drs]?(?!id) | opt(?:ed|s)?ins?(?!g) | consent
        | (?:e?mail|market|contact)able$
        | {_MAIL}(?:subscri|permi|allow|enabled|active|accept|wanted|ok$|agree)
        | (?:buyer)?(?:accept|allow|permit|agree|receiv|want|may|can|permission|enabl|will)
          (?:ed|ing|es|e|s|d|to|for|be|by|via|receive|get|send|any|our)*{_MAIL}
        | (?:can|may)(?:be)?contact | contactpermi
        | (?:werbe)?einwilligung|zustimmung|consentement|consentimi?ento|consenso|toestemming
        | samtycke|zgoda|согласие|수신동의|마케팅(?:수신)?동의|마케팅수신|광고수신
        | 同意|订阅|訂閱|配信希望|購読
    )""",
    re.VERBOSE,
)
TOPIC = re.compile(
    rf"(?:is|has|our|the|send|weekly|daily|monthly|product|{_MAIL})*"
    rf"(?:marketing|newsletters?|mailings?(?:lists?)?|promotions?|(?:marketing|promotional)e?mails?"
    r"|e?mailmarketing|e?mailnotifications?|notificationse?mail|e?mailpreferences?|e?mailfrequency"
    r"|werbung|뉴스레터|ニュースレター|メルマガ|时事通讯)"
)
CHOICES = re.compile(
    r"subscribed|subscriptions|subscriptionpreferences|consent|optin|newsletters|mailinglists"
    rf"|{_MAIL}(?:subscription|preference|setting|topic|list|notification|permission)"
)
"""Names of objects in which each entry is a kind of mail."""
MAIL_CHOICE = re.compile(rf"{_MAIL}|news|updates|offers|productupdates|promo")
"""Entries that are a kind of mail in any object."""
EVENT = re.compile(
    rf"""(?:user|contact|lead|person|customer|subscriber|list|the|globally|{_MAIL})*(?:
        unsubscribe[ds]? | unsubscription | opt(?:ed|s)?out
        | markedasspam | spamcomplaint | spamreport(?:ed)? | reportedspam | reportedasspam
        | (?:newsletter|mailinglist|e?mail|marketing)subscription
          (?:cancell?ed|ended|removed|stopped)
    )(?:from|of|to|by|the|our|all|lists?|messages|everything|link|completed|confirmed|clicked|form
        |requested|submitted|successful(?:ly)?|success|{_MAIL})*""",
    re.VERBOSE,
)
ABOUT_MAIL = re.compile(rf"{_MAIL}|all|everything")

ELSEWHERE = _set(
    "sms text phone call calls calling telephone push whatsapp fax postal post slack kakao cookie "
    "cookies analytics statistics tracking track ads advertising personalization personalisation "
    "terms tos"
)
"""Other channels, and consents that are not about mail."""
BILLING = _set(
    "plan price amount currency interval invoice renews renewal tier trial mrr arr quantity seats"
)
"""Names beside which a subscription is one that is paid for."""
PLACES = _set("url link token hash page count id href path key template label body")
"""Last words of names that hold no answer."""
CIRCUMSTANCES = PLACES | _set(
    "at on date time timestamp day source ip version reason method type form channel language name "
    "by campaign location platform level updated created origin agent text"
)
"""Last words of names that say when, how or why it was answered. For a refusal that is one."""

BLANK = {""} | _set("null nil undefined nan na unknown notset unset notspecified unspecified")
_PLAIN_NO = _set(
    "no n false f 0 00 off unchecked never none nein falsch non faux não nao falso nei nej nee ei "
    "nie fałsz ne nem hayır hayir nu нет ні όχι いいえ 아니오 아니요 아뇨 거짓 否 假 不 不是 "
    "לא لا không khong tidak ไม่ ✗ ✘ ❌ ×"
)
REFUSED = _set(
    "unsubscribed unsubscribe unsubscribes unsub optedout optout optsout optingout donotcontact "
    "donotemail donotmail donotmarket dontemail dontcontact nomail noemail noemails nomarketing "
    "notsubscribed nonsubscribed neversubscribed notoptedin markedasspam spamcomplaint "
    "unsubscribedall unsubscribefromall unsubscribedfromall "
    "abgemeldet ausgetragen abbestellt keinewerbung désabonné désabonnée désinscrit désinscrite "
    "desabonne desinscrit dadodebaja dadadebaja desuscrito desuscrita descadastrado descadastrada "
    "disiscritto disiscritta disiscrizione uitgeschreven afgemeld avregistrerad avprenumererad "
    "afmeldt avmeldt wypisany wypisana odhlášen odhlášena leiratkozott dezabonat отписан отписался "
    "отписалась відписаний відписався "
    "수신거부 수신거부함 수신거부됨 구독취소 구독취소됨 구독해지 구독해지됨 광고거부 "
    "退订 已退订 退訂 已退訂 拒收 拒收邮件 取消订阅 已取消订阅 取消訂閱 已取消訂閱 "
    "配信停止 配信停止済み 配信停止済 購読解除 購読停止 受信拒否 オプトアウト"
)
"""Values that refuse mail whatever their name is."""
NO = (
    _PLAIN_NO
    | REFUSED
    | _set(
        "denied deny declined refused rejected revoked withdrawn withdrew disabled inactive "
        "notgiven notgranted notallowed pending unconfirmed suppressed cleaned complained bounced "
        "blocked blacklisted blocklisted abgelehnt widerrufen verweigert refusé refuse rechazado "
        "rechazada baja recusado rifiutato geweigerd odmowa отказ отказано "
        "거부 거부함 미동의 비동의 동의안함 동의하지않음 "
        "해지 拒否 不同意 未同意 拒绝 拒絕 未订阅"
    )
)
_CONSENTING = _set(
    "subscribed subscribe optedin optin granted given accepted agreed allowed active enabled "
    "수신동의 수신 동의 동의함 구독 구독중 구독함 同意 订阅 已订阅 訂閱 購読中 購読 配信中 "
    "オプトイン angemeldet abonné abonnée inscrit suscrito suscrita inscrito iscritto подписан"
)
CONTRARY = _PLAIN_NO | _CONSENTING
"""Values that take a name back that asks whether mail is refused."""
YES = _CONSENTING | _set(
    "yes y true t 1 on checked ok ja wahr oui vrai sí si sim sì vero verdadeiro verdadero joo "
    "kyllä tak prawda ano igen evet da да так ναι はい 예 네 참 是 真 כן نعم có ya iya ใช่ "
    "confirmed valid optedintomarketing singleoptin doubleoptin confirmedoptin explicit implied "
    "email emails mail all always daily weekly monthly ✓ ✔ ✅"
)
