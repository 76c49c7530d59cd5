# SPDX-License-Identifier: GPL-2.0-or-later
"""Peer domains call us and are called, and nobody passes for one of them
(RFC 5922 s7.3, s7.4).

A scripted PBX inside; outside scripted peers over mutual TLS, and phones.
"""

import re
import shutil
import ssl
import tempfile
import time
from pathlib import Path
from typing import Iterator, Optional

import pytest

from lab import certs, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.binrpc import RpcError
from lab.client import (Caller, Message, Talker, offer, parse, plain_answer,
                        reply_to, word)
from lab.certs import TOOL
from lab.edge import START
from lab.paths import BUILD, PROJECT, RUNS
from lab.pcap import Capture
from lab.peer import PeerCaller, Server
from lab.proc import run, wait_for

PEER, OTHER, WRONG, DEAD = "peer.test", "other.test", "wrong.test", "dead.test"
FILLING, LAST = "fill.test", "last.test"
ADDRESSES = {PEER: "10.99.0.201", OTHER: "10.99.0.201",
             WRONG: "10.99.0.202", DEAD: "10.99.0.203"}
PEERS = ",".join([
    *(f"{name}={address}:5061" for name, address in ADDRESSES.items()),
    *(f"peer{number}.{FILLING}=192.0.2.1:5061" for number in range(300)),
    f"{LAST}=192.0.2.1:5061"])
PUT_CA = "if it is to be trusted put its CA into EDGE_PEER_CA, then"
NAMED = re.compile(r"<sip:tr1_[\w-]+@edge\.test;transport=tls>")


@pytest.fixture(scope="module", name="running", params=[
    "stateless", "tm", "debian13"])
def running_(request, laboratories) -> Iterator[Bench]:
    laboratories.close()
    mode, options, settings = request.param, {}, {"EDGE_PEERS": PEERS}
    if mode == "debian13":
        mode = "stateless"
        options["edge_root"] = BUILD / "roots" / "kamailio6"
        settings["EDGE_MODULES"] = str(BUILD / "debian13" / "modules")
    RUNS.mkdir(parents=True, exist_ok=True)
    # where another Debian's root shows it, too
    with tempfile.TemporaryDirectory(dir=RUNS) as where:
        path = Path(where) / "ca.pem"
        path.write_text(certs.authority().read_text("ascii"))
        settings["EDGE_PEER_CA"] = str(path)
        yield from a_bench(mode, settings=settings, **options)


@pytest.fixture(name="bench")
def bench_(running: Bench) -> Iterator[Bench]:
    yield running
    running.hang_up()
    for name in ADDRESSES:
        try:                    # or the next test would have to wait
            running.lab.rpc("htable.delete", "failed", name)
        except RpcError:        # nothing had failed
            pass


def peer(bench: Bench, pair: Optional[certs.Pair] = None,
         name: str = PEER) -> PeerCaller:
    """A proxy of a peer domain; with that domain's certificate."""
    caller = PeerCaller(bench.lab, pair or certs.client(name), name)
    bench.callers.append(caller)
    return caller


def nobody(bench: Bench, name: str = PEER) -> PeerCaller:
    """The same without a certificate."""
    caller = PeerCaller(bench.lab, None, name)
    bench.callers.append(caller)
    return caller


def invite(caller: Caller, **given: object) -> tuple[str, str]:
    """An INVITE to alice, and its Call-ID."""
    call_id = word()
    return caller.invite("alice", call_id=call_id, **given), call_id


def answered(bench: Bench, caller: Caller) -> tuple[Message, Message]:
    """A call from outside: the INVITE at the PBX, the 200 outside."""
    text, call_id = invite(caller)
    caller.send(text)
    request = bench.pbx.wait(call_id, "INVITE")
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
    got = caller.answer()
    assert got and got.status == 200, got and got.start
    return request, got


# --- from a peer ------------------------------------------------------------

def test_peer_calls(bench: Bench):
    """A call from a peer whose certificate covers its From domain reaches
    the PBX: no digest is asked for, who it is from is said in a header;
    the peer gets an SRTP answer and a Contact by a name that our
    certificate holds (RFC 5922 s7.5)."""
    caller = peer(bench)
    request, answer = answered(bench, caller)
    assert request.uri == "sip:alice@edge.test"
    assert request.header("x-edge-peer") == PEER
    assert f"<sip:bob@{PEER}>" in request.header("from")
    assert "RTP/AVP " in request.body and "crypto" not in request.body
    assert "RTP/SAVP " in answer.body and "a=crypto:1 " in answer.body
    assert NAMED.fullmatch(answer.header("contact")), answer.header("contact")


