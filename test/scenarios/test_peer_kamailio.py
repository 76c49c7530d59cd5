# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain whose proxy is a Kamailio: a stock one, as most are, or one
with our modules.  Calls both ways, with all that a proxy on the way of a call
asks for, and on which connections they travel.
"""

from typing import Iterator, NamedTuple

import pytest

from lab import net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Message, offer, parse, plain_answer, reply_to, word
from lab.paths import BUILD
from lab.pcap import Capture
from lab.proc import wait_for
from lab.stock import StockPeer, User

FROM = f"sip:101@{net.PBX}"


class Kind(NamedTuple):
    """ways, method: StockPeer's."""

    number: int
    ways: tuple[str, ...] = ()
    method: str = "TLSv1.2+"

    @property
    def proxy(self) -> str:
        return f"10.99.0.{self.number}"

    @property
    def user(self) -> str:
        return f"10.99.0.{self.number + 1}"


PLAIN, OFFERS, ACCEPTS = "plain.test", "offers.test", "accepts.test"
OURS12, OURS13 = "ours12.test", "ours13.test"
KINDS = {
    PLAIN: Kind(211),
    OFFERS: Kind(213, ("ALIAS",)),
    ACCEPTS: Kind(215, ("ACCEPT",)),
    OURS12: Kind(217, ("MODULES",), "TLSv1.2"),
    OURS13: Kind(219, ("MODULES",))}


class Running(NamedTuple):
    bench: Bench
    peers: dict[str, StockPeer]


@pytest.fixture(scope="module", name="running", params=[
    "stateless", "tm", "debian13"])
def running_(request, laboratories) -> Iterator[Running]:
    laboratories.close()
    mode, options = request.param, {}
    settings = {"EDGE_PEERS": ",".join(f"{name}={kind.proxy}:5061"
                                       for name, kind in KINDS.items())}
    if mode == "debian13":
        mode = "stateless"
        options["edge_root"] = BUILD / "roots" / "kamailio6"
        settings["EDGE_MODULES"] = str(BUILD / "debian13" / "modules")
    for bench in a_bench(mode, settings=settings, **options):
        peers: dict[str, StockPeer] = {}
        try:
            for name, kind in KINDS.items():
                peers[name] = StockPeer(bench.lab, name, kind.proxy,
                                        kind.user, kind.ways, kind.method)
            yield Running(bench, peers)
        finally:
            for peer in peers.values():
                peer.close()


@pytest.fixture(name="bench")
def bench_(running: Running) -> Bench:
    return running.bench


@pytest.fixture(name="peer", params=list(KINDS))
def peer_(request, running: Running) -> StockPeer:
    return running.peers[request.param]


@pytest.fixture(name="user")
def user_(peer: StockPeer) -> User:
    return peer.user


def tag(value: str) -> str:
    return value.split("tag=")[1]


def next_of(user: User, method: str, answer: Message, cseq: int) -> str:
    """The user's next request in the call that answer accepted."""
    routes = "".join(f"Route: {route}\r\n" for value in
                     reversed(answer.all("record-route"))
                     for route in reversed(value.split(", ")))
    return user.request(
        method, answer.contact_uri, routes, call_id=answer.header("call-id"),
        cseq=cseq, tag=tag(answer.header("from")), to=answer.header("to"))


def test_from_peer(bench: Bench, user: User):
    """Its user calls us: INVITE, ACK and BYE; then the same call ended by
    the PBX, whose BYE has to take the recorded route."""
    call_from(bench, user, (False, True))


