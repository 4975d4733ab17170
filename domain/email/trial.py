"""A template tried before it is published: rendered for invented people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.authoring.yaml_source import SourceProblem
from domain.email.merge_fields import BRAND_FIELDS, OWNER_FIELDS, SENDER_FIELDS, at_line
from domain.email.rendering import (
    CompiledTemplate,
    RenderError,
    failing_line,
    read_template,
    render,
)

_UNSUBSCRIBE = "https://go.example/unsubscribe"
_POSTAL = "Sample-Lane-1"
"""One word, which no mail says by itself and any filter for its letters leaves whole."""
_NOTHING_KNOWN = dict.fromkeys(
    ("first_name", "last_name", "title", "company", "country", "language"), ""
)
_LEADS: Mapping[str, Mapping[str, str]] = {
    "": {
        "first_name": "Robin",
        "last_name": "Sample",
        "title": "Planner",
        "company": "Sample & Partners",
        "country": "GB",
        "language": "en",
    },
    " to a lead of whom nothing but the address is known": _NOTHING_KNOWN,
}
"""Words that say for whom → a lead."""

_NEEDED = (
    (
        "a link to unsubscribe",
        _UNSUBSCRIBE,
        '<a href="{{ links.unsubscribe }}">Unsubscribe</a>',
    ),
    ("our postal address", _POSTAL, "{{ postal_address }}"),
)
"""What the law wants in marketing's mails: its name, what shows it, how it is written."""


def try_template(
    compiled: CompiledTemplate,
    source: str,
    file: str,
    parts: Mapping[str, str],
    *,
    meeting: bool,
    marketing: bool,
    footer: str,
) -> list[SourceProblem]:
    """What shows in a mail only when it is written: a tag that fails, no link to unsubscribe,
    no postal address.

    Args:
        compiled: what ``source`` was compiled to, without problems.
        file: its name, for problems.
        parts: as for ``compile_template``.
        meeting: whether the mail is about a meeting.
        marketing: whether it needs a link to unsubscribe and our postal address, which operational
            mail does not.
        footer: the part that has both, '' for none.
    """
    for whom, lead in _LEADS.items():
        fields = _fields(lead, meeting=meeting)
        try:
            mail = render(compiled, fields)
        except RenderError as error:
            message = (
                f"this fails when the mail is written{whom}. {error} Fix or delete the tag, and "
                "look at the preview"
            )
            return [_where_it_fails(source, file, parts, fields, message)]
        for what, shown, written in _NEEDED if marketing else ():
            if shown.casefold() not in mail.html.casefold():
                include = f'<mj-include path="{footer}" /> above this line, or ' if footer else ""
                message = (
                    f"marketing's mails need {what}, and this one has none{whom}. Add {include}"
                    f"{written} in an mj-text"
                )
                return [_at_the_end(source, file, parts, message)]
    return []


def sample_fields(*, meeting: bool) -> dict[str, Any]:
    """Merge fields of a mail to somebody invented, of whom all is known."""
    return _fields(_LEADS[""], meeting=meeting)


def _fields(lead: Mapping[str, str], *, meeting: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "lead": {**lead, "attributes": {}},
        "sender": dict.fromkeys(SENDER_FIELDS, "")
        | {"name": "Clara Moss", "email": "clara@go.example"},
        "owner": dict.fromkeys(OWNER_FIELDS, "") | {"name": "Jonas Adeyemi"},
        "links": {
            "unsubscribe": _UNSUBSCRIBE,
            "preferences": "https://go.example/preferences",
            "booking": "https://go.example/booking",
            "confirmation": "https://go.example/confirmation",
        },
        "brand": dict.fromkeys(BRAND_FIELDS, "") | {"name": "Sample"},
        "postal_address": _POSTAL,
        "link": lambda url: url,
    }
    if meeting:
        when = {"starts_at": "Monday, 3 March 2025, 10:00 (London)", "minutes": 30}
        fields["meeting"] = when | {"place": "", "phone": "", "words": ""}
        fields["links"]["meeting"] = ""
    return fields


def _where_it_fails(
    source: str, file: str, parts: Mapping[str, str], fields: Mapping[str, Any], message: str
) -> SourceProblem:
    subject, preheader, body, _ = read_template(source, file, parts)
    for fragment in (subject, preheader, body):
        line = failing_line(fragment.text, {**fields, "subject": "", "preheader": ""})
        if line:
            return at_line(fragment, line, r"\{[{%]", message)
    return body.problem(0, message)


def _at_the_end(source: str, file: str, parts: Mapping[str, str], message: str) -> SourceProblem:
    body = read_template(source, file, parts)[2]
    return body.problem(max(body.text.rfind("</mj-body>"), 0), message)
