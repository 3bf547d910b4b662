import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.web.addresses import PrivateAddress, is_public, socket_factory


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "::127.0.0.1",
        "fec0::1",
        "192.0.0.8",
        "192.88.99.1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_our_own_networks_are_not_public(address):
    assert not is_public(address)
    with pytest.raises(PrivateAddress):
        socket_factory(False)((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_the_rest_of_the_world_is(address):
    assert is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_private_address_hides_in_a_wider_one(address):
    number = int(address)
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")
    assert not is_public(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}")


def test_makes_sockets_when_allowed():
    with socket_factory(True)((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))) as made:
        assert made.family == socket.AF_INET
