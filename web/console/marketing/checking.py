"""What is wrong with a text that is open in the editor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.authoring.yaml_source import read
from services.template_parts import TEMPLATES, template_parts
from store.published.published_texts import Kind, file_of
from store.publishing.publishing import Checked, cadence_names, check_beside_published
from web.console.visit import PageVisit
from web.console.words import _


@dataclass(frozen=True)
class _CheckedText:
    checked: Checked
    taken: set[str]


async def check_open(visit: PageVisit, kind: Kind, name: str, text: str) -> Checked:
    """Check a text beside all that is published.

    One that calls itself by another's name is a mistake: published, it would take that one's place
    unseen, and what is wrong with it would be looked for here.
    """
    found = await visit.read(_check, kind, name, text)
    checked = found.checked
    if checked.problems or kind == "template":
        return checked
    source = read(text, file_of(kind, name))
    if kind == "policy" and name not in checked.policies:
        said = _("This is the policy '{name}': leave its name as it is.", name=name)
        checked.problems.append(source.problem(("policy",), said))
    elif kind == "cadence":
        for other in checked.policies:
            said = _("This is the policy '{name}': it is edited on its own page.", name=other)
            checked.problems.append(source.problem(("policy",), said))
        for _text, cadence in checked.cadences.values():
            if cadence.name != name and cadence.name in found.taken:
                said = _(
                    "There is a cadence '{name}' already: edit that one, or choose another name.",
                    name=cadence.name,
                )
                checked.problems.append(source.problem(("cadence",), said))
    return checked


def _check(connection: Connection, kind: Kind, name: str, text: str) -> _CheckedText:
    parts = template_parts(TEMPLATES) if kind == "template" else {}
    checked = check_beside_published(connection, {file_of(kind, name): text}, parts)
    return _CheckedText(checked, cadence_names(connection) if kind == "cadence" else set())
