# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain whose proxy is Asterisk 22: real handshakes both ways, and
what becomes of one that cannot prove its name."""

from typing import Iterator

import pytest

from lab import certs, dns, net
from lab.asterisk_peer import AsteriskPeer
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Message, parse, plain_answer
from lab.proc import wait_for

GOOD, LIAR = "asterisk.test", "liar.test"
RECORDS: dns.Records = {
    "_sips._tcp.edge.test": [dns.Service("edge.test", 5061)],
    "edge.test": [net.EDGE_OUTER]}
PLACES = {GOOD: "10.99.0.231", LIAR: "10.99.0.232"}


@pytest.fixture(scope="module", name="running", params=["stateless", "tm"])
def running_(request, laboratories) -> \
        Iterator[tuple[Bench, dict[str, AsteriskPeer]]]:
    laboratories.close()
    for bench in a_bench(request.param, settings={"EDGE_PEERS": ",".join(
            f"{name}={place}:5061" for name, place in PLACES.items())}):
        names = dns.Server(RECORDS, "phones")
        peers = {name: AsteriskPeer(
            bench.lab, name, place,
            certs.server("somebody.test" if name == LIAR else name))
            for name, place in PLACES.items()}
        try:
            for peer in peers.values():
                peer.launch()
            for peer in peers.values():
                peer.wait()
            yield bench, peers
        finally:
            for peer in peers.values():
                peer.stop()
            names.close()


@pytest.fixture(name="bench")
def bench_(running) -> Bench:
    return running[0]


def invited(bench: Bench, since: int) -> list[Message]:
    """INVITEs that the PBX heard."""
    return [m for m in bench.pbx.heard[since:] if m.method == "INVITE"
            and not m.status]


def test_from_asterisk(running):
    """Asterisk calls us over mutual TLS, with SRTP; we answer, and end the
    call down its connection."""
    bench, peers = running
    since = len(bench.pbx.heard)
    peers[GOOD].call_edge("alice")
    request = wait_for(lambda: invited(bench, since), 5, "its INVITE")[0]
    assert request.uri == "sip:alice@edge.test"
    assert request.header("x-edge-peer") == GOOD
    assert "RTP/AVP " in request.body and "crypto" not in request.body
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
    call_id = request.header("call-id")
    ack = bench.pbx.wait(call_id, "ACK")
    assert ack.uri == f"sip:alice@{net.PBX}:5060"
    bench.pbx.send(bench.pbx.request(
        "BYE", request.contact_uri, call_id=call_id, cseq=7,
        sender="sip:alice@edge.test", tag=ack.header("to").split("tag=")[1],
        to=request.header("from")))
    bench.pbx.wait(call_id, "BYE", 200)
    peers[GOOD].wait_idle()


def test_to_asterisk(running):
    """The PBX calls an extension of it, which answers with SRTP."""
    bench, peers = running
    invite = parse(bench.pbx.to_phone(
        "INVITE", f"sip:echo@{GOOD}", sender=f"sip:101@{net.PBX}",
        body=plain_answer()).encode())
    bench.pbx.send(invite.raw)
    call_id = invite.header("call-id")
    answer = bench.pbx.wait(call_id, "INVITE", 200, timeout=5)
    assert "RTP/AVP " in answer.body and "crypto" not in answer.body
    for method, cseq in (("ACK", 1), ("BYE", 2)):
        bench.pbx.send(bench.pbx.to_phone(
            method, answer.contact_uri, call_id=call_id, cseq=cseq,
            sender=f"sip:101@{net.PBX}", to=answer.header("to"),
            tag=invite.header("from").split("tag=")[1]))
    bench.pbx.wait(call_id, "BYE", 200)
    peers[GOOD].wait_idle()
    row, = [row for row in bench.lab.rpc("cert_match.peers")
            if row["direction"] == "out"]
    assert row["expected"] == row["sni"] == GOOD
    assert GOOD in row["identities"]


def test_liar(running):
    """One with somebody else's certificate: its call is refused with 403,
    and a call to it ends in the handshake."""
    bench, peers = running
    since, mark = len(bench.pbx.heard), bench.lab.edge.mark()
    peers[LIAR].call_edge("alice")
    bench.lab.edge.wait_log(
        rf"INVITE from tls:{PLACES[LIAR]}:\d+ refused: 403: From "
        rf"\S*@{LIAR}: none of the certificate's identities", since=mark)
    assert not invited(bench, since)
    peers[LIAR].wait_idle()
    bench.pbx.send(bench.pbx.to_phone("INVITE", f"sip:echo@{LIAR}",
                                      body=plain_answer()))
    failed = wait_for(lambda: bench.lab.rpc(
        "cert_match.failures", PLACES[LIAR]), 5, "the failure")[0]
    assert failed["cause"] == "wrong-name"
    assert failed["expected"] == LIAR
    assert failed["names"] == "somebody.test"
    assert not peers[LIAR].channels()
