"""Images: nothing that is shown goes, and what nobody shows takes no room for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from domain.email.images import CleanImage
from domain.refusals import Conflict
from store.engine import engine
from store.images import images
from store.images.images import (
    ImageUse,
    UsedBy,
    add_image,
    delete_image,
    find_image,
    image_content,
    list_images,
)
from store.publishing.publishing import check_beside_published


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Into a database of its own; nothing is committed."""
    database = engine(database_url)
    with database.connect() as opened:
        yield opened
    database.dispose()


def kept(connection: Connection, size: int = 100) -> str:
    image = CleanImage("png", 8, 6, os.urandom(size))
    add_image(connection, image, alt="Logo", file_name="logo.png", by="eve")
    return image.name


def mail(connection: Connection, name: str, image: str, digest: str = "1") -> int:
    made = connection.scalar(
        text(
            "INSERT INTO template_version (name, language, digest, source, compiled, published_at) "
            "VALUES (:name, 'en', :digest, :source, '{}', now() + make_interval(secs => :at)) "
            "RETURNING id"
        ),
        {
            "name": name,
            "digest": digest,
            "source": f'<mj-image src="https://go.test/images/{image}" alt="Logo" />',
            "at": int(digest),
        },
    )
    return int(made or 0)


def test_an_image_is_deleted_once_no_lead_can_get_it_any_more(connection: Connection) -> None:
    """Else a mail that goes out tomorrow has a gap; or the picture of somebody who left stays."""
    name = kept(connection)
    mail_id = mail(connection, "welcome-1", name)
    assert find_image(connection, name).uses == (  # type: ignore[union-attr]
        ImageUse("template", "welcome-1.en", UsedBy.PUBLISHED),
    )
    with pytest.raises(Conflict, match=r"shown by welcome-1\.en"):
        delete_image(connection, name)

    mail(connection, "welcome-1", "nothing", digest="2")
    connection.execute(
        text(
            "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
            "VALUES ('welcome', 1, 'x', '', '{}', jsonb_build_object('welcome-1', "
            "jsonb_build_object('en', cast(:id AS bigint))))"
        ),
        {"id": mail_id},
    )
    connection.execute(
        text(
            "INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example'); "
            "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
            "SELECT 'run', lead.id, c.id, 1, now() FROM lead, cadence_version AS c"
        )
    )
    assert [use.by for use in find_image(connection, name).uses] == [  # type: ignore[union-attr]
        UsedBy.OLDER_VERSION
    ]
    with pytest.raises(Conflict, match="older version of a cadence"):
        delete_image(connection, name)

    connection.execute(text("UPDATE enrollment SET ended_at = now()"))
    assert delete_image(connection, name)
    assert image_content(connection, name) is None
    assert not delete_image(connection, name)


def test_a_draft_is_told_and_holds_nothing(connection: Connection) -> None:
    """Else what somebody began and forgot keeps a picture for ever."""
    name = kept(connection)
    connection.execute(
        text(
            "INSERT INTO console_user (email, email_key, name, role) "
            "VALUES ('m@b.example', 'm@b.example', 'M', 'marketing'); "
            "INSERT INTO draft (kind, name, user_id, text, based_on, at) "
            "SELECT 'template', 'offer.en', id, :text, 0, now() FROM console_user"
        ),
        {"text": f"<mj-image src='/images/{name}'/>"},
    )

    (line,) = list_images(connection, limit=5)
    assert line.uses == (ImageUse("template", "offer.en", UsedBy.DRAFT),)
    assert delete_image(connection, name)


def test_a_mail_whose_image_was_deleted_is_not_published(connection: Connection) -> None:
    """Else every lead who gets it sees a gap, and nobody here does."""
    name = kept(connection)
    text_of = (
        "---\nsubject: Hello\npreheader: Short\n---\n<mjml><mj-body><mj-section><mj-column>\n"
        f'  <mj-image src="https://go.test/images/{name}" alt="Logo" />\n'
        '<mj-text><a href="{{ links.unsubscribe }}">No more</a> {{ postal_address }}</mj-text>\n'
        "</mj-column></mj-section></mj-body></mjml>\n"
    )
    texts = {"offer.en.mjml": text_of}
    assert check_beside_published(connection, texts, {}).problems == []
    assert delete_image(connection, name)
    (problem,) = check_beside_published(connection, texts, {}).problems
    assert str(problem).startswith(f"offer.en.mjml:6:33: there is no image {name} here")


def test_all_images_together_have_a_bound(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever may upload fills the disk that journeys are on. The same one again costs
    nothing, so it changes its text always."""
    monkeypatch.setattr(images, "MOST_OF_ALL", 250)
    kept(connection)
    image = CleanImage("gif", 8, 6, b"x" * 150)
    for alt in ("Logo", "Our logo"):
        add_image(connection, image, alt=alt, file_name="logo.gif", by="eve")

    with pytest.raises(Conflict, match="no room for this one"):
        kept(connection, 1)
    assert [one.alt for one in list_images(connection, limit=5)] == ["Our logo", "Logo"]
