# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone behind NAT is reachable after everything that can happen.

The PBX keeps the URI that it was given at first, and asks now one edge, now
the other.
"""

import time
from pathlib import Path
from typing import Iterator

import pytest

from lab import client, net
from lab.client import Caller, Message, plain_answer, word
from lab.cluster import KINDS, Cluster

IDLE = 60
CONTACT = ("<sip:alice@192.168.77.2:5061;transport=tls>;reg-id=1;"
           '+sip.instance="<urn:uuid:00000000-0000-4000-8000-00000000a11e>"')


class Phone:
    """It stays the same phone, whatever connection it has."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.line = Caller(cluster.lab, nat=True)
        self.uri = cluster.pbx.register(self.line, contact=CONTACT)

    def reconnect(self) -> str:
        """A new connection, and a registration over it; the PBX's URI."""
        self.line = Caller(self.cluster.lab, nat=True)
        return self.cluster.pbx.register(self.line, contact=CONTACT)

    def forgotten_by_its_router(self) -> None:
        """Nothing passes on the old connection, and nobody is told."""
        port = self.line.here.split(":")[1]
        net.drop(f"tcp sport {port}", "nat")
        self.cluster.callers.append(self.line)

    def asked(self, method: str) -> Message:
        got = self.line.receive()
        assert got and got.method == method and not got.status, got
        return got

    def called(self, uri: str, by: str) -> "Call":
        return Call(self, uri, by)


class Call:
    """Begun by the PBX, which sends everything to the edge at `by`."""

    def __init__(self, phone: Phone, uri: str, by: str):
        self.phone, self.by, self.pbx = phone, by, phone.cluster.pbx
        self.given: dict[str, object] = {"call_id": word(), "tag": "pbx"}
        self._send("INVITE", uri, body=plain_answer())
        invite = phone.asked("INVITE")
        assert "RTP/SAVP " in invite.body
        phone.line.accept(invite, extra=f"Contact: {CONTACT.split(';reg')[0]}"
                          "\r\n", body=client.offer())
        answer = self.pbx.wait(str(self.given["call_id"]), "INVITE", 200)
        self.given["to"], self.target = answer.header("to"), answer.contact_uri
        self.peer = invite
        self._send("ACK", self.target)
        phone.asked("ACK")

    def _send(self, method: str, uri: str, **more: object) -> None:
        with self.phone.cluster.pbx_at(self.by):
            self.pbx.send(self.pbx.to_phone(method, uri, **self.given,
                                            **more))

    def hang_up(self) -> None:
        """The PBX ends it, over whatever connection the phone has now."""
        self._send("BYE", self.target, cseq=2)
        self.phone.line.accept(self.phone.asked("BYE"))
        self.pbx.wait(str(self.given["call_id"]), "BYE", 200)

    def phone_hangs_up(self) -> None:
        line = self.phone.line
        line.send(line.request(
            "BYE", self.peer.contact_uri, call_id=self.given["call_id"],
            to=self.peer.header("from"), contact="",
            tag=str(self.given["to"]).split("tag=")[1]))
        bye = self.pbx.wait(str(self.given["call_id"]), "BYE")
        self.pbx.reply(bye)
        got = line.answer()
        assert got and got.status == 200


@pytest.fixture(name="cluster", params=KINDS)
def cluster_(request, laboratories) -> Iterator[Cluster]:
    laboratories.close()
    made = Cluster(request.param)
    try:
        made.wait_sees("A")
        yield made
        assert not made.leaks()
    finally:
        made.close()


def edges(cluster: Cluster) -> list:
    return [cluster.lab.edge, cluster.second.edge]


def both(phone: Phone, uri: str) -> None:
    """Called by either edge."""
    for by in (net.EDGE_INNER, net.SECOND_INNER):
        phone.called(uri, by).hang_up()


def keys(cluster: Cluster) -> Path:
    return Path(cluster.lab.edge.settings["EDGE_FLOW_KEY"])


def rekey(cluster: Cluster, lines: list[str]) -> None:
    """As docs/tls_reuse.md has it done; each edge reads them at once."""
    keys(cluster).write_text("".join(f"{line}\n" for line in lines))
    for edge in edges(cluster):
        assert edge.rpc("tls_reuse.rekey")[0]["keys"] == len(lines)


def test_after_everything(cluster):
    phone = Phone(cluster)
    pbx, uri = cluster.pbx, phone.uri
    assert "192.168." not in uri and phone.line.here.startswith("192.168.")
    both(phone, uri)

    # it reconnects: the router has forgotten its connection, and the edge,
    # which was not told, takes the new one all the same
    phone.forgotten_by_its_router()
    assert phone.reconnect() == uri
    both(phone, uri)
    net.undrop("nat")

    # ... and in the middle of a call, which goes on, both ways
    call = phone.called(uri, net.SECOND_INNER)
    phone.line.reset()
    assert phone.reconnect() == uri
    call.hang_up()
    call = phone.called(uri, net.EDGE_INNER)
    phone.line.reset()
    assert phone.reconnect() == uri
    call.phone_hangs_up()

    # its edge is restarted; nobody is there until it has registered again
    cluster.lab.edge.restart()
    assert pbx.ask(pbx.to_phone("MESSAGE", uri)).status == 430
    assert phone.reconnect() == uri
    both(phone, uri)

    # the key is changed; what the old one made is good
    old = keys(cluster).read_text().split()
    rekey(cluster, [*old, "0123456789abcdef" * 4])
    both(phone, uri)
    rekey(cluster, ["0123456789abcdef" * 4, *old])
    both(phone, uri)
    # ... until the phone has registered again, on the same connection
    newer = pbx.register(phone.line, contact=CONTACT)
    assert newer != uri
    rekey(cluster, ["0123456789abcdef" * 4])
    both(phone, newer)
    assert pbx.ask(pbx.to_phone("MESSAGE", uri)).status == 430

    # certificates are read again: connections stay
    for edge in edges(cluster):
        assert "reloaded" in edge.kamcmd("tls.reload")
    both(phone, newer)

    # silence, longer than its router remembers: the edge's pings keep it
    if not cluster.lab.edge.tm:
        net.nat_forgets_after(IDLE * 3 // 4)
        both(phone, newer)
        time.sleep(IDLE)
    both(phone, newer)
