"""``/api/users/{id}/company-account``: for a user to whom the provider gave another account."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from domain.access import Action
from domain.sentences import sentence
from store.access import users
from store.access.users import UserLine
from store.accounts.company_accounts import forget_company_account
from web.api.access import Place, found, may
from web.problems import refused

router = APIRouter(
    prefix="/users", tags=["users"], dependencies=[Depends(may(Action.MANAGE_USERS))]
)


@router.delete("/{user_id}/company-account")
def forget(here: Place, user_id: int) -> UserLine:
    """Let the user sign in with another company account: the next one with the user's address is
    it. Signs them out everywhere."""
    none = sentence("There is no user {user}.", user=user_id)
    with here.database.begin() as connection:
        user = found(users.user_by_id(connection, user_id), none)
        if not forget_company_account(connection, user_id):
            raise refused(
                sentence("{address} has not signed in with a company account.", address=user.email)
            )
        users.end_sessions(connection, user_id, here.real_now())
    here.auth_log.note("company-account", "ok", user=user.email, did="forgotten")
    return user
