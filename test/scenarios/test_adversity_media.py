# SPDX-License-Identifier: GPL-2.0-or-later
"""Media state begins with a call that may begin, and ends with it.

And nothing of a side goes with it, or with the words around it, that the
other side should not read.
"""

import re

import pytest

from lab import net
from lab.client import PLAIN_AUDIO, offer, parse, plain_answer, sdp, word
from lab.proc import wait_for


def _commands(bench, call_id, since):
    """What rtpengine was told of a call, from a mark of its log on."""
    return [command for about, command in
            bench.lab.rtpengine.commands(since) if about == call_id]


def _call(bench):
    """A call that is up, from the PBX to a phone: phone, token, INVITE."""
    phone, uri = bench.registered()
    text = bench.pbx.to_phone("INVITE", uri, body=plain_answer())
    bench.pbx.send(text)
    invite = phone.receive()
    assert invite and invite.method == "INVITE"
    phone.accept(invite, extra=f"Contact: <sip:alice@{phone.here};"
                 "transport=tls>\r\n", body=offer())
    final = bench.pbx.wait(parse(text.encode()).header("call-id"),
                           "INVITE", 200)
    return phone, uri, text, final


@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "INFO", "NOTIFY"])
def test_sdp_where_it_has_no_meaning(bench, method):
    """It is refused in words, and rtpengine never hears of it."""
    phone, call_id = bench.caller(), word()
    since = bench.lab.rtpengine.mark()
    got = phone.ask(phone.request(method, phone.at("echo"), body=offer(),
                                  call_id=call_id))
    assert got.status == 488 and "no meaning" in got.header("warning")
    assert not bench.pbx.about(call_id)
    assert not _commands(bench, call_id, since)


def test_an_invented_dialog(bench):
    """An INVITE with a To tag and no token: 481, and no media state."""
    phone, call_id = bench.caller(), word()
    since = bench.lab.rtpengine.mark()
    got = phone.ask(phone.invite(to=f"<{phone.at('echo')}>;tag=none",
                                 call_id=call_id))
    assert got.status == 481
    assert not bench.pbx.about(call_id)
    assert not _commands(bench, call_id, since)


@pytest.mark.parametrize("code", ["401 Unauthorized", "486 Busy Here"])
def test_a_refused_invite_leaves_nothing(bench, code):
    """The PBX refuses a call before it began: its media state ends."""
    phone, call_id = bench.caller(), word()
    since = bench.lab.rtpengine.mark()
    phone.send(phone.invite(call_id=call_id))
    bench.pbx.reply(bench.pbx.wait(call_id, "INVITE"), code)
    assert phone.answer().start.endswith(code)
    wait_for(lambda: "delete" in _commands(bench, call_id, since), 3,
             "rtpengine to be told that the call is over")


def test_a_refused_reinvite_ends_nothing(bench):
    """T.38 in a secure call: 488, and the call goes on (RFC 3261 s14.1)."""
    phone, uri, text, final = _call(bench)
    call_id = final.header("call-id")
    since = bench.lab.rtpengine.mark()
    tag = re.search(r"From: .*;tag=(\w+)", text)[1]
    again = bench.pbx.to_phone(
        "INVITE", uri, to=final.header("to"), call_id=call_id, tag=tag,
        cseq=2, body=sdp("m=image 4000 udptl t38", address=net.PBX))
    bench.pbx.send(again)
    wait_for(lambda: [m for m in bench.pbx.about(call_id)
                      if m.status == 488], 3, "the re-INVITE to be refused")
    assert phone.receive(0.2) is None
    assert "delete" not in _commands(bench, call_id, since)


@pytest.mark.parametrize("code, over", [
    ("200 OK", True), ("481 Call Does Not Exist", True),
    ("403 Forbidden", False)])
def test_a_bye_counts_when_it_is_accepted(bench, code, over):
    """Whoever knows a Call-ID does not end its media by that alone."""
    _, _, text, final = _call(bench)
    call_id = final.header("call-id")
    since = bench.lab.rtpengine.mark()
    stranger = bench.caller()
    stranger.send(stranger.request(
        "BYE", stranger.at("echo"), call_id=call_id,
        to=final.header("to"), cseq=9))
    bye = bench.pbx.wait(call_id, "BYE")
    assert "delete" not in _commands(bench, call_id, since)
    bench.pbx.reply(bye, code)
    assert stranger.answer().start.endswith(code)
    if over:
        wait_for(lambda: "delete" in _commands(bench, call_id, since), 3,
                 "rtpengine to be told that the call is over")
    else:
        assert "delete" not in _commands(bench, call_id, since)


