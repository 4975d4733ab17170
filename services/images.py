"""The images of mails: uploading and deleting them."""

from __future__ import annotations

from domain.access import Action
from domain.brand.policy import IMAGES
from domain.email.images import LONGEST_ALT, clean_image
from domain.refusals import Invalid, Missing
from domain.sentences import sentence
from services.access import changes, found
from services.context import Context
from store.access.api_tokens import Caller
from store.images.images import ImageLine, add_image, delete_image, find_image

LONGEST_FILE_NAME = 200


@changes(Action.DRAFT, "POST /images")
def upload(context: Context, caller: Caller, data: bytes, *, alt: str, file_name: str) -> ImageLine:
    """Keep an image that mails can show. The same one again changes its text only.

    Args:
        data: the file.
        alt: what it shows, for those who don't see it.
        file_name: what it was called where it came from.

    Raises:
        Invalid: it is no image that mails can have, or nobody says what it shows.
        Conflict: there is no room for it.
    """
    said = " ".join(alt.replace("\0", "").split())
    if not said or len(said) > LONGEST_ALT:
        raise Invalid(
            sentence(
                "Say what the image shows, in at most {number} characters: it is read by those who "
                "don't see it, and where mail programs show no images.",
                number=LONGEST_ALT,
            ),
            "alt",
        )
    image = clean_image(data)
    name = "".join(one for one in file_name if one.isprintable())[-LONGEST_FILE_NAME:]
    with context.database.begin() as connection:
        add_image(connection, image, alt=said, file_name=name, by=caller.by)
        return found(find_image(connection, image.name), "")


@changes(Action.PUBLISH, "DELETE /images/{name}")
def remove(context: Context, caller: Caller, name: str) -> None:
    """Delete an image that nothing published shows.

    Raises:
        Missing: there is none of this name.
        Conflict: what is published shows it.
    """
    with context.database.begin() as connection:
        if not delete_image(connection, name):
            raise Missing(sentence("There is no image '{name}'.", name=name))


def address_of(context: Context, name: str) -> str:
    """Where everybody finds an image."""
    return f"{context.settings.web_url()}{IMAGES}/{name}"