def call_from(bench: Bench, user: User,
              ends: tuple[bool, ...] = (False,)) -> None:
    """A call for each of ends; True: the PBX ends it."""
    for by_pbx in ends:
        call_id = word()
        user.send(user.request("INVITE", "sip:alice@edge.test", body=offer(),
                               call_id=call_id))
        request = bench.pbx.wait(call_id)
        assert request.header("x-edge-peer") == user.domain
        bench.pbx.reply(request, body=plain_answer(),
                        extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
        answer = user.final("INVITE")
        assert answer.status == 200 and "RTP/SAVP" in answer.body
        user.send(next_of(user, "ACK", answer, 1))
        bench.pbx.wait(call_id, "ACK")
        if by_pbx:
            bench.pbx.send(bench.pbx.request(
                "BYE", request.contact_uri, call_id=call_id, cseq=7,
                sender="sip:alice@edge.test", tag=tag(answer.header("to")),
                to=request.header("from")))
            bye = user.receive()
            assert bye.method == "BYE", bye.start
            user.send(reply_to(bye, "200 OK"))
            bench.pbx.wait(call_id, "BYE", 200)
        else:
            user.send(next_of(user, "BYE", answer, 2))
            bye = bench.pbx.wait(call_id, "BYE")
            bench.pbx.reply(bye)
            assert user.final("BYE").status == 200


def test_to_peer(bench: Bench, user: User):
    """The PBX calls its user: INVITE, ACK, re-INVITE and BYE, then a call
    that the user ends."""
    call_to(bench, user, (False, True))


def call_to(bench: Bench, user: User,
            ends: tuple[bool, ...] = (False,)) -> None:
    """A call for each of ends; True: the user ends it."""
    place = user.here.split(":")[0]
    for by_user in ends:
        invite = parse(bench.pbx.to_phone(
            "INVITE", f"sip:bob@{user.domain}", sender=FROM,
            body=plain_answer()).encode())
        bench.pbx.send(invite.raw)
        got = user.receive()
        assert got.start == f"INVITE sip:bob@{user.domain} SIP/2.0"
        assert "RTP/SAVP" in got.body
        record = "".join(f"Record-Route: {value}\r\n"
                         for value in got.all("record-route"))
        # one for each side
        assert record.count(KINDS[user.domain].proxy) == 2
        user.send(reply_to(got, "200 OK", body=offer(), extra=record +
                           f"Contact: <sip:bob@{place}:5060>\r\n"))
        call_id = invite.header("call-id")
        answer = bench.pbx.wait(call_id, "INVITE", 200)
        assert not answer.all("record-route")

        def again(method: str, cseq: int, body: str = "") -> str:
            return bench.pbx.to_phone(
                method, answer.contact_uri, call_id=call_id, cseq=cseq,
                sender=FROM, tag=tag(invite.header("from")),
                to=answer.header("to"), body=body)

        bench.pbx.send(again("ACK", 1))
        ack = user.receive()
        assert (ack.method, ack.uri) == ("ACK", f"sip:bob@{place}:5060")
        if by_user:
            user.send(user.request(
                "BYE", got.contact_uri, "".join(
                    f"Route: {route}\r\n"
                    for value in got.all("record-route")
                    for route in value.split(", ")),
                call_id=got.header("call-id"), to=got.header("from")))
            bench.pbx.reply(bench.pbx.wait(call_id, "BYE"))
            assert user.final("BYE").status == 200
            continue
        bench.pbx.send(again("INVITE", 2, plain_answer()))
        got = user.receive()
        assert got.method == "INVITE" and "RTP/SAVP" in got.body
        user.send(reply_to(got, "200 OK", body=offer(),
                           extra=f"Contact: <sip:bob@{place}:5060>\r\n"))
        wait_for(lambda: [m for m in bench.pbx.about(call_id)
                          if m.status == 200
                          and m.header("cseq") == "2 INVITE"], 3,
                 "the answer to the re-INVITE")
        bench.pbx.send(again("BYE", 3))
        bye = user.receive()
        assert (bye.method, bye.uri) == ("BYE", f"sip:bob@{place}:5060")
        user.send(reply_to(bye, "200 OK"))
        bench.pbx.wait(call_id, "BYE", 200)


# --- on which connections ----------------------------------------------------

def rows(bench: Bench) -> list[tuple]:
    """The alias table: identity, our domain, direction, uses."""
    return sorted((row["identity"], row["local_domain"], row["direction"],
                   row["uses"]) for row in bench.lab.rpc("tls_reuse.aliases"))


@pytest.fixture(name="wire")
def wire_(bench: Bench, peer: StockPeer) -> Iterator[Capture]:
    """A capture that begins without connections."""
    for row in bench.lab.rpc("cert_match.peers"):
        bench.lab.rpc("tls_reuse.close", row["id"])
    wait_for(lambda: not bench.lab.rpc("cert_match.peers"), 5,
             "no connection")
    wait_for(lambda: not peer.connections(), 5, "none there either")
    capture = bench.lab.capture("outer", f"wire-{len(bench.lab.captures)}",
                                f"tcp port 5061 and host {peer.address}")
    yield capture
    capture.stop()


def opened(wire: Capture) -> list[str]:
    """Who opened a connection, one after the other: the first SYN of each."""
    found = {packet.source: packet.source[0] for packet in wire.packets()
             if packet.syn and packet.target[1] == 5061}
    return ["we" if place == net.EDGE_OUTER else "he"
            for place in found.values()]


# Who calls first, which peer: who opens connections, and our rows in the end
# with the number of calls that went out on one that was there.
HE, WE = "the peer calls first", "the PBX calls first"
WAYS = {
    # RFC 3261: one for each direction
    (HE, PLAIN): (["he", "we"], [("out", 1)]),
    (WE, PLAIN): (["we", "he"], [("out", 1)]),
    # RFC 5923 s8.2: his is enough; s8.1: he does not look at our alias
    (HE, OFFERS): (["he"], [("in", 2)]),
    (WE, OFFERS): (["we", "he"], [("in", 0), ("out", 1)]),
    # RFC 5923 s8.1-5: whoever honours ours sends us requests on it
    (HE, ACCEPTS): (["he", "we"], [("out", 1)]),
    (WE, ACCEPTS): (["we"], [("out", 1)]),
    (HE, OURS12): (["he"], [("in", 2)]),
    (WE, OURS12): (["we"], [("out", 1)]),
    (HE, OURS13): (["he"], [("in", 2)]),
    (WE, OURS13): (["we"], [("out", 1)])}


@pytest.mark.parametrize("first", [HE, WE])
def test_connections(first: str, bench: Bench, peer: StockPeer,
                     wire: Capture):
    """Two calls each way, in turn."""
    calls = [call_from, call_to]
    for call in (calls if first == HE else calls[::-1]) * 2:
        call(bench, peer.user)
    ways, table = WAYS[first, peer.domain]
    assert opened(wire) == ways
    assert rows(bench) == [(peer.domain, "edge.test", *row)
                           for row in table]


def test_what_operators_see(bench: Bench, peer: StockPeer, wire: Capture):
    """All connections are in the table, with whom they were meant for and
    whom they are from."""
    call_to(bench, peer.user)
    call_from(bench, peer.user)
    for row in bench.lab.rpc("cert_match.peers"):
        assert row["verified"] == 1
        assert row["identities"] == peer.domain
        if row["direction"] == "out":
            assert row["expected"] == row["sni"] == peer.domain
