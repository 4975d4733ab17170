"""Scoring against what became of leads: grades, thresholds, rules and versions of the definition.

What each figure means stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from domain.figures.funnel import FEW, Kind, share
from domain.figures.intervals import newcombe, of_area, wilson, z_of
from domain.figures.periods import Period
from domain.scoring.fit import letter_of
from domain.scoring.fit_rules import BandRule, each_rule
from domain.scoring.policy import LETTERS, LEVELS, ScoringPolicy
from domain.time.window import zone

SCORING_DAYS = 365
"""The period of scoring, of content and of wins and losses when nobody names one."""
KEEPS = 0.9
"""Of those that reached the goal, a suggested threshold keeps at least this share."""
MOST_THRESHOLDS = 30


class Goal(StrEnum):
    """What a score is to foretell."""

    ACCEPTED = "accepted"
    WON = "won"


class ScoreCount(NamedTuple):
    """Leads that were handed over with this grade and score while the ``version``-th of the given
    definitions was in force; those old enough for the window may have reached the goal."""

    grade: str
    score: int
    recycled: bool
    version: int
    leads: int
    immature: int
    reached: int


class FitCount(NamedTuple):
    """Leads that entered the funnel, by the points that the rules of fit give them."""

    points: int
    recycled: bool
    leads: int
    immature: int
    reached: int


class RuleCount(NamedTuple):
    """Leads to which a rule gave points, and of these those that reached the goal. ``about`` is
    interest or fit."""

    about: str
    rule: str
    points: int | None
    leads: int
    reached: int


class RulesLookedAt(NamedTuple):
    """The leads whose rules were looked at: ``chosen`` whether by chance among more. By the name of
    a rule of fit, ``unanswered`` says of how many it could not be answered. Rules of interest that
    none of the chosen had, but others of the period had or may have had, are ``elsewhere``."""

    leads: int
    reached: int
    chosen: bool
    counts: Sequence[RuleCount]
    unanswered: Mapping[str, int]
    elsewhere: Collection[str] = ()

    def can_tell(self, about: str, rule: str) -> bool:
        """Whether a rule that gave points to none of these leads gave points to nobody."""
        return not self.chosen or (about == "interest" and rule not in self.elsewhere)


class DefinitionVersion(NamedTuple):
    """A published version of the scoring policy, and since when it is in force (UTC)."""

    version: int
    since: datetime
    levels: Mapping[str, int]
    letters: Mapping[str, int]
    matrix: Mapping[str, Sequence[str]]


class ScoringCounts(NamedTuple):
    """What the facts say. ``scores`` number the ``versions`` from 1, the oldest first."""

    versions: Sequence[DefinitionVersion]
    scores: Sequence[ScoreCount]
    fits: Sequence[FitCount]
    looked_at: RulesLookedAt


class RuleVerdict(StrEnum):
    """What becomes of leads to which a rule gives points: as its sign says, or the other way; what
    is to be looked at comes first."""

    WRONG_WAY = "wrong_way"
    NEVER = "never"
    UNCLEAR = "unclear"
    AS_MEANT = "as_meant"
    FEW = "few"


@dataclass(frozen=True)
class Lift:
    """A share over that of all, with its interval; None of too few."""

    share: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None


@dataclass(frozen=True)
class GradeRow(Lift):
    """Leads with one grade, or one letter of fit (None: all), of one kind (None: both). Of those
    that are no longer ``immature``, ``reached`` ones reached the goal."""

    grade: str | None
    kind: Kind | None
    leads: int
    immature: int
    reached: int


@dataclass(frozen=True)
class Area:
    """How well points tell who reaches the goal: the chance that one who did has more of them than
    one who did not; a half is no better than a coin. None of too few on either side."""

    reached: int
    others: int
    area: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ThresholdRow:
    """Were only leads handed over with so many points or more: how many that is of those that were,
    which share of them reached the goal (``precision``), and which share of all that reached it is
    among them (``recall``)."""

    threshold: int
    leads: int
    share_of_leads: float | None
    reached: int
    precision: float | None
    low: float | None
    high: float | None
    recall: float | None


@dataclass(frozen=True)
class Suggestion:
    """A higher threshold: ``left_out`` leads would not have been handed over, and of those
    ``missed`` reached the goal. ``difference`` is that of the shares above and below, with its
    interval."""

    threshold: int
    left_out: int
    missed: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class RuleOutcomeRow(Lift):
    """A rule, or one band of it: of the leads that were looked at, those to which it gave points,
    and those of whom it could not be answered. Intervals hold for all rules together."""

    about: str
    rule: str
    points: int
    leads: int
    reached: int
    unanswered: int
    verdict: RuleVerdict


@dataclass(frozen=True)
class VersionRow:
    """A version of the definition of sales-ready, and what became of leads that were handed over by
    it. ``ready`` and ``hot`` are grades; ``levels`` and ``letters`` the points from which each
    holds; ``since`` is in ISO 8601, '' from the beginning."""

    version: int
    since: str
    ready: list[str]
    hot: list[str]
    levels: dict[str, int]
    letters: dict[str, int]
    leads: int
    immature: int
    reached: int
    share: float | None
    low: float | None
    high: float | None

    def first_day(self, time_zone: str) -> date | None:
        """The day of this zone's calendar on which it came into force; None from the beginning."""
        if not self.since:
            return None
        return datetime.fromisoformat(self.since).astimezone(zone(time_zone)).date()


