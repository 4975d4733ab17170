"""The colleagues who use the product: reps, their manager, marketing, an admin."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from tests.faults.campaign.scene import Player
from tests.faults.campaign.visitors import SUPPRESSED, address

REPS = ("rep-1", "rep-2", "rep-3", "rep-4")
FOREVER = 60.0
"""Seconds that marketing still insists on resuming a journey after the campaign is over."""


def sell(player: Player) -> None:
    """A rep does one of the open tasks; an opportunity may also be closed where sales are
    listed."""
    listed = player.get("/tasks?of=mine")
    if not listed or not listed["items"]:
        return
    task = player.random.choice(listed["items"])
    body = _answer(player, task["kind"])
    subject = str(task["id"])
    books = body["disposition"] == "meeting_booked"
    player.scene.book.ask("disposition", subject)
    if books:
        player.scene.book.ask("appointment", f"lead-{task['lead_id']}")
    if task["kind"] == "opportunity" and player.random.random() < 0.5:
        done = _in_list_of_sales(player, task, body)
    else:
        done = player.change("POST", f"/tasks/{subject}/complete", body).is_success
    if done:
        player.scene.book.acknowledge("disposition", subject)
        if books:
            player.scene.book.acknowledge("appointment", f"lead-{task['lead_id']}")


def _in_list_of_sales(player: Player, task: dict[str, Any], body: dict[str, Any]) -> bool:
    """Whether the opportunity's task was ended, by the opportunity's own id."""
    sales = player.get("/opportunities?state=open&limit=200") or {"items": []}
    sale = next((one for one in sales["items"] if one["task_id"] == task["id"]), None)
    if sale is None:
        return False
    if body["disposition"] == "advanced":
        return player.change("POST", f"/opportunities/{sale['id']}/advance", {}).is_success
    outcome = {"outcome": body["disposition"], "reason": body.get("reason", "")}
    subject = f"{sale['id']} {body['disposition']}"
    player.scene.book.ask("sale closed", subject)
    done = player.change("POST", f"/opportunities/{sale['id']}/close", outcome).is_success
    if done:
        player.scene.book.acknowledge("sale closed", subject)
    return done


def _answer(player: Player, kind: str) -> dict[str, Any]:
    def one_of(**chances: int) -> str:
        return player.random.choices(list(chances), list(chances.values()))[0]

    match kind:
        case "qualify":
            said = one_of(accept=9, **{"return": 1})
        case "call":
            said = one_of(meeting_booked=6, not_interested=2, no_answer=2)
        case "meeting_outcome":
            said = one_of(held=12, no_show=6, not_a_fit=1)
        case "opportunity":
            said = one_of(advanced=2, lost=5, no_outcome=1, won=1)
        case _:
            said = "done"
    more: dict[str, str] = {}
    if said == "meeting_booked":
        at = player.scene.clock.now() + timedelta(hours=player.random.uniform(15, 80))
        more["at"] = at.isoformat()
    elif said in ("return", "lost"):
        more["reason"] = "too_early" if said == "return" else "price"
    return {"disposition": said, **more}


def manage(player: Player) -> None:
    """The manager reassigns leads, opens further sales, and makes and cancels appointments."""
    lead = _any_lead(player)
    if lead is None:
        return
    book = player.scene.book
    match player.random.choice(
        ["reassign", "reassign", "open an opportunity", "appoint", "cancel"]
    ):
        case "reassign":
            _reassign(player)
        case "open an opportunity" if player.random.random() < 0.2:
            name = f"More seats {uuid.uuid4()}"
            book.ask("sale opened", name)
            asked = {"lead_id": lead["id"], "name": name}
            if player.change("POST", "/opportunities", asked).is_success:
                book.acknowledge("sale opened", name)
        case "appoint":
            at = player.scene.clock.now() + timedelta(hours=player.random.uniform(15, 80))
            book.ask("appointment", lead["email"])
            asked = {"lead_id": lead["id"], "starts_at": at.isoformat()}
            if player.change("POST", "/meetings", asked).is_success:
                book.acknowledge("appointment", lead["email"])
        case "cancel":
            _cancel(player)


def _reassign(player: Player) -> None:
    listed = player.get("/tasks?of=all")
    if not listed or not listed["items"]:
        return
    task, book = player.random.choice(listed["items"]), player.scene.book
    to = player.random.choice([one for one in REPS if one != task["owner"]])
    book.ask("reassignment", f"lead-{task['lead_id']}")
    answer = player.change("POST", f"/tasks/{task['id']}/reassign", {"to": to})
    if answer.is_success and " was already " not in answer.json()["detail"]:
        book.acknowledge("reassignment", f"lead-{task['lead_id']}")


def _cancel(player: Player) -> None:
    listed = player.get("/meetings?state=booked&limit=100")
    if not listed or not listed["items"]:
        return
    meeting = player.random.choice(listed["items"])
    subject = f"lead-{meeting['lead_id']}"
    player.scene.book.ask("cancellation", subject)
    if player.change("POST", f"/meetings/{meeting['id']}/cancel").is_success:
        player.scene.book.acknowledge("cancellation", subject)


def market(player: Player) -> None:
    """Marketing gives points by hand, and holds a journey for a moment."""
    lead, book = _any_lead(player), player.scene.book
    if lead is None:
        return
    if player.random.random() < 0.7:
        book.ask("points", lead["email"])
        if player.change("POST", f"/leads/{lead['id']}/score", {"points": 1}).is_success:
            book.acknowledge("points", lead["email"])
        return
    path = f"/leads/{lead['id']}"
    book.ask("pause ended", str(lead["id"]))
    try:
        player.change("POST", f"{path}/pause")
    finally:
        # 409: its journey has ended.
        player.insist(
            lambda: player.change("POST", f"{path}/resume").status_code in (200, 409), FOREVER
        )
        book.acknowledge("pause ended", str(lead["id"]))


def administer(player: Player) -> None:
    """The admin stops the mail to some leads."""
    if not player.scene.come:
        return
    number = player.scene.anybody(player.random)
    if number % 10 != SUPPRESSED:
        return
    player.scene.book.ask("suppression", address(number))
    answer = player.change("POST", "/suppressions", {"address": address(number)})
    if answer.is_success:
        player.scene.book.acknowledge("suppression", address(number))


def _any_lead(player: Player) -> dict[str, Any] | None:
    after = player.random.randrange(max(1, player.scene.come))
    listed = player.get(f"/leads?after={after}&limit=1")
    return listed["items"][0] if listed and listed["items"] else None
