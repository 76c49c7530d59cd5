# SPDX-License-Identifier: GPL-2.0-or-later
"""Was that call secret outside, and plain inside, and did it speak?

Judges a capture packet by packet.  Keys come from the phone's own SIP
trace (Phone.keys_seen), never from the edge or from a counter of ours.
"""

import math
from typing import Iterable, NamedTuple

from . import sounds
from .pcap import UDP, Packet
from .srtp import Context, header_size

TONES = (sounds.PHONE_HZ, sounds.HOLD_HZ, sounds.EARLY_HZ,
         sounds.MILLIWATT_HZ)
WINDOW = 2000           # samples, 0.25 s: 1000 Hz and 1004 Hz stay apart
WINDOWS = 10            # of each flow, spread over its length
PCMU = 0


class Flow(NamedTuple):
    """One direction of one stream."""

    source: tuple[str, int]
    target: tuple[str, int]
    packets: int            # RTP, whatever it carries
    authentic: int          # SRTP that authenticates with a known key
    plain: int              # in the clear, by payload type and size
    suites: tuple[str, ...]
    tones: tuple[int, ...]  # Hz that stand out at some time
    events: int             # RFC 4733 telephone events (DTMF)

    def __str__(self) -> str:
        heard = ", ".join(f"{hertz} Hz" for hertz in self.tones) or "silence"
        kind = f"{self.authentic} SRTP ({', '.join(self.suites)})" \
            if self.authentic else f"{self.plain} plain"
        return (f"{self.source[0]}:{self.source[1]} > {self.target[0]}:"
                f"{self.target[1]}: {self.packets} packets, {kind}, {heard}")


def _ulaw(byte: int) -> int:
    byte = ~byte & 255
    value = (((byte & 15) << 3) + 132) << ((byte & 0x70) >> 4)
    return 132 - value if byte & 0x80 else value - 132


LINEAR = [_ulaw(byte) for byte in range(256)]


def is_rtp(payload: bytes) -> bool:
    """RFC 5761 s4: RTP, and not RTCP, on a port that carries both."""
    return len(payload) >= 12 and payload[0] >> 6 == 2 and \
        not 192 <= payload[1] <= 223


def _share(samples: list[int], hertz: int) -> float:
    """The part of the energy that is at one frequency."""
    energy = sum(s * s for s in samples)
    if energy < len(samples) * 100 * 100:       # quieter than a whisper
        return 0.0
    step = 2 * math.pi * hertz / sounds.RATE
    twice = 2 * math.cos(step)
    one = two = 0.0
    for sample in samples:                      # Goertzel
        one, two = sample + twice * one - two, one
    power = one * one + two * two - twice * one * two
    return power * 2 / len(samples) / energy


def tones(pcm: bytes) -> tuple[int, ...]:
    """Which of the laboratory's tones are heard in G.711 mu-law."""
    heard = set()
    starts = range(0, len(pcm) - WINDOW + 1,
                   max(WINDOW, (len(pcm) - WINDOW) // WINDOWS or 1))
    for start in starts:
        window = [LINEAR[byte] for byte in pcm[start:start + WINDOW]]
        share, hertz = max((_share(window, hertz), hertz)
                           for hertz in TONES)
        if share > 0.7:
            heard.add(hertz)
    return tuple(sorted(heard))


def _clear(payload: bytes) -> bool:
    """G.711 of 10, 20, 30 ms or a telephone event: SRTP adds its tag."""
    size = len(payload) - header_size(payload)
    if payload[1] & 127 in (0, 8):
        return size in (80, 160, 240)
    return payload[1] & 127 >= 96 and size == 4


def _judge(key: tuple[tuple[str, int], tuple[str, int]],
           payloads: list[bytes], contexts: list[Context]) -> Flow:
    authentic = plain = events = 0
    suites, pcm = set(), bytearray()
    for payload in payloads:
        kind, text = payload[1] & 127, payload[header_size(payload):]
        for at, context in enumerate(contexts):
            opened = context.open(payload)
            if opened:
                authentic += 1
                suites.add(opened.suite)
                text = opened.payload
                contexts.insert(0, contexts.pop(at))
                break
        else:
            plain += _clear(payload)
        if kind == PCMU:
            pcm += text
        elif kind >= 96 and len(text) == 4:
            events += 1
    return Flow(*key, len(payloads), authentic, plain,
                tuple(sorted(suites)), tones(bytes(pcm)), events)


def flows(packets: Iterable[Packet],
          keys: Iterable[str] = ()) -> list[Flow]:
    """Every RTP flow of a capture, in order of appearance."""
    found: dict[tuple[tuple[str, int], tuple[str, int]], list[bytes]] = {}
    for packet in packets:
        if packet.protocol == UDP and is_rtp(packet.payload):
            found.setdefault((packet.source, packet.target),
                             []).append(packet.payload)
    judged = []
    for key, payloads in found.items():
        # fresh contexts: rollover counters belong to one direction
        contexts = [Context(inline) for inline in keys]
        judged.append(_judge(key, payloads, contexts))
    return judged


class Summary(NamedTuple):
    """One direction over all flows."""

    packets: int
    authentic: int
    plain: int
    suites: tuple[str, ...]
    tones: tuple[int, ...]

    @property
    def all_secret(self) -> bool:
        return self.packets > 0 and self.authentic == self.packets

    @property
    def all_plain(self) -> bool:
        return self.packets > 0 and self.authentic == 0


def total(chosen: Iterable[Flow]) -> Summary:
    """Several flows as one."""
    chosen = list(chosen)
    return Summary(
        sum(flow.packets for flow in chosen),
        sum(flow.authentic for flow in chosen),
        sum(flow.plain for flow in chosen),
        tuple(sorted({suite for flow in chosen for suite in flow.suites})),
        tuple(sorted({hertz for flow in chosen for hertz in flow.tones})))


def towards(found: Iterable[Flow], address: str) -> Summary:
    """All flows to an address as one."""
    return total(flow for flow in found if flow.target[0] == address)


def away_from(found: Iterable[Flow], address: str) -> Summary:
    """All flows from an address as one."""
    return total(flow for flow in found if flow.source[0] == address)
