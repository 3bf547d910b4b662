"""Which addresses a requester may have this server connect to: those that everyone can reach."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# Assigned to protocols, and the relays of 6to4: Python counts parts of them as global.
NOBODYS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


def may_connect(address: str, *, is_local: bool) -> bool:
    """Whether to connect to an address; to loopback only when nobody but this machine can ask for it."""
    found = ip_address(address)
    return (is_local and found.is_loopback) or is_public(found)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address, and any address that it carries inside, is everyone's to reach.

    >>> [is_public(ip_address(text)) for text in ("93.184.215.14", "64:ff9b::a9fe:a9fe", "::127.0.0.1")]
    [True, False, False]
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in net for net in NOBODYS)
    inner = carried(address)
    return is_public(inner) if inner else address.is_global and address in GLOBAL_UNICAST


def carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a translator or tunnel would take packets for an IPv6 one."""
    if address in NAT64:
        return IPv4Address(int(address) % 2**32)
    if address.teredo:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
