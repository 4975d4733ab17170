"""Publishing what was checked: cadences, policies and templates together, all or nothing.

From the console and from files (``cadence publish``) the same versions come: what was published
last holds, wherever it was written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from domain.access import Action, publishing
from domain.authoring.yaml_source import SourceProblem, ordered, read
from domain.brand.policy import IMAGE_NAME, IMAGES, BrandPolicy, brand_fields
from domain.cadences.cadence import FALLBACK_LANGUAGE
from domain.checking.checked import CheckedTexts, check_among
from domain.checking.lint import lint
from domain.email.checked import check_template, is_about_a_meeting, template_of
from domain.email.delivery_checks import delivery_warnings
from domain.segments.policy import SegmentsPolicy
from store.bounded import allow_long_work
from store.images.images import will_be_there
from store.published.brand import brand_policy
from store.published.cadence_states import archived_cadences
from store.published.cadences import (
    UNSIGNED,
    Publication,
    Signature,
    TemplateSource,
    cadence_named,
    lock_publishing,
    publish_cadence,
    publish_templates,
)
from store.published.policies import publish_policy
from store.published.published_texts import Kind, version_in_force
from store.publishing.triggers import not_dates, publish_triggers
from store.scoring.scoring_runs import begin_run, scoring_run
from store.segments.membership import judge_all_again, publish_segments
from store.tables import CadenceVersion

_OUR_IMAGE = re.compile(rf"{IMAGES}/({IMAGE_NAME.pattern})")


@dataclass
class Checked(CheckedTexts):
    """What the texts hold, as far as it is right, and every problem in them.

    ``languages`` are those that each template has once these are published.
    """

    templates: list[TemplateSource] = field(default_factory=list)
    languages: Mapping[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """Name → publication of the cadences and of the policies, the templates (name, language) that
    have a new version, and how many leads are to be scored anew. ``events_kept`` is for how many
    months new policies have events kept, where the setting says fewer; else 0.

    Among the cadences are those that have a new version because a mail of theirs does.
    """

    cadences: dict[str, Publication]
    policies: dict[str, Publication]
    templates: list[tuple[str, str]]
    rescored: int
    events_kept: int = 0

    def actions(self) -> dict[Action, list[str]]:
        """What one must be allowed to do for this, and the names of what is new by it."""
        new = {name: publishing(name) for name, one in self.policies.items() if one.new}
        new |= {name: Action.PUBLISH for name, one in self.cadences.items() if one.new}
        new |= {f"{name}.{language}": Action.PUBLISH for name, language in self.templates}
        return {
            action: sorted(name for name, needed in new.items() if needed == action)
            for action in set(new.values())
        }


class ReplacedVersion(NamedTuple):
    """What somebody saw in force, and agreed to replace: ``id`` 0 where there was nothing."""

    kind: Kind
    name: str
    id: int


@dataclass(frozen=True)
class PolicyLine:
    """The newest version of a policy, as a list shows it."""

    name: str
    version: int
    published_at: datetime


def check_beside_published(
    connection: Connection, texts: Mapping[str, str], parts: Mapping[str, str]
) -> Checked:
    """Check texts alone, against each other, and against all that is published and that none of
    them replaces.

    Args:
        texts: by their file's name: a template's is ``NAME.LANGUAGE.mjml``.
        parts: file name → text of what templates may include.
    """
    templates = {file: known for file in texts if (known := template_of(file))}
    languages = {name: set(found) for name, found in template_ids(connection).items()}
    for name, language in templates.values():
        languages.setdefault(name, set()).add(language)
    checked = Checked(languages=languages)
    others = {file: source for file, source in texts.items() if file not in templates}
    check_among(
        checked,
        others,
        texts_in_force(connection),
        languages,
        cadence_names(connection),
        archived=archived_cadences(connection),
    )
    looks = _brand(connection, checked)
    for file, (name, language) in templates.items():
        source = texts[file]
        compiled, problems = check_template(name, source, file, parts)
        checked.problems += problems
        if compiled is not None:
            checked.templates.append(TemplateSource(name, language, source, compiled))
            if not problems:
                meeting = is_about_a_meeting(name)
                brand = brand_fields(looks, language, "")
                checked.warnings += delivery_warnings(
                    compiled, source, file, parts, brand, meeting=meeting
                )
    checked.problems += not_dates(connection, checked.cadences)
    checked.problems += _logo_that_is_not_here(connection, checked, others)
    for file in templates:
        checked.problems += _images_that_are_not_here(connection, texts[file], file)
    checked.problems[:] = ordered(checked.problems)
    return checked


def _brand(connection: Connection, checked: Checked) -> BrandPolicy:
    """The brand that is published with the texts, or is published."""
    _source, brand = checked.policies.get(BrandPolicy.name(), ("", None))
    return brand if isinstance(brand, BrandPolicy) else brand_policy(connection)


def _logo_that_is_not_here(
    connection: Connection, checked: Checked, texts: Mapping[str, str]
) -> Iterator[SourceProblem]:
    """A logo that was deleted, or is another installation's: every mail would show a gap."""
    source, brand = checked.policies.get(BrandPolicy.name(), ("", None))
    if not isinstance(brand, BrandPolicy) or brand.logo is None:
        return
    if not will_be_there(connection, brand.logo.image):
        file = next(file for file, text in texts.items() if text == source)
        message = "there is no such image here. Upload it in the console, and write its name"
        yield read(source, file).problem(("logo", "image"), message)