@dataclass(frozen=True)
class ScoringReport:
    """Grades at the hand-over, letters of fit of all that entered, and what they foretell. Rules
    are those in force, of ``looked_at`` leads; ``chosen`` is whether by chance among more."""

    begins: str
    ends: str
    time_zone: str
    window: int | None
    goal: Goal
    grades: list[GradeRow]
    letters: list[GradeRow]
    score_area: Area
    fit_area: Area
    thresholds: list[ThresholdRow]
    suggestion: Suggestion | None
    versions: list[VersionRow]
    looked_at: int
    chosen: bool
    rules: list[RuleOutcomeRow]
    behind: int = 0
    """Leads whose last changes are not counted yet."""


def scoring_report(
    period: Period, goal: Goal, window: int | None, rules: ScoringPolicy, counts: ScoringCounts
) -> ScoringReport:
    """The report; ``rules`` are those in force."""
    by_score = _by_points(
        (one.score, one.leads - one.immature, one.reached) for one in counts.scores
    )
    by_fit = _by_points((one.points, one.leads - one.immature, one.reached) for one in counts.fits)
    graded = [
        (one.grade, one.recycled, one.leads, one.immature, one.reached) for one in counts.scores
    ]
    letters = [
        (letter_of(rules, one.points), one.recycled, one.leads, one.immature, one.reached)
        for one in counts.fits
    ]
    return ScoringReport(
        begins=period.begins.isoformat(),
        ends=period.ends.isoformat(),
        time_zone=period.time_zone,
        window=window,
        goal=goal,
        grades=_grades(graded),
        letters=_grades(letters),
        score_area=area(by_score),
        fit_area=area(by_fit),
        thresholds=thresholds(by_score),
        suggestion=suggestion(by_score),
        versions=_versions(counts.versions, counts.scores, period),
        looked_at=counts.looked_at.leads,
        chosen=counts.looked_at.chosen,
        rules=_rules(rules, counts.looked_at),
    )


def lift(part: int, whole: int, all_part: int, all_whole: int, rows: int = 1) -> Lift:
    """The share of ``part`` in ``whole`` over that of all, whose own chance is left out of the
    interval; of so many ``rows`` whose intervals hold together."""
    of = share(part, whole)
    if of is None or not all_part:
        return Lift(of, None, None, None)
    of_all = all_part / all_whole
    low, high = wilson(part, whole, z_of(rows))
    return Lift(of, *(round(one / of_all, 4) for one in (part / whole, low, high)))


