"""Link tokens: what they say, and that nobody else can make one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from domain.email.links import LIFE, BadLink, ExpiredLink, LinkClaim, LinkSigner

SIGNER = LinkSigner("a secret", "https://go.perennial.example/")
KEY = "enrollment-7:welcome:1"
URL = "https://perennial.example/guide?a=1&b=둘#top"


def token(link: str) -> str:
    return link.rpartition("/")[2].removesuffix(".gif")


def test_every_kind_says_what_it_was_made_for() -> None:
    made: list[tuple[str, str, LinkClaim]] = [
        (SIGNER.click(KEY, URL), "/l/", LinkClaim("click", KEY, URL)),
        (SIGNER.unsubscribe(KEY), "/u/", LinkClaim("unsubscribe", KEY)),
        (SIGNER.preferences(KEY), "/p/", LinkClaim("preferences", KEY)),
        (SIGNER.booking(KEY), "/b/", LinkClaim("booking", KEY)),
        (SIGNER.opened(KEY), "/o/", LinkClaim("opened", KEY)),
    ]
    for link, path, claim in made:
        assert link.startswith(f"https://go.perennial.example{path}")
        assert SIGNER.read(token(link)) == claim
        assert SIGNER.kind_of(link) == claim.kind


@pytest.mark.parametrize(
    "link", [SIGNER.unsubscribe(KEY), SIGNER.booking(KEY)], ids=["unsubscribe", "booking"]
)
def test_tokens_are_short(link: str) -> None:
    """A link that a mail program breaks over two lines is a link nobody can follow."""
    assert len(token(link)) < 90


def made_ago(ago: timedelta, *content: str, salt: str = "perennial.links.timed") -> str:
    """A token of ours from so long ago."""

    class Then(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - int(ago.total_seconds())

    return str(URLSafeTimedSerializer("a secret", salt=salt, signer=Then).dumps(list(content)))


@pytest.mark.parametrize("content", [["l", KEY, URL], ["b", KEY], ["p", KEY], ["o", KEY]])
def test_links_end_after_four_hundred_days(content: list[str]) -> None:
    """Mails are archived and forwarded: whoever finds one years later acts for nobody."""
    assert SIGNER.read(made_ago(LIFE - timedelta(minutes=1), *content)).touch_key == KEY
    with pytest.raises(ExpiredLink):
        SIGNER.read(made_ago(LIFE + timedelta(minutes=1), *content))


def test_links_in_mails_from_before_links_had_an_end_still_work() -> None:
    """An upgrade must not break the mails that are in people's inboxes."""
    before = URLSafeSerializer("a secret", salt="perennial.links")
    assert SIGNER.read(str(before.dumps(["l", KEY, URL]))) == LinkClaim("click", KEY, URL)
    assert SIGNER.read(str(before.dumps(["b", KEY]))) == LinkClaim("booking", KEY)


def test_an_old_link_gains_no_life_by_losing_its_time() -> None:
    old = made_ago(LIFE * 2, "b", KEY)
    payload, _, signature = old.split(".")
    for attempt in (f"{payload}.{signature}", made_ago(LIFE * 2, "b", KEY, salt="perennial.links")):
        with pytest.raises(BadLink):
            SIGNER.read(attempt)


@given(data=st.data())
def test_an_altered_token_is_refused(data: st.DataObject) -> None:
    """Else a click could be made to lead to any site, under our name."""
    original = token(SIGNER.click(KEY, URL))
    at = data.draw(st.integers(0, len(original) - 2))
    other = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda sign: sign != original[at]))
    with pytest.raises(BadLink):
        SIGNER.read(original[:at] + other + original[at + 1 :])


@given(st.text())
def test_nonsense_is_refused_without_another_error(nonsense: str) -> None:
    with pytest.raises(BadLink):
        SIGNER.read(nonsense)


def test_a_token_of_another_deployment_is_refused() -> None:
    other = LinkSigner("another secret", "https://go.perennial.example")
    with pytest.raises(BadLink):
        SIGNER.read(token(other.unsubscribe(KEY)))


@pytest.mark.parametrize(
    "content", [[], {}, "x", ["l"], ["l", KEY], ["l", KEY, "javascript:alert(1)"], ["z", KEY],
                ["u", 7], ["u", KEY, "more"]],
)  # fmt: skip
def test_a_signed_token_of_unknown_form_is_refused(content: object) -> None:
    """Tokens of an older or newer version must not end in an error 500."""
    signed = URLSafeSerializer("a secret", salt="perennial.links").dumps(content)
    with pytest.raises(BadLink):
        SIGNER.read(str(signed))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/local", "mailto:a@b.example", "https://", "http://["]
)
def test_only_web_addresses_are_tracked(url: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        SIGNER.click(KEY, url)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        LinkSigner("", "https://go.perennial.example")


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/l/x", "https://go.perennial.example/outbox", "/l/x", ""]
)
def test_other_addresses_are_none_of_ours(url: str) -> None:
    assert SIGNER.kind_of(url) is None
