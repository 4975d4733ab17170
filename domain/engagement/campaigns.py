"""Which campaign brought somebody, as the UTM parameters of a link say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

LONGEST = 300
"""Characters that are kept of each parameter."""
PARAMETERS = ("source", "medium", "campaign", "content", "term")


class CampaignLink(NamedTuple):
    """What a link says of its campaign; '' where it says nothing. Source, medium and campaign are
    in lower case: ``Google`` and ``google`` are one."""

    source: str
    medium: str
    campaign: str
    content: str
    term: str


def campaign_said(said: Mapping[str, Any]) -> CampaignLink | None:
    """The campaign in UTM parameters without their ``utm_``, as Segment's ``context.campaign`` has
    them (``name`` is the campaign); None when neither source nor campaign is said."""
    found = {name: _text(said.get(name)) for name in PARAMETERS}
    found["campaign"] = found["campaign"] or _text(said.get("name"))
    for name in ("source", "medium", "campaign"):
        found[name] = found[name].casefold()
    return CampaignLink(**found) if found["source"] or found["campaign"] else None


def campaign_of_url(url: str) -> CampaignLink | None:
    """The campaign in the UTM parameters of an address; None when it has none."""
    if "utm_" not in url:
        return None
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=100)
    except ValueError:
        return None
    return campaign_said({name: query.get(f"utm_{name}", [""])[0] for name in PARAMETERS})


def campaign_of(detail: Mapping[str, Any]) -> CampaignLink | None:
    """The campaign that what somebody did tells of: in ``campaign``, in its properties (of a form)
    or in the address of its page or link; None when none does."""
    said = detail.get("campaign")
    if isinstance(said, Mapping) and (found := campaign_said(said)):
        return found
    form = detail.get("properties")
    if isinstance(form, Mapping) and {"utm_source", "utm_campaign"} & form.keys():
        return campaign_said({name: form.get(f"utm_{name}") for name in PARAMETERS})
    url = detail.get("url")
    return campaign_of_url(url) if isinstance(url, str) else None


def _text(value: object) -> str:
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""
