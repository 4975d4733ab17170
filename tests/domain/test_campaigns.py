"""Which campaign a link, a form or a tracking library tells of."""

from __future__ import annotations

from typing import Any

import pytest

from domain.engagement.campaigns import CampaignLink, campaign_of

SPRING = CampaignLink("google", "cpc", "spring", "Blue", "depot")
URL = "https://x.example/?utm_source=Google&utm_medium=CPC&utm_campaign=Spring&utm_content=Blue"


@pytest.mark.parametrize(
    "detail",
    [
        {"url": f"{URL}&utm_term=depot"},
        {
            "campaign": {
                "name": "Spring",
                "source": "Google",
                "medium": "cpc",
                "content": "Blue",
                "term": "depot",
            }
        },
        {
            "properties": {
                "utm_source": "Google",
                "utm_medium": "cpc",
                "utm_campaign": "Spring",
                "utm_content": "Blue",
                "utm_term": "depot",
            }
        },
    ],
)
def test_a_campaign_is_told_by_a_link_a_library_or_a_form(detail: dict[str, Any]) -> None:
    """What was paid for would be worth nothing in any report."""
    assert campaign_of(detail) == SPRING


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"url": "https://x.example/?utm_medium=cpc"},
        {"url": "https://[x/?utm_source=a"},
        {"url": "https://x.example/utm_guide"},
        {"campaign": "spring"},
        {"campaign": {"name": 7}},
        {"properties": {"utm_source": None}},
    ],
)
def test_what_names_no_source_and_no_campaign_is_none(detail: dict[str, Any]) -> None:
    """A touch of nobody's campaign would take credit from those that brought the lead."""
    assert campaign_of(detail) is None
