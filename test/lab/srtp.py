# SPDX-License-Identifier: GPL-2.0-or-later
"""Does this packet authenticate and decrypt with that SDES key?

RFC 3711 (AES-CM with HMAC-SHA1), RFC 6188 (its 192 and 256 bit forms) and
RFC 7714 (AES-GCM), written from the RFCs and sharing nothing with the
relay that is being judged.
"""

import base64
import hashlib
import hmac
import struct
from typing import NamedTuple, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import (Cipher, algorithms,
                                                    modes)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Octets of key and salt by the length of both: RFC 4568 s6.2, RFC 7714 s12
GCM = {28: (16, 12), 44: (32, 12)}
COUNTER = {30: (16, 14), 38: (24, 14), 46: (32, 14)}


class Plain(NamedTuple):
    payload: bytes
    suite: str


def _keystream(key: bytes, iv: int, count: int) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(iv.to_bytes(16, "big")))
    return cipher.encryptor().update(b"\0" * count)


def _derive(key: bytes, salt: bytes, label: int, count: int) -> bytes:
    """RFC 3711 s4.3.1, key derivation rate 0; a GCM salt is padded."""
    x = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ (label << 48)
    return _keystream(key, x << 16, count)


class _Rollover:
    """The 48-bit index of one SSRC's packets: RFC 3711 appendix A."""

    def __init__(self) -> None:
        self.count = 0
        self.last: Optional[int] = None

    def guess(self, sequence: int) -> int:
        if self.last is None:
            return self.count
        if self.last < 32768:
            late = sequence - self.last > 32768
            return (self.count - 1) % 2**32 if late else self.count
        early = self.last - 32768 > sequence
        return (self.count + 1) % 2**32 if early else self.count

    def accept(self, sequence: int, count: int) -> None:
        if self.last is None or count > self.count or \
                (count == self.count and sequence > self.last):
            self.count, self.last = count, sequence


def header_size(packet: bytes) -> int:
    """Octets before the payload: CSRCs and the extension too."""
    size = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        size += 4 + 4 * struct.unpack_from(">H", packet, size + 2)[0]
    return size


class Context:
    """One master key, as it stands in an a=crypto line (base64)."""

    def __init__(self, inline: str):
        raw = base64.b64decode(inline + "=" * (-len(inline) % 4))
        if len(raw) not in GCM and len(raw) not in COUNTER:
            raise ValueError(f"no suite has {len(raw)} octets of key, salt")
        self._gcm = len(raw) in GCM
        size, salt_size = GCM[len(raw)] if self._gcm else COUNTER[len(raw)]
        key, salt = raw[:size], raw[size:]
        self._key = _derive(key, salt, 0, size)
        self._auth = _derive(key, salt, 1, 20)
        self._salt = int.from_bytes(_derive(key, salt, 2, salt_size), "big")
        self._bits = size * 8
        self._rollover: dict[int, _Rollover] = {}

    def open(self, packet: bytes) -> Optional[Plain]:
        """The payload in the clear, or None: not with this key."""
        sequence, ssrc = struct.unpack_from(">H4xI", packet, 2)
        index = self._rollover.setdefault(ssrc, _Rollover())
        count = index.guess(sequence)
        plain = self._open_gcm(packet, sequence, ssrc, count) \
            if self._gcm else self._open_cm(packet, sequence, ssrc, count)
        if plain:
            index.accept(sequence, count)
        return plain

    def _open_gcm(self, packet: bytes, sequence: int, ssrc: int,
                  count: int) -> Optional[Plain]:
        size = header_size(packet)
        iv = (ssrc << 48 | count << 16 | sequence) ^ self._salt
        try:
            text = AESGCM(self._key).decrypt(
                iv.to_bytes(12, "big"), packet[size:], packet[:size])
        except InvalidTag:
            return None
        return Plain(text, f"AEAD_AES_{self._bits}_GCM")

    def _open_cm(self, packet: bytes, sequence: int, ssrc: int,
                 count: int) -> Optional[Plain]:
        for tag in (10, 4):
            signed = packet[:-tag] + count.to_bytes(4, "big")
            want = hmac.new(self._auth, signed, hashlib.sha1).digest()[:tag]
            if want == packet[-tag:]:
                break
        else:
            return None
        size = header_size(packet)
        body = packet[size:-tag]
        iv = self._salt << 16 ^ ssrc << 64 ^ (count << 16 | sequence) << 16
        stream = _keystream(self._key, iv, len(body))
        text = bytes(a ^ b for a, b in zip(body, stream))
        middle = "AES_CM_128" if self._bits == 128 else \
            f"AES_{self._bits}_CM"
        return Plain(text, f"{middle}_HMAC_SHA1_{tag * 8}")
