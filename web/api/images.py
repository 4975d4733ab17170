"""``/api/images``: the images of mails."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile
from pydantic import BaseModel

from domain.access import Action
from domain.brand.policy import IMAGE_NAME
from domain.email.images import LONGEST_ALT, MOST_BYTES
from domain.refusals import Missing
from domain.sentences import sentence
from services import images
from services.images import address_of
from store.access.api_tokens import Caller
from store.images.images import ImageLine, UsedBy, find_image, list_images
from web.api.access import CurrentContext, WebContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/images", tags=["cadences and policies"])
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]


class ShownIn(BaseModel):
    """Where an image is shown: a template (with its language) or a policy, as published, in an
    older version that leads still get, or in a draft."""

    kind: str
    name: str
    by: UsedBy


class MailImage(BaseModel):
    """An image of mails. ``width`` and ``height`` are pixels, ``size`` is bytes."""

    id: int
    name: str
    url: str
    width: int
    height: int
    size: int
    alt: str
    file_name: str
    uploaded_by: str
    uploaded_at: datetime
    shown_in: list[ShownIn]


@router.get("")
def list_(
    context: CurrentContext, _caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[MailImage]:
    """Images, the newest first, with where each is shown."""
    found = page_by_id(context, "images", cursor, limit, list_images)
    return Page(items=[_told(context, one) for one in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201)
def upload(
    context: CurrentContext,
    caller: Annotated[Caller, Depends(may(Action.DRAFT))],
    file: UploadFile,
    *,
    alt: Annotated[
        str, Form(max_length=LONGEST_ALT, description="What it shows, for who does not see it.")
    ],
) -> MailImage:
    """Keep a PNG, JPEG, GIF or WebP of at most 2 MB for mails. It is written anew without what the
    camera noted, and named by what is in it; WebP becomes PNG or JPEG."""
    data = file.file.read(MOST_BYTES + 1)
    done = images.upload(context, caller, data, alt=alt, file_name=file.filename or "")
    return _told(context, done)


@router.get("/{name}")
def show(context: CurrentContext, _caller: Reader, name: str) -> MailImage:
    """An image, and where it is shown."""
    with context.database.connect() as connection:
        found = find_image(connection, name) if IMAGE_NAME.fullmatch(name) else None
    if found is None:
        raise Missing(sentence("There is no image '{name}'.", name=name))
    return _told(context, found)


@router.delete("/{name}")
def delete(
    context: CurrentContext, caller: Annotated[Caller, Depends(may(Action.PUBLISH))], name: str
) -> Done:
    """Delete an image that nothing published shows. In mails that have gone out already it is seen
    no more."""
    images.remove(context, caller, name)
    return Done(detail=sentence("The image is deleted."))


def _told(context: WebContext, one: ImageLine) -> MailImage:
    return MailImage(
        id=one.id,
        name=one.name,
        url=address_of(context, one.name),
        width=one.width,
        height=one.height,
        size=one.size,
        alt=one.alt,
        file_name=one.file_name,
        uploaded_by=one.uploaded_by,
        uploaded_at=one.uploaded_at,
        shown_in=[ShownIn(kind=use.kind, name=use.name, by=use.by) for use in one.uses],
    )
