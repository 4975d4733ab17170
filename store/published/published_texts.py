"""What is published, as it was written: cadences, policies and templates by the same names.

A template's name has its language: ``welcome-1.en``. Versions count from 1; a template that went
back to an earlier text is in that version again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

Kind = Literal["cadence", "policy", "template"]
_SAID = "source, published_at, published_by, note"
_NEWEST_FIRST = "ORDER BY published_at DESC, id DESC"
_VERSIONS: dict[Kind, str] = {
    "cadence": f"SELECT id, version, {_SAID} FROM cadence_version WHERE name = :name",
    "policy": f"SELECT id, version, {_SAID} FROM policy_version WHERE name = :name",
    "template": f"SELECT id, row_number() OVER (ORDER BY id) AS version, {_SAID} "
    "FROM template_version WHERE name || '.' || language = :name",
}


@dataclass(frozen=True)
class PublishedText:
    """A version as it was written; ``published_at`` is real time, UTC. ``published_by`` is the code
    of a rep or what the publisher is called, '' where nobody knows; ``note`` what they said of
    it."""

    id: int
    version: int
    source: str
    published_at: datetime
    published_by: str = ""
    note: str = ""


@dataclass(frozen=True)
class TemplateLine:
    """A template as a list shows it: when the newest of its languages was published (real time,
    UTC), and the cadences that send it."""

    name: str
    languages: list[str]
    published_at: datetime
    cadences: list[str]


def file_of(kind: Kind, name: str) -> str:
    """The name of the file that holds it."""
    return f"{name or 'new'}.{'mjml' if kind == 'template' else 'yaml'}"


def published_texts(connection: Connection, kind: Kind, name: str) -> list[PublishedText]:
    """All versions, the one in force first; none when there is no such thing."""
    rows = connection.execute(text(f"{_VERSIONS[kind]} {_NEWEST_FIRST}"), {"name": name})
    return [PublishedText(**row._mapping) for row in rows]


def text_in_force(connection: Connection, kind: Kind, name: str) -> PublishedText | None:
    """The version in force; None when there is none."""
    query = text(f"{_VERSIONS[kind]} {_NEWEST_FIRST} LIMIT 1")
    row = connection.execute(query, {"name": name}).first()
    return PublishedText(**row._mapping) if row else None


def template_source(connection: Connection, version_id: int) -> str:
    """The text of a template's version."""
    found: str = connection.execute(
        text("SELECT source FROM template_version WHERE id = :id"), {"id": version_id}
    ).scalar_one()
    return found


def version_in_force(connection: Connection, kind: Kind, name: str) -> int:
    """Id of the version in force; 0 when there is none."""
    rows = connection.scalars(
        text(f"SELECT id FROM ({_VERSIONS[kind]}) AS one {_NEWEST_FIRST}"),
        {"name": name},
    )
    return rows.first() or 0


def list_templates(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[TemplateLine]:
    """Templates that are published, by name, from the one after the name ``after``; ``limit`` None:
    all."""
    rows = connection.execute(
        text(
            """
            SELECT name, array_agg(DISTINCT language ORDER BY language) AS languages,
                max(published_at) AS published_at,
                ARRAY(
                    SELECT newest.name FROM (
                        SELECT DISTINCT ON (name) name, templates FROM cadence_version
                        ORDER BY name, version DESC
                    ) AS newest
                    WHERE jsonb_exists(newest.templates, template_version.name)
                    ORDER BY newest.name
                ) AS cadences
            FROM template_version WHERE name > :after GROUP BY name ORDER BY name LIMIT :limit
            """
        ),
        {"after": after, "limit": limit},
    )
    return [TemplateLine(**row._mapping) for row in rows]


def languages_of(connection: Connection, template: str) -> list[str]:
    """The languages in which a template is published, by code; none when there is no such one."""
    rows = connection.scalars(
        text("SELECT DISTINCT language FROM template_version WHERE name = :name ORDER BY language"),
        {"name": template},
    )
    return list(rows)


def topic_of_template(connection: Connection, name: str) -> str | None:
    """The topic of the cadence that sends this template, of the newest if several do."""
    topic: str | None = connection.scalar(
        text(
            "SELECT definition ->> 'topic' FROM cadence_version "
            "WHERE jsonb_exists(templates, :name) ORDER BY published_at DESC, id DESC LIMIT 1"
        ),
        {"name": name},
    )
    return topic
