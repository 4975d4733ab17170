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
WANTED = _set("email emails mail all always daily weekly monthly optedintomarketing")
"""Answers to which mail is wanted, and how often."""
NOT_WANTED = _set("never pending unconfirmed")
"""… and that it is not, or not yet."""
EVENTS = _set(
    "unsubscribes unsub optsout optingout donotmarket neversubscribed notoptedin spamcomplaint "
    "markedasspam unsubscribedall unsubscribefromall unsubscribedfromall"
)
"""Names of events, and values, that refuse mail wherever they stand."""
