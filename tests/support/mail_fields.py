"""What a mail is rendered with where there is no lead."""

from __future__ import annotations

from typing import Any

from domain.brand.policy import DEFAULT, brand_fields

FIELDS: dict[str, Any] = {
    "lead": {
        "first_name": "Robin",
        "last_name": "Sample",
        "title": "Planner",
        "company": "Sample & Partners",
        "country": "GB",
        "language": "en",
        "attributes": {},
    },
    "sender": {"name": "Clara Moss", "email": "clara@go.example", "signature": "", "phone": ""},
    "owner": {
        "name": "Jonas Adeyemi",
        "email": "",
        "signature": "",
        "phone": "",
        "booking_link": "",
    },
    "links": {
        "unsubscribe": "https://go.example/unsubscribe",
        "preferences": "https://go.example/preferences",
        "booking": "https://go.example/booking",
        "confirmation": "https://go.example/confirmation",
    },
    "brand": brand_fields(DEFAULT, "en", "https://go.example"),
    "postal_address": "1 Lane",
    "link": lambda url: f"https://go.example/c?{url}",
}
