"""Published cadences and templates. A published version never changes.

Publishing takes one lock, so that two who publish at once get versions one after the other.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, case, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from domain.cadences.cadence import FALLBACK_LANGUAGE, Cadence
from domain.email.rendering import CompiledTemplate
from domain.refusals import CadenceMissing, TemplateMissing
from domain.sentences import sentence
from store.engine import RowGone
from store.published.cadence_states import refuse_archived
from store.tables import CadenceState, CadenceVersion, PolicyVersion, TemplateVersion


@dataclass(frozen=True)
class PublishedCadence:
    """A version of a cadence. ``templates`` maps template name → language → template version."""

    id: int
    name: str
    version: int
    cadence: Cadence
    templates: Mapping[str, Mapping[str, int]]
    published_at: datetime
    published_by: str = ""
    note: str = ""

    def template_version_id(self, name: str, language: str) -> int:
        """Id of the template's version in the language, or where that is missing in the one that
        the cadence falls back to."""
        languages = self.templates[name]
        return languages.get(language) or languages[self.cadence.fallback_language]


@dataclass(frozen=True)
class PublishedTemplate:
    """A template in one language as it was published."""

    id: int
    name: str
    language: str
    compiled: CompiledTemplate


@dataclass(frozen=True)
class Publication:
    """What publishing did: ``new`` is False when the newest version already says the same."""

    id: int
    version: int
    new: bool


@dataclass(frozen=True)
class CadenceSummary:
    """One row of the list of cadences: the newest version of a name; ``title`` is '' where people
    read the name."""

    name: str
    title: str
    version: int
    topic: str
    steps: int
    length: timedelta
    published_at: datetime
    paused: bool
    archived: bool


@dataclass(frozen=True)
class TemplateSource:
    """A template to publish: the file's text and what it compiles to."""

    name: str
    language: str
    source: str
    compiled: CompiledTemplate


class Signature(NamedTuple):
    """Who publishes, and what they say of it."""

    by: str = ""
    note: str = ""


UNSIGNED = Signature()


