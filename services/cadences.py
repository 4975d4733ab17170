"""Published cadences as people and programs name them."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.refusals import CadenceMissing, Missing
from domain.sentences import sentence
from store.published.cadences import PublishedCadence, cadence_named


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