Points = Sequence[tuple[int, int, int]]
"""Points, how many have them, and how many of these reached the goal; ascending."""


def _by_points(counts: Iterable[tuple[int, int, int]]) -> Points:
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for points, leads, reached in counts:
        sums[points].update(leads=leads, reached=reached)
    return [(points, of["leads"], of["reached"]) for points, of in sorted(sums.items())]


def area(found: Points) -> Area:
    """The area under the curve; who has as many points counts half."""
    reached = sum(one[2] for one in found)
    others = sum(one[1] for one in found) - reached
    if min(reached, others) < FEW:
        return Area(reached, others, None, None, None)
    below, above = 0, 0.0
    for _points, leads, of_them in found:
        above += of_them * (below + (leads - of_them) / 2)
        below += leads - of_them
    size = above / (reached * others)
    low, high = of_area(size, reached, others)
    return Area(reached, others, *(round(one, 4) for one in (size, low, high)))


def thresholds(found: Points) -> list[ThresholdRow]:
    """What each threshold would have handed over, in round steps from the least score on."""
    if not found:
        return []
    leads, reached = (sum(one[at] for one in found) for at in (1, 2))
    first, last = found[0][0], found[-1][0]
    steps = (size * unit for unit in (1, 10, 100, 1000, 10_000) for size in (1, 5))
    step = next(one for one in steps if (last - first) / one < MOST_THRESHOLDS - 1)
    at = [first, *range(first - first % step + step, last + 1, step)]
    return [_threshold(found, one, leads, reached) for one in at]


def _threshold(found: Points, at: int, all_leads: int, all_reached: int) -> ThresholdRow:
    leads, reached = _from(found, at)
    low, high = wilson(reached, leads) if leads >= FEW else (None, None)
    return ThresholdRow(
        threshold=at,
        leads=leads,
        share_of_leads=share(leads, all_leads),
        reached=reached,
        precision=share(reached, leads),
        low=rounded(low),
        high=rounded(high),
        recall=share(reached, all_reached),
    )


def _from(found: Points, at: int) -> tuple[int, int]:
    above = [one for one in found if one[0] >= at]
    return sum(one[1] for one in above), sum(one[2] for one in above)


def suggestion(found: Points) -> Suggestion | None:
    """The highest threshold that keeps :data:`KEEPS` of those that reached the goal, and below
    which surely fewer of the leads did; None where there is none, or too few to tell."""
    all_leads, all_reached = (sum(one[at] for one in found) for at in (1, 2))
    if all_reached < FEW:
        return None
    for at, *_counts in reversed(found):
        leads, reached = _from(found, at)
        below, missed = all_leads - leads, all_reached - reached
        if reached < KEEPS * all_reached or leads < FEW:
            continue
        if below < FEW:
            return None
        low, high = newcombe(reached, leads, missed, below)
        if low > 0:
            difference = reached / leads - missed / below
            shown = (round(one, 4) for one in (difference, low, high))
            return Suggestion(at, below, missed, *shown)
    return None


def _grades(counts: Iterable[tuple[str, bool, int, int, int]]) -> list[GradeRow]:
    sums: dict[tuple[str | None, Kind | None], Counter[str]] = defaultdict(Counter)
    for grade, recycled, leads, immature, reached in counts:
        kind = Kind.RECYCLED if recycled else Kind.NET_NEW
        for key in ((None, None), (None, kind), (grade, None), (grade, kind)):
            sums[key].update(leads=leads, immature=immature, reached=reached)
    rows = []
    for (grade_, kind_), of in sums.items():
        every = sums[None, kind_]
        mature = of["leads"] - of["immature"]
        found = Lift(share(of["reached"], mature), None, None, None)
        if grade_ is not None:
            of_all = every["leads"] - every["immature"]
            found = lift(of["reached"], mature, every["reached"], of_all)
        rows.append(
            GradeRow(
                **vars(found),
                grade=grade_,
                kind=kind_,
                leads=of["leads"],
                immature=of["immature"],
                reached=of["reached"],
            )
        )
    return sorted(rows, key=lambda one: (one.grade or "", one.kind or ""))


