"""``/api/users/{id}/second-factor``: for a user who has lost app and recovery codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from domain.access import Action
from services import users
from store.access.api_tokens import Caller
from store.access.users import UserLine
from web.api.access import CurrentContext, may

router = APIRouter(prefix="/users", tags=["users"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_USERS))]


@router.delete("/{user_id}/second-factor")
def reset(context: CurrentContext, caller: Admin, user_id: int) -> UserLine:
    """Ask the user for no codes any more, and sign them out everywhere. One's own is removed with
    a code, or reset by another admin."""
    user = users.reset_second_factor(context, caller, user_id)
    context.auth_log.note("second-factor", "ok", user=user.email, did="reset")
    return user
