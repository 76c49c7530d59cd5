# SPDX-License-Identifier: GPL-2.0-or-later
"""What an authenticated peer domain cannot do: be somebody else, touch
another's call, or fill our memory (RFC 5922 s7.4)."""

from typing import Iterator

import pytest

from lab import certs, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Message, offer, plain_answer, word
from lab.peer import PeerCaller, Server
from lab.proc import wait_for

PEER, OTHER = "peer.test", "other.test"
ADDRESSES = {PEER: "10.99.0.211", OTHER: "10.99.0.212"}
METHODS = ("MESSAGE", "REFER", "SUBSCRIBE", "NOTIFY", "INFO", "OPTIONS",
           "BYE")
CHIEF = "sip:chief@edge.test"


@pytest.fixture(scope="module", name="running",
                params=["stateless", "tm"])
def running_(request, laboratories) -> Iterator[Bench]:
    laboratories.close()
    peers = ",".join(f"{name}={address}:5061"
                     for name, address in ADDRESSES.items())
    yield from a_bench(request.param, settings={"EDGE_PEERS": peers})


@pytest.fixture(name="bench")
def bench_(running: Bench) -> Iterator[Bench]:
    yield running
    running.hang_up()


def peer(bench: Bench, name: str = PEER, pair: object = None) -> PeerCaller:
    caller = PeerCaller(bench.lab, pair or certs.client(name), name)
    bench.callers.append(caller)
    return caller


def called(bench: Bench) -> tuple[PeerCaller, Message, Message]:
    """A peer in a call with the PBX: he, his INVITE, the 200."""
    caller, call_id = peer(bench), word()
    caller.send(caller.invite("alice", call_id=call_id))
    request = bench.pbx.wait(call_id, "INVITE")
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: <sip:alice@{net.PBX}:5060>\r\n")
    answer = caller.answer()
    assert answer and answer.status == 200
    return caller, request, answer


def leave(bench: Bench, caller: PeerCaller) -> None:
    """The peer's connection ends, the call does not."""
    caller.close()
    bench.callers.remove(caller)
    wait_for(lambda: not bench.lab.rpc("cert_match.peers", PEER, "in"),
             5, "the edge to notice")


def hang_up(bench: Bench, request: Message, answer: Message) -> None:
    """The PBX's BYE, while the peer's connection is gone."""
    tag = answer.header("to").split("tag=")[1]
    bench.pbx.send(bench.pbx.request(
        "BYE", request.contact_uri, call_id=request.header("call-id"),
        cseq=7, sender="sip:alice@edge.test", tag=tag,
        to=request.header("from")))


def refused(caller: PeerCaller, text: str) -> None:
    got = caller.ask(text)
    assert got.status == 403, got.start
    assert got.header("warning")


# --- somebody else -----------------------------------------------------------

@pytest.mark.parametrize("method", METHODS)
def test_foreign_from_in_own_call(bench, method):
    """To have begun a call is no leave to speak as the PBX's users in it."""
    caller, request, _ = called(bench)
    refused(caller, caller.request(
        method, caller.at("alice"), sender=CHIEF, cseq=5,
        to=f"<{caller.at('alice')}>;tag=made-up",
        call_id=request.header("call-id")))


def test_foreign_from_by_token(bench):
    caller, request, answer = called(bench)
    refused(caller, caller.request(
        "INVITE", answer.contact_uri, sender=CHIEF, cseq=9, body=offer(),
        to=f"<{caller.at('alice')}>;tag=made-up",
        call_id=request.header("call-id")))


def test_foreign_from_after_a_refusal(bench):
    """What we refused began no call."""
    caller, call_id = peer(bench), word()
    got = caller.ask(caller.request("INVITE", "sip:x@elsewhere.test",
                                    call_id=call_id))
    assert got.status == 403
    refused(caller, caller.request(
        "MESSAGE", caller.at("alice"), sender=CHIEF, call_id=call_id,
        to=f"<{caller.at('alice')}>;tag=made-up"))


@pytest.mark.parametrize("dots", [".", "..", "..."])
def test_dots_behind_the_name(bench, dots):
    """A phone without a certificate is not peer.test by any spelling."""
    phone = bench.caller()
    got = phone.ask(phone.request("MESSAGE", phone.at("alice"),
                                  sender=f"sip:bob@{PEER}{dots}"))
    assert got.status in (400, 403), got.start


# --- another's call ----------------------------------------------------------

@pytest.mark.parametrize("method, uri", [
    ("INVITE", "sip:x@elsewhere.test"), ("INVITE", "sip:alice@edge.test"),
    ("UPDATE", "sip:alice@edge.test")])
