"""The frame around every page: where one is, where one can go, and how things are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action
from web.console.bell import bell, watch_for_new
from web.console.lists.everywhere import finder
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _

LOOK_SECONDS = 4.0
"""How often an open page asks whether journeys stand still."""


@dataclass(frozen=True)
class NavigationEntry:
    """An entry of the navigation: its path under ``/console``, an English label, a Material icon,
    what one must be allowed to do to have use for it, and the paths of pages that are found
    through it although theirs begin otherwise."""

    path: str
    label: str
    icon: str
    action: Action
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class NavigationGroup:
    """Entries that belong together."""

    label: str
    places: tuple[NavigationEntry, ...]


NAVIGATION = (
    NavigationGroup(
        N_("Work"),
        (
            NavigationEntry("/inbox", N_("Inbox"), "inbox", Action.READ_TASKS),
            NavigationEntry(
                "/received", N_("Received mail"), "mark_email_unread", Action.READ_LEADS
            ),
            NavigationEntry("/today", N_("Today"), "today", Action.READ_LEADS),
            NavigationEntry(
                "/leads", N_("Leads"), "group", Action.READ_LEADS, also=("/duplicates",)
            ),
            NavigationEntry(
                "/accounts",
                N_("Accounts"),
                "domain",
                Action.READ_ACCOUNTS,
                also=("/account-matches",),
            ),
            NavigationEntry("/meetings", N_("Meetings"), "event", Action.READ_MEETINGS),
            NavigationEntry(
                "/opportunities",
                N_("Opportunities"),
                "monetization_on",
                Action.READ_OPPORTUNITIES,
            ),
            NavigationEntry(
                "/team",
                N_("Team"),
                "groups",
                Action.READ_TEAM,
                also=("/team-settings", "/sla-settings"),
            ),
        ),
    ),
    NavigationGroup(
        N_("Marketing"),
        (
            NavigationEntry(
                "/cadences",
                N_("Cadences"),
                "timeline",
                Action.READ_CADENCES,
                also=("/enrollments",),
            ),
            NavigationEntry("/segments", N_("Segments"), "workspaces", Action.READ_CADENCES),
            NavigationEntry(
                "/policies",
                N_("Policies and mails"),
                "rule",
                Action.READ_CADENCES,
                also=(
                    *("/templates", "/scoring-settings", "/recycle-settings"),
                    *("/consent-settings", "/brand-settings"),
                ),
            ),
            NavigationEntry("/images", N_("Images"), "image", Action.READ_CADENCES),
            NavigationEntry("/forms", N_("Forms"), "dynamic_form", Action.READ_CADENCES),
            NavigationEntry("/recycle", N_("Recycle pool"), "autorenew", Action.READ_RECYCLE),
            NavigationEntry(
                "/deliverability",
                N_("Deliverability guard"),
                "health_and_safety",
                Action.READ_DELIVERABILITY,
            ),
            NavigationEntry("/outbox", N_("Outbox"), "outbox", Action.READ_MAILS),
            NavigationEntry(
                "/admin/suppressions", N_("Suppressions"), "block", Action.READ_SUPPRESSIONS
            ),
            NavigationEntry("/import", N_("Import"), "upload_file", Action.IMPORT_LEADS),
        ),
    ),
    NavigationGroup(
        N_("Figures"),
        (
            NavigationEntry("/figures/funnel", N_("Funnel"), "filter_alt", Action.READ_FIGURES),
            NavigationEntry("/figures/cohorts", N_("Cohorts"), "grid_on", Action.READ_FIGURES),
            NavigationEntry("/figures/velocity", N_("Velocity"), "speed", Action.READ_FIGURES),
            NavigationEntry("/figures/leaks", N_("Leaks"), "water_drop", Action.READ_FIGURES),
            NavigationEntry(
                "/figures/scoring", N_("Scoring and content"), "speed", Action.READ_FIGURES
            ),
            NavigationEntry("/figures/win-loss", N_("Win/loss"), "balance", Action.READ_FIGURES),
            NavigationEntry(
                "/figures/recycle", N_("Recycle yield"), "autorenew", Action.READ_FIGURES
            ),
            NavigationEntry(
                "/figures/pipeline", N_("Pipeline"), "waterfall_chart", Action.READ_MONEY
            ),
            NavigationEntry("/figures/team", N_("Team figures"), "handshake", Action.READ_FIGURES),
            NavigationEntry("/figures/money", N_("Money"), "payments", Action.READ_MONEY),
            NavigationEntry(
                "/figures/deliverability",
                N_("Deliverability"),
                "mark_email_read",
                Action.READ_FIGURES,
            ),
            NavigationEntry(
                "/figures/data-quality", N_("Data quality"), "fact_check", Action.READ_FIGURES
            ),
            NavigationEntry(
                "/figures/days", N_("Figures of each day"), "calendar_month", Action.READ_MONEY
            ),
            NavigationEntry(
                "/figures/anomalies", N_("Anomalies"), "trending_down", Action.READ_MONEY
            ),
        ),
    ),
    NavigationGroup(
        N_("Admin"),
        (
            NavigationEntry("/admin/users", N_("Users"), "manage_accounts", Action.MANAGE_USERS),
            NavigationEntry("/admin/keys", N_("Keys and tokens"), "key", Action.MANAGE_KEYS),
            NavigationEntry("/admin/webhooks", N_("Webhooks"), "webhook", Action.MANAGE_WEBHOOKS),
            NavigationEntry("/admin/changes", N_("Audit log"), "history", Action.READ_CHANGES),
            NavigationEntry("/system", N_("System"), "monitor_heart", Action.READ_SYSTEM),
            NavigationEntry("/admin/erase", N_("Erase a person"), "person_off", Action.ERASE),
        ),
    ),
)


@contextmanager
def frame(visit: PageVisit, path: str, title: str) -> Iterator[None]:
    """Navigation and heading, around what is built inside; ``visit.top`` takes a page's buttons."""
    ui.html(_navigation(visit, path), tag="div", sanitize=False).classes("side")
    with (
        ui.element("div")
        .classes("page")
        .props(f"id=content tabindex=-1 data-zone={visit.zone.key}")
    ):
        with ui.element("header").classes("top"):
            visit.heading = ui.html(escape(title), tag="h1", sanitize=False)
            with ui.element("div").classes("acts"):
                visit.top = ui.element("div").classes("acts")
                finder(visit)
        look = _banner(visit)
        yield
        # Not before the page is built: a timer waits for the browser, and a page that waits for it
        # is sent as it stands.
        ui.timer(LOOK_SECONDS, look)
        watch_for_new(visit)


