"""Whether the OpenID Connect provider of this deployment can be spoken to."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from domain.sentences import Sentence, sentence
from settings import Settings

NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def problem_of_provider(settings: Settings) -> Sentence | None:
    """What is wrong with the provider that ``OIDC_ISSUER`` names, as far as it tells everybody;
    None when nothing is. Whether it knows our client shows only when somebody signs in. Waits for
    it, so not to be called in an event loop."""
    issuer = settings.oidc_issuer.rstrip("/")
    address = f"{issuer}/.well-known/openid-configuration"
    try:
        with httpx.Client(timeout=settings.provider_timeout_seconds) as client:
            said = _object(client, address)
            if str(said.get("issuer", "")).rstrip("/") != issuer:
                return sentence(
                    "The provider calls itself {issuer}: write that into OIDC_ISSUER.",
                    issuer=str(said.get("issuer", "")),
                )
            missing = [name for name in NEEDED if not isinstance(said.get(name), str)]
            if missing:
                return sentence("The provider does not tell its {names}.", names=missing)
            if not _object(client, said["jwks_uri"]).get("keys"):
                return sentence("The provider shows no keys to check its signatures with.")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return sentence(
            "{address} can't be read ({error}): correct OIDC_ISSUER, or look whether the provider "
            "is up.",
            address=address,
            error=type(error).__name__,
        )
    return None


def _object(client: httpx.Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    answer.raise_for_status()
    said = answer.json()
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said
