"""Images that mails show: kept in the database, where every web app finds them and every backup has
them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from domain.email.images import CleanImage
from domain.refusals import Conflict
from domain.sentences import sentence
from store.published.cadences import lock_publishing
from store.tables import StoredImage

MB = 1024 * 1024
MOST_OF_ALL = 500 * MB
"""Bytes of all images together."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('images'))")


class UsedBy(StrEnum):
    """What shows an image: a mail or the brand as it is published, a mail that leads get who are in
    an older version of a cadence, or what somebody is writing."""

    PUBLISHED = "published"
    OLDER_VERSION = "older version"
    DRAFT = "draft"


@dataclass(frozen=True)
class ImageUse:
    """Where an image is shown: ``kind`` is template or policy, a template's ``name`` has its
    language (welcome-1.en)."""

    kind: str
    name: str
    by: UsedBy


@dataclass(frozen=True)
class ImageLine:
    """An image without its content. Sizes are pixels and bytes, times real, UTC."""

    id: int
    name: str
    width: int
    height: int
    size: int
    alt: str
    file_name: str
    uploaded_by: str
    uploaded_at: datetime
    uses: Sequence[ImageUse] = field(default=())


_COLUMNS = (
    *(StoredImage.id, StoredImage.name, StoredImage.width, StoredImage.height, StoredImage.size),
    *(StoredImage.alt, StoredImage.file_name, StoredImage.uploaded_by, StoredImage.uploaded_at),
)
_USES = text(
    """
    WITH running AS (
        SELECT templates FROM cadence_version AS c WHERE EXISTS (
            SELECT FROM enrollment WHERE cadence_version_id = c.id AND ended_at IS NULL
        )
    ), newest AS (
        SELECT DISTINCT ON (name, language) id, name, language, source FROM template_version
        ORDER BY name, language, published_at DESC
    ), texts AS (
        SELECT 'template' AS kind, name || '.' || language AS name, 'published' AS by, source
        FROM newest
        UNION ALL
        SELECT 'template', name || '.' || language, 'older version', source FROM template_version
        WHERE id NOT IN (SELECT id FROM newest) AND id IN (
            SELECT one.value::bigint FROM running, jsonb_each(templates) AS mail,
                jsonb_each_text(mail.value) AS one
        )
        UNION ALL
        (SELECT 'policy', name, 'published', source FROM policy_version WHERE name = 'brand'
        ORDER BY version DESC LIMIT 1)
        UNION ALL
        SELECT kind, name, 'draft', text FROM draft
    )
    SELECT DISTINCT found[1] AS image, kind, name, by
    FROM texts, regexp_matches(source, '([0-9a-f]{64}\\.(png|jpg|gif))', 'g') AS found
    ORDER BY by DESC, kind, name
    """
)


def add_image(
    connection: Connection, image: CleanImage, *, alt: str, file_name: str, by: str
) -> None:
    """Keep an image. One that is there already is not kept twice; it gets the new text.

    Raises:
        Conflict: there is no room for it.
    """
    connection.execute(_LOCK)
    others = StoredImage.name != image.name
    kept = connection.scalar(select(func.coalesce(func.sum(StoredImage.size), 0)).where(others))
    if (kept or 0) + len(image.content) > MOST_OF_ALL:
        raise Conflict(
            sentence(
                "All images together may have {size} MB, and there is no room for this one: delete "
                "some that no mail shows.",
                size=MOST_OF_ALL // MB,
            ),
            "file",
        )
    connection.execute(
        insert(StoredImage)
        .values(
            name=image.name,
            kind=image.kind,
            width=image.width,
            height=image.height,
            size=len(image.content),
            content=image.content,
            alt=alt,
            file_name=file_name,
            uploaded_by=by,
        )
        .on_conflict_do_update(index_elements=["name"], set_={"alt": alt})
    )


def list_images(
    connection: Connection, *, before: int | None = None, limit: int
) -> list[ImageLine]:
    """The newest first, with where each is shown; ``before`` is the id of the last of the page
    before."""
    query = select(*_COLUMNS).order_by(StoredImage.id.desc()).limit(limit)
    if before is not None:
        query = query.where(StoredImage.id < before)
    rows = connection.execute(query).all()
    uses = _uses(connection) if rows else {}
    return [ImageLine(**row._mapping, uses=tuple(uses.get(row.name, ()))) for row in rows]


def find_image(connection: Connection, name: str) -> ImageLine | None:
    """The image of this name, with where it is shown."""
    row = connection.execute(select(*_COLUMNS).where(StoredImage.name == name)).first()
    if row is None:
        return None
    return ImageLine(**row._mapping, uses=tuple(_uses(connection).get(name, ())))


def image_content(connection: Connection, name: str) -> bytes | None:
    """What is in the image of this name; None where there is none."""
    return connection.scalar(select(StoredImage.content).where(StoredImage.name == name))


def is_there(connection: Connection, name: str) -> bool:
    """Whether there is an image of this name."""
    known = select(StoredImage.id).where(StoredImage.name == name)
    return connection.scalar(known) is not None


def will_be_there(connection: Connection, name: str) -> bool:
    """The same, and nobody deletes it before the end of the transaction."""
    known = select(StoredImage.id).where(StoredImage.name == name)
    return connection.scalar(known.with_for_update(key_share=True, read=True)) is not None


def room_taken(connection: Connection) -> int:
    """Bytes of all images together."""
    return int(connection.scalar(select(func.coalesce(func.sum(StoredImage.size), 0))) or 0)


def delete_image(connection: Connection, name: str) -> bool:
    """Delete an image; whether it was there. Nothing is published meanwhile.

    Raises:
        Conflict: what is published shows it.
    """
    lock_publishing(connection)
    known = select(StoredImage.id).where(StoredImage.name == name)
    if connection.scalar(known.with_for_update()) is None:
        return False
    shown = [one.name for one in _uses(connection).get(name, ()) if one.by != UsedBy.DRAFT]
    if shown:
        raise Conflict(
            sentence(
                "This image is shown by {names}: take it out there, publish, and delete it then. "
                "Leads in an older version of a cadence still get its mails.",
                names=list(dict.fromkeys(shown)),
            )
        )
    connection.execute(delete(StoredImage).where(StoredImage.name == name))
    return True


def _uses(connection: Connection) -> dict[str, list[ImageUse]]:
    """Name of an image → where it is shown."""
    found: dict[str, list[ImageUse]] = {}
    for image, kind, name, by in connection.execute(_USES):
        found.setdefault(image, []).append(ImageUse(kind, name, UsedBy(by)))
    return found
