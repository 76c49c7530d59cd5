# SPDX-License-Identifier: GPL-2.0-or-later
"""A second maker and reader of flow tokens, written from docs/tls_reuse.md."""

import base64
import hashlib
import hmac
import socket
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PREFIX = "tr1_"
PHONE, PBX, REGISTERED = 1, 2, 3            # kinds
WHO = {PHONE: 8, PBX: 3, REGISTERED: 12}    # octets of who it is
EDGE = {0: 0, 1: 6, 2: 18}                  # octets of an address, by form
CONTEXT = b"\0flow"
SIP, TLS = b"sip:", b";transport=tls"


class Token(NamedTuple):
    """What is in a token."""

    kind: int
    edge: bytes         # address and port; empty for the PBX's
    who: bytes
    uri: bytes


def raw(token: str) -> bytes:
    text = token[len(PREFIX):]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(octets: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _mac(secret: bytes, data: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()[:16]


def key_id(secret: bytes) -> bytes:
    return _mac(secret, b"tls-edge key id")[:2]


def address(ip: str, port: int) -> bytes:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return socket.inet_pton(family, ip) + port.to_bytes(2, "big")


def _stream(secret: bytes, tag: bytes, data: bytes) -> bytes:
    """Sealed or, a second time, opened: it is an exclusive or."""
    key = algorithms.AES(_mac(secret, b"\0enc"))
    return Cipher(key, modes.CTR(tag)).encryptor().update(data)


def seal(secret: bytes, clear: bytes, context: bytes = CONTEXT) -> str:
    """A token of head, key id, and what is to be sealed."""
    tag = _mac(secret, context + clear)
    return text_of(clear[:3] + _stream(secret, tag, clear[3:]) + tag)


def unseal(secret: bytes, token: str) -> bytes:
    """The inverse; what comes of a broken seal is noise."""
    octets = raw(token)
    return octets[:3] + _stream(secret, octets[-16:], octets[3:-16])


def make(secret: bytes, token: Token) -> str:
    form = {size: form for form, size in EDGE.items()}[len(token.edge)]
    head, uri = 0x80 | form << 4 | token.kind, token.uri
    if uri.startswith(SIP) and len(uri) > len(SIP):
        head, uri = head | 8, uri[len(SIP):]
    if uri.endswith(TLS) and len(uri) > len(TLS):
        head, uri = head | 4, uri[:-len(TLS)]
    return seal(secret, bytes([head]) + key_id(secret) + token.edge
                + token.who + uri)


def read(secret: bytes, token: str) -> Token:
    """Of a token that was made with this key."""
    clear = unseal(secret, token)
    head, rest = clear[0], clear[3:]
    assert head & 0xc0 == 0x80 and clear[1:3] == key_id(secret), token
    kind, edge = head & 3, EDGE[head >> 4 & 3]
    uri = rest[edge + WHO[kind]:]
    found = Token(kind, rest[:edge], rest[edge:edge + WHO[kind]],
                  (SIP if head & 8 else b"") + uri
                  + (TLS if head & 4 else b""))
    assert make(secret, found) == token
    return found


def key_of(secrets: list[bytes], token: str) -> bytes:
    """Which of these keys it was made with."""
    return next(secret for secret in secrets
                if key_id(secret) == raw(token)[1:3])
