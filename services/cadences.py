"""Published cadences: as people and programs name them, paused and resumed, archived and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.access import Action
from domain.cadences.cadence import TaskStep, walk
from domain.checking.lint import cadences_named
from domain.refusals import CadenceMissing, Conflict, Missing
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.access.write_keys import list_write_keys
from store.journeys import cadence_changes
from store.published.cadence_states import (
    CadenceStatus,
    cadence_status,
    set_archived,
    set_paused,
)
from store.published.cadences import PublishedCadence, cadence_named
from store.published.policies import policy_in_force
from store.published.published_texts import published_texts
from store.publishing.publishing import list_policies
from store.views.cadence_figures import leads_on_steps


@dataclass(frozen=True)
class ArchivingForecast:
    """What archiving a cadence would meet: the leads ``in_it`` now, and what still sends leads into
    it, ``policies`` and write ``keys`` by their names; it is refused while there are any."""

    in_it: int
    policies: list[str]
    keys: list[str]


def cadence_asked_for(
    connection: Connection, name: str, version: int | None = None
) -> PublishedCadence:
    """A version of a cadence that is asked for by an address, None being the newest.

    Raises:
        Missing: there is no such cadence, or version.
    """
    try:
        return cadence_named(connection, name, version)
    except CadenceMissing:
        which = f"{name} version {version}" if version else name
        raise Missing(sentence("The cadence '{name}' is not published.", name=which)) from None


@changes(Action.RUN_CADENCES, "POST /cadences/{name}/pause")
def pause(context: Context, caller: Caller, name: str) -> CadenceStatus:
    """Have every touch of a cadence wait until it is resumed. Its waits run on, answers of leads
    count as ever, leads enter, and tasks that are open stay so.

    Raises:
        Missing: there is no such cadence.
    """
    return _paused(context, caller, name, context.clock.now())


@changes(Action.RUN_CADENCES, "POST /cadences/{name}/resume")
def resume(context: Context, caller: Caller, name: str) -> CadenceStatus:
    """Have a paused cadence go on: what has become due goes at the next opening of its window.

    Raises:
        Missing: there is no such cadence.
    """
    return _paused(context, caller, name, None)


def archiving(connection: Connection, name: str) -> ArchivingForecast:
    """What archiving a cadence would meet; nothing happens.

    Raises:
        Missing: there is no such cadence.
    """
    cadence_asked_for(connection, name)
    known = ((one.name, policy_in_force(connection, one.name)) for one in list_policies(connection))
    return ArchivingForecast(
        leads_on_steps(connection, name).leads,
        [policy for policy, found in known if found and name in cadences_named(found.source)],
        [
            key.name
            for key in list_write_keys(connection)
            if key.cadence == name and key.revoked_at is None
        ],
    )


@changes(Action.RUN_CADENCES, "POST /cadences/{name}/archive", keep=("take_out",))
def archive(
    context: Context, caller: Caller, name: str, *, take_out: bool = False
) -> CadenceStatus:
    """Have nobody enter a cadence any more, by whatever way. It leaves the lists, its results stay.

    Args:
        take_out: whether the leads in it leave it, for recycle as at its end; else they go on.

    Raises:
        Missing: there is no such cadence.
        Conflict: a policy or a write key still sends leads into it.
    """
    with context.database.begin() as connection:
        would = archiving(connection, name)
        if would.policies:
            raise Conflict(
                sentence(
                    "These policies still send leads into {cadence}: {policies}. Name another "
                    "cadence in them first.",
                    cadence=name,
                    policies=would.policies,
                )
            )
        if would.keys:
            raise Conflict(
                sentence(
                    "These write keys still send leads into {cadence}: {keys}. Revoke them first.",
                    cadence=name,
                    keys=would.keys,
                )
            )
        set_archived(connection, name, caller.by, context.clock.now(), takes_out=take_out)
        return cadence_status(connection, name)


@changes(Action.RUN_CADENCES, "POST /cadences/{name}/unarchive")
def unarchive(context: Context, caller: Caller, name: str) -> CadenceStatus:
    """Have a cadence entered again. Who was taken out of it does not come back.

    Raises:
        Missing: there is no such cadence.
    """
    with context.database.begin() as connection:
        cadence_asked_for(connection, name)
        set_archived(connection, name, caller.by, None)
        return cadence_status(connection, name)


def tell_some(connection: Connection, now: datetime) -> bool:
    """Tell some of the leads in a cadence that was paused, resumed or archived; whether there may
    be more.

    Args:
        now: journey time, UTC.
    """
    changed = cadence_changes.changed_cadence(connection)
    if changed is None:
        return False
    if changed.takes_out:
        return cadence_changes.take_out_some(connection, changed, now)
    versions = published_texts(connection, "cadence", changed.name)
    tasks = {
        step.id
        for one in versions
        for _, step in walk(cadence_named(connection, changed.name, one.version).cadence.steps, ())
        if isinstance(step, TaskStep)
    }
    cadence_changes.replan_some(connection, changed, sorted(tasks))
    return True


def _paused(context: Context, caller: Caller, name: str, at: datetime | None) -> CadenceStatus:
    with context.database.begin() as connection:
        cadence_asked_for(connection, name)
        set_paused(connection, name, caller.by, at)
        return cadence_status(connection, name)
