# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the edge hold, between scripted phones and a scripted PBX?

A Bench is a laboratory with such a PBX.  A Stranger is somebody else
inside, who must hear nothing.
"""

import socket
from typing import Any, Iterator

from . import leaks, net
from .client import Caller, Message, ScriptedPbx, plain_answer
from .core import Lab
from .pcap import UDP, Packet


class Stranger:
    """A socket on the PBX's machine that is not the PBX."""

    place = (net.PBX, 5999)

    def __init__(self) -> None:
        with net.inside("pbx"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(self.place)
        self.sock.settimeout(0)

    def heard_nothing(self) -> bool:
        try:
            return not self.sock.recv(65535)
        except BlockingIOError:
            return True


class Bench:
    """A laboratory with a scripted PBX; all that the PBX is sent is kept.

    options: Lab's.
    """

    def __init__(self, mode: str = "stateless", **options: Any):
        self.lab = Lab(None, mode, name=f"bench-{mode}", **options)
        self.pbx = ScriptedPbx()
        self.callers: list[Caller] = []
        try:
            self.prepare()
            self.lab.start()
            self.inner = self.lab.capture("inner")
        except Exception:
            self.close()
            raise

    def prepare(self) -> None:
        """What must be there before the edge starts."""

    def close(self) -> None:
        self.hang_up()
        self.pbx.close()
        self.lab.stop()

    def hang_up(self) -> None:
        for caller in self.callers:
            caller.close()
        self.callers.clear()

    def caller(self, address: str = "") -> Caller:
        self.callers.append(Caller(self.lab, address))
        return self.callers[-1]

    def registered(self) -> tuple[Caller, str]:
        """A phone, and the URI under which the PBX reaches it."""
        caller = self.caller()
        return caller, self.pbx.register(caller)

    def called(self, method: str = "MESSAGE") -> tuple[Caller, Message]:
        """A phone and a request that the PBX sent to it."""
        phone, uri = self.registered()
        body = plain_answer() if method == "INVITE" else ""
        self.pbx.send(self.pbx.to_phone(method, uri, body=body))
        got = phone.receive()
        assert got and got.method == method
        return phone, got

    def stat(self, name: str, module: str = "tls_reuse") -> int:
        values = self.lab.rpc(f"{module}.stats")[0]
        assert isinstance(values, dict)
        return int(values[name])

    def leaks(self) -> list[leaks.Leak]:
        """What the PBX should not have been shown, in all messages."""
        heard = [Packet(0, UDP, self.pbx.peer, (net.PBX, 5060), m.raw)
                 for m in list(self.pbx.heard)]
        sent = [packet for packet in self.inner.packets()
                if packet.source[0] == net.EDGE_INNER]
        return leaks.inside([*sent, *heard])


def bench(mode: str, last_look: bool = False,
          **options: Any) -> Iterator[Bench]:
    """For a fixture: a bench that must not have leaked at its end.

    last_look: its tests are about what only onsend_route can stop.
    """
    made = Bench(mode, **options)
    try:
        yield made
        found = made.leaks()
        assert not found, "\n".join(map(str, found[:5]))
        stopped = made.stat("leaks_stopped", "sdes_policy")
        assert bool(stopped) == last_look, stopped
        assert made.lab.edge.alive()
    finally:
        made.close()