def _versions(
    versions: Sequence[DefinitionVersion], counts: Iterable[ScoreCount], period: Period
) -> list[VersionRow]:
    """Those that were in force in the period, the newest first."""
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for one in counts:
        sums[one.version].update(leads=one.leads, immature=one.immature, reached=one.reached)
    rows = []
    for number, version in enumerate(versions, 1):
        over = versions[number].since if number < len(versions) else period.end
        if version.since >= period.end or over <= period.start:
            continue
        of = sums[number]
        mature = of["leads"] - of["immature"]
        low, high = wilson(of["reached"], mature) if mature >= FEW else (None, None)
        rows.append(
            VersionRow(
                version=version.version,
                since=version.since.isoformat() if number > 1 else "",
                ready=list(_meaning(version, "mql", "hot")),
                hot=list(_meaning(version, "hot")),
                levels=dict(version.levels),
                letters=dict(version.letters),
                leads=of["leads"],
                immature=of["immature"],
                reached=of["reached"],
                share=share(of["reached"], mature),
                low=rounded(low),
                high=rounded(high),
            )
        )
    return rows[::-1]


def _meaning(version: DefinitionVersion, *meant: str) -> Iterator[str]:
    for letter in LETTERS:
        for level, means in zip(LEVELS, version.matrix.get(letter, ()), strict=False):
            if means in meant:
                yield f"{letter}{level}"


def _rules(policy: ScoringPolicy, looked_at: RulesLookedAt) -> list[RuleOutcomeRow]:
    written = [("interest", one.rule, one.points) for one in policy.interest if not one.off]
    for _place, rule in each_rule(policy.fit):
        if rule.off:
            continue
        worth = rule.bands.values() if isinstance(rule, BandRule) else (rule.points,)
        written += [("fit", rule.rule, points) for points in dict.fromkeys(worth)]
    # What an event gave is what its rule says: of interest the name is enough.
    given = {
        (one.about, one.rule, one.points if one.about == "fit" else None): one
        for one in looked_at.counts
    }
    rows = []
    for about, name, points in written:
        found = given.get((about, name, points if about == "fit" else None))
        leads, reached = (found.leads, found.reached) if found else (0, 0)
        lifted = lift(reached, leads, looked_at.reached, looked_at.leads, len(written))
        rows.append(
            RuleOutcomeRow(
                **vars(lifted),
                about=about,
                rule=name,
                points=points,
                leads=leads,
                reached=reached,
                unanswered=looked_at.unanswered.get(name, 0) if about == "fit" else 0,
                verdict=_verdict(leads, points, lifted, never=looked_at.can_tell(about, name)),
            )
        )
    order = list(RuleVerdict)
    return sorted(rows, key=lambda one: (order.index(one.verdict), -one.leads))


def _verdict(leads: int, points: int, found: Lift, *, never: bool) -> RuleVerdict:
    """``never`` is what a rule that none of the leads had means."""
    if leads < FEW:
        return RuleVerdict.NEVER if never and not leads else RuleVerdict.FEW
    if found.lift_low is None or found.lift_high is None or not points:
        return RuleVerdict.UNCLEAR
    if found.lift_low <= 1 <= found.lift_high:
        return RuleVerdict.UNCLEAR
    return RuleVerdict.AS_MEANT if (found.lift_low > 1) == (points > 0) else RuleVerdict.WRONG_WAY


def rounded(value: float | None) -> float | None:
    """With four decimals."""
    return None if value is None else round(value, 4)
