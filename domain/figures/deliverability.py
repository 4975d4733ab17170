"""Deliverability: what became of the mails of each week, by the domain that receives them.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.engagement.bounces import BounceMeaning
from domain.figures.funnel import share
from domain.figures.periods import Period

OTHERS = "*"
"""Stands for the domains that are not told one by one."""
MOST_DOMAINS = 100
ALL = ""
"""Stands for every domain, or every week."""


class MailCount(NamedTuple):
    """Mails to one domain in the week that begins on a Monday (the company's), with one end:
    ``meaning`` is why they bounced, '' when they did not. ``domain`` is '' where it was erased."""

    domain: str
    week: date
    meaning: str
    sent: int
    delivered: int
    complained: int
    unsubscribed: int


@dataclass(frozen=True)
class MailFigures:
    """What became of mails that were sent. ``delivered`` are those that a provider reports so,
    which SMTP does not. The six kinds of bounces add up to ``bounced``; ``reputation`` are those
    that were refused for a reason of ours. Rates are of ``sent``, complaints and unsubscriptions of
    those that did not bounce; None of fewer than 20. ``domain`` and ``week`` are '' for all."""

    domain: str
    week: str
    sent: int
    delivered: int
    bounced: int
    address_dead: int
    mailbox_full: int
    content: int
    reputation: int
    routing: int
    unknown: int
    complained: int
    unsubscribed: int
    bounce_rate: float | None
    complaint_rate: float | None
    unsubscribe_rate: float | None


@dataclass(frozen=True)
class DeliverabilityReport:
    """All mails of the period; by week, by domain (the largest first), and by both."""

    begins: str
    ends: str
    time_zone: str
    whole: MailFigures
    weeks: list[MailFigures]
    domains: list[MailFigures]
    rows: list[MailFigures]


def deliverability_report(period: Period, counts: Sequence[MailCount]) -> DeliverabilityReport:
    """The report of what was counted: domains beyond the largest are one, :data:`OTHERS`."""
    sizes: dict[str, int] = {}
    for one in counts:
        sizes[one.domain] = sizes.get(one.domain, 0) + one.sent
    shown = sorted(sizes, key=lambda domain: (-sizes[domain], domain))[:MOST_DOMAINS]
    groups: dict[tuple[str, str], list[MailCount]] = {}
    named = set(shown)
    for one in counts:
        domain = one.domain if one.domain in named else OTHERS
        week = one.week.isoformat()
        for key in ((ALL, week), (f"@{domain}", ALL), (f"@{domain}", week)):
            groups.setdefault(key, []).append(one)
    order = {f"@{domain}": place for place, domain in enumerate([*shown, OTHERS])}
    made = {key: _figures(key[0].removeprefix("@"), key[1], those) for key, those in groups.items()}
    by_domain = sorted((key for key in made if key[0]), key=lambda key: (order[key[0]], key[1]))
    return DeliverabilityReport(
        period.begins.isoformat(),
        period.ends.isoformat(),
        period.time_zone,
        _figures(ALL, ALL, counts),
        [made[key] for key in sorted(made) if not key[0]],
        [made[key] for key in by_domain if not key[1]],
        [made[key] for key in by_domain if key[1]],
    )


def _figures(domain: str, week: str, counts: Iterable[MailCount]) -> MailFigures:
    sent = delivered = complained = unsubscribed = 0
    bounced = dict.fromkeys(BounceMeaning, 0)
    for one in counts:
        sent += one.sent
        delivered += one.delivered
        complained += one.complained
        unsubscribed += one.unsubscribed
        if one.meaning:
            bounced[BounceMeaning(one.meaning)] += one.sent
    arrived = sent - sum(bounced.values())
    return MailFigures(
        domain,
        week,
        sent,
        delivered,
        sum(bounced.values()),
        bounced[BounceMeaning.ADDRESS_DEAD],
        bounced[BounceMeaning.MAILBOX_FULL],
        bounced[BounceMeaning.CONTENT],
        bounced[BounceMeaning.REPUTATION],
        bounced[BounceMeaning.ROUTING],
        bounced[BounceMeaning.UNKNOWN],
        complained,
        unsubscribed,
        share(sum(bounced.values()), sent),
        share(complained, arrived),
        share(unsubscribed, arrived),
    )
