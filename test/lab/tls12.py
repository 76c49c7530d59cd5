# SPDX-License-Identifier: GPL-2.0-or-later
"""What was said on a captured TLS connection?

For TLS 1.2 with RSA key exchange and AES-128-GCM (RFC 5246, RFC 5288,
RFC 7627): who has the server's key reads both directions.
"""

import hashlib
import hmac
import struct
from pathlib import Path
from typing import Iterable, Optional

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import \
    load_pem_private_key

from .pcap import TCP, Packet

CIPHER = "AES128-GCM-SHA256"
CHANGE, HANDSHAKE, DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
HELLO_DONE, KEY_EXCHANGE = 14, 16
SERVER_NAME, EXTENDED_MASTER = 0, 23

Place = tuple[str, int]


def prf(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """RFC 5246 s5."""
    def mac(text: bytes) -> bytes:
        return hmac.new(secret, text, hashlib.sha256).digest()
    seed, out, a = label + seed, b"", label + seed
    while len(out) < size:
        a = mac(a)
        out += mac(a + seed)
    return out[:size]


def _extensions(hello: bytes, at: int) -> dict[int, bytes]:
    found = {}
    at += 2
    while at + 4 <= len(hello):
        kind, size = struct.unpack_from(">HH", hello, at)
        found[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size
    return found


class Half:
    """One direction."""

    def __init__(self, number: int) -> None:
        self._next = (number + 1) % (1 << 32)
        self._early: dict[int, bytes] = {}
        self.stream = b""               # as TCP carried it
        self.hellos: list[bytes] = []   # handshake messages, as long as clear
        self.sealed: list[tuple[int, bytes]] = []
        self.number = 0
        self.key, self.salt = b"", b""
        self.certificate: Optional[x509.Certificate] = None
        self.text = b""                 # what was said, in clear

    def take(self, number: int, payload: bytes) -> None:
        """Put segments in order; one that comes again says nothing new."""
        known = (self._next - number) % (1 << 32)
        if known < len(payload):
            number, payload = self._next, payload[known:]
        if len(payload) > len(self._early.get(number, b"")):
            self._early[number] = payload
        while self._next in self._early:
            piece = self._early.pop(self._next)
            self.stream += piece
            self._next = (self._next + len(piece)) % (1 << 32)

    def sort(self) -> None:
        """What of the stream is handshake, what is sealed?"""
        at, clear, sealed = 0, b"", False
        while at + 5 <= len(self.stream):
            kind, _, size = struct.unpack_from(">BHH", self.stream, at)
            body = self.stream[at + 5:at + 5 + size]
            at += 5 + size
            if len(body) < size:
                break
            if sealed:
                self.sealed.append((kind, body))
            elif kind == HANDSHAKE:
                clear += body
            sealed |= kind == CHANGE
        while len(clear) >= 4:
            size = 4 + int.from_bytes(clear[1:4], "big")
            self.hellos.append(clear[:size])
            clear = clear[size:]

    def message(self, kind: int) -> bytes:
        for message in self.hellos:
            if message[0] == kind:
                return message
        return b""


def up_to(half: Half, kind: int) -> list[bytes]:
    kinds = [message[0] for message in half.hellos]
    return half.hellos[:kinds.index(kind) + 1]


class Connection:
    """A whole one: client is who opened it."""

    def __init__(self, client: Place, server: Place, number: int):
        self.client, self.server = client, server
        self.half = {client: Half(number)}
        self.name = ""                  # the server name that was asked for

    def add(self, packet: Packet) -> None:
        if packet.syn:
            self.half.setdefault(packet.source, Half(packet.number))
        elif packet.source in self.half:
            self.half[packet.source].take(packet.number, packet.payload)

    def read(self, keys: dict[bytes, object]) -> None:
        """Decrypt it all, as far as it came."""
        self.half.setdefault(self.server, Half(0))
        client, server = self.half[self.client], self.half[self.server]
        for half in (client, server):
            half.sort()
            self._certificate(half)
        hello = client.message(CLIENT_HELLO)
        if hello:
            self._name(hello)
        sealed = client.message(KEY_EXCHANGE)
        if not sealed or not server.certificate:
            return
        shown = server.certificate.fingerprint(hashes.SHA256())
        secret = keys[shown].decrypt(sealed[6:], padding.PKCS1v15())
        self._make_keys(secret)
        for half in (client, server):
            for kind, body in half.sealed:
                text = self._open(half, kind, body)
                half.text += text if kind == DATA else b""

    def _name(self, hello: bytes) -> None:
        at = 39 + hello[38]
        at += 2 + struct.unpack_from(">H", hello, at)[0]
        at += 1 + hello[at]
        self.name = _extensions(hello, at).get(SERVER_NAME,
                                               b"")[5:].decode()

    @staticmethod
    def _certificate(half: Half) -> None:
        message = half.message(CERTIFICATE)
        if len(message) > 10:
            size = int.from_bytes(message[7:10], "big")
            half.certificate = x509.load_der_x509_certificate(
                message[10:10 + size])

    def _make_keys(self, secret: bytes) -> None:
        client, server = self.half[self.client], self.half[self.server]
        hello = server.message(SERVER_HELLO)
        randoms = [client.message(CLIENT_HELLO)[6:38], hello[6:38]]
        if EXTENDED_MASTER in _extensions(hello, 39 + hello[38] + 3):
            said = client.hellos[:1] + up_to(server, HELLO_DONE) \
                + up_to(client, KEY_EXCHANGE)[1:]
            seed = hashlib.sha256(b"".join(said)).digest()
            master = prf(secret, b"extended master secret", seed, 48)
        else:
            master = prf(secret, b"master secret", b"".join(randoms), 48)
        block = prf(master, b"key expansion", b"".join(randoms[::-1]), 40)
        client.key, server.key = block[:16], block[16:32]
        client.salt, server.salt = block[32:36], block[36:40]

    @staticmethod
    def _open(half: Half, kind: int, body: bytes) -> bytes:
        """RFC 5288 s3."""
        head = struct.pack(">QBHH", half.number, kind, 0x303, len(body) - 24)
        half.number += 1
        return AESGCM(half.key).decrypt(half.salt + body[:8], body[8:], head)

    def subject(self, place: Place) -> str:
        """The first DNS name in the certificate that this end showed."""
        shown = self.half[place].certificate
        if shown is None:
            return ""
        names = shown.extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)[0]


def connections(packets: Iterable[Packet],
                pairs: Iterable[tuple[Path, Path]]) -> list[Connection]:
    """Those in a capture; pairs: certificate and key of each server."""
    keys = {}
    for cert_file, key_file in pairs:
        cert = x509.load_pem_x509_certificate(cert_file.read_bytes())
        keys[cert.fingerprint(hashes.SHA256())] = \
            load_pem_private_key(key_file.read_bytes(), None)
    found: list[Connection] = []
    now: dict[frozenset[Place], Connection] = {}
    for packet in packets:
        if packet.protocol != TCP:
            continue
        ends = frozenset((packet.source, packet.target))
        begins = packet.syn and (ends not in now
                                 or packet.source == now[ends].client)
        if begins:
            now[ends] = Connection(packet.source, packet.target,
                                   packet.number)
            found.append(now[ends])
        if ends in now:
            now[ends].add(packet)
    for connection in found:
        connection.read(keys)
    return found
