"""What somebody changes of their own: settings of the console, and where they are signed in."""

from __future__ import annotations

from zoneinfo import available_timezones

from domain.access import Action
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from store.access import sessions, users
from store.access.api_tokens import Caller


@changes(Action.OWN_SETTINGS, "PATCH /me")
def change(
    context: Context,
    caller: Caller,
    *,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
) -> None:
    """Change the own name and settings; what is None stays.

    Args:
        language: en, ko or zh.
        time_zone: IANA name; '' for the browser's.
        theme: auto, light or dark.

    Raises:
        Conflict: a token has none, or the name is empty.
        Invalid: there is no such time zone.
    """
    if not caller.user_id:
        raise Conflict("A token has no settings: sign in to the console.")
    if time_zone and time_zone not in available_timezones():
        raise Invalid(sentence("There is no time zone '{zone}'.", zone=time_zone), "time_zone")
    with context.database.begin() as connection:
        users.set_preferences(
            connection, caller.user_id, language=language, time_zone=time_zone, theme=theme
        )
        if name is None:
            return
        try:
            users.change_user(connection, caller.user_id, context.real_now(), name=name)
        except Conflict as refusal:
            raise refusal.about("name") from None


@changes(Action.OWN_SETTINGS, "DELETE /me/sessions")
def end_all_sessions(context: Context, caller: Caller, *, others: bool) -> None:
    """Sign out everywhere, here too; with ``others`` in all browsers but this one."""
    with context.database.begin() as connection:
        if others:
            sessions.end_other_sessions(
                connection, caller.user_id, caller.session_id, context.real_now()
            )
        else:
            users.end_sessions(connection, caller.user_id, context.real_now())


@changes(Action.OWN_SETTINGS, "DELETE /me/sessions/{session_id}")
def end_session(context: Context, caller: Caller, session_id: int) -> None:
    """Sign out one browser.

    Raises:
        Missing: the caller is not signed in there.
    """
    with context.database.begin() as connection:
        if not sessions.end_session_of(connection, caller.user_id, session_id, context.real_now()):
            raise Missing(sentence("You have no session {session}.", session=session_id))
