"""``/api/users/{id}/company-account``: for a user to whom the provider gave another account."""

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


@router.delete("/{user_id}/company-account")
def forget(context: CurrentContext, caller: Admin, user_id: int) -> UserLine:
    """Let the user sign in with another company account: the next one with the user's address is
    it. Signs them out everywhere."""
    user = users.forget_account(context, caller, user_id)
    context.auth_log.note("company-account", "ok", user=user.email, did="forgotten")
    return user
