"""``/api/users/{id}/second-factor``: for a user who has lost app and recovery codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from domain.access import Action
from domain.sentences import sentence
from store.access import users
from store.access.api_tokens import Caller
from store.access.second_factor import remove_second_factor
from store.access.users import UserLine
from web.api.access import Place, found, may
from web.problems import refused

router = APIRouter(prefix="/users", tags=["users"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_USERS))]


@router.delete("/{user_id}/second-factor")
def reset(here: Place, caller: Admin, user_id: int) -> UserLine:
    """Ask the user for no codes any more, and sign them out everywhere. One's own is removed with
    a code, or reset by another admin."""
    if user_id == caller.user_id:
        raise refused(
            sentence("Remove your own second factor with a code, or have another admin reset it.")
        )
    none = sentence("There is no user {user}.", user=user_id)
    with here.database.begin() as connection:
        user = found(users.user_by_id(connection, user_id), none)
        if not remove_second_factor(connection, user_id):
            raise refused(sentence("{address} has no second factor.", address=user.email))
        users.end_sessions(connection, user_id, here.real_now())
        user = found(users.user_by_id(connection, user_id), none)
    here.auth_log.note("second-factor", "ok", user=user.email, did="reset")
    return user
