"""Views of lists that people save for themselves and their colleagues."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from domain.access import Action
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.access import changes, team_of
from services.context import Context
from store.access import saved_views
from store.access.api_tokens import Caller

LONGEST_NAME, LONGEST_QUERY = 60, 2_000
"""Characters."""
NOT_KEPT = ("search", "cursor", "by")
"""Parameters that may name a person, or a place in the list."""


@changes(Action.OWN_SETTINGS, "POST /views", keep=("page", "name", "shared"))
def save_view(
    context: Context, caller: Caller, page: str, name: str, query: str, *, shared: bool = False
) -> int:
    """Save filters, columns and order of a list under a name, in place of the own view that has
    it; its id.

    Args:
        page: path under ``/console``, such as ``/leads``.
        query: as the page's address has it; what was looked for in words is not kept.
        shared: an SDR's with the team, others' with everybody.

    Raises:
        Conflict: a token has no views, or there are as many as may be.
        Invalid: there is no name, or it or the query is too long.
    """
    if not caller.user_id:
        raise Conflict(sentence("A token has no views: sign in to the console."))
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(
            sentence("Give the view a name of at most {most} characters.", most=LONGEST_NAME),
            "name",
        )
    pairs = parse_qsl(query)
    kept = urlencode([(key, value) for key, value in pairs if key not in NOT_KEPT])
    if len(kept) > LONGEST_QUERY:
        raise Invalid(sentence("So many filters can't be saved: choose fewer values."), "query")
    with context.database.begin() as connection:
        if saved_views.how_many_views(connection, caller.user_id) >= saved_views.MOST_VIEWS:
            raise Conflict(sentence("You have as many views as may be: remove one first."))
        team = (team_of(caller) or "") if shared else None
        return saved_views.save_view(connection, caller.user_id, page, name, query=kept, team=team)


@changes(Action.OWN_SETTINGS, "DELETE /views/{view_id}")
def remove_view(context: Context, caller: Caller, view_id: int) -> None:
    """Remove an own view; who was shown it sees it no more.

    Raises:
        Missing: the caller has none of this id.
    """
    with context.database.begin() as connection:
        if not saved_views.remove_view(connection, caller.user_id, view_id):
            raise Missing(sentence("You have no view {view}.", view=view_id))
