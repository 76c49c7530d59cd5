# SPDX-License-Identifier: GPL-2.0-or-later
"""What has crossed to the wrong side?

The PBX's side must show no key, no TLS and no outside address; the
phones' side no inside address.  Works on messages, so that a test can ask
for a capture (inside) or for a phone's trace (outside).
"""

import re
from typing import Iterable, NamedTuple

from . import net
from .pcap import Packet, sip_messages

# What names the outside, whatever its case.
KEYS = (r"a=crypto", r"inline:", r"^k=", r"a=key-mgmt", r"a=fingerprint",
        r"a=cryptoscale", r"RTP/SAVP")
TLS = (r"transport=tls", r"\bsips:", r"SIP/2\.0/TLS", r":5061\b")
# A digest covers the URI that the phone asked for (RFC 7616 s3.4.3):
# whoever changes it on the way breaks the login.
SIGNED = re.compile(r'^((?:Proxy-)?Authorization:.*?\buri=)"[^"]*"', re.I)


class Leak(NamedTuple):
    pattern: str
    line: str
    message: str            # its start line

    def __str__(self) -> str:
        return f"{self.message}: {self.line} (/{self.pattern}/)"


def scan(text: str, patterns: Iterable[str]) -> list[Leak]:
    """Lines of one message that match what must not be there."""
    found = []
    lines = [SIGNED.sub(r'\1""', line) for line in
             text.replace("\r\n", "\n").split("\n")]
    for pattern in patterns:
        regex = re.compile(pattern, re.I)
        found += [Leak(pattern, line, lines[0]) for line in lines
                  if regex.search(line)]
    return found


def _addresses(prefixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(rf"(?<![\d.]){re.escape(prefix)}" for prefix in prefixes)


def inside(packets: Iterable[Packet],
           outside: Iterable[str] = ("10.99.0.", "192.168.77."),
           also: Iterable[str] = ()) -> list[Leak]:
    """Traces of the outside in a capture of the PBX's side."""
    patterns = (*KEYS, *TLS, *_addresses(outside), *also)
    return [leak for packet in sip_messages(iter(packets))
            for leak in scan(packet.payload.decode("utf-8", "replace"),
                             patterns)]


def outside(messages: Iterable[tuple[bool, str]],
            within: Iterable[str] = (net.EDGE_INNER, net.PBX),
            also: Iterable[str] = ()) -> list[Leak]:
    """Traces of the inside in what a phone received (Phone.messages)."""
    patterns = (*_addresses(within), *also)
    return [leak for sent, text in messages if not sent
            for leak in scan(text, patterns)]