def test_sdp_in_a_refusal(bench):
    """The SDP of a 488 goes neither way (RFC 3261 s13.3.1.3)."""
    phone, call_id = bench.caller(), word()
    phone.send(phone.invite(call_id=call_id))
    bench.pbx.reply(bench.pbx.wait(call_id, "INVITE"), "488 No",
                    body=plain_answer())
    assert phone.answer().body == ""
    phone, uri = bench.registered()
    text = bench.pbx.to_phone("INVITE", uri, body=plain_answer())
    bench.pbx.send(text)
    phone.accept(phone.receive(), "488 No",
                 body=sdp(PLAIN_AUDIO, address="192.168.77.5"))
    refusal = bench.pbx.wait(parse(text.encode()).header("call-id"),
                             "INVITE", 488)
    assert refusal.body == ""


@pytest.mark.parametrize("method", ["REGISTER", "CANCEL"])
def test_a_body_that_has_no_business(bench, method):
    """A REGISTER or CANCEL brings no body to the PBX."""
    phone, call_id = bench.caller(), word()
    phone.send(phone.request(method, phone.at("echo"), body=offer(),
                             call_id=call_id))
    assert bench.pbx.wait(call_id, method).body == ""


FOREIGN = ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID",
           "Diversion", "Reply-To", "Route", "Record-Route", "Path",
           "History-Info"]


def test_what_a_phone_says_of_itself(bench):
    """Identities that nobody checked, and ways, do not reach the PBX."""
    phone, call_id = bench.caller(), word()
    extra = "".join(f"{name}: <sips:boss@edge.test;transport=tls;lr>\r\n"
                    for name in FOREIGN)
    phone.send(phone.request("MESSAGE", phone.at("echo"), extra,
                             call_id=call_id))
    got = bench.pbx.wait(call_id, "MESSAGE")
    assert not [name for name in FOREIGN if got.all(name)]


@pytest.mark.parametrize("uri, want", [
    ("<sips:alice@edge.test;transport=tls>", "<sip:alice@edge.test>"),
    ("\"A <x>\" < sips:alice@edge.test;transport=%74ls>",
     "<sip:alice@edge.test>"),
    ("sips:alice@edge.test", "<sip:alice@edge.test>"),
    (f"<sip:alice@{net.EDGE_OUTER}:5061>", "<sip:alice@edge.test>"),
    ("<sip:edge.test;transport=tls>", "<sip:edge.test>"),
])
def test_from_and_to_are_plain(bench, uri, want):
    """sips:, parameters and our outer address are taken out of both."""
    phone, call_id = bench.caller(), word()
    text = phone.request("MESSAGE", phone.at("echo"), call_id=call_id,
                         to=uri)
    text = re.sub(r"From: <[^>]*>", lambda _: f"From: {uri}", text)
    phone.send(text)
    got = bench.pbx.wait(call_id, "MESSAGE")
    assert want in got.header("to") and want in got.header("from"), got
    assert ";tag=" in got.header("from")


def test_what_the_pbx_says_of_the_inside(bench):
    """Headers and bodies of the PBX name our domain outside."""
    phone, uri = bench.registered()
    there = f"<sip:102@{net.PBX}:5060>"
    extra = "".join(f"{name}: {there}\r\n" for name in (
        "Reply-To", "P-Called-Party-ID", "Call-Info", "Alert-Info",
        "Path", "Service-Route", "P-Asserted-Identity", "Referred-By"))
    extra += f"Refer-To: {there}\r\n"
    body = f"Messages-Waiting: yes\r\nMessage-Account: sip:1@{net.PBX}\r\n"
    bench.pbx.send(bench.pbx.to_phone(
        "NOTIFY", uri, extra=extra, body=body,
        kind="application/simple-message-summary"))
    got = phone.receive()
    assert got and got.method == "NOTIFY"
    assert net.PBX not in got.raw.decode(), got.raw.decode()
    assert net.EDGE_INNER not in got.raw.decode()
    assert got.header("refer-to") == "<sip:102@edge.test>"
    assert "Message-Account: sip:1@edge.test" in got.body
    assert "alice@edge.test" in got.header("to")


def _lifetimes(bench):
    """For how many seconds of silence each connection lives."""
    return {row["id"]: row["lifetime"]
            for row in bench.lab.rpc("core.tcp_list")
            if isinstance(row, dict)}


def test_who_may_stay(bench):
    """A connection is kept when the PBX accepted somebody on it."""
    stranger = bench.caller()
    stranger.send("\r\n\r\n")
    row = wait_for(lambda: bench.lab.rpc("cert_match.peers"), 3,
                   "the stranger's record")[0]
    assert _lifetimes(bench)[row["id"]] <= 30
    phone, _ = bench.registered()
    ids = [row["id"] for row in bench.lab.rpc("tls_reuse.flows")]
    assert phone and [seconds > 3000 for connection, seconds in
                      _lifetimes(bench).items() if connection in ids] \
        == [True]
