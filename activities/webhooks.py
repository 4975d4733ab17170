"""Events brought to other companies' servers."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from standardwebhooks.webhooks import Webhook
from temporalio import activity

from activities.public_post import PostAttempt, post_publicly
from activities.resources import Resources
from crash_points import crash_point
from domain.contracts.webhooks import WebhookAttempt, WebhookAttempted
from metrics import WEBHOOK_DELIVERIES
from store.outbox import outgoing
from store.outbox.outgoing import Outgoing
from store.patience import keep_trying

log = structlog.get_logger()

SETTLE_SECONDS = 30.0
"""How long the outcome is tried to be kept while the database is away."""
GONE = 410


class WebhookActivities:
    """The activity of a delivery."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def send_webhook(self, attempt: WebhookAttempt) -> WebhookAttempted:
        """Post the event once. A crash after the post means another one, under the same
        ``webhook-id``."""
        delivery_id = attempt.delivery_id
        with self.resources.engine.begin() as connection:
            out = outgoing.begin_attempt(connection, delivery_id)
        if out is None:
            return WebhookAttempted(True, "Nothing is left to send")
        posted = _post(out, self.resources.settings.webhooks_allow_private)
        status, error, delivered = posted.status, posted.error, posted.accepted
        if status == GONE:
            error = "the endpoint is gone (410) and was switched off"
        ended = delivered or attempt.last or status == GONE
        state = "delivered" if delivered else "failed" if ended else "waiting"
        crash_point("webhook.posted")

        def end() -> None:
            with self.resources.engine.begin() as connection:
                outgoing.end_attempt(connection, delivery_id, state, status, error)
                if status == GONE:
                    outgoing.switch_off(connection, delivery_id)

        # Whoever got it would get it again; only this process knows that it need not.
        keep_trying(end, SETTLE_SECONDS, may_go_on=lambda: not activity.is_worker_shutdown())
        WEBHOOK_DELIVERIES.labels(state).inc()
        log.info("webhook attempt", delivery=delivery_id, state=state, status=status)
        # Addresses of receivers stay out of histories.
        answer = f"the answer was {status}" if status else "there was no answer"
        return WebhookAttempted(ended, f"{state}: {answer}")


def _post(out: Outgoing, allow_private: bool) -> PostAttempt:
    """Post an event, signed with the time of now."""
    now = datetime.now(UTC)
    headers = {
        "User-Agent": "Perennial-Webhooks/1",
        "webhook-id": out.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(out.secret).sign(out.event_id, now, out.body),
    }
    return post_publicly(out.url, out.body, headers, allow_private=allow_private)
