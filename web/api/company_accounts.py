"""``/api/users/{id}/company-account``: for a user to whom the provider gave another account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from domain.access import Action
from services import users
from store.access.api_tokens import Caller
from store.access.users import UserLine
from web.api.access import Place, may

router = APIRouter(prefix="/users", tags=["users"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_USERS))]


@router.delete("/{user_id}/company-account")
def forget(here: Place, caller: Admin, user_id: int) -> UserLine:
    """Let the user sign in with another company account: the next one with the user's address is
    it. Signs them out everywhere."""
    user = users.forget_account(here, caller, user_id)
    here.auth_log.note("company-account", "ok", user=user.email, did="forgotten")
    return user