def in_dialog(request: Message, answer: Message, caller: Talker,
              method: str) -> str:
    """The caller's next request in the call."""
    return caller.request(
        method, answer.contact_uri, call_id=answer.header("call-id"), cseq=2,
        sender=re.search(r"<([^>]+)>", answer.header("from"))[1],
        tag=answer.header("from").split("tag=")[1],
        to=answer.header("to"))


def from_pbx(bench: Bench, request: Message, method: str,
             tag: str) -> str:
    """The PBX's next request in a call that it was sent."""
    return bench.pbx.request(
        method, request.contact_uri, call_id=request.header("call-id"),
        cseq=7, sender="sip:alice@edge.test", tag=tag,
        to=request.header("from"), contact=f"<sip:alice@{net.PBX}:5060>")


def test_in_dialog_both_ways(bench: Bench):
    """ACK, re-INVITE and BYE of a peer's call find the PBX; the PBX's own
    BYE in another goes back down the connection that the call came on."""
    caller = peer(bench)
    request, answer = answered(bench, caller)
    call_id = request.header("call-id")
    caller.send(in_dialog(request, answer, caller, "ACK"))
    bench.pbx.wait(call_id, "ACK")
    caller.send(in_dialog(request, answer, caller, "BYE"))
    bye = bench.pbx.wait(call_id, "BYE")
    assert bye.uri == f"sip:alice@{net.PBX}:5060"
    bench.pbx.reply(bye)
    assert caller.answer().status == 200

    request, answer = answered(bench, caller)
    tag = answer.header("to").split("tag=")[1]
    bench.pbx.send(from_pbx(bench, request, "BYE", tag))
    bye = caller.receive()
    assert bye and bye.method == "BYE"
    assert bye.uri == f"sip:alice@{caller.here};transport=tls"
    caller.accept(bye)
    got = bench.pbx.wait(request.header("call-id"), "BYE", 200)
    assert got.status == 200


@pytest.mark.parametrize("who", [
    "no certificate", "unknown CA", "expired", "another domain's",
    "a person's"])
@pytest.mark.parametrize("name", [PEER, "PEER.test", "peer.test."])
def test_not_the_peer(bench: Bench, who: str, name: str):
    """Who claims to be from a peer domain and cannot prove it gets 403 and
    the reason in words, and the PBX hears nothing (RFC 5922 s7.4-1,
    s7.4-2, s7.5-1)."""
    pairs = {
        "unknown CA": lambda: certs.client(
            PEER, where=bench.lab.where / "strangers"),
        "expired": lambda: certs.client(PEER, "--expired", out="old-peer"),
        "another domain's": lambda: certs.client(OTHER),
        "a person's": lambda: certs.client(f"bob@{PEER}")}
    caller = nobody(bench, name) if who == "no certificate" else \
        peer(bench, pairs[who](), name)
    since = bench.lab.edge.mark()
    text, call_id = invite(caller)
    got = caller.ask(text)
    assert got.status == 403, got.start
    warning = got.header("warning")
    assert re.fullmatch(r'399 edge\.test ".{10,}"', warning), warning
    line = bench.lab.edge.wait_log(r"INVITE from tls:.* refused: 403: .*",
                                   since=since)
    assert re.search(r'"(.*)"', warning)[1] in line
    assert (PUT_CA in line) == (who == "unknown CA"), line
    assert bench.pbx.about(call_id) == []


@pytest.mark.parametrize("sender", [
    "sip:bob@other.test", "sip:bob@elsewhere.test", "sip:alice@edge.test",
    "sip:bob@sub.peer.test", "sip:bob@test", "tel:+4930123456",
    "sip:anonymous@anonymous.invalid"])
def test_peer_claims_another_domain(bench: Bench, sender: str):
    """An authenticated peer speaks for its own domain and no other."""
    caller = peer(bench)
    text, call_id = invite(caller, sender=sender)
    got = caller.ask(text)
    assert got.status == 403, got.start
    assert bench.pbx.about(call_id) == []


