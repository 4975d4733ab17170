"""What reps say of themselves to leads, and the calendar of their meetings."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from domain.access import Action
from domain.contacts.phones import read_phone
from domain.contracts.webhooks import url_problem
from domain.email.addresses import address_key
from domain.email.message import MailError, mailbox
from domain.email.sender import is_sent_from
from domain.meetings.places import usable_place
from domain.meetings.report_fields import web_address
from domain.refusals import Conflict, Forbidden, Invalid, Missing
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from services.team import own_rep_only
from store.access.api_tokens import Caller
from store.access.calendar_feeds import end_feed, new_feed
from store.routing import busy_calendars
from store.routing.busy_calendars import CalendarState
from store.routing.rep_cards import Profile, is_another_s, keep_profile, profile_of

MOST_LINES, LONGEST_SIGNATURE = 5, 400
LONGEST_ADDRESS = 2000
"""Characters of the address of a rep's own calendar."""


@changes(Action.SET_PROFILE, "PUT /team/{rep}/profile")
def set_profile(context: Context, caller: Caller, rep: str, profile: Profile) -> Profile:
    """Say how a rep's mails to leads are signed, whom they are from, and where the rep is met.

    Returns:
        What is kept.

    Raises:
        Forbidden: it is another rep or another address, and the caller an SDR.
        Missing: there is no such rep.
        Invalid: a field holds what it can't hold.
        Conflict: the address is the company's own or another person's.
    """
    own_rep_only(caller, rep)
    said = Profile(*(value.strip() for value in profile))
    _check_phone(said.phone)
    _check_texts(said)
    with context.database.begin() as connection:
        known = profile_of(connection, rep).email
        if address_key(said.email) == address_key(known):
            kept = said._replace(email=known)
        else:
            email = _checked_email(said.email, context.settings.sending_domains())
            _refuse_others_address(connection, context, caller, rep, email)
            kept = said._replace(email=email)
        if not keep_profile(connection, rep, kept):
            raise Missing(sentence("There is no rep {rep}.", rep=rep))
    return kept


def _refuse_others_address(
    connection: Connection, context: Context, caller: Caller, rep: str, email: str
) -> None:
    """Not every address that leads know somebody by is known here: an SDR chooses none."""
    if caller.of_one_team:
        raise Forbidden(
            sentence("Which address your mails are from is set by a manager: ask yours."), "email"
        )
    if address_key(email) == address_key(context.settings.email_from):
        raise Conflict(
            sentence(
                "{address} is the company's own address: a rep's name does not go with it.",
                address=email,
            ),
            "email",
        )
    if email and is_another_s(connection, rep, email):
        raise Conflict(
            sentence(
                "{address} is a colleague's address: leads would take you for them.",
                address=email,
            ),
            "email",
        )


@changes(Action.SET_PROFILE, "POST /team/{rep}/calendar")
def make_calendar(context: Context, caller: Caller, rep: str) -> str:
    """Make the address at which calendar programs read a rep's meetings; an earlier one works no
    more. It needs no signing in and ends with the rep's user, so nobody makes it for another.

    Returns:
        The address, which is shown only now.

    Raises:
        Forbidden: the caller is not this rep.
        Missing: there is no such rep.
    """
    if caller.rep != rep:
        raise Forbidden(
            sentence(
                "Only {rep} can make this address: whoever has it reads the meetings of {rep} "
                "without signing in.",
                rep=rep,
            )
        )
    with context.database.begin() as connection:
        secret = new_feed(connection, rep, context.real_now())
    if secret is None:
        raise Missing(sentence("There is no rep {rep}.", rep=rep))
    return f"{context.settings.web_url()}/calendar/{secret}.ics"


@changes(Action.SET_PROFILE, "DELETE /team/{rep}/calendar")
def end_calendar(context: Context, caller: Caller, rep: str) -> None:
    """Have the address of a rep's calendar work no more.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Missing: there is none.
    """
    own_rep_only(caller, rep)
    with context.database.begin() as connection:
        if not end_feed(connection, rep):
            raise Missing(sentence("{rep} has no calendar address.", rep=rep))


