"""What the commands find: a database, a checkout, and a world in which journeys run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from cli import cadence
from store.engine import engine
from store.tables import Rep
from tests.cli.terminal import environment
from tests.support.workflow_world import World
from tests.workflows.conftest import here

__all__ = ["here"]

WELCOME = """\
cadence: welcome
description: Says hello.
steps:
  - email: hello
  - wait: 3 days
  - branch:
      if: engagement.clicks > 0
      then:
        - task: {title: Ring, kind: call}
      else:
        - wait: 1 week
        - exit: cold
  - wait: 2 business days
  - email: hello
"""
MAIL = """\
---
subject: Hello {{ lead.first_name|fallback("there") }}
preheader: A word
---
<mjml><mj-body><mj-section><mj-column><mj-text>
Hello <a href="{{ links.unsubscribe }}">Unsubscribe</a> {{ postal_address }}
</mj-text></mj-column></mj-section></mj-body></mjml>
"""
SCORING = """\
policy: scoring
half_life: 21 days
interest:
  - {rule: clicked, on: click, points: 10}
levels: {1: 60, 2: 30, 3: 10}
letters: {A: 50, B: 30, C: 0}
matrix:
  A: [hot, mql, engaged, known]
  B: [hot, mql, engaged, known]
  C: [mql, mql, engaged, known]
  D: [engaged, engaged, known, known]
hot_within: 15 minutes
"""


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A fresh database that the command line finds; nothing here speaks to Temporal."""
    made = engine(database_url)
    with environment(monkeypatch, database_url):
        yield made
    made.dispose()


@pytest.fixture
def rep(database: Engine) -> str:
    """The code of the one rep there is."""
    with database.begin() as connection:
        connection.execute(
            insert(Rep).values(code="rep-1", name="Hana Lindqvist", email="", team="emea")
        )
    return "rep-1"


@pytest.fixture
async def desk(here: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose addresses the command line finds."""
    url = here.database.url.render_as_string(hide_password=False)
    with environment(monkeypatch, url, here.client.service_client.config.target_host):
        yield here


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one good cadence, policy and template, as the commands see it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cadence, "CADENCES", tmp_path / "cadences")
    monkeypatch.setattr(cadence, "TEMPLATES", tmp_path / "templates")
    for name in ("cadences", "templates"):
        (tmp_path / name).mkdir()
    (tmp_path / "cadences/welcome.yaml").write_text(WELCOME, encoding="utf-8")
    (tmp_path / "cadences/scoring.yaml").write_text(SCORING, encoding="utf-8")
    (tmp_path / "templates/hello.en.mjml").write_text(MAIL, encoding="utf-8")
    return tmp_path
