"""``/console/today``: how the day stands. Each figure opens the list that it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from domain.access import Action
from domain.journey import Stage
from store.figures import NOT_STARTED
from store.today import DayFigures, day_figures, leads_by_stage
from web.api.access import team_of
from web.console.labels import stage as stage_label
from web.console.pages import console_page
from web.console.parts import Tone, empty, link, quiet, section, show
from web.console.times import bounds_of_today, day
from web.console.visit import Visit
from web.console.words import N_, _


@console_page("/today", Action.READ_LEADS, N_("Today"))
async def today(visit: Visit) -> None:
    """The day in the visitor's zone; an SDR sees the team's."""
    now = visit.here.clock.now()
    begins, ends = bounds_of_today(visit)
    team = team_of(visit.caller)
    figures = await visit.read(day_figures, begins, ends, now, team)
    stages = await visit.read(leads_by_stage, team)

    with visit.top:
        show(quiet(day(now)), "span")
    _sales(visit, figures)
    _mails(visit, figures, f"/outbox?day={now.astimezone(visit.zone).date()}")
    with section(_("Leads by stage")):
        if stages:
            show(_funnel(stages))
        else:
            empty(_("There are no leads yet."), link(_("Import a list"), "/import"))


def _sales(visit: Visit, figures: DayFigures) -> None:
    decided = figures.kept + figures.broken
    tiles = [
        _tile(f"{figures.tasks_open:,}", _("Tasks open"), "/inbox?tab=team"),
        _tile(
            f"{figures.tasks_late:,}",
            _("Tasks late"),
            "/inbox?tab=team&late=1",
            tone="bad" if figures.tasks_late else "plain",
        ),
        _tile(
            f"{figures.overflow:,}",
            _("Waiting for a rep"),
            "/inbox?tab=overflow",
            tone="warn" if figures.overflow else "plain",
        ),
        _tile(
            f"{figures.kept / decided:.0%}" if decided else "–",
            _("SLA kept, {kept} of {decided}", kept=figures.kept, decided=decided),
            "/team",
            tone="warn" if figures.broken else "plain",
        ),
        _tile(f"{figures.meetings:,}", _("Meetings"), "/meetings?on=today"),
        _tile(f"{figures.no_shows:,}", _("No-shows"), "/meetings?on=today&state=no_show"),
    ]
    with section(_("Sales")):
        _show_tiles(tiles if visit.may(Action.READ_TASKS) else tiles[3:])


def _mails(visit: Visit, figures: DayFigures, outbox: str) -> None:
    reads = visit.may(Action.READ_MAILS)
    with section(_("Mail")):
        _show_tiles(
            [
                _tile(f"{figures.sent:,}", _("Mails sent"), outbox if reads else ""),
                _tile(
                    f"{figures.bounced:,}",
                    _("Leads whose mail bounced"),
                    "/leads?did=bounced",
                    tone="warn" if figures.bounced else "plain",
                ),
                _tile(f"{figures.answered:,}", _("Leads that answered"), "/leads?did=answered"),
            ]
        )


def _show_tiles(tiles: Sequence[Markup]) -> None:
    show(Markup().join(tiles)).classes("tiles")


def _tile(figure: str, name: str, path: str, *, tone: Tone = "plain") -> Markup:
    if not path:
        return Markup('<div class="tile {}"><b>{}</b><span>{}</span></div>').format(
            tone, figure, name
        )
    return Markup('<a class="tile {}" href="/console{}"><b>{}</b><span>{}</span></a>').format(
        tone, path, figure, name
    )


def _funnel(stages: Mapping[str, int]) -> Markup:
    """A bar for each stage, in the order of the funnel."""
    most = max(stages.values())
    order = [NOT_STARTED, *Stage]
    bars = [
        Markup(
            '<li><a href="/console/leads?{}"><span>{}</span>'
            '<i style="inline-size: {}%"></i><b>{}</b></a></li>'
        ).format(
            "phase=not+started" if name == NOT_STARTED else f"stage={name}",
            stage_label(name),
            round(100 * stages.get(name, 0) / most, 1),
            f"{stages.get(name, 0):,}",
        )
        for name in order
    ]
    return Markup('<ol class="funnel">{}</ol>').format(Markup().join(bars))
