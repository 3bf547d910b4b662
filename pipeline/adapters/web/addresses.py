"""The guard against requests into our own network: it sees each address just before we connect.

Names, numbers in odd spellings, redirects and names that change their address between two look-ups all end in
a socket, so that is where the check is.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

_AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Protocol assignments and the retired 6to4 relays: Python counts some of their addresses as global.
_RESERVED = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


class PrivateAddress(OSError):
    """The host's address belongs to a private, local or reserved network."""


def socket_factory(allow_private: bool) -> Callable[[_AddressInfo], socket.socket]:
    """Return a maker of sockets for aiohttp's connector that refuses addresses which are not public."""

    def guarded(info: _AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not (allow_private or is_public(address[0])):
            raise PrivateAddress(PrivateAddress.__doc__)
        return socket.socket(family, kind, protocol)

    return guarded


def is_public(address: str) -> bool:
    """Tell whether everyone can reach an IP address; one that wraps an IPv4 address is as public as that."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        wrapped = _wrapped(parsed)
        if wrapped is None:
            return parsed.is_global and parsed in _GLOBAL_UNICAST
        parsed = wrapped
    reserved = any(parsed in network for network in _RESERVED)
    return parsed.is_global and not parsed.is_multicast and not reserved


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.teredo:
        return address.teredo[1]
    in_low_bits = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or in_low_bits