def test_digest_is_not_a_domain(bench: Bench):
    """That the PBX let a phone register on this connection says nothing of
    the phone's next request: it is no peer for that (RFC 5922 s8.1-1,
    s8.1-2)."""
    caller = bench.caller()
    bench.pbx.register(caller)
    text, call_id = invite(caller, sender=f"sip:bob@{PEER}")
    assert caller.ask(text).status == 403
    assert bench.pbx.about(call_id) == []


def test_to_tag_is_no_way_around(bench: Bench):
    """With a tag in To, another From passes only in a call that this peer
    has with us: the tag alone proves nothing."""
    caller = peer(bench)
    got = caller.ask(caller.request(
        "MESSAGE", caller.at("alice"), sender="sip:chief@edge.test",
        to=f"<{caller.at('alice')}>;tag=made-up"))
    assert got.status == 403
    request, answer = answered(bench, caller)
    stranger = peer(bench, name=OTHER)
    got = stranger.ask(stranger.request(
        "MESSAGE", answer.contact_uri, sender="sip:chief@edge.test",
        to=answer.header("to"), call_id=answer.header("call-id")))
    assert got.status == 403
    assert [m.method for m in bench.pbx.about(request.header("call-id"))] \
        == ["INVITE"]


def test_peer_registers_not(bench: Bench):
    """A peer domain is no phone."""
    caller = peer(bench)
    got = caller.ask(caller.request("REGISTER", "sip:edge.test",
                                    to="<sip:bob@peer.test>"))
    assert got.status == 403


def test_several_names_in_one_certificate(bench: Bench):
    """A certificate for two peer domains speaks for both."""
    pair = certs.server(PEER, OTHER, out="both")
    for name in (PEER, OTHER):
        caller = peer(bench, pair, name)
        text, call_id = invite(caller)
        caller.send(text)
        assert bench.pbx.wait(call_id).header("x-edge-peer") == name


def test_peer_has_many_users(bench: Bench):
    """More requests at once than a phone may send are answered."""
    caller = peer(bench)
    ids = [word() for _ in range(150)]
    for call_id in ids:
        caller.send(caller.request("OPTIONS", caller.at("alice"),
                                   call_id=call_id))
    for call_id in ids:
        bench.pbx.wait(call_id)


def test_last_of_many(bench: Bench):
    """Any number of peer domains may be named: the last one counts, too,
    and so does the last name in a certificate; nor is one with many names
    a phone's."""
    names = [f"name{number}.{FILLING}" for number in range(100)]
    caller = peer(bench, certs.server(*names, LAST, out="many"), LAST)
    text, call_id = invite(caller)
    caller.send(text)
    assert bench.pbx.wait(call_id).header("x-edge-peer") == LAST
    caller = peer(bench, certs.server(*names, LAST, out="many"))
    assert caller.ask(invite(caller, sender="sip:x@edge.test")[0]).status \
        == 403


def test_counters(bench: Bench):
    """What came in and what was refused is counted."""
    def count(name: str) -> int:
        return int(bench.lab.rpc("cnt.get", "edge", name)[0])

    before = count("peer_requests_in"), count("peer_refused")
    answered(bench, peer(bench))
    caller = nobody(bench)
    assert caller.ask(invite(caller)[0]).status == 403
    assert (count("peer_requests_in"), count("peer_refused")) == \
        (before[0] + 1, before[1] + 1)


def reload(bench: Bench) -> None:
    run([str(START), "-r", str(bench.lab.edge.env_file)])


def test_reload_of_peers_cas(bench: Bench):
    """Another CA for peers counts from edge-start -r on, and no longer when
    it is taken out again."""
    path = Path(bench.lab.edge.settings["EDGE_PEER_CA"])
    before = path.read_text("ascii")
    pair = certs.client(PEER, where=bench.lab.where / "strangers")
    try:
        path.write_text(before + pair.ca.read_text("ascii"))
        reload(bench)
        caller = peer(bench, pair)
        text, call_id = invite(caller)
        caller.send(text)
        assert bench.pbx.wait(call_id).header("x-edge-peer") == PEER
    finally:
        path.write_text(before)
        reload(bench)
    caller = peer(bench, pair)
    assert caller.ask(invite(caller)[0]).status == 403
    caller = peer(bench)
    text, call_id = invite(caller)
    caller.send(text)
    bench.pbx.wait(call_id)


