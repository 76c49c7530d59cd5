# SPDX-License-Identifier: GPL-2.0-or-later
"""What did a call look like on both sides of the edge?

    watch = Watch(lab)              before the call
    watch.talk()                    media flows, all four ways
    watch.judge([alice], up={440}, down={1004})

Everything is judged from captures and from the phones' own traces.
"""

import re
from typing import Iterable

from . import leaks, media
from .baresip import Phone
from .core import Lab
from .pcap import UDP, Capture
from .proc import wait_for
from .rtpengine import PORTS

WAYS = ("out-up", "out-down", "in-up", "in-down")
TALK = 40           # packets each way: 0.8 s, enough to know a tone


class Watch:
    """Captures on both sides, from now on; a second one needs a name."""

    def __init__(self, lab: Lab, name: str = ""):
        self.lab = lab
        self.outer = lab.capture("outer", name and f"{name}-outer")
        self.inner = lab.capture("inner", name and f"{name}-inner")
        self._edge = {"out": lab.site.outer, "in": lab.site.inner}

    def _capture(self, way: str) -> Capture:
        return self.outer if way.startswith("out") else self.inner

    def _is_of(self, way: str, source: tuple[str, int],
               target: tuple[str, int]) -> bool:
        """Is it the edge's end that such a packet leaves or reaches?"""
        side, direction = way.split("-")
        to_edge = (side == "out") == (direction == "up")
        end = target if to_edge else source
        return end[0] == self._edge[side] and end[1] in PORTS

    def counts(self) -> dict[str, int]:
        """RTP packets so far, each way."""
        found = dict.fromkeys(WAYS, 0)
        for capture in (self.outer, self.inner):
            for packet in capture.packets():
                if packet.protocol != UDP or \
                        not media.is_rtp(packet.payload):
                    continue
                for way in WAYS:
                    found[way] += self._capture(way) is capture and \
                        self._is_of(way, packet.source, packet.target)
        return found

    def talk(self, packets: int = TALK, ways: Iterable[str] = WAYS,
             timeout: float = 8) -> None:
        """Wait until so many packets more have passed, each way."""
        before, now = self.counts(), {}

        def enough() -> bool:
            now.update(self.counts())
            return all(now[way] >= before[way] + packets for way in ways)

        wait_for(enough, timeout, f"{packets} RTP packets each way (after "
                 f"{before}; logs and captures: {self.lab.where})")

    def flows(self, way: str, keys: Iterable[str] = ()) -> list[media.Flow]:
        return [flow for flow in media.flows(self._capture(way).packets(),
                                             keys)
                if self._is_of(way, flow.source, flow.target)]

    def way(self, way: str, keys: Iterable[str] = ()) -> media.Summary:
        return media.total(self.flows(way, keys))

    # --- verdicts -------------------------------------------------------

    def judge(self, phones: Iterable[Phone], up: set[int],
              down: set[int]) -> None:
        """Secret outside, plain inside, these tones heard, no leak."""
        phones = list(phones)
        keys = {key for phone in phones for key in phone.keys_seen()}
        self.judge_media(keys, up, down)
        self.judge_signalling(phones)

    def judge_media(self, keys: Iterable[str], up: set[int],
                    down: set[int],
                    ways: Iterable[str] = WAYS) -> None:
        keys = set(keys)
        for way in ways:
            outside, want = way.startswith("out"), \
                up if way.endswith("up") else down
            found = self.way(way, keys if outside else ())
            judged = found.authentic if outside else found.plain
            assert found.packets > 0, f"{way}: no RTP"
            assert judged == found.packets, \
                f"{way}: {judged} of {found.packets} packets are " \
                f"{'authentic SRTP' if outside else 'plain RTP'}"
            assert want <= set(found.tones), \
                f"{way}: heard {found.tones} Hz, want {want}"

    def judge_signalling(self, phones: Iterable[Phone] = ()) -> None:
        """Nothing of the outside inside, nothing of the inside outside."""
        self.judge_inside()
        for phone in phones:
            judge_outside(phone.messages())

    def judge_inside(self) -> None:
        assert self.sip_inside(), "no SIP was seen inside"
        found = leaks.inside(self.inner.packets())
        assert not found, f"the PBX's side shows {found[0]}"

    def sip_inside(self) -> list[str]:
        """The SIP messages between edge and PBX, in order, as text."""
        return [packet.payload.decode("utf-8", "replace") for packet in
                leaks.sip_messages(self.inner.packets())]


def judge_outside(trace: Iterable[tuple[bool, str]]) -> None:
    """Nothing that a phone received names the inside."""
    found = leaks.outside(trace)
    assert not found, f"a phone saw {found[0]}"


def keys(trace: Iterable[tuple[bool, str]]) -> set[str]:
    """Every SDES key (base64) of the SDPs in a trace."""
    return {key for _, text in trace for key in
            re.findall(r"^a=crypto:.*?inline:([^\s|;]+)", text, re.M)}
