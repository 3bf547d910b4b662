"""The guard against requests into our own network: it sees each address just before we connect.

Names, numbers in odd spellings, redirects and names that change their address between two look-ups all end in
a socket, so that is where the check is.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

_AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
_NAT64 = IPv6Network("64:ff9b::/96")


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
    """Tell whether an IP address is reachable by everyone, and so is any IPv4 address wrapped in it."""
    parsed = ip_address(address)
    wrapped = _wrapped(parsed) if isinstance(parsed, IPv6Address) else None
    return all(each.is_global and not each.is_multicast for each in (parsed, wrapped) if each is not None)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
