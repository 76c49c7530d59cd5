# SPDX-License-Identifier: GPL-2.0-or-later
"""Which TLS did the phone and the edge agree on?

Read from the captured ServerHello, which is in the clear; the certificate
is not (TLS 1.3), so a handshake of our own asks the edge for it.
"""

import ssl
import struct
from pathlib import Path
from typing import Iterable, NamedTuple, Optional

from .net import tcp_socket
from .pcap import TCP, Packet

VERSIONS = {0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2",
            0x0304: "TLSv1.3"}
CIPHERS = {
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xc02b: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xc02c: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xc02f: "ECDHE-RSA-AES128-GCM-SHA256",
    0xc030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xcca8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xcca9: "ECDHE-ECDSA-CHACHA20-POLY1305"}
SUPPORTED_VERSIONS = 43


class Agreed(NamedTuple):
    version: str
    cipher: str


def _server_hello(data: bytes) -> Optional[Agreed]:
    """RFC 8446 s4.1.3: record 5, handshake 4, version 2, random 32 ..."""
    if len(data) < 44 or data[0] != 22 or data[5] != 2:
        return None
    at = 44 + data[43]
    if len(data) < at + 3:
        return None
    version, = struct.unpack_from(">H", data, 9)
    cipher, = struct.unpack_from(">H", data, at)
    at += 5                     # cipher, compression, extensions' length
    while at + 4 <= len(data):
        kind, size = struct.unpack_from(">HH", data, at)
        if kind == SUPPORTED_VERSIONS and size == 2 and \
                at + 6 <= len(data):
            version, = struct.unpack_from(">H", data, at + 4)
        at += 4 + size
    return Agreed(VERSIONS.get(version, f"{version:#06x}"),
                  CIPHERS.get(cipher, f"{cipher:#06x}"))


def agreed(packets: Iterable[Packet], edge: tuple[str, int]) -> list[Agreed]:
    """What each TLS connection to the edge agreed on, in order."""
    found = []
    for packet in packets:
        if packet.protocol == TCP and packet.source == edge:
            hello = _server_hello(packet.payload)
            if hello:
                found.append(hello)
    return found


def identities(edge: tuple[str, int], domain: str, ca: Path,
               ns: Optional[str]) -> list[str]:
    """The edge's subjectAltNames; raises if it does not verify."""
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False      # RFC 5922 names are not for ssl
    with tcp_socket(edge, ns) as raw, \
            context.wrap_socket(raw, server_hostname=domain) as sock:
        names = (sock.getpeercert() or {}).get("subjectAltName", ())
    return [f"{kind}:{value}" for kind, value in names]
