"""Published cadences: a version that changes, doubles or vanishes breaks running enrollments."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, create_engine

from domain.cadences.cadence import Cadence
from domain.email.rendering import CompiledTemplate
from domain.refusals import CadenceMissing, TemplateMissing
from store.engine import RowGone
from store.published import cadences as store
from store.published.cadences import TemplateSource


@pytest.fixture
def engine(database_url: str) -> Engine:
    """An engine of its own, so that the per-process caches start empty."""
    return create_engine(database_url)


def template(name: str, language: str, text: str = "Hello") -> TemplateSource:
    return TemplateSource(
        name, language, f"source of {text}", CompiledTemplate(text, text, f"<p>{text}</p>", text)
    )


def cadence(wait: str = "3 days", name: str = "welcome") -> Cadence:
    return Cadence.model_validate(
        {"cadence": name, "steps": [{"email": "hello"}, {"wait": wait}, {"email": "bye"}]}
    )


def publish(
    engine: Engine, plan: Cadence, *texts: TemplateSource, source: str = "source"
) -> store.Publication:
    """Publish a cadence and its templates as the command does, in one transaction."""
    templates = texts or (template("hello", "en"), template("hello", "ko"), template("bye", "en"))
    with engine.begin() as connection:
        ids = store.publish_templates(connection, list(templates))
        return store.publish_cadence(connection, cadence=plan, source=source, templates=ids)


def test_an_unchanged_file_gives_no_new_version(engine: Engine) -> None:
    """Every start of the stack publishes; versions must not pile up."""
    first = publish(engine, cadence())
    again = publish(engine, cadence(), source="source  # with a comment")

    assert (first.version, first.new) == (1, True)
    assert (again.id, again.version, again.new) == (first.id, 1, False)


def test_a_changed_step_or_template_gives_a_new_version_and_keeps_the_old(engine: Engine) -> None:
    """Leads enrolled in version 1 go on with version 1 and its mails."""
    first = publish(engine, cadence())
    second = publish(engine, cadence("4 days"))
    third = publish(
        engine, cadence("4 days"), template("hello", "en", "Good day"), template("bye", "en")
    )

    assert [first.version, second.version, third.version] == [1, 2, 3]
    old = store.cadence_version(engine, first.id)
    assert old.cadence == cadence()
    old_mail = store.template_version(engine, old.template_version_id("hello", "en"))
    assert old_mail.compiled.subject == "Hello"
    with engine.connect() as connection:
        newest = store.latest_cadence(connection, "welcome")
        assert newest.version == 3
        assert store.cadence_named(connection, "welcome", 2).cadence == cadence("4 days")
    new_mail = store.template_version(engine, newest.template_version_id("hello", "en"))
    assert new_mail.compiled.subject == "Good day"


def test_going_back_to_an_earlier_text_is_a_new_version_with_the_old_mail(engine: Engine) -> None:
    """Marketing undoes a change: what counts is the newest publication, not the newest row."""
    publish(engine, cadence(), template("hello", "en", "A"), template("bye", "en"))
    publish(engine, cadence(), template("hello", "en", "B"), template("bye", "en"))
    back = publish(engine, cadence(), template("hello", "en", "A"), template("bye", "en"))

    assert (back.version, back.new) == (3, True)
    with engine.connect() as connection:
        assert store.latest_template(connection, "hello", "en").compiled.subject == "A"


def test_a_missing_language_falls_back_to_english(engine: Engine) -> None:
    """A French lead gets English mail, not an error."""
    published = store.cadence_version(engine, publish(engine, cadence()).id)

    assert published.template_version_id("hello", "fr") == published.templates["hello"]["en"]
    assert published.template_version_id("hello", "ko") == published.templates["hello"]["ko"]
    with engine.connect() as connection:
        assert store.latest_template(connection, "hello", "fr").language == "en"
        assert store.latest_template(connection, "hello", "ko").language == "ko"


def test_what_was_never_published_is_said_with_the_command_that_helps(engine: Engine) -> None:
    """Ops must not need to read the code."""
    with engine.connect() as connection:
        with pytest.raises(CadenceMissing, match="cadence publish"):
            store.latest_cadence(connection, "nowhere")
        with pytest.raises(TemplateMissing, match=r"nowhere\.en\.mjml"):
            store.latest_template(connection, "nowhere", "ko")
    with pytest.raises(RowGone, match="id 99"):
        store.cadence_version(engine, 99)
    with pytest.raises(RowGone, match="id 99"):
        store.template_version(engine, 99)


def test_a_version_is_read_once_per_process(engine: Engine) -> None:
    """Every touch asks for it; a published version can't change, so memory may answer."""
    publication = publish(engine, cadence())

    first = store.cadence_version(engine, publication.id)
    assert store.cadence_version(engine, publication.id) is first


def test_the_list_shows_the_newest_version_of_each_name(engine: Engine) -> None:
    """Marketing sees what is in force."""
    publish(engine, cadence())
    publish(engine, cadence("4 days"))
    publish(engine, cadence(name="another"))

    with engine.connect() as connection:
        summaries = store.list_cadences(connection)
    assert [(item.name, item.version, item.steps) for item in summaries] == [
        ("another", 1, 3),
        ("welcome", 2, 3),
    ]
    assert summaries[1].length.days == 4


def test_publishing_at_once_from_many_processes_gives_each_change_one_version(
    engine: Engine,
) -> None:
    """Two deploys at the same moment must neither fail nor double a version."""
    start = threading.Barrier(6)
    publications: list[store.Publication] = []

    def run(wait: str) -> None:
        start.wait()
        publications.append(publish(engine, cadence(wait)))

    threads = [
        threading.Thread(target=run, args=(f"{1 + number % 2} days",)) for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(publications) == 6
    new = [publication for publication in publications if publication.new]
    assert sorted(publication.version for publication in new) == list(range(1, len(new) + 1))
    with engine.connect() as connection:
        assert store.latest_cadence(connection, "welcome").version == len(new)
