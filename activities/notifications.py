"""Colleagues are told what waits for them, and managers of what nobody reacts to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from temporalio import activity

from activities.notified import as_html, as_text, compose
from activities.public_post import post_publicly
from activities.resources import Resources
from activities.sign_in_mails import send_sign_in_mail
from crash_points import crash_point
from domain.contracts.notifications import (
    SIGN_IN,
    AlertEscalated,
    EscalateAlert,
    NotifyUser,
    UserNotified,
)
from domain.notifications.chat import MOST_LINES, chat_message
from domain.notifications.kinds import ChatService, NotifyBy
from mail.channels.base import (
    AddressRejected,
    ChannelError,
    EmailMessage,
    MessageRejected,
    OutcomeUnknown,
    TryAgain,
)
from mail.links import deployment_secret
from metrics import NOTIFICATIONS
from store.access.sealing import Sealer, UnknownSecret
from store.notifications import deliveries
from store.notifications.choices import CHAT_ADDRESSES
from store.notifications.deliveries import StaffRecipient
from store.notifications.lines import NotificationLine
from store.patience import keep_trying
from store.sla.hot_leads import escalate

log = structlog.get_logger()

SETTLE_SECONDS = 30.0
"""How long the outcome is tried to be kept while the database is away."""
GONE = (403, 404, 410)
"""Answers that say that there is no such webhook any more."""


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a batch: its state, and what is wrong with the address ('': nothing).
    ``for_good`` is whether no other attempt can do better."""

    state: str
    error: str = ""
    for_good: bool = False
    after: float | None = None


class AnotherAttempt(Exception):
    """The batch is in the hands of another attempt: this one was frozen meanwhile."""