def crl(where: Path, *options: str) -> None:
    run([str(TOOL), "crl", str(where), *options])


def reload_with(bench: Bench, where: Path, line: str) -> None:
    """edge-start -r with this line in the profiles of both directions."""
    shutil.copytree(PROJECT / "cfg", where / "cfg", dirs_exist_ok=True)
    path = where / "cfg" / "tls.cfg"
    text = (PROJECT / "cfg" / "tls.cfg").read_text("utf-8")
    path.write_text(re.sub(r"(?m)^(\[\w+:default\])$",
                           rf"\1\n#peers {line}", text))
    env_file = where / "edge.env"
    env_file.write_text(bench.lab.edge.env_file.read_text("utf-8")
                        + f"EDGE_CFG_DIR={where}/cfg\n")
    run([str(START), "-r", str(env_file)])


def heard_of(bench: Bench, pair: certs.Pair) -> str:
    """What becomes of a call with this certificate: the 403's Warning, or
    nothing when the PBX hears of it."""
    caller = peer(bench, pair)
    text, call_id = invite(caller)
    caller.send(text)
    answer = wait_for(lambda: bench.pbx.about(call_id) or caller.answer(), 5,
                      "the call")
    return "" if isinstance(answer, list) else answer.header("warning")


def test_revoked_peer(bench: Bench):
    """A CRL takes a peer's certificate back, and no other; one that is out
    of date takes all of them, until there is a fresh one; each CA needs
    its own."""
    ca_file = Path(bench.lab.edge.settings["EDGE_PEER_CA"])
    before, where = ca_file.read_text("ascii"), ca_file.parent / "ca"
    good, stolen = (certs.client(PEER, where=where, out=out)
                    for out in ("good", "stolen"))
    second = where / "second"
    run([str(TOOL), "ca", str(second), "--cn", "another CA", "--force"])
    another = certs.client(PEER, where=second)
    try:
        ca_file.write_text(good.ca.read_text("ascii"))
        reload(bench)
        early = peer(bench, stolen)
        early.send(invite(early)[0])
        crl(where, str(stolen.cert))
        reload_with(bench, where, f"crl = {where}/crl.pem")
        assert "certificate revoked" in heard_of(bench, stolen)
        assert heard_of(bench, good) == ""
        text, call_id = invite(early)       # an open connection stays
        early.send(text)
        bench.pbx.wait(call_id, "INVITE")
        server = Server(bench.lab, stolen, ADDRESSES[PEER])
        try:
            Call(bench, PEER)
            arrival = server.arrival()
            assert arrival.talker is None
            assert "revoked" in str(arrival.error).lower(), arrival.error
        finally:
            server.close()
        crl(where, "--expired")
        reload_with(bench, where, f"crl = {where}/crl.pem")
        assert "CRL has expired" in heard_of(bench, good)
        crl(where)
        reload_with(bench, where, f"crl = {where}/crl.pem")
        assert "certificate revoked" in heard_of(bench, stolen)
        assert heard_of(bench, good) == ""
        ca_file.write_text(good.ca.read_text("ascii")
                           + another.ca.read_text("ascii"))
        reload_with(bench, where, f"crl = {where}/crl.pem")
        assert "unable to get certificate CRL" in heard_of(bench, another)
        crl(second)
        (where / "all.pem").write_text((where / "crl.pem").read_text("ascii")
                                       + (second / "crl.pem").read_text(
                                           "ascii"))
        reload_with(bench, where, f"crl = {where}/all.pem")
        assert heard_of(bench, another) == heard_of(bench, good) == ""
        assert "certificate revoked" in heard_of(bench, stolen)
    finally:
        ca_file.write_text(before)
        reload(bench)


# --- phones beside them -----------------------------------------------------

