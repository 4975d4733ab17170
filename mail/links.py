"""The signer of the links in mails: the worker writes them, the web app reads them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from domain.email.links import LinkSigner
from settings import Settings


def link_signer(settings: Settings) -> LinkSigner:
    """The signer of this deployment, keyed by :func:`deployment_secret`."""
    return LinkSigner(deployment_secret(settings), settings.web_url())


def deployment_secret(settings: Settings) -> str:
    """The secret that all processes of this deployment share: ``SECRET_KEY``.

    Without that setting one is made once and kept in ``PERENNIAL_HOME/link-secret``, which only
    serves processes that share the folder.
    """
    if settings.secret_key is not None and settings.secret_key.get_secret_value():
        return settings.secret_key.get_secret_value()
    return _kept_secret(settings.perennial_home / "link-secret")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32), encoding="ascii")
            # A link, unlike a rename, fails when another process was first: then theirs counts.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
