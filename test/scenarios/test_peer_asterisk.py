# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer domain whose proxy is Asterisk 22: real handshakes both ways, one
connection for both directions, and what becomes of one that cannot prove its
name."""

import re
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from lab import dns, net, readable
from lab.asterisk_peer import AsteriskPeer, Who
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Message, parse, plain_answer
from lab.paths import BUILD, RUNS
from lab.pcap import Capture
from lab.proc import wait_for

GOOD, LIAR = "asterisk.test", "liar.test"
# one machine: who is called there, and who calls from there
CALLED, CALLING = "called.test", "calling.test"
RECORDS: dns.Records = {
    "_sips._tcp.edge.test": [dns.Service("edge.test", 5061)],
    "edge.test": [net.EDGE_OUTER]}
PLACES = {GOOD: "10.99.0.231", LIAR: "10.99.0.232", CALLED: "10.99.0.233"}
# RFC 5923 s8.1: by a name of our certificate
OUR_VIA = re.compile(r"\nVia: SIP/2\.0/TLS edge\.test(:5061)?;alias;branch=")
PEERS = {**PLACES, CALLING: PLACES[CALLED]}


class Running(NamedTuple):
    bench: Bench
    peers: dict[str, AsteriskPeer]


@pytest.fixture(name="cfg", scope="module")
def cfg_() -> Iterator[Path]:
    """A directory where another Debian's root shows it, too."""
    RUNS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RUNS) as where:
        yield Path(where)


@pytest.fixture(scope="module", name="running", params=[
    "stateless", "tm", "debian13"])
def running_(request, laboratories, cfg) -> Iterator[Running]:
    laboratories.close()
    mode, options = request.param, {}
    settings = {**readable.settings(cfg),
                "EDGE_PEERS": ",".join(f"{name}={place}:5061"
                                       for name, place in PEERS.items())}
    if mode == "debian13":
        mode = "stateless"
        options["edge_root"] = BUILD / "roots" / "kamailio6"
        settings["EDGE_MODULES"] = str(BUILD / "debian13" / "modules")
    for bench in a_bench(mode, settings=settings, **options):
        names = dns.Server(RECORDS, "phones")
        peers = {name: AsteriskPeer(
            bench.lab, name, place,
            readable.pair("somebody.test" if name == LIAR else name),
            Who(CALLING, readable.pair(CALLING)) if name == CALLED else None)
            for name, place in PLACES.items()}
        try:
            for peer in peers.values():
                peer.launch()
            for peer in peers.values():
                peer.wait()
            yield Running(bench, peers)
        finally:
            for peer in peers.values():
                peer.stop()
            names.close()


@pytest.fixture(name="bench")
def bench_(running: Running) -> Bench:
    return running.bench


@pytest.fixture(name="wire")
def wire_(running: Running) -> Iterator[Capture]:
    """A capture that begins without connections."""
    lab = running.bench.lab
    for row in lab.rpc("cert_match.peers"):
        lab.rpc("tls_reuse.close", row["id"])
    wait_for(lambda: not lab.rpc("cert_match.peers"), 5, "no connection")
    capture = lab.capture("outer", f"wire-{len(lab.captures)}",
                          "tcp port 5061")
    yield capture
    capture.stop()


def invited(bench: Bench, since: int) -> list[Message]:
    """INVITEs that the PBX heard."""
    return [m for m in bench.pbx.heard[since:] if m.method == "INVITE"
            and not m.status]


def call_from(bench: Bench, peer: AsteriskPeer, name: str) -> None:
    """Asterisk calls us over mutual TLS, with SRTP; we answer, and end the
    call down its connection."""
    since = len(bench.pbx.heard)
    peer.call_edge("alice")
    request = wait_for(lambda: invited(bench, since), 5, "its INVITE")[0]
    assert request.uri == "sip:alice@edge.test"
    assert request.header("x-edge-peer") == name
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
    peer.wait_idle()