def name_page(visit: PageVisit, name: str) -> None:
    """Have the heading and the browser's tab say which thing the page shows."""
    visit.heading.set_content(escape(name))
    ui.page_title(f"{name} · Perennial")


def _banner(visit: PageVisit) -> Callable[[], None]:
    """Says on every open page when journeys stand still or no mail goes out, and goes when they
    do again.

    Returns:
        What looks again whether they do.
    """
    to_system = (
        Markup(' <a href="/console/system">{}</a>').format(_("See why"))
        if visit.may(Action.READ_SYSTEM)
        else ""
    )
    sentence = Markup("{}{}").format(
        _("Journeys stand still at the moment; what you enter is kept."), to_system
    )
    paused = Markup("{}{}").format(
        _("No mail goes out at the moment: our mail is refused. It follows once that is fixed."),
        to_system,
    )
    with ui.element("div").props('role="status"').classes("standstill"):
        banner = ui.html(sentence, tag="p", sanitize=False)
        mail_banner = ui.html(paused, tag="p", sanitize=False)
    watch = visit.context.watch

    def look() -> None:
        banner.set_visibility(watch.journeys_stand_still())
        mail_banner.set_visibility(watch.sending_is_paused())

    look()
    return look


def say_no(sentence: str) -> None:
    """Tell why something was not done; it stays until it is closed."""
    ui.notify(told(sentence), type="negative", timeout=0, close_button=_("Close"), multi_line=True)


def say_done(sentence: str) -> None:
    """Tell that something was done."""
    ui.notify(sentence, type="positive", timeout=4000)


def _navigation(visit: PageVisit, path: str) -> Markup:
    groups = Markup().join(
        Markup("<h2>{}</h2><ul>{}</ul>").format(
            _(group.label), Markup().join(_entry(place, path) for place in places)
        )
        for group in NAVIGATION
        if (places := [place for place in group.places if visit.may(place.action)])
    )
    return Markup(
        '<a class="skip" href="#content">{}</a><a class="brand" href="/console/">Perennial</a>'
        '<nav aria-label="{}">{}</nav>{}<a class="you" href="/console/you">{}</a>'
    ).format(_("To the content"), _("Pages"), groups, bell(), visit.who.name)


def _entry(place: NavigationEntry, path: str) -> Markup:
    context = any(path == one or path.startswith(f"{one}/") for one in (place.path, *place.also))
    return Markup(
        '<li><a href="/console{}"{}><i class="material-icons" aria-hidden="true">{}</i>'
        "<span>{}</span></a></li>"
    ).format(
        place.path, Markup(' aria-current="page"') if context else "", place.icon, _(place.label)
    )
