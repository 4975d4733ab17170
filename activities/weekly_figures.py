"""What the digest of a week says: the figures that the role of its reader steers by, each with that
of the week before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain import labels
from domain.access import Role
from domain.contracts.journey import Stage
from domain.figures.deliverability import deliverability_report
from domain.figures.funnel import Dimension, FunnelReport, Mode, Question, report
from domain.figures.periods import Period, today_in
from domain.figures.speed import Crossed
from domain.figures.stages import FUNNEL
from domain.labels import STAGES
from domain.notifications.stopped import Stopped, tell_stopped
from domain.notifications.wording import Told
from domain.time.shown import full_day
from domain.translations.translator import Translator
from store.figures import anomalies, speed
from store.figures.data_quality import quality_counts
from store.figures.deliverability import mail_counts
from store.figures.funnel import move_counts
from store.notifications.deliveries import StaffRecipient

LARGEST = 5
"""Sources and teams that are named."""
SALES_STAGES = (Stage.SAL, Stage.OPPORTUNITY, Stage.CUSTOMER)


@dataclass(frozen=True)
class Week:
    """The week that is over, the one before it, and how the digest is worded."""

    connection: Connection
    this: Period
    before: Period
    now: datetime
    _: Translator

    def question(self, period: Period, by: Dimension | None, owner: str) -> Question:
        """What moved in one of the weeks; '' for all owners."""
        only = {Dimension.OWNER: owner} if owner else {}
        return Question(period, self.now, by, mode=Mode.ACTIVITY, only=only, imported=False)

    def funnel(self, period: Period, by: Dimension | None = None, owner: str = "") -> FunnelReport:
        """What moved in one of the weeks."""
        question = self.question(period, by, owner)
        return report(question, (), move_counts(self.connection, question, []))

    def line(self, label: str, now: int, before: int, path: str) -> Told:
        """A figure, with that of the week before."""
        was = self._("the week before: {number}", number=f"{before:,}")
        return Told(self._("{figure}: {number}", figure=label, number=f"{now:,}"), was, path)


def weekly_figures(
    connection: Connection, whom: StaffRecipient, now: datetime, company_zone: str
) -> tuple[str, list[Told]]:
    """The heading and the lines of the week that is over, Monday to Sunday of the company's zone.

    Args:
        now: journey time, UTC.
    """
    today = today_in(company_zone, now)
    monday = today - timedelta(days=today.weekday())
    this = Period(monday - timedelta(days=7), monday, company_zone)
    _ = Translator(whom.language)
    week = Week(connection, this, this.before, now, _)
    heading = _("Your week in figures, from {day}", day=full_day(this.begins, whom.language))
    return heading, [line for part in _PARTS[Role(whom.role)] for line in part(week, whom.rep)]


def _teams(week: Week, _rep: str) -> Iterator[Told]:
    """Of all teams together, and the opportunities of each."""
    yield from _sales(week, "")
    this, before = (week.funnel(period, Dimension.TEAM) for period in (week.this, week.before))
    opened, was = (_sums(one, Stage.OPPORTUNITY) for one in (this, before))
    for team in sorted(filter(None, opened), key=lambda one: (-opened[one], one))[:LARGEST]:
        label = week._("Opportunities of team {team}", team=team)
        yield week.line(label, opened[team], was.get(team, 0), f"/figures/funnel?team={team}")


def _sales(week: Week, owner: str) -> Iterator[Told]:
    """Of a rep, or of all (''): what became theirs, and what they made of it."""
    _ = week._
    asked = [week.question(period, None, owner) for period in (week.this, week.before)]
    crossed, earlier = (speed.crossed_leads(week.connection, one) for one in asked)
    yield week.line(_("Leads handed over"), len(crossed), len(earlier), "/leads")
    yield week.line(_("of them tried"), _tried(crossed), _tried(earlier), "/leads")
    missed, had = (
        sum(one.due for one in speed.promise_counts(week.connection, question))
        for question in asked
    )
    yield week.line(_("Promises that were not kept in time"), missed, had, "/today/promises")
    yield from _stages(week, SALES_STAGES, owner)


def _funnel(week: Week, _rep: str) -> Iterator[Told]:
    """Of marketing: what came into each stage, and by which sources."""
    yield from _stages(week, FUNNEL, "")
    this, before = (week.funnel(period, Dimension.SOURCE) for period in (week.this, week.before))
    new, was = (_sums(one, Stage.KNOWN) for one in (this, before))
    for source in sorted(new, key=lambda one: (-new[one], one))[:LARGEST]:
        label = week._("New by {source}", source=source or week._("None"))
        yield week.line(label, new[source], was.get(source, 0), "/figures/funnel?by=source")


def _mail(week: Week, _rep: str) -> Iterator[Told]:
    """Of ops: whether mail arrives, and who waits without an owner."""
    _, path = week._, "/figures/deliverability"
    now, was = (
        deliverability_report(period, mail_counts(week.connection, period, None)).whole
        for period in (week.this, week.before)
    )
    yield week.line(_("Mails sent"), now.sent, was.sent, path)
    yield week.line(_("Mails that bounced"), now.bounced, was.bounced, path)
    yield week.line(_("Bounced for our reputation"), now.reputation, was.reputation, path)
    yield week.line(_("Called it spam"), now.complained, was.complained, path)
    yield week.line(_("Unsubscribed"), now.unsubscribed, was.unsubscribed, path)
    waiting = sum(one.in_sales_without_owner for one in quality_counts(week.connection, None))
    text = _("{figure}: {number}", figure=_("Leads with sales, without owner"), number=waiting)
    yield Told(text, "", "/figures/data-quality")


def _stopped(week: Week, _rep: str) -> Iterator[Told]:
    for one in anomalies.found_in(week.connection, week.this):
        stopped = Stopped(one.subject, one.name, one.days, one.seen, one.expected)
        yield Told(tell_stopped(stopped, week._), "", "/figures/anomalies")


_PARTS = {
    Role.SDR: (_sales,),
    Role.SUCCESS: (_sales,),
    Role.MANAGER: (_teams, _stopped),
    Role.MARKETING: (_funnel, _stopped),
    Role.OPS: (_mail, _stopped),
    Role.ADMIN: (_teams, _funnel, _mail, _stopped),
}
"""Role → what its digest says."""


def _stages(week: Week, stages: tuple[Stage, ...], owner: str) -> Iterator[Told]:
    now, was = (week.funnel(period, owner=owner) for period in (week.this, week.before))
    for stage, one, other in zip(FUNNEL, now.stages, was.stages, strict=True):
        if stage in stages:
            label = week._("Entered {stage}", stage=week._(labels.label(STAGES, stage)))
            path = "/figures/funnel?mode=activity"
            yield week.line(label, one.entered, other.entered, path)


def _sums(found: FunnelReport, stage: Stage) -> Mapping[str, int]:
    place = FUNNEL.index(stage)
    sums: dict[str, int] = {}
    for part in found.parts:
        entered = part.funnel.stages[place].entered
        sums[part.value] = sums.get(part.value, 0) + entered
    return sums


def _tried(leads: list[Crossed]) -> int:
    return sum(1 for one in leads if one.attempts)