def _images_that_are_not_here(
    connection: Connection, source: str, file: str
) -> Iterator[SourceProblem]:
    """Images that were deleted while a mail was written, or are another installation's."""
    for found in _OUR_IMAGE.finditer(source):
        if not will_be_there(connection, found[1]):
            before = source[: found.start()]
            line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
            message = (
                f"there is no image {found[1]} here: it was deleted, or is another installation's, "
                "and the mail would show a gap. Choose another, or upload it in the console"
            )
            yield SourceProblem(file, line, column, message)


def is_in_force(connection: Connection, replaced: ReplacedVersion) -> bool:
    """Whether a version is in force still; from here on nobody else publishes before the end of
    the transaction."""
    allow_long_work(connection)
    lock_publishing(connection)
    return version_in_force(connection, replaced.kind, replaced.name) == replaced.id


def publish_checked(
    connection: Connection, checked: Checked, now: datetime, signed: Signature = UNSIGNED
) -> Published:
    """Publish what has no problems. New scoring rules also queue the scoring of all leads by them;
    a cadence of which a mail is new gets a new version too.

    Args:
        now: journey time, UTC.
    """
    allow_long_work(connection)
    before = template_ids(connection)
    changed = publish_templates(connection, checked.templates, signed)
    templates = {
        name: {one: known for one, known in ids.items() if one in checked.languages.get(name, ids)}
        for name, ids in template_ids(connection).items()
    }
    cadences = {
        cadence.name: publish_cadence(
            connection, cadence=cadence, source=text, templates=templates, signed=signed
        )
        for text, cadence in checked.cadences.values()
    }
    cadences |= _with_new_mails(connection, set(changed), set(cadences), templates, by=signed.by)
    policies = {
        name: publish_policy(connection, text, policy, signed)
        for name, (text, policy) in checked.policies.items()
    }
    _segments_follow(connection, checked, policies)
    for _, cadence in checked.cadences.values():
        publish_triggers(connection, cadence, now)
    rescored = 0
    scoring = policies.get("scoring")
    if scoring is not None and scoring.new:
        run_id = begin_run(connection, scoring.id, now)
        rescored = scoring_run(connection, run_id).leads if run_id is not None else 0
    new = [
        (name, language)
        for name, ids in changed.items()
        for language, known in ids.items()
        if before.get(name, {}).get(language) != known
    ]
    return Published(cadences, policies, new, rescored)


