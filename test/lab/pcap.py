# SPDX-License-Identifier: GPL-2.0-or-later
"""What crossed a network?  A capture, and its UDP and TCP payloads."""

import re
import struct
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from .proc import Process

# Link types and the offset of the Ethernet-style protocol number in them.
LINKS = {1: (12, 14), 113: (14, 16), 276: (0, 20)}
UDP, TCP = 17, 6


class Packet(NamedTuple):
    time: float
    protocol: int
    source: tuple[str, int]
    target: tuple[str, int]
    payload: bytes
    number: int = 0     # TCP's sequence number of the payload's first octet
    syn: bool = False   # ... which begins here, one further on


class Capture:
    """tcpdump on one device, sure to run when this returns."""

    def __init__(self, device: str, path: Path, ns: Optional[str] = None,
                 expression: str = ""):
        self.path = path
        path.unlink(missing_ok=True)
        argv = ["tcpdump", "-i", device, "-n", "-U", "--immediate-mode",
                # each slot of its buffer holds the longest packet there can be
                "-s", "65535", "-B", "32768", "-Z", "root", "-w", str(path)]
        self._process = Process("tcpdump", argv + expression.split(),
                                path.with_suffix(".log"), ns=ns)

    def wait(self) -> None:
        self._process.wait_log(r"listening on", 5)

    def stop(self) -> None:
        self._process.stop()

    def packets(self) -> Iterator[Packet]:
        """All UDP and TCP packets so far (it may still be running)."""
        return read(self.path)


def read(path: Path) -> Iterator[Packet]:
    """The UDP and TCP packets of a pcap file; a torn last one is left."""
    data = path.read_bytes()
    if len(data) < 24:
        return
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1",
                                b"\x4d\x3c\xb2\xa1") else ">"
    nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    link = struct.unpack(order + "I", data[20:24])[0]
    head, at = struct.Struct(order + "IIII"), 24
    while at + 16 <= len(data):
        seconds, fraction, size, _ = head.unpack_from(data, at)
        at += 16
        if at + size > len(data):
            return
        frame = data[at:at + size]
        at += size
        when = seconds + fraction / (1e9 if nano else 1e6)
        packet = _ip(frame, link, when)
        if packet:
            yield packet


def _ip(frame: bytes, link: int, when: float) -> Optional[Packet]:
    kind_at, begin = LINKS[link]
    if frame[kind_at:kind_at + 2] != b"\x08\x00" or len(frame) < begin + 20:
        return None
    ip = frame[begin:]
    size = (ip[0] & 15) * 4
    total = struct.unpack(">H", ip[2:4])[0]
    if ip[9] not in (UDP, TCP) or len(ip) < size + 8:
        return None
    body = ip[size:total]
    source, target = struct.unpack(">HH", body[:4])
    skip = 8 if ip[9] == UDP else (body[12] >> 4) * 4
    return Packet(when, ip[9], (_dotted(ip[12:16]), source),
                  (_dotted(ip[16:20]), target), body[skip:],
                  *((0, False) if ip[9] == UDP else
                    (struct.unpack(">I", body[4:8])[0],
                     bool(body[13] & 2))))


def _dotted(raw: bytes) -> str:
    return ".".join(str(byte) for byte in raw)


SIP_START = re.compile(
    rb"(?:[A-Z]{3,12} [^\r\n]{1,2000} SIP/2\.0|SIP/2\.0 \d{3} [^\r\n]*)\r\n")


def sip_messages(packets: Iterator[Packet]) -> list[Packet]:
    """Packets whose payload is plain SIP: datagrams, and TCP re-joined.

    A TCP direction's payloads are put together (no gaps occur on a veth;
    retransmissions are dropped) and cut at each start line.
    """
    found, streams = [], {}
    for packet in packets:
        if packet.protocol == UDP:
            if SIP_START.match(packet.payload):
                found.append(packet)
        elif packet.payload:
            key = (packet.source, packet.target)
            pieces = streams.setdefault(key, [])
            if not pieces or pieces[-1].payload != packet.payload:
                pieces.append(packet)
    for pieces in streams.values():
        found += _cut(pieces)
    return sorted(found, key=lambda packet: packet.time)


def _cut(pieces: list[Packet]) -> list[Packet]:
    whole, times = b"", []
    for piece in pieces:
        times.append((len(whole), piece.time))
        whole += piece.payload
    starts = [m.start() for m in SIP_START.finditer(whole)]
    found = []
    for begin, end in zip(starts, starts[1:] + [len(whole)]):
        when = max(t for at, t in times if at <= begin)
        found.append(pieces[0]._replace(time=when,
                                        payload=whole[begin:end]))
    return found
