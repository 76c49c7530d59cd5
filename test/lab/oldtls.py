# SPDX-License-Identifier: GPL-2.0-or-later
"""Can a phone of 2006 still talk to us?

A TLS 1.0 client, written out because no library of today makes its first
message: a ClientHello in SSL 2.0 format (RFC 5246 app. E.2).  It knows
RSA key exchange with AES-128-CBC and SHA-1, checks the server's Finished,
and is used like a socket.  It does not judge the certificate: such phones
hardly did.
"""

import hashlib
import hmac
import os
import socket
import struct

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TLS10 = b"\x03\x01"
AES128_SHA = b"\x00\x2f"
CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
SERVER_HELLO, CERTIFICATE, HELLO_DONE, FINISHED = 2, 11, 14, 20
CLIENT_KEY = 16
# what the Cisco SPA525G of INTEROP offers, and SSL 2.0's own
CIPHERS = (b"\x07\x00\xc0", b"\x05\x00\x80", b"\0" + AES128_SHA,
           b"\0\0\x0a", b"\0\0\x05")


class Refused(Exception):
    """The server sent an alert; args[0] is its number (RFC 2246 s7.2)."""


def ssl2_hello(challenge: bytes, version: bytes = TLS10,
               ciphers: tuple[bytes, ...] = CIPHERS) -> bytes:
    """RFC 5246 app. E.2, with the two octets of its length in front."""
    body = b"\x01" + version + struct.pack(
        ">HHH", 3 * len(ciphers), 0, len(challenge)) + \
        b"".join(ciphers) + challenge
    return struct.pack(">H", 0x8000 | len(body)) + body


def _p_hash(kind: str, secret: bytes, seed: bytes, size: int) -> bytes:
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, kind)
        out += hmac.digest(secret, a + seed, kind)
    return out[:size]


