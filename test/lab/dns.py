# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest DNS that RFC 3263 can be tried with: A and SRV records."""

import socket
import struct
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Union

from . import net
from .proc import run

PLACE = "127.0.0.53"
RESOLV_CONF = f"nameserver {PLACE}\n"

A, SRV, IN = 1, 33, 1
ANSWER, NO_SUCH_NAME = 0x8580, 0x8583       # authoritative


class Service(NamedTuple):
    """An SRV record (RFC 2782)."""

    target: str
    port: int
    priority: int = 0
    weight: int = 0


Records = dict[str, list[Union[str, Service]]]


def _packed(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.rstrip(".").split(".")) + b"\0"


def _data(record: Union[str, Service]) -> tuple[int, bytes]:
    if isinstance(record, str):
        return A, socket.inet_aton(record)
    return SRV, struct.pack(">HHH", record.priority, record.weight,
                            record.port) + _packed(record.target)


def _question(query: bytes) -> tuple[str, int, int]:
    """Its name, its type, and where it ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    kind, = struct.unpack_from(">H", query, at + 1)
    return ".".join(labels), kind, at + 5


class Server:
    """A DNS server at PLACE, of one network namespace.

    records: by name; SRV names as _sips._tcp.example.test.  asked: all
    names and types so far.
    """

    def __init__(self, records: Records, ns: Optional[str] = None):
        self.records = records
        self.asked: list[tuple[str, int]] = []
        with net.inside(ns):
            self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((PLACE, 53))
        self._end = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._sock.settimeout(0.2)
        while not self._end:
            try:
                query, source = self._sock.recvfrom(512)
            except TimeoutError:
                continue
            self._sock.sendto(self._answer(query), source)

    def _answer(self, query: bytes) -> bytes:
        name, kind, end = _question(query)
        self.asked.append((name, kind))
        there = [_data(record) for record in self.records.get(name, [])]
        found = [data for of, data in there if of == kind]
        flags = ANSWER if there else NO_SUCH_NAME
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0)
        return head + query[12:end] + b"".join(
            _packed(name) + struct.pack(">HHIH", kind, IN, 60, len(data))
            + data for data in found)

    def close(self) -> None:
        self._end = True
        self._thread.join()
        self._sock.close()


@contextmanager
def everybody_asks(where: Path) -> Iterator[None]:
    """All programs of the sandbox ask the server of their namespace."""
    (where / "resolv.conf").write_text(RESOLV_CONF)
    run(["mount", "--bind", str(where / "resolv.conf"), "/etc/resolv.conf"])
    try:
        yield
    finally:
        run(["umount", "/etc/resolv.conf"])
