# SPDX-License-Identifier: GPL-2.0-or-later
"""Did the demonstration's calls keep the edge's promises?

Each method checks one promise against the captures and the phone's own
trace; it returns words for the report or raises LabError.
"""

from functools import cached_property
from typing import Optional

from . import leaks, media, sounds, tlsview
from .baresip import Phone
from .core import Lab
from .pcap import UDP, Capture
from .proc import LabError
from .report import table
from .rtpengine import PORTS
from .site import Site

# (outside?, from the phone?) of a flow, or None: not the edge's
Way = Optional[tuple[bool, bool]]


def _edge_port(end: tuple[str, int], address: str) -> bool:
    return end[0] == address and end[1] in PORTS


def rtp_from_edge(capture: Capture, site: Site) -> int:
    """RTP packets that went from the edge to the phone so far."""
    return sum(1 for packet in capture.packets()
               if packet.protocol == UDP and media.is_rtp(packet.payload)
               and _edge_port(packet.source, site.outer))


class Case:
    """The two captures of a demonstration and its phone."""

    def __init__(self, lab: Lab, phone: Phone, outer: Capture,
                 inner: Capture):
        self.lab, self.phone, self.site = lab, phone, lab.site
        self.outer, self.inner = outer, inner

    def _sum(self, capture: Capture, edge: str, to_edge: bool,
             keys: set[str]) -> media.Summary:
        found = [flow for flow in media.flows(capture.packets(), keys)
                 if _edge_port(flow.target if to_edge else flow.source,
                               edge)]
        return media.total(found)

    @cached_property
    def ways(self) -> dict[str, media.Summary]:
        """All four: outside and inside, to the PBX and from it."""
        keys, site = self.phone.keys_seen(), self.site
        return {
            "out-up": self._sum(self.outer, site.outer, True, keys),
            "out-down": self._sum(self.outer, site.outer, False, keys),
            "in-up": self._sum(self.inner, site.inner, False, set()),
            "in-down": self._sum(self.inner, site.inner, True, set())}

    def tls(self) -> str:
        edge = (self.site.outer, self.site.outer_port)
        found = tlsview.agreed(self.outer.packets(), edge)
        if not found:
            raise LabError(f"no TLS handshake in {self.outer.path}")
        names = tlsview.identities(edge, self.lab.domain, self.lab.pair.ca,
                                   self.site.phone_ns)
        return (f"{found[0].version}, {found[0].cipher}, the edge is "
                f"{', '.join(names)}")

    def secret(self) -> str:
        up, down = self.ways["out-up"], self.ways["out-down"]
        if not (up.all_secret and down.all_secret):
            raise LabError(
                f"{up.packets - up.authentic} of {up.packets} packets to "
                f"the edge and {down.packets - down.authentic} of "
                f"{down.packets} from it do not authenticate "
                f"({self.outer.path})")
        return ", ".join(sorted({*up.suites, *down.suites}))

    def plain(self) -> str:
        up, down = self.ways["in-up"], self.ways["in-down"]
        if not up.packets or not down.packets:
            seen = media.flows(self.inner.packets())
            raise LabError(
                f"no RTP both ways between {self.site.inner} and the PBX; "
                f"seen: {'; '.join(map(str, seen[:4])) or 'none'} "
                f"({self.inner.path})")
        for way, name in ((up, "to"), (down, "from")):
            if way.plain != way.packets:
                raise LabError(f"{way.plain} of {way.packets} packets {name}"
                               f" the PBX are plain ({self.inner.path})")
        return f"{up.packets} packets to the PBX, {down.packets} from it"

    def tones(self) -> str:
        """The phone's tone comes back by echo, the PBX's milliwatt."""
        want = {"out-up": {sounds.PHONE_HZ}, "in-up": {sounds.PHONE_HZ},
                "in-down": {sounds.PHONE_HZ, sounds.MILLIWATT_HZ},
                "out-down": {sounds.PHONE_HZ, sounds.MILLIWATT_HZ}}
        for way, tones in want.items():
            heard = set(self.ways[way].tones)
            if not tones <= heard:
                raise LabError(f"{way}: heard {sorted(heard)} Hz, not "
                               f"{sorted(tones)} Hz")
        return (f"{sounds.PHONE_HZ} Hz from the phone and back, "
                f"{sounds.MILLIWATT_HZ} Hz from the PBX")

    def inside_clean(self) -> str:
        site = self.site
        outside = [] if site.outer == site.inner else [
            "10.99.0." if site.namespaces else site.outer]
        return self._clean(leaks.inside(self.inner.packets(), outside))

    def outside_clean(self) -> str:
        within = {self.site.inner, self.site.pbx} - {self.site.outer}
        return self._clean(leaks.outside(self.phone.messages(), within))

    @staticmethod
    def _clean(found: list[leaks.Leak]) -> str:
        if found:
            raise LabError(f"{len(found)} traces, e.g. in {found[0]}")
        return ""

    def table(self) -> list[str]:
        def row(name: str, outside: str, inside: str) -> dict[str, object]:
            out, plain = self.ways[outside], self.ways[inside]
            return {"direction": name, "SRTP outside": out.packets,
                    "authentic": out.authentic,
                    "RTP inside": plain.packets, "plain": plain.plain,
                    "heard": ", ".join(f"{t} Hz" for t in plain.tones)}

        return table([row("phone to PBX", "out-up", "in-up"),
                      row("PBX to phone", "out-down", "in-down")])