@pytest.mark.parametrize("kind", ["without", "factory's", "personal"])
def test_phone_is_welcome(bench: Bench, kind: str):
    """A phone without a certificate, or with one that nobody here knows,
    registers, calls and is called as ever: it reads our address, not our
    name, and its requests carry no mark of a peer, even if it puts one
    in."""
    pair = {"without": None,
            "factory's": certs.client("phone-0004f2.maker.test",
                                      where=bench.lab.where / "maker"),
            "personal": certs.client("alice@edge.test")}[kind]
    phone = Caller(bench.lab, "", pair)
    bench.callers.append(phone)
    uri = bench.pbx.register(phone)
    text, call_id = invite(phone, extra="X-Edge-Peer: peer.test\r\n")
    phone.send(text)
    request = bench.pbx.wait(call_id)
    assert not request.all("x-edge-peer")
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
    got = phone.answer()
    assert re.fullmatch(r"<sip:tr1_[\w-]+@10\.99\.0\.1:5061;transport=tls>",
                        got.header("contact"))
    bench.pbx.send(bench.pbx.to_phone("MESSAGE", uri))
    assert phone.receive().method == "MESSAGE"


# --- to a peer --------------------------------------------------------------

@pytest.fixture(name="server")
def server_(bench: Bench) -> Iterator[Server]:
    made = Server(bench.lab, certs.server(PEER), ADDRESSES[PEER])
    yield made
    made.close()


class Call:
    """The PBX calls somebody in a domain; it sends again until it is
    answered, as anybody on UDP does (RFC 3261 s17.1.1.2)."""

    def __init__(self, bench: Bench, name: str = PEER, method: str = "INVITE",
                 body: Optional[str] = None):
        self.bench, self.id = bench, word()
        self.invite = parse(bench.pbx.to_phone(
            method, f"sip:bob@{name}", call_id=self.id, sender=FROM,
            body=plain_answer() if body is None else body).encode())
        self.send()

    def send(self) -> None:
        self.bench.pbx.send(self.invite.raw)

    def final(self, timeout: float = 8) -> Message:
        pause, next_time = 0.5, time.monotonic() + 0.5

        def look() -> list[Message]:
            nonlocal pause, next_time
            found = [m for m in self.bench.pbx.about(self.id)
                     if m.status >= 200 and m.method == self.invite.method]
            if not found and time.monotonic() >= next_time:
                self.send()
                pause *= 2
                next_time += pause
            return found

        return wait_for(look, timeout, f"an answer to call {self.id}")[0]

    def next(self, method: str, uri: str, answer: Message) -> str:
        """The PBX's next request in it."""
        return self.bench.pbx.to_phone(
            method, uri, call_id=self.id, cseq=2, sender=FROM,
            tag=self.invite.header("from").split("tag=")[1],
            to=answer.header("to"))


FROM = f"sip:101@{net.PBX}"


def accept(proxy: Talker, request: Message, extra: str = "",
           target: str = "") -> str:
    """A peer's 200 with SRTP, and its Contact."""
    target = target or f"sip:bob@{proxy.here};transport=tls"
    proxy.send(reply_to(request, "200 OK", body=offer(),
                        extra=f"Contact: <{target}>\r\n{extra}"))
    return target


def test_pbx_calls_peer(bench: Bench, server: Server):
    """A call to a peer domain goes over a connection of its own to where
    that is: it is asked for by name, both show their certificates, keys
    are offered, our Contact is a name that we can prove."""
    call = Call(bench)
    arrival = server.arrival()
    assert arrival.sni == PEER
    assert ("URI", "sip:edge.test") in arrival.shown["subjectAltName"]
    proxy = arrival.talker
    got = proxy.receive()
    assert got.start == f"INVITE sip:bob@{PEER} SIP/2.0"
    assert "RTP/SAVP " in got.body and "a=crypto:1 " in got.body
    assert NAMED.fullmatch(got.header("contact"))
    assert "<sip:101@edge.test>" in got.header("from")
    target = accept(proxy, got)
    answer = call.final()
    assert answer.status == 200
    assert "RTP/AVP " in answer.body and "crypto" not in answer.body
    bench.pbx.send(call.next("ACK", answer.contact_uri, answer))
    ack = proxy.receive()
    assert (ack.method, ack.uri) == ("ACK", target)
    bench.pbx.send(call.next("BYE", answer.contact_uri, answer))
    bye = proxy.receive()
    assert (bye.method, bye.uri) == ("BYE", target)
    proxy.send(reply_to(bye, "200 OK"))
    bench.pbx.wait(call.id, "BYE", 200)
    assert server.quiet(), "all of it went over one connection"


