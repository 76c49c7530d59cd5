# SPDX-License-Identifier: GPL-2.0-or-later
"""Replies that nobody asked for, or that want to go elsewhere.

A reply takes the way that its Vias name; a phone and whoever else must not
choose that way.
"""

import re
import socket
from typing import Optional

import pytest

from lab import net
from lab.bench import Bench, Stranger
from lab.client import Message, offer, parse, reply_to, sdp, PLAIN_AUDIO

STRANGER = Stranger.place    # must hear nothing


def _forge_via(request: Message, top: Optional[str] = None,
               below: str = "") -> str:
    """The phone's reply with other Vias."""
    text = reply_to(request, "200 OK")
    own = request.header("via") if top is None else top
    vias = f"Via: {own}\r\n" + (f"Via: {below}\r\n" if below else "")
    return re.sub(r"Via: .*\r\n", lambda _: vias, text, count=1)


def _altered_token(request: Message) -> str:
    via = request.header("via")
    at = via.index(";tv=") + len(";tv=") + 30
    return via[:at] + ("A" if via[at] != "A" else "B") + via[at + 1:]


def _case(name: str, request: Message) -> str:
    via = request.header("via")
    bare = re.sub(r";tv=[^;]*", "", via)
    there = f"SIP/2.0/UDP {STRANGER[0]}:{STRANGER[1]};branch=z9hG4bKx"
    pbx = f"SIP/2.0/UDP {net.PBX}:5060;branch=z9hG4bKx"
    return {
        "altered": _forge_via(request, _altered_token(request)),
        "without": _forge_via(request, bare),
        "cut": _forge_via(request, re.sub(r"(;tv=[^;]{20})[^;]*", r"\1",
                                          via)),
        "empty": _forge_via(request, re.sub(r";tv=[^;]*", ";tv=", via)),
        "second for a stranger": _forge_via(request, below=there),
        "second for the PBX": _forge_via(request, below=pbx),
        "plain second for a stranger": _forge_via(request, bare, there),
        "plain second for the PBX": _forge_via(request, bare, pbx),
        "in one line": _forge_via(request, f"{via}, {there}"),
        "compact": _forge_via(request).replace(
            "\r\nFrom:", f"\r\nv: {there}\r\nFrom:"),
        "folded": _forge_via(request, f"{bare},\r\n {there}"),
        "only another": _forge_via(request, there),
        "ours last": _forge_via(request, there, via),
    }[name]


@pytest.mark.parametrize("case", [
    "altered", "without", "cut", "empty", "second for a stranger",
    "second for the PBX", "plain second for a stranger",
    "plain second for the PBX", "in one line", "compact", "folded",
    "only another", "ours last"])
def test_vias_of_a_phone(bench: Bench, stranger: Stranger, case: str):
    """A reply whose Vias are not the ones that the phone was given goes
    nowhere; the true one, sent afterwards, arrives (once)."""
    phone, request = bench.called()
    call_id = request.header("call-id")
    phone.send(_case(case, request).replace("SIP/2.0 200 OK",
                                            "SIP/2.0 299 Forged", 1))
    phone.send(reply_to(request, "200 OK"))
    assert bench.pbx.wait(call_id, status=200)
    assert [m.status for m in bench.pbx.about(call_id)] == [200]
    assert stranger.heard_nothing()


def test_no_via_at_all(bench: Bench):
    """A reply without any Via ends the phone's connection."""
    phone, request = bench.called()
    phone.send(re.sub(r"Via: .*\r\n", "", reply_to(request, "200 OK")))
    assert phone.closed()
    assert bench.caller().alive(bench.pbx)
    statuses = [m.status for m in bench.pbx.about(request.header("call-id"))]
    assert 200 not in statuses


