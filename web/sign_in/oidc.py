"""Signing in to the console through an OpenID Connect provider: code flow with PKCE, state, nonce.

https://openid.net/specs/openid-connect-core-1_0.html; the provider's addresses and keys come from
its ``/.well-known/openid-configuration``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from httpx2 import HTTPError, InvalidURL
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc.errors import JoseError

from settings import Settings
from store.accounts.company_accounts import user_of_provider
from web.sign_in.sign_in import CONSOLE, SignInService, own_path, private
from web.views import translator_of

log = structlog.get_logger(__name__)

PATH = "/sign-in/oidc"
COOKIE = "perennial_oidc"
"""What must be known when the provider sends the browser back: signed, and for ten minutes."""
SECONDS = 600


_FAILURES = (
    *(AuthlibBaseError, JoseError, HTTPError, InvalidURL, BadData),
    # What is no JSON, lacks what the standard wants, or has it in another type.
    *(ValueError, KeyError, TypeError, AttributeError, RuntimeError),
)


class ProviderRefused(ValueError):
    """What the provider says does not fit our settings."""


def oidc_pages(door: SignInService) -> APIRouter:
    """``/sign-in/oidc`` and the address to which the provider sends the browser back."""
    router = APIRouter()
    settings = door.settings
    provider = _provider(settings)
    kept = URLSafeTimedSerializer(door.secret, salt="perennial.oidc")

    @router.get(PATH)
    async def leave(
        request: Request, leads_to: Annotated[str, Query(alias="next")] = CONSOLE
    ) -> Response:
        """On to the provider."""
        # authlib keeps what it must know in Starlette's session; ours is the cookie below.
        request.scope["session"] = {}
        try:
            await _learn(provider, settings)
            response: Response = await provider.authorize_redirect(
                request, f"{settings.web_url()}{PATH}/callback"
            )
        except _FAILURES as error:
            return _failed(door, request, error)
        response.set_cookie(
            COOKIE,
            kept.dumps({"session": request.session, "next": own_path(leads_to)}),
            max_age=SECONDS,
            path=PATH,
            secure=door.secure,
            httponly=True,
            samesite="lax",
        )
        return private(response)

    @router.get(f"{PATH}/callback")
    async def come_back(request: Request) -> Response:
        """Back from the provider."""
        try:
            known = kept.loads(request.cookies.get(COOKIE, ""), max_age=SECONDS)
            request.scope["session"] = known["session"]
            claims = await _claims(provider, settings, request)
        except _FAILURES as error:
            return _failed(door, request, error)
        response = await run_in_threadpool(_let_in, door, request, claims, known["next"])
        response.delete_cookie(COOKIE, path=PATH, secure=door.secure, httponly=True, samesite="lax")
        return response

    return router


def _provider(settings: Settings) -> StarletteOAuth2App:
    secret = settings.oidc_client_secret
    return OAuth().register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=(
            f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
        ),
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "timeout": settings.provider_timeout_seconds,
        },
    )


async def _learn(provider: StarletteOAuth2App, settings: Settings) -> None:
    """Read the provider's addresses and keys, once.

    Raises:
        ProviderRefused: it calls itself by another name than ``OIDC_ISSUER``.
    """
    metadata: dict[str, Any] = await provider.load_server_metadata()
    if metadata["issuer"].rstrip("/") != settings.oidc_issuer.rstrip("/"):
        raise ProviderRefused("the provider's issuer is not OIDC_ISSUER")
    # Signed with the provider's own key, whatever else it offers: not with the client's secret,
    # and not unsigned.
    metadata["id_token_signing_alg_values_supported"] = [
        name
        for name in metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        if name.startswith(("RS", "PS", "ES", "Ed"))
    ]


async def _claims(
    provider: StarletteOAuth2App, settings: Settings, request: Request
) -> dict[str, Any]:
    """What the provider says of the person, verified."""
    await _learn(provider, settings)
    token = await provider.authorize_access_token(
        request,
        claims_options={
            "iss": {"essential": True, "values": [provider.server_metadata["issuer"]]},
            "aud": {"essential": True, "values": [settings.oidc_client_id]},
        },
    )
    claims = dict(token["userinfo"])
    if "email" not in claims:
        more = await provider.userinfo(token=token)
        if more["sub"] != claims["sub"]:
            raise ProviderRefused("the provider speaks of two persons")
        claims = {**more, **claims}
    return claims


def _let_in(
    door: SignInService, request: Request, claims: dict[str, Any], leads_to: str
) -> Response:
    email = claims.get("email")
    with door.database.begin() as connection:
        found = user_of_provider(
            connection,
            f"{claims['iss']} {claims['sub']}",
            email if isinstance(email, str) else "",
            doubt=doubt_of_address(claims, require_verified=door.settings.oidc_email_verified),
        )
        if found.user_id is not None:
            return door.let_in(connection, request, found.user_id, "oidc", leads_to)
    door.note(request, "sign-in", "refused", str(email or ""), way="oidc", reason=found.why_not)
    _ = translator_of(request)
    unknown = _(
        "Nobody with this company account may sign in here. Ask an admin to add your e-mail "
        "address, or to look for the reason in the log."
    )
    return door.form(request, leads_to=leads_to, trouble=unknown, status=403)


def doubt_of_address(claims: Mapping[str, Any], *, require_verified: bool) -> str:
    """Why the address in these claims may not be the account's own; '' when it is.

    Directories such as Entra ID and AD FS, in which admins write the addresses, send no
    ``email_verified``: what the one issuer of this deployment does not doubt is taken, unless the
    setting wants the claim. Entra's ``xms_edov`` says the same as ``email_verified``, and Cognito
    writes it as text. https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims

    Args:
        require_verified: ``OIDC_EMAIL_VERIFIED``.
    """
    told = [claims[name] for name in ("email_verified", "xms_edov") if claims.get(name) is not None]
    if any(str(one).strip().lower() not in ("true", "1") for one in told):
        return "the provider says that the address is not verified"
    if require_verified and not told:
        return "the provider does not say that the address is verified"
    tenant = claims.get("tid")
    if isinstance(tenant, str) and tenant and tenant not in str(claims["iss"]):
        return "the account is of another tenant"
    return ""


def _failed(door: SignInService, request: Request, error: Exception) -> Response:
    # No words of other errors: they may hold what the provider said about somebody.
    reason = str(error) if isinstance(error, ProviderRefused) else type(error).__name__
    log.warning("the OpenID Connect provider's answer was not accepted", error=reason)
    _ = translator_of(request)
    trouble = _("Your company account could not be checked. Please try again.")
    return door.form(request, trouble=trouble, status=502)
