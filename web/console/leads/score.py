"""Why a lead has its score, line by line, and what mail it gets."""

from __future__ import annotations

from markupsafe import Markup

from store.scoring.scoring import Explanation, ScoreLine
from store.views.lead_page import LeadView
from web.console import labels
from web.console.parts import Cell, badge, facts, quiet, table
from web.console.times import moment
from web.console.words import _, ngettext


def score(view: LeadView) -> Markup:
    """Fit and interest, the rules that gave points, and what is missing until sales gets it."""
    known = view.score
    if known is None:
        return Markup("<p>{}</p>").format(_("No scoring policy is published."))
    return Markup("{}{}").format(_summary(known), _lines(known))


def _summary(known: Explanation) -> Markup:
    return facts(
        (
            (
                _("Score"),
                Markup("<strong>{}</strong> {}").format(known.score, known.standing.grade),
            ),
            (
                _("Fit"),
                _("{letter}, {points} points", letter=known.fit.letter, points=known.fit.points),
            ),
            (_("Until sales gets it"), _missing(known.to_mql)),
            (_("Until it is hot"), _missing(known.to_hot)),
        )
    )


def _missing(points: int | None) -> str:
    if points is None:
        return _("never with this fit")
    return ngettext("{number} point", "{number} points", points) if points else _("reached")


def _lines(known: Explanation) -> Markup:
    rows: list[tuple[Cell, ...]] = [
        (_rule(rule, _("fit")), f"{points:+}", "") for rule, points in known.fit.rules
    ]
    rows += [
        (_rule(rule, _("not answered: {reason}", reason=reason)), "", "")
        for rule, reason in known.fit.unanswered
    ]
    rows += [
        (_rule(one.rule, moment(one.last), *_counts(one)), f"{one.points:+}", f"{one.left:+.1f}")
        for one in known.interest
    ]
    rows += [
        (_rule(branch, _("not answered: {reason}", reason=reason)), "", "")
        for branch, reason in known.branches
    ]
    if not rows:
        return Markup('<p class="quiet">{}</p>').format(_("No rule has given points yet."))
    return table(
        (_("Rule"), _("Points"), _("Left now")),
        rows,
        caption=_("Score, rule by rule"),
        numbers=(1, 2),
    )


def _rule(name: str, *about: str) -> Markup:
    return Markup('<span class="two">{}{}</span>').format(
        labels.rule(name), quiet(Markup(" · ").join(about))
    )


def _counts(one: ScoreLine) -> list[str]:
    said = [f"×{one.times}"] if one.times > 1 else []
    if one.over_cap:
        said.append(_("{number} over the cap", number=one.over_cap))
    if one.machines:
        said.append(_("{number} by machines", number=one.machines))
    return said


def consent(view: LeadView) -> Markup:
    """What mail the lead gets, and what holds it back."""
    if view.suppressed:
        mail = badge(_("none: {why}", why=labels.suppression(view.suppressed)), "bad")
    else:
        mail = badge(_("yes"), "good")
    return facts(
        (
            (_("Gets mail"), mail),
            (_("Topics refused"), ", ".join(view.refused)),
            (_("Account"), badge(_("do-not-market"), "warn") if view.do_not_market else ""),
        )
    )
