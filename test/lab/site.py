# SPDX-License-Identifier: GPL-2.0-or-later
"""Which addresses and devices does a laboratory use?

Its own networks (lab.net) by default; an operator's machine when his own
PBX is to be tried, with addresses found from the routes to it.
"""

import json
import os
import socket
from typing import Mapping, NamedTuple, Optional

from . import net
from .proc import LabError, run


class Site(NamedTuple):
    outer: str = net.EDGE_OUTER         # the edge, towards phones
    inner: str = net.EDGE_INNER         # the edge, towards the PBX
    pbx: str = net.PBX
    pbx_port: int = 5060
    outer_port: int = 5061
    inner_port: int = 5060
    outer_dev: str = net.OUTER_DEV      # where captures are made
    inner_dev: str = net.INNER_DEV
    phone: str = net.PHONES             # a softphone: address, device
    phone_dev: str = "eth0"
    phone_ns: Optional[str] = "phones"
    control: str = "127.0.0.1:2223"     # rtpengine's
    namespaces: bool = True


def _route(address: str) -> dict[str, str]:
    try:
        return json.loads(run(["ip", "-j", "route", "get", address]))[0]
    except (LabError, ValueError, LookupError) as error:
        raise LabError(f"no route to {address}: {error}") from error


def _device_of(address: str) -> str:
    for device in json.loads(run(["ip", "-j", "addr"])):
        for entry in device.get("addr_info", []):
            if entry.get("local") == address:
                return device["ifname"]
    raise LabError(f"{address} is no address of this machine; set "
                   "EDGE_OUTER and EDGE_INNER to two of its addresses")


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _default_outer(inner: str) -> str:
    """The address that the rest of the world would be reached from."""
    try:
        return _route("192.0.2.1")["prefsrc"]
    except (LabError, KeyError):
        return inner


def operators(pbx: str, env: Mapping[str, str] = os.environ) -> Site:
    """PBX=ADDR[:PORT] on this machine's own network."""
    name, _, port = pbx.partition(":")
    try:
        address = socket.gethostbyname(name)
        pbx_port = int(port or 5060)
    except (OSError, ValueError) as error:
        raise LabError(f"PBX={pbx}: say asterisk, chan_sip, or the "
                       f"ADDRESS[:PORT] of your PBX ({error})") from error
    route = _route(address)
    inner = env.get("EDGE_INNER") or route.get("prefsrc", "")
    outer = env.get("EDGE_OUTER") or _default_outer(inner)
    device = _device_of(outer)
    if device == "lo":
        raise LabError(f"EDGE_OUTER={outer}: the softphone refuses the "
                       "loopback device; set EDGE_OUTER to another address")
    _device_of(inner)
    # What this machine says to itself passes its loopback device.
    return Site(outer, inner, address, pbx_port,
                int(env.get("EDGE_OUTER_PORT") or 5061),
                int(env.get("EDGE_INNER_PORT") or 5060),
                "lo", route["dev"], outer, device, None,
                f"127.0.0.1:{_free_udp_port()}", False)