def test_call_of_another(bench, method, uri):
    """Who knows its Call-ID does not get its requests."""
    server = Server(bench.lab, certs.server(PEER), ADDRESSES[PEER])
    thief = Server(bench.lab, certs.server(OTHER), ADDRESSES[OTHER])
    try:
        caller, request, answer = called(bench)
        other = peer(bench, OTHER)
        tag = ";tag=x" if method == "UPDATE" else ""
        got = other.ask(other.request(
            method, uri, to=f"<{uri}>{tag}", contact="<sip:x@other.test>",
            call_id=request.header("call-id")))
        assert got.status == 403
        leave(bench, caller)
        hang_up(bench, request, answer)
        heard = server.talker().receive()
        assert heard and heard.method == "BYE"
        assert thief.quiet()
    finally:
        server.close()
        thief.close()


def test_phone_in_the_call_of_a_peer(bench):
    """Its BYE, which the PBX does not know, ends nothing."""
    server = Server(bench.lab, certs.server(PEER), ADDRESSES[PEER])
    try:
        caller, request, answer = called(bench)
        call_id, phone = request.header("call-id"), bench.caller()
        phone.send(phone.request("BYE", phone.at("alice"), call_id=call_id,
                                 to=f"<{phone.at('alice')}>;tag=x"))
        bench.pbx.reply(bench.pbx.wait(call_id, "BYE"), "481 Unknown")
        got = phone.answer()
        assert got and got.status == 481
        leave(bench, caller)
        hang_up(bench, request, answer)
        heard = server.talker().receive()
        assert heard and heard.method == "BYE"
    finally:
        server.close()


def test_no_way_from_outside_to_a_peer(bench):
    """What stands for a peer's call leads there from the PBX alone."""
    server = Server(bench.lab, certs.server(PEER), ADDRESSES[PEER])
    try:
        caller, request, _ = called(bench)
        leave(bench, caller)
        phone = bench.caller()
        got = phone.ask(phone.request(
            "BYE", request.contact_uri, call_id=request.header("call-id"),
            to="<sip:bob@peer.test>;tag=x"))
        assert got.status in (403, 430), got.start
        assert server.quiet()
    finally:
        server.close()


# --- what the PBX may rely on ------------------------------------------------

@pytest.mark.parametrize("method", ["INFO", "UPDATE", "MESSAGE"])
def test_named_in_a_call_too(bench, method):
    """X-Edge-Peer is in each request, not in the first alone."""
    caller, request, answer = called(bench)
    call_id = request.header("call-id")
    caller.send(caller.request(method, answer.contact_uri, call_id=call_id,
                               cseq=5, to=f"<{caller.at('alice')}>;tag=x"))
    heard = bench.pbx.wait(call_id, method)
    assert heard.all("x-edge-peer") == [PEER]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_always_over_tls(bench, transport):
    """Whatever transport the PBX writes down."""
    server = Server(bench.lab, certs.server(OTHER), ADDRESSES[OTHER])
    try:
        bench.pbx.send(bench.pbx.request(
            "OPTIONS", f"sip:bob@{OTHER};transport={transport}"))
        heard = server.talker().receive()
        assert heard and heard.start == f"OPTIONS sip:bob@{OTHER} SIP/2.0"
    finally:
        server.close()


# --- our memory --------------------------------------------------------------

def test_too_many_calls(bench):
    """A hundred in two seconds are enough, whatever becomes of them."""
    caller = peer(bench, OTHER)
    for _ in range(150):
        caller.send(caller.request("SUBSCRIBE", caller.at("alice"),
                                   call_id=word(), extra="Event: x\r\n"))
    reasons = set()
    while not any("Too Many" in reason for reason in reasons):
        got = caller.answer()
        assert got, reasons
        reasons.add(got.start)


@pytest.mark.parametrize("extra", [
    "".join(f"Record-Route: <sip:p{n}.{'x' * 90}.test;lr>\r\n"
            for n in range(10))])
def test_too_long(bench, extra):
    caller = peer(bench)
    got = caller.ask(caller.request("INVITE", caller.at("alice"),
                                    call_id=word(), extra=extra,
                                    body=offer()))
    assert got.status == 513, got.start


def test_no_peer_of_ours_is_no_exception(bench):
    """A certificate of a hundred strange names does not lift the limit."""
    names = [f"n{number}.elsewhere.test" for number in range(100)]
    caller = peer(bench, names[0], certs.server(*names, out="many-strange"))
    for _ in range(400):
        caller.send(caller.request("OPTIONS", caller.at("alice")))
    answers = 0
    while caller.answer(1):
        answers += 1
    # a hundred in two seconds, and they may be of two such intervals
    assert 0 < answers < 400