@changes(Action.SET_PROFILE, "PUT /team/{rep}/busy-calendar")
def set_busy_calendar(context: Context, caller: Caller, rep: str, url: str) -> CalendarState:
    """Have a rep's own calendar read, so that no time is offered to leads at which the rep is busy.
    Its address is a secret, and shown to nobody again.

    Args:
        url: of an iCalendar file, https:// or webcal://.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Missing: there is no such rep.
        Invalid: it is no address that may be read.
    """
    own_rep_only(caller, rep)
    address = re.sub(r"\Awebcal://", "https://", url.strip(), flags=re.IGNORECASE)
    private = context.settings.webhooks_allow_private
    if len(address) > LONGEST_ADDRESS or url_problem(address, allow_private=private):
        raise Invalid(
            sentence(
                "Copy the secret address in iCal format from your calendar's settings: it begins "
                "https:// or webcal://, and leads to a server on the internet."
            ),
            "url",
        )
    with context.database.begin() as connection:
        now = context.real_now()
        set_ = busy_calendars.set_calendar(connection, rep, address, now)
        state = busy_calendars.calendar_state(connection, rep, now)
        if not set_ or state is None:
            raise Missing(sentence("There is no rep {rep}.", rep=rep))
    return state


@changes(Action.SET_PROFILE, "DELETE /team/{rep}/busy-calendar")
def end_busy_calendar(context: Context, caller: Caller, rep: str) -> None:
    """Read a rep's own calendar no more.

    Raises:
        Forbidden: it is another rep, and the caller an SDR.
        Missing: none is read.
    """
    own_rep_only(caller, rep)
    with context.database.begin() as connection:
        if not busy_calendars.end_calendar(connection, rep):
            raise Missing(sentence("No calendar of {rep} is read.", rep=rep))


def _checked_email(address: str, domains: frozenset[str]) -> str:
    if not address:
        return ""
    try:
        usable = mailbox(address)
    except MailError:
        raise Invalid(
            sentence("'{address}' is no e-mail address.", address=address), "email"
        ) from None
    if not is_sent_from(address, domains):
        raise Invalid(
            sentence(
                "The company does not send from {domain}, and mail from it would be taken for "
                "forged. Use an address at {domains}, or have ops let the provider sign for "
                "{domain} and name it in EMAIL_DOMAINS.",
                domain=address.rpartition("@")[2],
                domains=sorted(domains),
            ),
            "email",
        )
    return usable


def _check_phone(written: str) -> None:
    if written and not (written.startswith("+") and read_phone(written).number):
        raise Invalid(
            sentence(
                "'{phone}' is no phone number. Write it with its country's code, such as "
                "+82 2 555 0123.",
                phone=written,
            ),
            "phone",
        )


def _check_texts(said: Profile) -> None:
    if len(said.name) > 100 or not said.name.isprintable():
        raise Invalid(sentence("A name is one line of at most 100 characters."), "name")
    lines = said.signature.splitlines()
    if (
        len(lines) > MOST_LINES
        or len(said.signature) > LONGEST_SIGNATURE
        or not "".join(lines).isprintable()
    ):
        raise Invalid(
            sentence(
                "A signature has at most {lines} lines and {characters} characters.",
                lines=MOST_LINES,
                characters=LONGEST_SIGNATURE,
            ),
            "signature",
        )
    if said.booking_link and not web_address(said.booking_link):
        raise Invalid(
            sentence("A booking page has an address that begins https://."), "booking_link"
        )
    if not usable_place(said.place):
        raise Invalid(
            sentence(
                "'{place}' is no place to meet. Write an address that begins https://, a phone "
                "number or a room.",
                place=said.place,
            ),
            "place",
        )
    if said.language not in ("", "en", "ko", "zh"):
        raise Invalid(sentence("Languages are en, ko and zh."), "language")