def test_peer_ends_it(bench: Bench, server: Server):
    """The peer's BYE finds the PBX, on our connection or on one that it
    opens itself."""
    proxy: Optional[Talker] = None
    for own in (False, True):
        call = Call(bench)
        proxy = proxy or server.talker()
        got = proxy.receive()
        accept(proxy, got)
        assert call.final().status == 200
        sender = peer(bench) if own else proxy
        bye = sender.request(
            "BYE", got.contact_uri, call_id=got.header("call-id"),
            sender=f"sip:bob@{PEER}", to=got.header("from"))
        sender.send(bye)
        heard = bench.pbx.wait(call.id, "BYE")
        assert heard.uri == f"sip:101@{net.PBX}:5060"
        bench.pbx.reply(heard)
        assert sender.receive().status == 200


def test_call_refused_and_given_up(bench: Bench, server: Server):
    """A peer's 486 reaches the PBX; the PBX's CANCEL reaches the peer on
    the way of its INVITE."""
    call = Call(bench)
    proxy = server.talker()
    proxy.send(reply_to(proxy.receive(), "486 Busy Here"))
    assert call.final().status == 486
    call = Call(bench)
    got = proxy.receive()
    if got.method == "ACK":         # with tm: of the 486
        got = proxy.receive()
    proxy.send(reply_to(got, "180 Ringing"))
    bench.pbx.wait(call.id, "INVITE", 180)
    cancel = call.invite.raw.replace(b"INVITE", b"CANCEL")
    bench.pbx.send(cancel.partition(b"Content-Type")[0]
                   + b"Content-Length: 0\r\n\r\n")
    cancel = proxy.receive()
    assert (cancel.method, cancel.uri) == ("CANCEL", got.uri)
    assert cancel.header("via").split(";")[0] == \
        got.header("via").split(";")[0]
    proxy.send(reply_to(cancel, "200 OK"))
    proxy.send(reply_to(got, "487 Request Terminated"))
    assert call.final().status == 487


def test_not_a_peer(bench: Bench):
    """The PBX reaches no domain but those that are named."""
    assert Call(bench, "elsewhere.test").final().status == 404


def records(capture: Capture, place: tuple[str, int]) -> list[bytes]:
    """What we sent there on connections, packet by packet."""
    return [packet.payload for packet in capture.packets()
            if packet.target == place and packet.payload]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("fault", [
    "another name", "unknown CA", "expired"])
def test_wrong_certificate(bench: Bench, version: str, fault: str):
    """A server that is not proved to be the peer gets an alert and not one
    byte of SIP, and the PBX is told (RFC 5922 s7.5-2)."""
    pair = {"another name": lambda: certs.server(OTHER),
            "unknown CA": lambda: certs.server(
                WRONG, where=bench.lab.where / "strangers"),
            "expired": lambda: certs.server(
                WRONG, "--expired", out="old-wrong")}[fault]()
    capture = bench.lab.capture("outer", f"wrong-{version}-{word(2)}")
    server = Server(bench.lab, pair, ADDRESSES[WRONG],
                    ssl.TLSVersion[version])
    since = bench.lab.edge.mark()
    try:
        call = Call(bench, WRONG)
        arrival = server.arrival()
        assert arrival.talker is None
        assert "alert" in str(arrival.error).lower(), arrival.error
        assert arrival.sni == WRONG
        got = call.final()
    finally:
        server.close()
        capture.stop()
    assert got.status == 503, got.start
    bench.lab.edge.wait_log("TLS handshake failed, to 10.99.0.202:5061",
                            since=since)
    if fault == "unknown CA":
        bench.lab.edge.wait_log(f"peer {WRONG}: {PUT_CA}", since=since)
    sent = records(capture, server.place)
    hellos = [data for data in sent if data[0] == 22 and data[5] == 1]
    others = [data for data in sent if data not in hellos]
    assert hellos
    # an alert is 7 octets, or 24 under TLS 1.3; our INVITE has 700
    assert sum(map(len, others)) <= 40 * len(hellos), others
    if version == "TLSv1_2":
        assert {data[0] for data in others} <= {21, 22, 20}


