"""What people do with forms that were sent, at three doors."""

from __future__ import annotations

from domain.checking.policies import read_policy
from services import forms
from store.published.policies import publish_policy
from tests.services.act_cases import Act, asked, pressed
from tests.web.api.conftest import Api

FORMS = """
policy: forms
forms:
  - name: demo-request
    title: {en: See it}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
"""


def kept_apart(api: Api) -> None:
    """A form is published, and one was sent that looks like spam."""
    policy, problems = read_policy(FORMS, "forms.yaml")
    assert policy is not None, problems
    with api.database.begin() as connection:
        publish_policy(connection, FORMS, policy)
    api.value("UPDATE write_key SET key_hash = 'the same everywhere' RETURNING id")
    api.value(
        """
        INSERT INTO form_submission (form, key, state, suspicion, email_key, language, answers,
            facts, detail, visitor, at)
        VALUES ('demo-request', 'page', 'spam', 'trap', 'ann@new.example', 'en',
            '{"email": "ann@new.example"}',
            '{"email": "ann@new.example", "email_key": "ann@new.example"}',
            '{"properties": {"form": "demo-request"}}', 'form:page', now())
        RETURNING id
        """
    )


FORM_ACTS = [
    Act(
        "release a form from spam",
        "marketing",
        asked("marketing", "POST", "/forms/submissions/1/release"),
        pressed("marketing", forms.release, 1),
        ("form", "release", "1"),
        before=kept_apart,
    ),
    Act(
        "release what nobody kept apart",
        "marketing",
        asked("marketing", "POST", "/forms/submissions/1/release"),
        pressed("marketing", forms.release, 1),
        ("form", "release", "1"),
        "Nothing of this number is kept apart",
    ),
]
