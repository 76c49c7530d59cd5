# SPDX-License-Identifier: GPL-2.0-or-later
"""Two edges before one PBX: a key in common, and nothing else.

The first is the laboratory's own; the second has addresses, a namespace
and a media relay of its own.
"""

import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from . import net, roots
from .asterisk import PASSWORD
from .baresip import Account, Options, Phone
from .bench import Bench
from .client import Caller
from .core import Lab
from .edge import Edge
from .paths import BUILD
from .proc import wait_for
from .rtpengine import Rtpengine
from .site import Site

PORT = 5060
# What to run them with: this machine's Kamailio twice, and Debian 13's.
KINDS = ("stateless", "tm", "debian13")
FIRST, SECOND = f"{net.EDGE_INNER}:{PORT}", f"{net.SECOND_INNER}:{PORT}"
NS = "second"


def options(kind: str, **settings: str) -> dict[str, Any]:
    """What a Lab of this kind is made with, beside its name."""
    if kind == "debian13":
        return {"mode": "tm", "edge_root": roots.root("kamailio6"),
                "settings": {"EDGE_MODULES": str(BUILD / kind / "modules"),
                             **settings}}
    return {"mode": kind, "settings": settings}


class Second:
    """The other edge of a laboratory whose edge is the first.

    Started before it: so it makes the key that both have.  Callers take it
    for a laboratory.
    """

    def __init__(self, lab: Lab, **settings: str):
        net.up_second()
        self.pair, self.domain = lab.pair, lab.domain
        self.site = Site(net.SECOND_OUTER, net.SECOND_INNER)
        where = lab.where / "second"
        where.mkdir()
        self.rtpengine = Rtpengine(where, net.SECOND_OUTER,
                                   net.SECOND_INNER, ns=NS)
        given = {**lab.edge.settings, "EDGE_OUTER": net.SECOND_OUTER,
                 "EDGE_INNER": net.SECOND_INNER, "EDGE_CLUSTER": FIRST,
                 "EDGE_RUN": str(where), **settings}
        self.edge = Edge(where, given, lab.pair, lab.edge.tm,
                         edge_root=lab.edge.edge_root, ns=NS)

    def start(self) -> None:
        self.rtpengine.launch()
        self.rtpengine.wait()
        self.edge.start()

    def stop(self) -> None:
        self.edge.stop()
        self.rtpengine.stop()
        self.edge.forget()

    def stat(self, name: str) -> int:
        values = self.edge.rpc("tls_reuse.stats")[0]
        assert isinstance(values, dict)
        return int(values[name])

    def registered(self, lab: Lab, user: str) -> Phone:
        """One of the laboratory's softphones, registered by this edge."""
        phone = Phone(user, Account(
            user, PASSWORD, self.domain,
            f"{self.site.outer}:{self.site.outer_port}", self.pair.ca),
            lab.where / user, Options())
        lab.phones.append(phone)
        phone.log_on()
        phone.wait_registered()
        return phone


def state_of(edge: Edge, place: str) -> str:
    """What an edge knows of another: AP, AX, IP; "" if nothing."""
    for line in edge.kamcmd("dispatcher.list").splitlines():
        words = line.split()
        if words[:1] == ["URI:"]:
            here = place in words[1]
        elif words[:1] == ["FLAGS:"] and here:
            return words[1]
    return ""


class Cluster(Bench):
    """A bench with a second edge."""

    second: Second

    def __init__(self, kind: str = "stateless", **settings: str):
        super().__init__(**options(kind, EDGE_CLUSTER=SECOND, **settings))

    def prepare(self) -> None:
        self.second = Second(self.lab)
        self.second.start()

    def close(self) -> None:
        if hasattr(self, "second"):
            self.second.stop()
        super().close()

    @contextmanager
    def pbx_at(self, place: str = net.SECOND_INNER) -> Iterator[None]:
        """What the PBX sends in this block goes to that edge."""
        before, self.pbx.peer = self.pbx.peer, (place, PORT)
        try:
            yield
        finally:
            self.pbx.peer = before

    def at_second(self, **given: Any) -> tuple[Caller, str]:
        """A phone of the second edge, and the PBX's URI of it."""
        phone = Caller(self.second)     # type: ignore[arg-type]
        self.callers.append(phone)
        with self.pbx_at():
            return phone, self.pbx.register(phone, **given)

    def wait_sees(self, state: str, timeout: float = 15) -> float:
        """Until the first edge takes the second for (A)ctive or (I)nactive;
        how many seconds that took."""
        begin = time.monotonic()
        wait_for(lambda: state_of(self.lab.edge, SECOND)[:1] == state,
                 timeout, f"the second edge to be {state} for the first")
        return time.monotonic() - begin


def flow_key(lab: Lab) -> bytes:
    """The first key in the file that all edges share."""
    path = Path(lab.edge.settings["EDGE_FLOW_KEY"])
    return path.read_bytes().splitlines()[0]
