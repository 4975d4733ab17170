"""Which requests come from one and the same place."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


def network_of(host: str) -> str:
    """What an address counts as in limits: an IPv4 address for itself, however IPv6 writes it
    (RFC 4291 §2.5.5.2, RFC 6052); an IPv6 address for its /64, of which whoever has one address has
    all (RFC 6177); anything else for itself."""
    try:
        address: IPv4Address | IPv6Address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return str(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is None:
            return str(IPv6Network((int(address), 64), strict=False))
        address = address.ipv4_mapped
    return str(address)
