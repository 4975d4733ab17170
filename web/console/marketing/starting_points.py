"""``/console/cadences/starting-points``: cadences to start from, each with what it is for and how
it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action
from domain.authoring.yaml_source import validate
from domain.cadences.cadence import Cadence
from store.published.cadences import list_cadences
from store.published.published_texts import text_in_force
from web.console.marketing.copying import copy_cadence
from web.console.marketing.course import Course
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext


class Starter(NamedTuple):
    """A cadence that comes with Perennial to be changed: what it is for, and its steps."""

    name: str
    title: str
    purpose: str
    steps: str


STARTERS = (
    Starter(
        "event-follow-up",
        N_("After an event"),
        N_("For people you met at a fair or a webinar: a mail within a day, a call to who clicks."),
        """\
  - email: welcome-1-checklist
  - wait: 3 business days
  - branch:
      if: engagement.clicks > 0
      then:
        - task:
            title: {call}
            kind: call
            due: 1 business day
      else:
        - email: welcome-2-three-numbers
  - wait: 5 business days
  - email: welcome-5-one-question
""",
    ),
    Starter(
        "ask-for-a-call",
        N_("Three mails to a first call"),
        N_("For leads that know you: three short mails in two weeks, and a call at the end."),
        """\
  - email: midfunnel-1-case-on-a-page
  - wait: 4 business days
  - email: midfunnel-2-what-goes-wrong
  - wait: 5 business days
  - email: midfunnel-3-where-it-stands
  - wait: 2 business days
  - task:
      title: {call}
      kind: call
      due: 2 business days
""",
    ),
    Starter(
        "win-back",
        N_("Win back who went quiet"),
        N_("For leads that have not answered in a long time: news first, and then who to ask."),
        """\
  - email: reentry-1-what-changed
  - wait: 7 days
  - branch:
      if: engagement.clicks > 0
      then:
        - email: reentry-3-short-call
      else:
        - email: reentry-3-right-person
  - wait: 10 days
  - email: reentry-4-next-season
""",
    ),
    Starter(
        "first-weeks",
        N_("The first weeks of a customer"),
        N_("For new customers: what to do in each of the first weeks, without selling anything."),
        """\
  - email: onboarding-1-first-week
  - wait: 7 days
  - email: onboarding-2-second-week
  - wait: 7 days
  - email: onboarding-3-first-numbers
""",
    ),
)
BEGINNING = """\
cadence: {name}
description: >-
  {purpose}
topic: nurture
window:
  days: [tue, wed, thu]
  from: "09:00"
  to: "16:30"
steps:
"""
"""How a cadence is begun; its steps follow."""


@console_page("/cadences/starting-points", Action.PUBLISH, N_("Cadences to start from"))
async def starting_points(visit: PageVisit) -> None:
    """Starters that come with Perennial, and the cadences that are published here."""
    show(escape(_("A copy is a draft of yours until you publish it; what you copy stays.")), "p")
    with section(_("Come with Perennial")):
        for one in STARTERS:
            text = text_of(one)
            copy = partial(copy_cadence, visit, one.name, text, one.name)
            _shown(_(one.title), text, copy)
    found = await visit.read(list_cadences)
    if not found:
        return
    with section(_("Published here")):
        for published in found:
            source = await visit.read(text_in_force, "cadence", published.name)
            if source is not None:
                name = published.name
                copy = partial(copy_cadence, visit, name, source.source, f"{name}-copy")
                _shown(name, source.source, copy)


def text_of(starter: Starter) -> str:
    """A starter as YAML, in the reader's language."""
    steps = starter.steps.format(call=_("Call about what the lead read"))
    return BEGINNING.format(name=starter.name, purpose=_(starter.purpose)) + steps


def _shown(title: str, text: str, copy: Callable[[], Awaitable[None]]) -> None:
    cadence, _problems = validate(Cadence, text, "")
    if cadence is None:
        return
    days = round(cadence.length().total_seconds() / 86400)
    size = " · ".join(
        (
            ngettext("1 step", "{number} steps", cadence.step_count),
            ngettext("1 day", "{number} days", days),
        )
    )
    with ui.element("article").classes("starter"):
        show(Markup("{}").format(title), "h3")
        show(Markup("{} {}").format(" ".join(cadence.description.split()), quiet(size)), "p")
        show(
            Markup("<details><summary>{}</summary>{}</details>").format(
                _("How it runs"), Course(cadence).drawn()
            )
        )
        start = button(_("Start from this"), copy)
        start.props["aria-label"] = _("Start from {name}", name=title)