def prf(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """RFC 2246 s5."""
    half = (len(secret) + 1) // 2
    md5 = _p_hash("md5", secret[:half], label + seed, size)
    sha = _p_hash("sha1", secret[-half:], label + seed, size)
    return bytes(a ^ b for a, b in zip(md5, sha))


class _Way:
    """One direction, once its keys are in use (RFC 2246 s6.2.3.2)."""

    def __init__(self, mac: bytes, key: bytes, iv: bytes, sends: bool):
        made = Cipher(algorithms.AES(key), modes.CBC(iv))
        # one chain for the whole connection: TLS 1.0's way
        self._crypt = made.encryptor() if sends else made.decryptor()
        self._mac, self._number = mac, 0

    def _sum(self, kind: int, data: bytes) -> bytes:
        head = struct.pack(">QB", self._number, kind) + TLS10
        self._number += 1
        return hmac.digest(self._mac, head + struct.pack(">H", len(data))
                           + data, "sha1")

    def close(self, kind: int, data: bytes) -> bytes:
        data += self._sum(kind, data)
        pad = 15 - len(data) % 16
        return self._crypt.update(data + bytes([pad]) * (pad + 1))

    def open(self, kind: int, data: bytes) -> bytes:
        clear = self._crypt.update(data)
        clear = clear[:-clear[-1] - 1]
        clear, mac = clear[:-20], clear[-20:]
        if not hmac.compare_digest(mac, self._sum(kind, clear)):
            raise Refused("a record's MAC is wrong")
        return clear


class OldTls:
    """The client's end over a connected TCP socket, which it takes over."""

    def __init__(self, sock: socket.socket):
        self.sock, self._in, self._out = sock, None, None
        self._bytes, self._messages, self._seen = b"", b"", b""
        self.certificate: bytes = b""
        try:
            self._shake()
        except Exception:
            sock.close()
            raise

    # --- records ----------------------------------------------------------

    def _send(self, kind: int, data: bytes) -> None:
        if self._out:
            data = self._out.close(kind, data)
        self.sock.sendall(bytes([kind]) + TLS10
                          + struct.pack(">H", len(data)) + data)

    def _exactly(self, size: int) -> bytes:
        while len(self._bytes) < size:
            more = self.sock.recv(16384)
            if not more:
                raise EOFError("the server closed")
            self._bytes += more
        cut, self._bytes = self._bytes[:size], self._bytes[size:]
        return cut

    def _record(self) -> tuple[int, bytes]:
        # nothing is taken out before all of it has come: a timeout of the
        # socket may end any wait
        head = self._exactly(5)
        size, = struct.unpack(">H", head[3:])
        try:
            data = self._exactly(size)
        except OSError:
            self._bytes = head + self._bytes
            raise
        kind = head[0]
        if self._in:
            data = self._in.open(kind, data)
        if kind == ALERT and data[1] != 0:
            raise Refused(data[1])
        return kind, data

    # --- the handshake (RFC 2246 s7.3) -------------------------------------

    def _shake(self) -> None:
        challenge = os.urandom(16)
        hello = ssl2_hello(challenge)
        self.sock.sendall(hello)
        self._seen = hello[2:]
        ours = bytes(16) + challenge
        answer = self._message(SERVER_HELLO)
        theirs, at = answer[2:34], 35 + answer[34]
        assert answer[:2] == TLS10 and answer[at:at + 2] == AES128_SHA
        chain = self._message(CERTIFICATE)
        size = int.from_bytes(chain[3:6], "big")
        self.certificate = chain[6:6 + size]
        self._message(HELLO_DONE)
        premaster = TLS10 + os.urandom(46)
        self._put(CLIENT_KEY, self._wrapped(premaster))
        master = prf(premaster, b"master secret", ours + theirs, 48)
        block = prf(master, b"key expansion", theirs + ours, 104)
        self._send(CHANGE, b"\x01")
        self._out = _Way(block[:20], block[40:56], block[72:88], True)
        self._put(FINISHED, self._finished(master, b"client finished"))
        expected = self._finished(master, b"server finished")
        kind, _ = self._record()
        assert kind == CHANGE
        self._in = _Way(block[20:40], block[56:72], block[88:104], False)
        assert self._message(FINISHED) == expected

    def _finished(self, master: bytes, label: bytes) -> bytes:
        seed = hashlib.md5(self._seen).digest() \
            + hashlib.sha1(self._seen).digest()
        return prf(master, label, seed, 12)

    def _wrapped(self, premaster: bytes) -> bytes:
        key = x509.load_der_x509_certificate(self.certificate).public_key()
        assert isinstance(key, RSAPublicKey)
        wrapped = key.encrypt(premaster, PKCS1v15())
        return struct.pack(">H", len(wrapped)) + wrapped

    def _put(self, kind: int, body: bytes) -> None:
        message = bytes([kind]) + len(body).to_bytes(3, "big") + body
        self._seen += message
        self._send(HANDSHAKE, message)

    def _message(self, want: int) -> bytes:
        """The next handshake message; any other than want is an error."""
        while len(self._messages) < 4 or len(self._messages) < \
                4 + int.from_bytes(self._messages[1:4], "big"):
            kind, data = self._record()
            assert kind == HANDSHAKE, kind
            self._messages += data
        end = 4 + int.from_bytes(self._messages[1:4], "big")
        message, self._messages = self._messages[:end], self._messages[end:]
        assert message[0] == want, message[0]
        self._seen += message
        return message[4:]

    # --- as a socket --------------------------------------------------------

    def sendall(self, data: bytes) -> None:
        self._send(DATA, data)

    def recv(self, _size: int) -> bytes:
        """The data of the next record that has any; b"": it has closed."""
        while True:
            try:
                kind, data = self._record()
            except EOFError:
                return b""
            if kind == ALERT:
                return b""
            if kind == DATA and data:
                return data

    def settimeout(self, seconds: float) -> None:
        self.sock.settimeout(seconds)

    def getsockname(self) -> tuple[str, int]:
        return self.sock.getsockname()

    def close(self) -> None:
        self.sock.close()
