"""Which programs are told what happens."""

from __future__ import annotations

from domain.access import Action
from domain.contracts.webhooks import events_problem, url_problem
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.outbox import outgoing


@changes(Action.MANAGE_WEBHOOKS, "POST /webhooks/endpoints", keep=("url", "events"))
def add(context: Context, caller: Caller, url: str, events: list[str]) -> str:
    """Send events to an address from now on; the secret that verifies the signatures, which nobody
    can tell again.

    Args:
        events: empty for all.

    Raises:
        Invalid: the address can't be used, or there is no such event.
        Conflict: events go there already.
    """
    if problem := url_problem(url, allow_private=context.settings.webhooks_allow_private):
        raise Invalid(problem, "url")
    if problem := events_problem(events):
        raise Invalid(problem, "events")
    with context.database.begin() as connection:
        secret = outgoing.add_endpoint(connection, url, events)
    if secret is None:
        raise Conflict(
            sentence("Events go to {url} already; remove it first to change that.", url=url), "url"
        )
    return secret


@changes(Action.MANAGE_WEBHOOKS, "POST /webhooks/endpoints/remove", keep=("url",))
def remove(context: Context, caller: Caller, url: str) -> None:
    """Send nothing more to an address; its log stays.

    Raises:
        Missing: nothing is sent there.
    """
    with context.database.begin() as connection:
        if not outgoing.remove_endpoint(connection, url):
            raise Missing(sentence("Nothing is sent to {url}.", url=url))


@changes(Action.MANAGE_WEBHOOKS, "POST /webhooks/endpoints/pause", keep=("url", "paused"))
def pause(context: Context, caller: Caller, url: str, *, paused: bool) -> None:
    """Send nothing to an address, or go on. What happens while it is paused never goes there.

    Raises:
        Missing: there is no such endpoint.
    """
    with context.database.begin() as connection:
        if not outgoing.pause_endpoint(connection, url, paused=paused):
            raise Missing(sentence("There is no endpoint {url}.", url=url))


@changes(Action.MANAGE_WEBHOOKS, "POST /webhooks/deliveries/{delivery_id}/resend")
def resend(context: Context, caller: Caller, delivery_id: int) -> None:
    """Send an event again now, under the same ``webhook-id``.

    Raises:
        Conflict: there is no such delivery, or nothing goes to its endpoint any more.
    """
    with context.database.begin() as connection:
        outgoing.resend(connection, delivery_id)


@changes(Action.MANAGE_WEBHOOKS, "POST /webhooks/endpoints/test", keep=("url",))
def send_test(context: Context, caller: Caller, url: str) -> int:
    """Send an endpoint an event that tells of nothing, signed as those that do.

    Returns:
        The delivery's id, by which the log tells how it went.

    Raises:
        Conflict: nothing goes to this address, or not now.
    """
    with context.database.begin() as connection:
        delivery = outgoing.send_test(connection, url)
    if delivery is None:
        raise Conflict(
            sentence("Nothing goes to {url}: add it, or resume it if it is paused.", url=url), "url"
        )
    return delivery
