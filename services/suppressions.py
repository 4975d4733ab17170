"""Who gets no mail: stopped by somebody, and permitted again."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.access import Action
from domain.consent.policy import LIFTED_BY_THE_LEAD
from domain.email.addresses import address_key
from domain.lead_files.row import RejectedRowError, checked_email
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.access import changes, may_see, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.consent import consent
from store.consent.consent import Consent
from store.consent.suppressions import lead_with


@changes(Action.SUPPRESS, "PUT /suppressions/{lead_id}")
def suppress(
    context: Context, caller: Caller, lead_id: int, reason: str = "", topic: str = ""
) -> Consent:
    """Send a lead no more marketing mail, or none on a topic of the consent policy.

    Args:
        reason: in words; kept as evidence.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: there is no such topic.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        email_key = consent.email_key_of(connection, lead_id)
        if topic:
            _choose(
                connection, context, caller, email_key, topic=topic, evidence=reason, wanted=False
            )
        else:
            _stop(connection, context, caller, email_key, reason)
        return consent.consent_of(connection, email_key)


@changes(Action.SUPPRESS, "POST /suppressions")
def suppress_address(context: Context, caller: Caller, address: str, reason: str = "") -> str:
    """Send an address no more marketing mail, whether a lead has it or not; the address as it is
    kept.

    Raises:
        Invalid: it is none.
        Missing: no lead that this caller sees has it; for who sees all leads none needs to.
    """
    email_key = _checked(address)
    with context.database.begin() as connection:
        _sees_address(connection, caller, email_key)
        _stop(connection, context, caller, email_key, reason)
    return email_key


@changes(Action.PERMIT, "POST /suppressions/{lead_id}/permit")
def permit(
    context: Context,
    caller: Caller,
    lead_id: int,
    evidence: str,
    *,
    address_works: bool = False,
    topic: str = "",
) -> Consent:
    """Let a lead have mail again, or mail on a topic. What was held back meanwhile stays unsent.

    Args:
        evidence: how it is known that the lead wants mail again; kept.
        address_works: mail came back, and would not any more.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: there is no evidence, or no such topic.
        Conflict: the lead complained, or mail came back and nobody says that the address works.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        email_key = consent.email_key_of(connection, lead_id)
        if topic:
            _choose(
                connection, context, caller, email_key, topic=topic, evidence=evidence, wanted=True
            )
        else:
            _allow(connection, context, caller, email_key, evidence, address_works=address_works)
        return consent.consent_of(connection, email_key)


@changes(Action.PERMIT, "POST /suppressions/permit")
def permit_address(
    context: Context, caller: Caller, address: str, evidence: str, *, address_works: bool = False
) -> str:
    """Let an address have mail again, and be imported again if its person was erased; the address
    as it is kept.

    Raises:
        Invalid, Missing, Conflict: as :func:`suppress_address` and :func:`permit`.
    """
    email_key = _checked(address)
    with context.database.begin() as connection:
        _sees_address(connection, caller, email_key)
        _allow(connection, context, caller, email_key, evidence, address_works=address_works)
    return email_key


def _stop(
    connection: Connection, context: Context, caller: Caller, email_key: str, reason: str
) -> None:
    consent.opt_out(
        connection,
        email_key=email_key,
        at=context.clock.now(),
        source="operator",
        evidence=_by(caller, reason),
        reason="manual",
    )


def _allow(
    connection: Connection,
    context: Context,
    caller: Caller,
    email_key: str,
    evidence: str,
    *,
    address_works: bool,
) -> None:
    _refuse_none(evidence)
    lifted = consent.opt_in(
        connection,
        email_key=email_key,
        at=context.clock.now(),
        source="operator",
        lifts=(*LIFTED_BY_THE_LEAD, *(["bounced"] if address_works else [])),
        evidence=_by(caller, evidence),
    )
    if lifted is not None:
        return
    if consent.consent_of(connection, email_key).suppressed == "complained":
        raise Conflict(
            sentence(
                "{address} complained about our mail, and no permission lifts that: call, or wait "
                "until the lead writes.",
                address=email_key,
            )
        )
    raise Conflict(
        sentence(
            "Mail to {address} bounced; set address_works if you know that the address works "
            "again.",
            address=email_key,
        ),
        "address_works",
    )


def _choose(
    connection: Connection,
    context: Context,
    caller: Caller,
    email_key: str,
    *,
    topic: str,
    evidence: str,
    wanted: bool,
) -> None:
    """Note that a lead wants mail on a topic, or none."""
    if wanted:
        _refuse_none(evidence)
    if problem := consent.consent_policy(connection).topic_problem(topic):
        raise Invalid(problem, "topic")
    consent.choose_topics(
        connection,
        email_key=email_key,
        wanted={topic: wanted},
        at=context.clock.now(),
        source="operator",
        evidence=_by(caller, evidence),
    )


def _refuse_none(evidence: str) -> None:
    if not evidence.strip():
        raise Invalid(sentence("Say how you know that the lead wants mail again."), "evidence")


def _checked(address: str) -> str:
    try:
        return address_key(checked_email(address.strip()))
    except RejectedRowError as wrong:
        raise Invalid(
            sentence(
                "'{address}' is no e-mail address: {wrong}", address=address, wrong=str(wrong)
            ),
            "address",
        ) from None


def _sees_address(connection: Connection, caller: Caller, email_key: str) -> None:
    """Of who sees some leads only, an address must be a lead's that they see."""
    if team_of(caller) is None:
        return
    lead_id = lead_with(connection, email_key)
    if lead_id is None:
        raise Missing(
            sentence(
                "There is no lead with the address {address} among those of your team.",
                address=email_key,
            )
        )
    may_see(connection, caller, lead_id)


def _by(caller: Caller, words: str) -> str:
    return f"{words} (by {caller.by})".strip()