class NotificationActivities:
    """The activities about notifications."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def escalate_alert(self, request: EscalateAlert) -> AlertEscalated:
        """Tell the manager of a hot lead that nobody answers, once its time has come."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            look_at = escalate(connection, request.alert_id, now)
        if look_at is None:
            return AlertEscalated(0, "Somebody has reacted, or the manager was told")
        seconds = self.resources.seconds_until_look(look_at, now)
        return AlertEscalated(seconds, "Nobody has reacted yet")

    @activity.defn(no_thread_cancel_exception=True)
    def notify_user(self, request: NotifyUser) -> UserNotified:
        """Bring a user what waits for one way, in one message. What may have arrived is not sent
        again."""
        if request.way == SIGN_IN:
            return send_sign_in_mail(self.resources, request.user_id)
        way, now, engine = NotifyBy(request.way), self.resources.now(), self.resources.engine
        with engine.begin() as connection:
            whom = deliveries.recipient(connection, request.user_id, way)
        if whom is None:
            return UserNotified(True, 0, "Nothing is sent there")
        for batch in whom.unsettled:
            self._settle_left(way, batch)
        if whom.waits:
            return UserNotified(False, whom.waits.total_seconds(), "The address fails: again then")
        if whom.hours and (opens := whom.hours.opens(now)) > now:
            seconds = self.resources.seconds_until_look(opens, now)
            return UserNotified(False, seconds, "Outside of the user's hours")
        with engine.begin() as connection:
            batch, found = deliveries.claim(connection, whom.user_id, way)
        if not found:
            return UserNotified(True, 0, "Nothing waits")
        crash_point("notification.claimed")
        try:
            outcome = self._send(way, whom, batch, found, now)
        except AnotherAttempt:
            return UserNotified(False, 0, "Another attempt has it")
        crash_point("notification.handed_over")
        # Only this process knows what became of it.
        keep_trying(
            lambda: self._settle(way, whom, batch, outcome, now),
            SETTLE_SECONDS,
            may_go_on=lambda: not activity.is_worker_shutdown(),
        )
        NOTIFICATIONS.labels(way, outcome.state).inc(len(found))
        log.info("notification", user=whom.user_id, way=way, state=outcome.state)
        return UserNotified(False, 0, f"Told of {len(found)}: {outcome.state}")

    def _send(
        self,
        way: NotifyBy,
        whom: StaffRecipient,
        batch: str,
        found: list[NotificationLine],
        now: datetime,
    ) -> BatchOutcome:
        if way == NotifyBy.MAIL:
            return self._mail(whom, batch, found, now)
        return self._chat(whom, batch, found, now)

    def _mark(self, batch: str) -> None:
        """The second mark: from here on nobody can tell whether it arrived.

        Raises:
            AnotherAttempt: this one is not the batch's any more.
        """
        with self.resources.engine.begin() as connection:
            if not deliveries.mark(connection, batch):
                raise AnotherAttempt
        crash_point("notification.marked")

    def _mail(
        self, whom: StaffRecipient, batch: str, found: list[NotificationLine], now: datetime
    ) -> BatchOutcome:
        settings = self.resources.settings
        message = compose(
            self.resources.engine, whom, found, now, company_zone=settings.company_time_zone
        )
        console = f"{settings.web_url()}/console"
        mail = EmailMessage(
            touch_key=_mail_key(batch),
            message_id=f"{batch}@{settings.email_from.rpartition('@')[2]}",
            sender_name=settings.email_from_name,
            sender_email=settings.email_from,
            recipient_name=whom.name,
            recipient_email=whom.email,
            subject=message.heading,
            text=as_text(message, console, whom.language),
            html=as_html(message, console, whom.language),
            # Answers of machines, such as notes of absence, stay away (RFC 3834).
            headers={"Auto-Submitted": "auto-generated"},
        )
        try:
            self._mark(batch)
            self.resources.channel.send(mail)
        except AddressRejected as error:
            return BatchOutcome("failed", error.reason, for_good=True)
        except MessageRejected as error:
            return BatchOutcome("failed", error.reason)
        except TryAgain as error:
            return BatchOutcome("waiting", error.reason, after=error.after_seconds)
        except OutcomeUnknown as error:
            return BatchOutcome("unknown", error.reason)
        except ChannelError as error:
            return BatchOutcome("waiting", str(error))
        return BatchOutcome("sent")

    def _chat(
        self, whom: StaffRecipient, batch: str, found: list[NotificationLine], now: datetime
    ) -> BatchOutcome:
        settings = self.resources.settings
        try:
            address = Sealer(deployment_secret(settings), CHAT_ADDRESSES).open(
                whom.sealed_address, whom.user_id
            )
        except UnknownSecret:
            reason = "the address was sealed with another SECRET_KEY: enter it again"
            return BatchOutcome("failed", reason, for_good=True)
        message = compose(
            self.resources.engine,
            whom,
            found,
            now,
            company_zone=settings.company_time_zone,
            most=MOST_LINES,
        )
        body = chat_message(
            ChatService(whom.service),
            message.heading,
            message.lines,
            message.more,
            f"{settings.web_url()}/console",
        )
        marked = False

        def mark() -> None:
            nonlocal marked
            self._mark(batch)
            marked = True

        posted = post_publicly(
            address,
            body,
            {"User-Agent": "Perennial-Notifications/1"},
            allow_private=settings.webhooks_allow_private,
            before_hand_over=mark,
        )
        if posted.accepted:
            return BatchOutcome("sent")
        if posted.status is None:
            return BatchOutcome("unknown" if marked else "waiting", posted.error)
        # An answer that refuses says that nothing was posted.
        gone = posted.status in GONE
        return BatchOutcome("waiting", str(posted.status), for_good=gone, after=posted.retry_after)

    def _settle(
        self, way: NotifyBy, whom: StaffRecipient, batch: str, outcome: BatchOutcome, now: datetime
    ) -> None:
        with self.resources.engine.begin() as connection:
            deliveries.settle(connection, batch, outcome.state)
            if not outcome.error:
                deliveries.has_worked(connection, whom.user_id, way)
                return
            deliveries.has_failed(
                connection,
                whom.user_id,
                way,
                outcome.error,
                now,
                for_good=outcome.for_good,
                after=outcome.after,
            )

    def _settle_left(self, way: NotifyBy, batch: str) -> None:
        """An attempt died after it had marked a batch: ask whether it arrived, where that can be
        told."""
        accepted = None
        if way == NotifyBy.MAIL:
            accepted = self.resources.channel.was_accepted(_mail_key(batch))
        state = {True: "sent", False: "waiting", None: "unknown"}[accepted]
        with self.resources.engine.begin() as connection:
            deliveries.settle(connection, batch, state)


def _mail_key(batch: str) -> str:
    """No touch of a lead's: the ledger has no row of it."""
    return f"staff:{batch}"
