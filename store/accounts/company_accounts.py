"""Company accounts: which user an OpenID Connect provider speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from domain.email.addresses import address_key
from store.tables import ConsoleUser


@dataclass(frozen=True)
class ProviderUser:
    """Whom a provider speaks of; None, with the reason in a few words, when nobody is let in."""

    user_id: int | None
    why_not: str = ""


def user_of_provider(
    connection: Connection, subject: str, email: str, *, doubt: str
) -> ProviderUser:
    """The user of the subject (issuer and subject), whatever address the provider tells; or else
    the one with the address who has no subject yet: it is remembered then.

    Args:
        doubt: why the address may not be the account's own; '' when it is.
    """
    known = connection.execute(
        select(ConsoleUser.id, ConsoleUser.disabled_at).where(ConsoleUser.oidc_subject == subject)
    ).first()
    if known is not None:
        return _unless_disabled(known.id, disabled=known.disabled_at is not None)
    if not email.strip():
        return ProviderUser(None, "the provider tells no e-mail address")
    if doubt:
        return ProviderUser(None, doubt)
    user = connection.execute(
        select(ConsoleUser.id, ConsoleUser.disabled_at, ConsoleUser.oidc_subject)
        .where(ConsoleUser.email_key == address_key(email))
        .with_for_update()
    ).first()
    if user is None:
        return ProviderUser(None, "no user has this address")
    if user.oidc_subject:
        return ProviderUser(None, "the user of this address has another company account")
    found = _unless_disabled(user.id, disabled=user.disabled_at is not None)
    if found.user_id is not None:
        connection.execute(
            update(ConsoleUser).where(ConsoleUser.id == user.id).values(oidc_subject=subject)
        )
    return found


def forget_company_account(connection: Connection, user_id: int) -> bool:
    """Let the user sign in with another account of the provider, the next with the user's address;
    whether one was known."""
    return bool(
        connection.execute(
            update(ConsoleUser)
            .where(ConsoleUser.id == user_id, ConsoleUser.oidc_subject != "")
            .values(oidc_subject="")
        ).rowcount
    )


def _unless_disabled(user_id: int, *, disabled: bool) -> ProviderUser:
    return ProviderUser(None, "the user is disabled") if disabled else ProviderUser(user_id)
