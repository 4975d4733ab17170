"""Publishing what was checked: cadences and policies together, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.cadences.checked import CheckedTexts
from store.cadences import Publication, publish_cadence
from store.policies import publish_policy
from store.scoring_runs import begin_run, scoring_run
from store.tables import CadenceVersion


@dataclass(frozen=True)
class Published:
    """Name → publication of the cadences and of the policies, and how many leads are to be scored
    anew."""

    cadences: dict[str, Publication]
    policies: dict[str, Publication]
    rescored: int


@dataclass(frozen=True)
class PolicyLine:
    """The newest version of a policy, as a list shows it."""

    name: str
    version: int
    published_at: datetime


def publish_texts(
    connection: Connection,
    checked: CheckedTexts,
    templates: Mapping[str, Mapping[str, int]],
    now: datetime,
) -> Published:
    """Publish cadences and policies that have no problems. New scoring rules also queue the
    scoring of all leads by them.

    Args:
        templates: template name → language → id of the version to use.
        now: journey time, UTC.
    """
    cadences = {
        cadence.name: publish_cadence(connection, cadence=cadence, source=text, templates=templates)
        for text, cadence in checked.cadences.values()
    }
    policies = {
        name: publish_policy(connection, name, text, policy)
        for name, (text, policy) in checked.policies.items()
    }
    rescored = 0
    scoring = policies.get("scoring")
    if scoring is not None and scoring.new:
        run_id = begin_run(connection, scoring.id, now)
        rescored = scoring_run(connection, run_id).leads if run_id is not None else 0
    return Published(cadences, policies, rescored)


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


def cadence_names(connection: Connection) -> set[str]:
    """Names of the cadences that are published."""
    return set(connection.scalars(select(CadenceVersion.name).distinct()))


def list_policies(connection: Connection) -> list[PolicyLine]:
    """The newest version of every policy, by name."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT ON (name) name, version, published_at FROM policy_version "
            "ORDER BY name, version DESC"
        )
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
