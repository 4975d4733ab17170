"""The send rate over all workers: one row for each channel, and PostgreSQL's clock."""

from __future__ import annotations

from sqlalchemy import Connection, text

# Slots that nobody took are lost but for the last two. A slot is taken once it has begun, so none
# ends more than its length ahead; what does is of another rate, or of a clock that was put back.
_TAKE = text(
    """
    INSERT INTO send_rate AS rate (channel, taken_until)
    VALUES (:channel, now() + cast(:slot AS interval))
    ON CONFLICT (channel) DO UPDATE SET taken_until =
        CASE WHEN rate.taken_until > now() + 2 * cast(:slot AS interval) THEN now()
            ELSE greatest(rate.taken_until, now() - 2 * cast(:slot AS interval))
        END + cast(:slot AS interval)
    WHERE rate.taken_until <= now() - CASE WHEN :spare THEN cast(:slot AS interval)
        ELSE interval '0' END
        OR rate.taken_until > now() + 2 * cast(:slot AS interval)
    RETURNING true
    """
)


def take_slot(connection: Connection, channel: str, *, seconds: float, spare: bool) -> bool:
    """Take the next slot of the send rate.

    Args:
        seconds: its length, real time.
        spare: whether to take it only if another one is left for who needs it more.

    Returns:
        Whether there was one.
    """
    slot = {"channel": channel, "slot": f"{seconds} seconds", "spare": spare}
    return connection.execute(_TAKE, slot).first() is not None