def call_to(bench: Bench, peer: AsteriskPeer, name: str) -> None:
    """The PBX calls an extension of it, which answers with SRTP."""
    invite = parse(bench.pbx.to_phone(
        "INVITE", f"sip:echo@{name}", sender=f"sip:101@{net.PBX}",
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
    peer.wait_idle()


def rows(bench: Bench) -> list[tuple]:
    """The alias table: address, identity, our domain, direction, uses."""
    return sorted((row["ip"], row["port"], row["identity"],
                   row["local_domain"], row["direction"], row["uses"])
                  for row in bench.lab.rpc("tls_reuse.aliases"))


def invites(wire: Capture) -> dict[str, list[tuple[bool, int, int]]]:
    """Of each connection, by whom it was opened: did we open it, and how many
    INVITEs went from us, and to us?"""
    found: dict[str, list[tuple[bool, int, int]]] = {}
    for one in readable.connections(
            wire, *(readable.pair(name) for name in ("edge.test", *PEERS))):
        assert one.shown, "without a certificate"
        there, = one.text.keys() - {net.EDGE_OUTER}
        for text in one.messages(net.EDGE_OUTER, "INVITE"):
            assert OUR_VIA.search(text), text
        found.setdefault(one.shown, []).append((
            one.opened_by == net.EDGE_OUTER,
            *(len(one.messages(source, "INVITE"))
              for source in (net.EDGE_OUTER, there))))
    return found


def test_from_then_to_asterisk(running: Running, wire: Capture):
    """RFC 5923 s8.2-6, s9.2-1: it asks for an alias in its Via; the call to it
    goes down the connection that it opened, and it takes it there."""
    bench, peer = running.bench, running.peers[GOOD]
    call_from(bench, peer, GOOD)
    place = (PLACES[GOOD], 5061, GOOD, "edge.test", "in")
    assert rows(bench) == [(*place, 0)]
    # the ACK and the BYE have our token, which knows the connection
    call_to(bench, peer, GOOD)
    assert rows(bench) == [(*place, 1)]
    call_from(bench, peer, GOOD)
    call_to(bench, peer, GOOD)
    assert rows(bench) == [(*place, 2)]
    assert invites(wire) == {GOOD: [(False, 2, 2)]}
    assert len(bench.lab.rpc("cert_match.peers")) == 1


def test_to_then_from_asterisk(running: Running, wire: Capture):
    """We ask, too, but Asterisk is no server in the sense of RFC 5923: its
    call comes on a connection of its own (RFC 5923 s8.1-7, s8.1-8).  Of the
    two the older one is taken."""
    bench, peer = running.bench, running.peers[GOOD]
    call_to(bench, peer, GOOD)
    row, = bench.lab.rpc("cert_match.peers")
    assert row["expected"] == row["sni"] == row["identities"] == GOOD
    call_from(bench, peer, GOOD)
    call_to(bench, peer, GOOD)
    place = (PLACES[GOOD], 5061, GOOD, "edge.test")
    assert rows(bench) == [(*place, "in", 0), (*place, "out", 1)]
    assert invites(wire) == {"edge.test": [(True, 2, 0)],
                             GOOD: [(False, 0, 1)]}


def test_who_calls_is_another(running: Running, wire: Capture):
    """RFC 5923 s8.2-10: from the same machine, with the same address in its
    Via, but with the certificate of another domain: two connections."""
    bench, peer = running.bench, running.peers[CALLED]
    call_from(bench, peer, CALLING)
    call_to(bench, peer, CALLED)
    place = (PLACES[CALLED], 5061)
    assert rows(bench) == [(*place, CALLED, "edge.test", "out", 0),
                           (*place, CALLING, "edge.test", "in", 0)]
    assert invites(wire) == {CALLING: [(False, 0, 1)],
                             "edge.test": [(True, 1, 0)]}


def test_liar(running: Running):
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