def test_peer_is_down(bench: Bench):
    """Nobody listens there: the PBX is told, and soon."""
    net.add_phone_address(ADDRESSES[DEAD])
    since = bench.lab.edge.mark()
    began = time.monotonic()
    got = Call(bench, DEAD).final()
    assert got.status == 503, got.start
    assert time.monotonic() - began < 6
    assert got.header("warning") in (
        f'399 edge.test "no TCP connection to {DEAD}: refused, or no way '
        'there"', '399 tls-edge "the TCP connection did not come up"')
    bench.lab.edge.wait_log(f"INVITE to peer {DEAD} refused: 503 Peer Not "
                            "Reachable: |503 to the sender of a request to "
                            f"{ADDRESSES[DEAD]}:5061: ", since=since)


def test_two_domains_at_one_address(bench: Bench):
    """Each is asked for by its own name on a connection of its own: what is
    for one is never sent to the other (RFC 5923 s9.3)."""
    pair = certs.server(PEER, OTHER, out="both")
    server = Server(bench.lab, pair, ADDRESSES[PEER])
    try:
        calls = [Call(bench, name) for name in (PEER, OTHER)]
        arrivals = {server.arrival().sni: None for _ in calls}
        assert set(arrivals) == {PEER, OTHER}
    finally:
        server.close()


def test_connection_gone(bench: Bench, server: Server):
    """The peer closes the connection of a call that goes on: the PBX's BYE
    reaches it on a new one, by the Contact and the route of the call."""
    call = Call(bench)
    proxy = server.talker()
    got = proxy.receive()
    target = accept(proxy, got)
    answer = call.final()
    proxy.close()
    wait_for(lambda: not [
        row for row in bench.lab.rpc("cert_match.peers")
        if row["direction"] == "out" and row["expected"] == PEER], 3,
        "the edge to notice")
    bench.pbx.send(call.next("BYE", answer.contact_uri, answer))
    proxy = server.talker()
    bye = proxy.receive()
    assert (bye.method, bye.uri) == ("BYE", target)
    proxy.send(reply_to(bye, "200 OK"))
    bench.pbx.wait(call.id, "BYE", 200)


ROUTE = ("<sip:10.99.0.201;transport=tls;r2=on;lr>",
         "<sip:10.0.0.1;r2=on;lr>")


def test_record_route_of_a_callee(bench: Bench, server: Server):
    """What a peer's proxies insert as Record-Route is the route of the
    PBX's requests in the call, in reverse order (RFC 3261 s12.1.2), though
    the PBX never sees it; of a re-INVITE's answer it does not count."""
    call = Call(bench)
    proxy = server.talker()
    inside = f"Record-Route: {ROUTE[1]}\r\nRecord-Route: {ROUTE[0]}\r\n"
    accept(proxy, proxy.receive(), inside, "sip:bob@10.0.0.7:5062")
    answer = call.final()
    assert not answer.all("record-route")
    for method in ("ACK", "INVITE", "BYE"):
        bench.pbx.send(call.next(
            method, answer.contact_uri, answer) if method != "INVITE" else
            bench.pbx.to_phone(
                "INVITE", answer.contact_uri, call_id=call.id, cseq=3,
                sender=FROM, to=answer.header("to"), body=plain_answer(),
                tag=call.invite.header("from").split("tag=")[1]))
        got = proxy.receive()
        assert got.method == method
        assert got.uri == "sip:bob@10.0.0.7:5062"
        assert ", ".join(got.all("route")) == ", ".join(ROUTE)
        if method == "INVITE":
            accept(proxy, got, "", "sip:bob@10.0.0.7:5062")
            bench.pbx.wait(call.id, "INVITE", 200)


def test_record_route_of_a_caller(bench: Bench):
    """The same for a call that came from there, in the order that it has,
    and the answer has it, too (RFC 3261 s12.1.1)."""
    caller = peer(bench)
    text, call_id = invite(
        caller, extra=f"Record-Route: {ROUTE[0]}, {ROUTE[1]}\r\n",
        contact="<sip:bob@10.0.0.7:5062>")
    caller.send(text)
    request = bench.pbx.wait(call_id)
    assert not request.all("record-route")
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
    answer = caller.answer()
    assert ", ".join(answer.all("record-route")) == ", ".join(ROUTE)
    bench.pbx.send(from_pbx(bench, request, "BYE",
                            answer.header("to").split("tag=")[1]))
    bye = caller.receive()
    assert bye.method == "BYE" and bye.uri == "sip:bob@10.0.0.7:5062"
    assert ", ".join(bye.all("route")) == ", ".join(ROUTE)
