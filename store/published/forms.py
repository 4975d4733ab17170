"""What publishing the forms makes: a source for each, and the wordings that people agree to."""

from __future__ import annotations

from sqlalchemy import Connection, text

from domain.forms.policy import FormsPolicy, HostedForm
from store.access.write_keys import ensure_source_of_form

# A wording that is published again is the version that it was.
_KEEP = text(
    """
    INSERT INTO form_consent_text (form, language, version, topic, text)
    SELECT :form, :language, (SELECT coalesce(max(version), 0) + 1 FROM form_consent_text
        WHERE form = :form AND language = :language), :topic, :text
    WHERE NOT EXISTS (SELECT FROM form_consent_text WHERE form = :form AND language = :language
        AND topic = :topic AND text = :text)
    """
)


def publish_forms(connection: Connection, policy: FormsPolicy) -> None:
    """Have each form write in its own name, and keep what it has people agree to."""
    for form in policy.forms:
        ensure_source_of_form(connection, form.name, form.enters)
        if form.consent is None:
            continue
        for language, wording in form.consent.text.items():
            connection.execute(
                _KEEP,
                {
                    "form": form.name,
                    "language": language,
                    "topic": form.consent.topic,
                    "text": wording,
                },
            )


def consent_text_id(connection: Connection, form: HostedForm, language: str) -> int | None:
    """Id of the wording that people read in this language; None where a form has none."""
    if form.consent is None:
        return None
    found: int | None = connection.scalar(
        text(
            "SELECT id FROM form_consent_text WHERE form = :form AND language = :language "
            "AND topic = :topic AND text = :text"
        ),
        {
            "form": form.name,
            "language": language,
            "topic": form.consent.topic,
            "text": form.consent.text[language],
        },
    )
    return found
