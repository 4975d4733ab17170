"""The mails that bring colleagues in: an invitation, and a way back without the password.

Their links let in whoever has the mail, so where the embedded channel keeps them nobody reads them
who may not make such links (``store/mail/outbox_mails.py``).
"""

from __future__ import annotations

from datetime import timedelta

from babel.dates import format_timedelta

from domain.translations.translator import Translator
from mail.staff import StaffMail
from store.access.users import UserLine
from store.mail.outbox_mails import LETS_IN


def invitation(user: UserLine, url: str, life: timedelta, *, by: str) -> StaffMail:
    """That somebody may sign in.

    Args:
        url: signs the user in once.
        life: how long it does.
        by: name of the colleague who invites; '' where it is no user.
    """
    _ = Translator(user.language)
    by_whom = (
        _("{name} has made an account of Perennial for you.", name=by)
        if by
        else _("An account of Perennial was made for you.")
    )
    return StaffMail(
        about=LETS_IN,
        name=user.name,
        email=user.email,
        language=user.language,
        subject=_("Your account of Perennial"),
        said=[_("Hello {name},", name=user.name), by_whom],
        button=_("Sign in"),
        url=url,
        small=[_once(_, life), _("If you don’t know what this is about, there is nothing to do.")],
    )


def way_back(user: UserLine, url: str, life: timedelta) -> StaffMail:
    """A link for who has forgotten the password; arguments as of :func:`invitation`."""
    _ = Translator(user.language)
    asked = _("Somebody asked for a new password of your account of Perennial.")
    return StaffMail(
        about=LETS_IN,
        name=user.name,
        email=user.email,
        language=user.language,
        subject=_("A new password for Perennial"),
        said=[_("Hello {name},", name=user.name), asked],
        button=_("Choose a new password"),
        url=url,
        small=[
            _once(_, life),
            _("If it was not you, there is nothing to do: your password stays as it is."),
        ],
    )


def _once(_: Translator, life: timedelta) -> str:
    span = format_timedelta(life, granularity="hour", threshold=2, locale=_.language)
    return _("The link signs you in once, within {time}. Give it to nobody.", time=span)
