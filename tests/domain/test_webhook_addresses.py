"""Where events for other programs may go."""

from __future__ import annotations

import pytest

from domain.contracts.webhooks import is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "100.100.100.200", "169.254.169.254", "0.0.0.0", "224.0.0.1"),
        *("192.0.0.192", "168.63.129.16", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "fec0::1"),
        # The IPv4 address of the machine itself, or of its cloud, written as IPv6.
        *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1"),
        *("2002:7f00:1::", "2001:0:7f00:1::"),
    ],
)
def test_no_event_is_sent_to_the_inside(address: str) -> None:
    """Whoever may add an endpoint could have our machines ask the cloud for its keys."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::6810:85e5", "::ffff:8.8.8.8"])
def test_receivers_on_the_internet_are_reached(address: str) -> None:
    """Else nobody hears of anything."""
    assert is_public(address)
