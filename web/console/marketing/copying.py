"""A cadence begun from another one, with its mails or without, or given another title."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial

from markupsafe import escape
from nicegui import ui
from sqlalchemy import Connection

import services.publishing
from domain.access import Action
from domain.authoring.yaml_edit import merged
from domain.authoring.yaml_source import read, validate
from domain.cadences.cadence import Cadence
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from services.publishing import check_new_mails, check_texts
from store.published.drafts import drafts_of, keep_draft
from store.published.published_texts import text_in_force
from store.publishing.publishing import ReplacedVersion, cadence_names, template_ids
from web.console.forms import FormDialog
from web.console.parts import show
from web.console.visit import PageVisit
from web.console.words import _

ENTRY = "enter_when"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


async def copy_cadence(visit: PageVisit, original: str, source: str, called: str) -> None:
    """Begin a new cadence from the text of another one, as a draft of one's own, and open it.

    Args:
        called: what is offered as its name.
    """
    with FormDialog(_("A copy of {name}", name=original)) as form:
        show(escape(_("The copy is a draft of yours until you publish it.")), "p")
        if without_entry(source) != source:
            said = _("Nobody enters it by itself: whom it takes in stays with the original.")
            show(escape(said), "p")
        name = form.field("name", ui.input(_("Name"), value=called))
        mails = ui.checkbox(_("Copy its mails too, to change them for the copy alone"))

    async def save() -> str:
        chosen = str(name.value or "").strip()
        if not NAME.fullmatch(chosen):
            raise Invalid(
                sentence("Use small letters, digits and dashes, at most 60, such as welcome-2."),
                "name",
            )
        taken = chosen in await visit.read(cadence_names)
        mine = await visit.read(drafts_of, "cadence", chosen)
        if taken or any(one.user_id == visit.who.user_id for one in mine):
            raise Conflict(
                sentence("There is a cadence '{name}' already: choose another name.", name=chosen),
                "name",
            )
        text = re.sub(r"^cadence:.*$", f"cadence: {chosen}", source, count=1, flags=re.MULTILINE)
        text = without_entry(titled(text, ""))
        if mails.value:
            text = await _with_own_mails(visit, text, chosen)
        await visit.keep(
            Action.DRAFT,
            keep_draft,
            kind="cadence",
            name=chosen,
            user_id=visit.who.user_id,
            text=text,
            based_on=0,
            at=visit.context.real_now(),
        )
        return chosen

    done = await form.sent(_("Make a copy"), save)
    if done is not None:
        ui.navigate.to(f"/cadences/{done}/edit")


async def rename(visit: PageVisit, name: str) -> None:
    """Give a cadence another title, by a new version of it."""
    known = await visit.read(text_in_force, "cadence", name)
    if known is None:
        return
    cadence, _problems = validate(Cadence, known.source, "")
    with FormDialog(_("Rename {name}", name=name)) as form:
        said = _(
            "The name {name} stays: policies, programs and addresses know it by that.", name=name
        )
        show(escape(said), "p")
        title = form.field(
            "title", ui.input(_("Title"), value=cadence.title if cadence else "")
        ).props("maxlength=80")

    async def save() -> bool:
        text = titled(known.source, str(title.value or "").strip())
        file = f"{name}.yaml"
        await visit.act(
            services.publishing.publish,
            [file],
            partial(check_texts, files={file: text}),
            replaced=ReplacedVersion("cadence", name, known.id),
        )
        return True

    if await form.sent(_("Rename"), save):
        ui.navigate.reload()


def titled(source: str, title: str) -> str:
    """The text of a cadence with this title; '' for none."""
    bare = re.sub(r"^title:.*\n", "", source, count=1, flags=re.MULTILINE)
    if not title:
        return bare
    line = f"title: {json.dumps(title, ensure_ascii=False)}\n"
    return re.sub(
        r"^cadence:.*\n", lambda found: found[0] + line, bare, count=1, flags=re.MULTILINE
    )


def without_entry(source: str) -> str:
    """The text of a cadence that nobody enters by itself; as it is where it can't be read."""
    known = read(source, "")
    if known.problems or not isinstance(known.data, dict) or ENTRY not in known.data:
        return source
    return merged(source, {key: one for key, one in known.data.items() if key != ENTRY})


async def _with_own_mails(visit: PageVisit, text: str, called: str) -> str:
    """Publish copies of the mails that a cadence sends; its text, which sends them."""
    cadence, _problems = validate(Cadence, text, "")
    names = {one: f"{called}-{one}" for one in (cadence.templates() if cadence else [])}
    if long := next((new for new in names.values() if not NAME.fullmatch(new)), ""):
        raise Invalid(
            sentence(
                "A mail would be called {mail}, which is longer than 60: choose a shorter name.",
                mail=long,
            ),
            "name",
        )
    files = await visit.read(_copies, names)
    await visit.act(
        services.publishing.publish, sorted(files), partial(check_new_mails, files=files)
    )
    return with_mails(text, names)


def with_mails(text: str, names: Mapping[str, str]) -> str:
    """The text of a cadence that sends other mails (old → new name) in the place of its own."""
    return re.sub(
        r"(\bemail:\s*[\"']?)([\w-]+)",
        lambda found: found[1] + names.get(found[2], found[2]),
        text,
    )


def _copies(connection: Connection, names: dict[str, str]) -> dict[str, str]:
    """File name → text of mails under new names (old → new), in all their languages."""
    found = {}
    for name, languages in template_ids(connection).items():
        for language in languages if name in names else ():
            known = text_in_force(connection, "template", f"{name}.{language}")
            if known is not None:
                found[f"{names[name]}.{language}.mjml"] = known.source
    return found