def lock_publishing(connection: Connection) -> None:
    """Wait until nobody else publishes; held until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('publish-cadence'))"))


def publish_templates(
    connection: Connection, templates: list[TemplateSource], signed: Signature = UNSIGNED
) -> dict[str, dict[str, int]]:
    """Publish templates; an unchanged one keeps its version.

    Returns:
        Template name → language → ``template_version.id``.
    """
    lock_publishing(connection)
    ids: dict[str, dict[str, int]] = {}
    for template in templates:
        ids.setdefault(template.name, {})[template.language] = _publish_template(
            connection, template, signed
        )
    return ids


def _publish_template(connection: Connection, template: TemplateSource, signed: Signature) -> int:
    digest = _digest([template.source, template.compiled.as_dict()])
    statement = insert(TemplateVersion).values(
        name=template.name,
        language=template.language,
        digest=digest,
        source=template.source,
        compiled=template.compiled.as_dict(),
        published_at=func.clock_timestamp(),
        published_by=signed.by,
        note=signed.note,
    )
    # Going back to an earlier text makes that version the newest again, of whoever goes back.
    other = aliased(TemplateVersion)
    newest = (
        select(func.max(other.published_at))
        .where(other.name == template.name, other.language == template.language)
        .scalar_subquery()
    )
    stays = TemplateVersion.published_at == newest
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["name", "language", "digest"],
        set_={
            "published_at": new.published_at,
            "published_by": case((stays, TemplateVersion.published_by), else_=new.published_by),
            "note": case((stays, TemplateVersion.note), else_=new.note),
        },
    )
    return connection.execute(statement.returning(TemplateVersion.id)).scalar_one()


def publish_cadence(
    connection: Connection,
    *,
    cadence: Cadence,
    source: str,
    templates: Mapping[str, Mapping[str, int]],
    signed: Signature = UNSIGNED,
) -> Publication:
    """Publish a cadence with the versions of all its templates.

    ``templates`` is what :func:`publish_templates` returned; those the cadence does not use are
    left out. The newest version is kept when it has the same steps and the same templates.

    Raises:
        KeyError: a template of the cadence is not among ``templates``, or not in a language that
            the cadence names.
    """
    lock_publishing(connection)
    used = {
        name: {one: templates[name][one] for one in cadence.languages or templates[name]}
        for name in cadence.templates()
    }
    definition = cadence.model_dump(mode="json")
    return publish_version(
        connection,
        CadenceVersion,
        cadence.name,
        _digest([definition, used]),
        source=source,
        definition=definition,
        templates=used,
        published_at=func.clock_timestamp(),
        published_by=signed.by,
        note=signed.note,
    )


def publish_version(
    connection: Connection,
    table: type[CadenceVersion] | type[PolicyVersion],
    name: str,
    digest: str,
    **content: object,
) -> Publication:
    """Write a new version of a cadence or a policy, unless the newest has this digest. Whoever
    publishes has seen to it that nobody else does."""
    newest = connection.execute(
        select(table.id, table.version, table.digest)
        .where(table.name == name)
        .order_by(table.version.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.digest == digest:
        return Publication(newest.id, newest.version, new=False)
    version = newest.version + 1 if newest else 1
    statement = insert(table).values(name=name, version=version, digest=digest, **content)
    new_id = connection.execute(statement.returning(table.id)).scalar_one()
    return Publication(new_id, version, new=True)


def latest_cadence(connection: Connection, name: str) -> PublishedCadence:
    """The newest version of the cadence ``name``, for leads to enter it.

    Raises:
        CadenceMissing: it was never published.
        CadenceArchived: nobody enters it any more.
    """
    refuse_archived(connection, name)
    return cadence_named(connection, name, None)


def cadence_named(connection: Connection, name: str, version: int | None) -> PublishedCadence:
    """A version of the cadence ``name``, None being the newest.

    Raises:
        CadenceMissing: it was never published.
    """
    query = select(CadenceVersion.__table__).where(CadenceVersion.name == name)
    if version is not None:
        query = query.where(CadenceVersion.version == version)
    row = connection.execute(query.order_by(CadenceVersion.version.desc()).limit(1)).first()
    if row is None:
        which = name if version is None else f"{name} version {version}"
        raise CadenceMissing(
            sentence(
                "The cadence {cadence} is not published: choose one that is, or publish it, in the "
                "console under Cadences or with `python starter.py cadence publish`.",
                cadence=which,
            )
        )
    return _published(row)


@functools.lru_cache(maxsize=1024)
def cadence_version(engine: Engine, version_id: int) -> PublishedCadence:
    """The published version with this id, read from the database once per process.

    Raises:
        RowGone: there is none.
    """
    with engine.connect() as connection:
        row = connection.execute(
            select(CadenceVersion.__table__).where(CadenceVersion.id == version_id)
        ).first()
    if row is None:
        raise RowGone(f"There is no published cadence version with the id {version_id}.")
    return _published(row)


def list_cadences(
    connection: Connection, *, after: str = "", limit: int | None = None, archived: bool = False
) -> list[CadenceSummary]:
    """The newest version of every cadence, by name, from the one after the name ``after``;
    ``limit`` None: all. Those that are archived are listed apart."""
    newest = select(CadenceVersion.name, func.max(CadenceVersion.version)).group_by(
        CadenceVersion.name
    )
    rows = connection.execute(
        select(CadenceVersion.__table__, CadenceState.paused_at.is_not(None).label("paused"))
        .outerjoin(CadenceState, CadenceState.name == CadenceVersion.name)
        .where(tuple_(CadenceVersion.name, CadenceVersion.version).in_(newest))
        .where(CadenceVersion.name > after)
        .where(CadenceState.archived_at.is_not(None) == archived)
        .order_by(CadenceVersion.name)
        .limit(limit)
    ).all()
    published = [(_published(row), row.paused) for row in rows]
    return [
        CadenceSummary(
            item.name,
            item.cadence.title,
            item.version,
            item.cadence.topic,
            item.cadence.step_count,
            item.cadence.length(),
            item.published_at,
            paused,
            archived,
        )
        for item, paused in published
    ]


def enterable_cadences(connection: Connection) -> list[str]:
    """Names of the cadences that leads may enter, in alphabetical order: those that are published
    and not archived."""
    archived = select(CadenceState.name).where(CadenceState.archived_at.is_not(None))
    names = select(CadenceVersion.name).distinct().where(CadenceVersion.name.not_in(archived))
    return list(connection.scalars(names.order_by(CadenceVersion.name)))


def latest_template(connection: Connection, name: str, language: str) -> PublishedTemplate:
    """The newest version of a template in a language, in English where the language is missing.

    Raises:
        TemplateMissing: it is published in neither.
    """
    row = connection.execute(
        select(TemplateVersion.__table__)
        .where(
            TemplateVersion.name == name,
            TemplateVersion.language.in_([language, FALLBACK_LANGUAGE]),
        )
        .order_by(
            (TemplateVersion.language == language).desc(), TemplateVersion.published_at.desc()
        )
        .limit(1)
    ).first()
    if row is None:
        raise TemplateMissing(
            sentence(
                "The mail {name} is not published in any of {languages}: publish it, in the "
                "console under 'Policies and mails' or as {file} with `python starter.py "
                "cadence publish`.",
                name=name,
                languages=list(dict.fromkeys([language, FALLBACK_LANGUAGE])),
                file=f"templates/{name}.{FALLBACK_LANGUAGE}.mjml",
            )
        )
    return _template(row)


@functools.lru_cache(maxsize=4096)
def template_version(engine: Engine, version_id: int) -> PublishedTemplate:
    """The published template with this id, read from the database once per process.

    Raises:
        RowGone: there is none.
    """
    with engine.connect() as connection:
        row = connection.execute(
            select(TemplateVersion.__table__).where(TemplateVersion.id == version_id)
        ).first()
    if row is None:
        raise RowGone(f"There is no published template version with the id {version_id}.")
    return _template(row)


def _published(row: Row[Any]) -> PublishedCadence:
    return PublishedCadence(
        row.id,
        row.name,
        row.version,
        Cadence.model_validate(row.definition),
        row.templates,
        row.published_at,
        row.published_by,
        row.note,
    )


def _template(row: Row[Any]) -> PublishedTemplate:
    return PublishedTemplate(
        row.id, row.name, row.language, CompiledTemplate.from_dict(row.compiled)
    )


def _digest(content: Any) -> str:
    written = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()
