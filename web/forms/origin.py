"""Where somebody who fills in a form comes from: the page it stands in, and the campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from domain.engagement.campaigns import PARAMETERS, campaign_of_url, campaign_said
from domain.forms.policy import HostedForm

LONGEST = 2_048
"""Characters that are kept of an address."""
LONGEST_VISITOR = 200
UTM = tuple(f"utm_{name}" for name in PARAMETERS)
CARRIED = (*UTM, "page", "referrer", "visitor")
"""What a page is opened with and sends along, by the same names."""


class CameFrom(NamedTuple):
    """What was told of it, each '' where nothing was. ``visitor`` is the ``anonymousId`` of the
    site's own tracking."""

    told: Mapping[str, str]

    @property
    def visitor(self) -> str:
        value = self.told.get("visitor", "")
        return value if value.isprintable() and len(value) <= LONGEST_VISITOR else ""

    def detail(self, form: HostedForm, own_url: str) -> dict[str, Any]:
        """Of the event.

        Args:
            own_url: of the form's page, where it stood in no other.
        """
        url = self.told.get("page") or own_url
        said = {name: self.told.get(f"utm_{name}", "") for name in PARAMETERS}
        link = campaign_said(said) or campaign_of_url(url)
        if link is None and form.campaign:
            link = campaign_said({"source": form.lead_source, "campaign": form.campaign})
        campaign = {name: value for name, value in link._asdict().items() if value} if link else {}
        detail: dict[str, Any] = {
            "properties": {"form": form.name}
            | {f"utm_{name}": value for name, value in campaign.items()},
            "url": url,
            "path": _path(url),
            "referrer": self.told.get("referrer", ""),
        }
        if campaign:
            detail["campaign"] = campaign
        return {name: value for name, value in detail.items() if value}


def came_from(said: Mapping[str, str], referrer: str = "") -> CameFrom:
    """What a request tells.

    Args:
        said: its parameters, or the fields of a page that was sent.
        referrer: what the browser says by itself.
    """
    told = {name: said.get(name, "").replace("\0", "")[:LONGEST] for name in CARRIED}
    told["referrer"] = told["referrer"] or referrer[:LONGEST]
    return CameFrom({name: value for name, value in told.items() if value})


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return ""
