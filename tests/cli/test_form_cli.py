"""Forms at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Engine, text

from cli import cadence, form
from tests.cli.terminal import run

FORM = """
policy: forms
forms:
  - name: guide
    title: {en: The guide}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
    origins: [https://www.acme.example]
"""
SPAM = """
INSERT INTO form_submission (form, key, state, suspicion, email_key, language, answers, facts,
    detail, visitor, at)
SELECT 'guide', 'page', 'spam', 'trap', address, 'en', jsonb_build_object('email', address),
    jsonb_build_object('email', address, 'email_key', address), '{}', 'form:page', now()
FROM (VALUES ('ann@new.example')) AS one (address)
"""


def test_a_form_is_published_shown_and_its_spam_released(database: Engine, folder: Path) -> None:
    """Who works by files and scripts needs no console for it."""
    file = folder / "cadences" / "forms.yaml"
    file.write_text(FORM, encoding="utf-8")
    run(cadence.app, "publish", "--yes")
    assert "in force" in run(form.app, "publish", str(file))
    with database.begin() as connection:
        connection.execute(text(SPAM))

    assert 'data-perennial-form="guide"' in run(form.app, "show", "guide")
    kept = run(form.app, "submissions", "guide", "--spam")
    assert "spam: trap" in kept
    assert kept.splitlines()[0].split()[-1] == "Answers"
    run(form.app, "release", "1")
    (one,) = json.loads(run(form.app, "list", "--json"))["forms"]
    assert (one["name"], one["taken"], one["spam"]) == ("guide", 1, 0)