def _segments_follow(
    connection: Connection, checked: Checked, policies: Mapping[str, Publication]
) -> None:
    new = {name for name, one in policies.items() if one.new}
    if "scoring" in new:
        judge_all_again(connection, "score")
    if "segments" in new:
        _source, segments = checked.policies["segments"]
        if isinstance(segments, SegmentsPolicy):
            publish_segments(connection, segments)


def cadences_with(connection: Connection, template: str) -> list[str]:
    """Names of the cadences that send this template, by their newest version."""
    rows = connection.scalars(
        text(
            "SELECT name FROM (SELECT DISTINCT ON (name) name, templates FROM cadence_version "
            "ORDER BY name, version DESC) AS newest WHERE jsonb_exists(templates, :template) "
            "ORDER BY name"
        ),
        {"template": template},
    )
    return list(rows)


def wanted_languages(connection: Connection, template: str) -> set[str]:
    """The languages that a template is to be written in, by the cadences in force that send it."""
    ids = template_ids(connection)
    wanted: set[str] = set()
    for name in cadences_with(connection, template):
        cadence = cadence_named(connection, name, None).cadence
        spoken = {one for mail in cadence.templates() for one in ids.get(mail, ())}
        wanted |= set(cadence.languages) or spoken | {FALLBACK_LANGUAGE}
    return wanted


def _with_new_mails(
    connection: Connection,
    changed: set[str],
    done: set[str],
    templates: Mapping[str, Mapping[str, int]],
    *,
    by: str,
) -> dict[str, Publication]:
    """New versions of the cadences in force that use a changed template. One that would speak a
    new language in some of its mails only waits until it has them all."""
    names = {name for template in changed for name in cadences_with(connection, template)} - done
    published = {}
    for source in texts_in_force(connection) if names else ():
        cadence, problems = lint(source, "", templates)
        if cadence is not None and cadence.name in names and not problems:
            published[cadence.name] = publish_cadence(
                connection,
                cadence=cadence,
                source=source,
                templates=templates,
                signed=Signature(by),
            )
    return published


def template_ids(connection: Connection) -> dict[str, dict[str, int]]:
    """The newest version of every template that is published: name → language → id."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT ON (name, language) name, language, id FROM template_version "
            "ORDER BY name, language, published_at DESC"
        )
    )
    ids: dict[str, dict[str, int]] = {}
    for name, language, version_id in rows:
        ids.setdefault(name, {})[language] = version_id
    return ids


def taken_templates(connection: Connection, names: Collection[str]) -> list[str]:
    """Those of these template names that are published or that somebody has a draft of; nobody
    publishes before the end of the transaction."""
    lock_publishing(connection)
    rows = connection.scalars(
        text(
            """
            SELECT name FROM template_version WHERE name = ANY(cast(:names AS text[]))
            UNION SELECT split_part(name, '.', 1) FROM draft WHERE kind = 'template'
                AND split_part(name, '.', 1) = ANY(cast(:names AS text[]))
            ORDER BY 1
            """
        ),
        {"names": list(names)},
    )
    return list(rows)


def cadence_names(connection: Connection) -> set[str]:
    """Names of the cadences that are published."""
    return set(connection.scalars(select(CadenceVersion.name).distinct()))


def list_policies(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[PolicyLine]:
    """The newest version of every policy, by name, from the one after the name ``after``; ``limit``
    None: all."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT ON (name) name, version, published_at FROM policy_version "
            "WHERE name > :after ORDER BY name, version DESC LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return [PolicyLine(**row._mapping) for row in rows]


def texts_in_force(connection: Connection) -> list[str]:
    """The newest version of every cadence and policy, as it was written."""
    rows = connection.execute(
        text(
            """
            (SELECT DISTINCT ON (name) source FROM cadence_version ORDER BY name, version DESC)
            UNION ALL
            (SELECT DISTINCT ON (name) source FROM policy_version ORDER BY name, version DESC)
            """
        )
    )
    return list(rows.scalars())
