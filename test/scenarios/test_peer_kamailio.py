# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain whose proxy is a stock Kamailio, as most are: calls both
ways, with all that a proxy on the way of a call asks for.
"""

import re
from typing import Iterator

import pytest

from lab import net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Message, offer, parse, plain_answer, reply_to, word
from lab.proc import wait_for
from lab.stock import StockPeer, User

PEER, PROXY, USER = "peer.test", "10.99.0.211", "10.99.0.212"
FROM = f"sip:101@{net.PBX}"


@pytest.fixture(scope="module", name="running", params=["stateless", "tm"])
def running_(request, laboratories) -> Iterator[tuple[Bench, StockPeer]]:
    laboratories.close()
    for bench in a_bench(request.param, settings={
            "EDGE_PEERS": f"{PEER}={PROXY}:5061"}):
        peer = StockPeer(bench.lab, PEER, PROXY, USER)
        yield bench, peer
        peer.close()


@pytest.fixture(name="bench")
def bench_(running) -> Bench:
    return running[0]


@pytest.fixture(name="user")
def user_(running) -> User:
    return running[1].user


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
    for by_pbx in (False, True):
        call_id = word()
        user.send(user.request("INVITE", "sip:alice@edge.test", body=offer(),
                               call_id=call_id))
        request = bench.pbx.wait(call_id)
        assert request.header("x-edge-peer") == PEER
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
    for by_user in (False, True):
        invite = parse(bench.pbx.to_phone(
            "INVITE", f"sip:bob@{PEER}", sender=FROM,
            body=plain_answer()).encode())
        bench.pbx.send(invite.raw)
        got = user.receive()
        assert got.start == f"INVITE sip:bob@{PEER} SIP/2.0"
        assert "RTP/SAVP" in got.body
        record = "".join(f"Record-Route: {value}\r\n"
                         for value in got.all("record-route"))
        assert record.count("10.99.0.211") == 2     # one for each side
        user.send(reply_to(got, "200 OK", body=offer(), extra=record +
                           f"Contact: <sip:bob@{USER}:5060>\r\n"))
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
        assert (ack.method, ack.uri) == ("ACK", f"sip:bob@{USER}:5060")
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
                           extra=f"Contact: <sip:bob@{USER}:5060>\r\n"))
        wait_for(lambda: [m for m in bench.pbx.about(call_id)
                          if m.status == 200
                          and m.header("cseq") == "2 INVITE"], 3,
                 "the answer to the re-INVITE")
        bench.pbx.send(again("BYE", 3))
        bye = user.receive()
        assert (bye.method, bye.uri) == ("BYE", f"sip:bob@{USER}:5060")
        user.send(reply_to(bye, "200 OK"))
        bench.pbx.wait(call_id, "BYE", 200)


def test_what_operators_see(bench: Bench, user: User):
    """Both connections are in the table, with whom they were meant for and
    whom they are from."""
    rows = bench.lab.rpc("cert_match.peers")
    ways = {row["direction"]: row for row in rows}
    assert re.search(rf"\b{PEER}\b", ways["in"]["identities"])
    assert ways["in"]["verified"] == 1
    assert ways["out"]["expected"] == ways["out"]["sni"] == PEER
