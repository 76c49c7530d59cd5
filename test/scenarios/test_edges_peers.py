# SPDX-License-Identifier: GPL-2.0-or-later
"""Two edges and a peer domain: its calls belong to the edge where they
began, whichever edge the PBX asks."""

from typing import Iterator

import pytest

from lab import certs, client, net
from lab.client import Message, plain_answer, reply_to, word
from lab.cluster import FIRST, KINDS, SECOND, Cluster
from lab.peer import PeerCaller, Server

PEER, PLACE = "peer.test", "10.99.0.201"


@pytest.fixture(scope="module", name="cluster", params=KINDS)
def cluster_(request, laboratories) -> Iterator[Cluster]:
    laboratories.close()
    made = Cluster(request.param, EDGE_PEERS=f"{PEER}={PLACE}:5061")
    try:
        made.wait_sees("A")
        yield made
        assert not made.leaks()
    finally:
        made.close()


def called(cluster: Cluster) -> tuple[PeerCaller, Message, str]:
    """A call from the peer by the second edge; its INVITE at the PBX, and
    the PBX's BYE for it."""
    caller = PeerCaller(cluster.second, certs.client(PEER), PEER)
    cluster.callers.append(caller)
    call_id = word()
    caller.send(caller.invite("alice", call_id=call_id))
    request = cluster.pbx.wait(call_id, "INVITE")
    assert request.contact_uri.endswith(SECOND)
    answer = reply_to(request, "200 OK", "Contact: <sip:alice@"
                      f"{net.PBX}:5060>\r\n", plain_answer())
    with cluster.pbx_at():
        cluster.pbx.send(answer)
    got = caller.answer()
    assert got and got.status == 200
    return caller, request, cluster.pbx.request(
        "BYE", request.contact_uri, call_id=call_id, cseq=7, contact="",
        sender="sip:alice@edge.test", to=request.header("from"),
        tag=client.parse(answer.encode()).header("to").split("tag=")[1])


def test_back_by_the_other_edge(cluster):
    """The PBX's BYE by the first edge goes down the connection that the call
    came on, at the second."""
    caller, request, bye = called(cluster)
    cluster.pbx.send(bye)
    got = caller.receive()
    assert got and got.method == "BYE"
    assert b"10.99.1." not in got.raw and b"10.99.3." not in got.raw
    caller.accept(got)
    cluster.pbx.wait(request.header("call-id"), "BYE", 200)


def test_anew_by_the_other_edge(cluster):
    """... and when that has closed, down a new one, which the edge opens
    that knows the call."""
    server = Server(cluster.second, certs.client(PEER), PLACE)
    try:
        caller, request, bye = called(cluster)
        opened = len(cluster.second.edge.rpc("cert_match.peers"))
        caller.close()
        client.wait_for(
            lambda: len(cluster.second.edge.rpc("cert_match.peers")) < opened,
            3, "the second edge to see the connection close")
        before = cluster.second.stat("aliases_opened")
        cluster.pbx.send(bye)
        talker = server.talker()
        got = talker.receive()
        assert got and got.method == "BYE"
        talker.send(reply_to(got, "200 OK"))
        cluster.pbx.wait(request.header("call-id"), "BYE", 200)
        assert cluster.second.stat("aliases_opened") == before + 1
    finally:
        server.close()


def test_edges_call_nobody(cluster):
    """An edge asks another one for phones, and for nothing else: what names
    a peer domain is the PBX's to send."""
    with client.Talker(net.tcp_socket((net.SECOND_INNER, 5060)), "TCP") as \
            edge:
        edge.send(edge.request("INVITE", f"sip:bob@{PEER}", contact="",
                               body=plain_answer()))
        got = edge.receive()
        assert got and got.status == 404, got
    assert FIRST.startswith(edge.here.split(":")[0])
