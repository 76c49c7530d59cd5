# SPDX-License-Identifier: GPL-2.0-or-later
"""What does Kamailio answer to an RPC, as Python values?

Speaks binrpc, the protocol of Kamailio's ctl module and of kamcmd, whose
socket the configuration opens anyway.

    header:  magic 4b, version 4b | kind 4b, LL 2b, CL 2b | length | cookie
    record:  S 1b, size 3b, type 4b | value length, if S | value
"""

import os
import socket
from typing import Any, Union

from .proc import PATIENCE

INT, STR, DOUBLE, STRUCT, ARRAY, AVP, BYTES = range(7)
MAGIC = 0xA1
FAULT = 3
END = object()
Value = Union[int, float, str, bytes, dict, list]


class RpcError(Exception):
    """The server refused: code and its words."""

    def __init__(self, code: int, reason: str):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


def call(path: str, method: str, *params: Union[int, str],
         timeout: float = 5) -> list[Value]:
    """Call a method; return the values of its answer, in order."""
    body = b"".join(_encode(word) for word in (method, *params))
    cookie = os.urandom(4)
    head = bytes([MAGIC, 0x0F]) + len(body).to_bytes(4, "big") + cookie
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout * PATIENCE)
        sock.connect(path)
        sock.sendall(head + body)
        kind, answer = _receive(sock)
    values = _decode_all(answer)
    if kind == FAULT:
        raise RpcError(int(values[0]), str(values[1]))
    return values


def _encode(value: Union[int, str]) -> bytes:
    if isinstance(value, int):
        raw = value.to_bytes(4, "big", signed=True)
        return bytes([0x40 | INT]) + raw
    raw = value.encode() + b"\0"
    return bytes([0xC0 | STR]) + len(raw).to_bytes(4, "big") + raw


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise RpcError(0, "Kamailio closed the control socket")
        data += more
    return data


def _receive(sock: socket.socket) -> tuple[int, bytes]:
    first, second = _exactly(sock, 2)
    if first != MAGIC:
        raise RpcError(0, f"not binrpc: {first:#x}")
    length = int.from_bytes(
        _exactly(sock, ((second >> 2) & 3) + 1), "big")
    _exactly(sock, (second & 3) + 1)
    return second >> 4, _exactly(sock, length)


def _record(data: bytes, at: int) -> tuple[int, Any, int]:
    """One record: its type, its raw bytes (or END), where it ends."""
    size, kind = (data[at] >> 4) & 7, data[at] & 15
    long_form = data[at] & 0x80
    at += 1
    if kind in (STRUCT, ARRAY):
        return kind, END if long_form else None, at
    if long_form:
        size, at = int.from_bytes(data[at:at + size], "big"), at + size
    return kind, data[at:at + size], at + size


def _value(data: bytes, at: int) -> tuple[Any, int]:
    kind, raw, at = _record(data, at)
    if raw is END:
        return END, at
    if kind == STRUCT:
        return _struct(data, at)
    if kind == ARRAY:
        return _array(data, at)
    if kind == INT:
        return int.from_bytes(raw, "big", signed=len(raw) == 4), at
    if kind == DOUBLE:
        return int.from_bytes(raw, "big", signed=len(raw) == 4) / 1000, at
    if kind == BYTES:
        return raw, at
    return raw.rstrip(b"\0").decode("utf-8", "replace"), at


def _array(data: bytes, at: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    while True:
        value, at = _value(data, at)
        if value is END:
            return values, at
        values.append(value)


def _struct(data: bytes, at: int) -> tuple[Union[dict, list], int]:
    """Members by name; a name that comes again makes a list.

    Kamailio sends an array within a struct as a struct without names.
    """
    pairs: list[tuple[str, Any]] = []
    bare: list[Any] = []
    while True:
        named = data[at] & 15 == AVP
        value, at = _value(data, at)
        if value is END:
            return (bare if bare else _members(pairs)), at
        if named:
            name = value
            value, at = _value(data, at)
            pairs.append((name, value))
        else:
            bare.append(value)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if names.count(name) > 1:
            members.setdefault(name, []).append(value)
        else:
            members[name] = value
    return members


def _decode_all(data: bytes) -> list[Any]:
    values, at = [], 0
    while at < len(data):
        value, at = _value(data, at)
        values.append(value)
    return values
