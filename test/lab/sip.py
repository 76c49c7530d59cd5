# SPDX-License-Identifier: GPL-2.0-or-later
"""Does a SIP server answer, and what?  The smallest possible client."""

import secrets
import socket
from typing import Optional

from .net import inside


def request(method: str, uri: str, via: str, extra: str = "",
            body: str = "", sender: str = "sip:probe@lab.test") -> bytes:
    """A complete request; via is e.g. "UDP 10.99.1.9:5060"."""
    word = secrets.token_hex(6)
    return (f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{via};branch=z9hG4bK{word};rport\r\n"
            f"Max-Forwards: 10\r\nFrom: <{sender}>;tag={word}\r\n"
            f"To: <{uri}>\r\nCall-ID: {word}@lab.test\r\n"
            f"CSeq: 1 {method}\r\n{extra}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def ask(address: tuple[str, int], message: bytes, ns: Optional[str] = None,
        timeout: float = 0.3) -> bytes:
    """Send over UDP; the answer, or nothing."""
    with inside(ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.settimeout(timeout)
        sock.connect(address)
        try:
            sock.send(message)
            return sock.recv(65535)
        except OSError:         # silence, or nobody listens yet
            return b""


def answers(address: tuple[str, int], ns: Optional[str] = None) -> bool:
    """Is there a SIP server at all?  Any reply to OPTIONS will do."""
    host, port = address
    message = request("OPTIONS", f"sip:{host}:{port}", f"UDP {host}:9")
    return ask(address, message, ns).startswith(b"SIP/2.0 ")
