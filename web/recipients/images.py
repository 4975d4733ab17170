"""``/images/…``: the images of mails, for everybody who has one in a mail."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from domain.brand.policy import IMAGE_NAME, IMAGES
from domain.email.images import KINDS
from store.images.images import image_content, is_there

YEAR = 365 * 86_400


def image_files(database: Engine) -> APIRouter:
    """The images. Nobody has to sign in, and nothing tells who asks: no cookie, and the same
    address for all. What is under a name never changes, so it is fetched once."""
    router = APIRouter()

    @router.api_route(f"{IMAGES}/{{name}}", methods=["GET", "HEAD"])
    def image(request: Request, name: str) -> Response:
        if not IMAGE_NAME.fullmatch(name):
            raise HTTPException(404)
        headers = {
            "Cache-Control": f"public, max-age={YEAR}, immutable",
            "ETag": f'"{name}"',
            # Mail that is read in a browser is a page of another site.
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        asked = request.headers.get("if-none-match", "")
        with database.connect() as connection:
            if f'"{name}"' in asked:
                if not is_there(connection, name):
                    raise HTTPException(404)
                return Response(status_code=304, headers=headers)
            content = image_content(connection, name)
        if content is None:
            raise HTTPException(404)
        return Response(content, media_type=KINDS[name.rpartition(".")[2]], headers=headers)

    return router