def test_a_reply_to_nothing(bench: Bench, stranger: Stranger):
    """A reply that no request led to goes nowhere, whatever it names."""
    phone = bench.caller()
    for target in (f"{net.PBX}:5060", "%s:%d" % STRANGER, "edge.test"):
        phone.send(
            "SIP/2.0 200 OK\r\n"
            f"Via: SIP/2.0/TLS {net.EDGE_OUTER}:5061;branch=z9hG4bK1\r\n"
            f"Via: SIP/2.0/UDP {target};branch=z9hG4bK2\r\n"
            "From: <sip:a@edge.test>;tag=1\r\nTo: <sip:b@edge.test>;tag=2\r\n"
            "Call-ID: nothing\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
    assert phone.alive(bench.pbx)
    assert bench.pbx.about("nothing") == []
    assert stranger.heard_nothing()


def test_a_reply_of_a_stranger_inside(bench: Bench):
    """Only the PBX may answer a phone: another host's copy of its very
    reply is dropped."""
    phone = bench.caller()
    text = phone.request("OPTIONS", phone.at("echo"))
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    net.ip("addr replace 10.99.1.9/24 dev eth0", "pbx")
    since = bench.lab.edge.mark()
    with net.inside("pbx"), socket.socket(socket.AF_INET,
                                          socket.SOCK_DGRAM) as other:
        other.bind(("10.99.1.9", 5060))
        forged = reply_to(request, "299 Forged").encode()
        other.sendto(forged, (net.EDGE_INNER, 5060))
    bench.lab.edge.wait_log("reply 299 .*dropped: not the PBX", 3, since)
    bench.pbx.reply(request)
    got = phone.answer()
    assert got and got.status == 200


@pytest.mark.parametrize("case", ["altered", "cut", "plain second"])
def test_vias_of_the_pbx(bench: Bench, case: str):
    """Not even the PBX reaches a phone with Vias that it was not given."""
    phone = bench.caller()
    text = phone.request("OPTIONS", phone.at("echo"))
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    via = request.header("via")
    forged = {
        "altered": _forge_via(request, _altered_token(request)),
        "cut": _forge_via(request, re.sub(r"(;tv=[^;]{20})[^;]*", r"\1",
                                          via)),
        "plain second": _forge_via(
            request, re.sub(r";tv=[^;]*", "", via),
            f"SIP/2.0/TLS {phone.here};branch=z9hG4bKx"),
    }[case]
    bench.pbx.send(forged.replace("200 OK", "299 Forged", 1))
    bench.pbx.reply(request)
    got = phone.answer()
    assert got and got.status == 200


def test_a_reply_with_another_call(bench: Bench):
    """A phone may answer only what it was asked: the Vias of a request
    lead to the PBX and nowhere else, so a stolen one gains nothing."""
    _, request = bench.called()
    thief = bench.caller()
    thief.send(reply_to(request, "200 OK"))
    assert bench.pbx.wait(request.header("call-id"), status=200)
    assert thief.alive(bench.pbx)


# --- SDP in replies -------------------------------------------------------

@pytest.mark.parametrize("body", [
    sdp(PLAIN_AUDIO), sdp(), "v=0\r\nnonsense",
    sdp(*[PLAIN_AUDIO] * 60), "\0" * 40], ids=[
        "plain", "no m-line", "nonsense", "sixty", "NUL"])
def test_bad_answer_of_a_phone(bench: Bench, body: str):
    """A phone's answer that is not secret, or not an SDP, is removed: the
    PBX gets the reply without it, and never its words."""
    phone, request = bench.called("INVITE")
    phone.accept(request, extra=f"Contact: <sip:alice@{phone.here}>\r\n",
                 body=body)
    got = bench.pbx.wait(request.header("call-id"), status=200)
    assert got.body == "", got.body
    assert got.header("content-length") == "0"


def test_good_answer_of_a_phone(bench: Bench):
    """The control of the test above."""
    phone, request = bench.called("INVITE")
    phone.accept(request, extra=f"Contact: <sip:alice@{phone.here}>\r\n",
                 body=offer())
    got = bench.pbx.wait(request.header("call-id"), status=200)
    assert "RTP/AVP" in got.body and "crypto" not in got.body


@pytest.mark.parametrize("body", ["v=0\r\nnonsense", sdp()],
                         ids=["nonsense", "no m-line"])
def test_bad_answer_of_the_pbx(bench: Bench, body: str):
    """What the PBX answers and is no SDP does not reach the phone, and no
    plain stream is offered in its place."""
    phone = bench.caller()
    text = phone.invite()
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    bench.pbx.reply(request, body=body,
                    extra=f"Contact: <sip:echo@{net.PBX}>\r\n")
    got = phone.answer()
    assert got and got.status == 200 and got.body == ""
