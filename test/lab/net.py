# SPDX-License-Identifier: GPL-2.0-or-later
"""Which networks lie between phones, edge and PBX?

    phones 10.99.0.2 ---- 10.99.0.1 edge 10.99.1.1 ---- 10.99.1.2 pbx
      |  \\__ 10.99.0.3 ... more outside addresses, on demand
      | masquerade as 10.99.0.100, on demand
    nat 192.168.77.2

    phones 10.99.2.2 -- 10.99.2.1 second 10.99.3.1 -- 10.99.3.2 pbx, on demand

The edge is the sandbox's own network namespace; the others have names.  The
PBX's machine is the router between two edges.
"""

import ctypes
import os
import socket
from contextlib import contextmanager
from typing import Iterator, Optional

from .proc import LabError, in_netns, run
from .sandbox import CLONE_NEWNET, libc

EDGE_OUTER, EDGE_INNER = "10.99.0.1", "10.99.1.1"
PHONES, PBX = "10.99.0.2", "10.99.1.2"
NAT_OUTSIDE, NAT_PHONE = "10.99.0.100", "192.168.77.2"
NAT_ROUTER = "192.168.77.1"
SECOND_OUTER, SECOND_INNER = "10.99.2.1", "10.99.3.1"
OUTER_DEV, INNER_DEV = "outer0", "inner0"

# As a home router does: it masquerades, and nothing new comes in.
NAT_RULES = f"""
table ip nat {{
    chain post {{
        type nat hook postrouting priority srcnat
        ip saddr 192.168.77.0/24 snat to {NAT_OUTSIDE}
    }}
}}
table ip guard {{
    chain forward {{
        type filter hook forward priority filter
        ct state established,related accept
        iifname eth0 drop
    }}
}}
"""
DROP_TABLE = """
table inet lab {
    chain in { type filter hook input priority 0; }
    chain out { type filter hook output priority 0; }
}
"""


def ip(words: str, ns: Optional[str] = None) -> None:
    run(["ip", *(["-n", ns] if ns else []), *words.split()])


def nft(rules: str, ns: Optional[str] = None) -> None:
    run(in_netns(ns, ["nft", "-f", "-"]), feed=rules)


def _join(ns: str, dev: str, here: str, there: str,
          parent: Optional[str] = None) -> None:
    """A new namespace `ns` at the far end of a cable from parent."""
    ip(f"netns add {ns}")
    ip(f"link add {dev} type veth peer name eth0 netns {ns}", parent)
    ip(f"addr add {here}/24 dev {dev}", parent)
    ip(f"link set {dev} up", parent)
    ip("link set lo up", ns)
    ip(f"addr add {there}/24 dev eth0", ns)
    ip("link set eth0 up", ns)
    ip(f"route add default via {here}", ns)


def up() -> None:
    """Make the three networks (once, at the start of a sandbox)."""
    ip("link set lo up")
    _join("phones", OUTER_DEV, EDGE_OUTER, PHONES)
    _join("pbx", INNER_DEV, EDGE_INNER, PBX)
    # The edge routes nothing: what crosses it, Kamailio or rtpengine took
    # across.
    _sysctl("net/ipv4/ip_forward", "0")


def _sysctl(name: str, value: str) -> None:
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
        file.write(value)


def add_phone_address(address: str) -> None:
    """One more outside address, e.g. for a second phone or a peer."""
    ip(f"addr replace {address}/24 dev eth0", "phones")


def add_edge_address(address: str) -> None:
    """One more of the edge's own, towards phones."""
    if not os.path.exists("/run/netns/pbx"):
        up()
    ip(f"addr replace {address}/24 dev {OUTER_DEV}")


def up_nat() -> None:
    """A phone's network behind a masquerading router (idempotent)."""
    if os.path.exists("/run/netns/nat"):
        return
    add_phone_address(NAT_OUTSIDE)
    _join("nat", "lan0", NAT_ROUTER, NAT_PHONE, parent="phones")
    with inside("phones"):
        _sysctl("net/ipv4/ip_forward", "1")
    nft(NAT_RULES, "phones")


def up_second() -> None:
    """A second edge's network, in namespace `second` (idempotent)."""
    if os.path.exists("/run/netns/second"):
        return
    _join("second", "eth2", "10.99.2.2", SECOND_OUTER, parent="phones")
    ip(f"link add eth2 type veth peer name {INNER_DEV} netns second", "pbx")
    ip("addr add 10.99.3.2/24 dev eth2", "pbx")
    ip("link set eth2 up", "pbx")
    ip(f"addr add {SECOND_INNER}/24 dev {INNER_DEV}", "second")
    ip(f"link set {INNER_DEV} up", "second")
    ip("route add 10.99.1.0/24 via 10.99.3.2", "second")
    ip(f"route add 10.99.3.0/24 via {PBX}")
    with inside("pbx"):
        _sysctl("net/ipv4/ip_forward", "1")


def nat_forgets_after(seconds: int) -> None:
    """How long that router keeps a connection on which nothing passes."""
    with inside("phones"):
        _sysctl("net/netfilter/nf_conntrack_tcp_timeout_established",
                str(seconds))


@contextmanager
def dropping(match: str, ns: Optional[str] = None) -> Iterator[None]:
    """Drop what matches while the block runs, both ways through ns.

    Example: dropping("udp sport 5060 numgen random mod 100 < 5").
    """
    drop(match, ns)
    try:
        yield
    finally:
        undrop(ns)


def drop(match: str, ns: Optional[str] = None) -> None:
    """Drop matching packets in ns (None: the edge) until undrop."""
    nft(DROP_TABLE + f"add rule inet lab in {match} drop\n"
        f"add rule inet lab out {match} drop\n", ns)


def undrop(ns: Optional[str] = None) -> None:
    nft("table inet lab\ndelete table inet lab\n", ns)


@contextmanager
def inside(ns: Optional[str]) -> Iterator[None]:
    """Sockets made in this block belong to the namespace, for good.

    Only the calling thread changes over; it comes back at the end.
    """
    if ns is None:
        yield
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    except OSError as error:
        os.close(home)
        raise LabError(f"no network namespace {ns}") from error
    try:
        _setns(there, ns)
        yield
    finally:
        _setns(home, "home")
        os.close(home)
        os.close(there)


def _setns(fd: int, name: str) -> None:
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise LabError(f"setns {name}: {os.strerror(ctypes.get_errno())}")


def tcp_socket(address: tuple[str, int], ns: Optional[str] = None,
               timeout: float = 5) -> socket.socket:
    """A TCP connection made from within ns."""
    with inside(ns):
        return socket.create_connection(address, timeout)
