"""Hosted forms: what was kept apart as spam and is none."""

from __future__ import annotations

import html

from domain.access import Action
from domain.forms.policy import HostedForm
from domain.refusals import Conflict, Missing
from domain.sentences import sentence
from services.access import changes, found
from services.context import Context
from store.access.api_tokens import Caller
from store.forms.lists import form_named
from store.forms.submissions import TakenAlready, source_of, spam_with, take


@changes(Action.READ_FORMS, "POST /forms/submissions/{submission_id}/release")
def release(context: Context, caller: Caller, submission_id: int) -> None:
    """Say that what was kept apart is no spam: it is taken as of when it was sent, as if it had
    never seemed so.

    Raises:
        Missing: nothing of this id is kept apart, or not any more.
        Conflict: its form is published no more.
    """
    gone = sentence("Nothing of this number is kept apart, or somebody has released it.")
    with context.database.connect() as connection:
        sent = found(spam_with(connection, submission_id), gone)
        form = form_named(connection, sent.form)
        zone = context.settings.lead_time_zone
        source = source_of(connection, form, zone) if form else None
    if source is None:
        raise Conflict(
            sentence(
                "The form '{form}' is not published any more: publish it first.", form=sent.form
            )
        )
    now = context.clock.now()
    try:
        take(context.database, sent, source, now, released_by=caller.by)
    except TakenAlready as taken:
        raise Missing(gone) from taken


def published_form(context: Context, name: str) -> HostedForm:
    """The form of this name.

    Raises:
        Missing: none is published.
    """
    with context.database.connect() as connection:
        form = form_named(connection, name)
    if form is None:
        raise Missing(sentence("The form '{name}' is not published.", name=name))
    return form


def page_of(context: Context, name: str) -> str:
    """The address of a form's page."""
    return f"{context.settings.web_url()}/f/{name}"


def embed_code(context: Context, name: str) -> str:
    """What a page of another site holds to show a form."""
    base = context.settings.web_url()
    return (
        f'<div data-perennial-form="{name}"></div>\n<script src="{base}/f/embed.js" async></script>'
    )


def frame_code(context: Context, form: HostedForm) -> str:
    """The same for a page that runs no script of others."""
    title = next(iter(form.title.values()))
    return (
        f'<iframe src="{page_of(context, form.name)}/embed" title="{html.escape(title)}" '
        'style="width:100%;height:42rem;border:0"></iframe>'
    )
