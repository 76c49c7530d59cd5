# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens within calls and beside them."""

import re

import pytest

from lab import bench, client, net, sip, sounds
from lab.core import MODES
from lab.proc import LabError, wait_for
from lab.watch import Watch, judge_outside, keys

PHONE, EARLY = sounds.PHONE_HZ, sounds.EARLY_HZ
MILLIWATT, HOLD = sounds.MILLIWATT_HZ, sounds.HOLD_HZ


def scripted_call(lab, claim: str, service: str, down: int = 0) -> None:
    """Run a scripted phone to its end and judge all signalling, and the
    tone that it should have been sent (it says nothing itself)."""
    watch, phone = Watch(lab), lab.scripted(claim, service)
    phone.finish().require()
    lab.wait_over()
    trace = phone.trace()
    judge_outside(trace)
    watch.judge_inside()
    if down:
        watch.judge_media(keys(trace), set(), {down},
                          ways=["in-down", "out-down"])


def saw(phone, pattern: str) -> bool:
    """Has a scripted phone received what matches?"""
    return any(not sent and re.search(pattern, text, re.M)
               for sent, text in phone.trace())


def call_id(text: str) -> str:
    return re.search(r"^Call-ID: *(\S+)", text, re.M)[1]


def test_hold_and_resume(lab):
    """A re-INVITE holds and another resumes: the other phone hears the
    PBX's music, then the caller again, all of it secret outside."""
    watch = Watch(lab)
    alice = lab.registered("alice")
    bob = lab.registered("bob", tone=MILLIWATT)
    alice.dial("bob")
    bob.answer()
    alice.wait("CALL_ESTABLISHED")
    watch.talk()
    alice.hold()
    watch.talk(30, ["in-down"])
    wait_for(lambda: HOLD in watch.way("in-down").tones, 5,
             "music on hold")
    alice.resume()
    resumed = Watch(lab, "resumed")
    resumed.talk()
    alice.hangup()
    bob.wait_closed()
    lab.wait_over()
    watch.judge([alice, bob], up={PHONE, MILLIWATT},
                down={PHONE, HOLD, MILLIWATT})
    resumed.judge([alice, bob], up={PHONE, MILLIWATT},
                  down={PHONE, MILLIWATT})
    assert HOLD not in resumed.way("in-down").tones


def test_late_offer(lab):
    """An INVITE without SDP: the offer in the 200 reaches the phone with
    keys, the answer in the ACK reaches the PBX without."""
    watch = Watch(lab)
    phone = lab.scripted("late-offer", "milliwatt")
    watch.talk(ways=["in-down", "out-down"])
    lab.pbx.hangup()
    phone.finish().require()
    lab.wait_over()
    trace = phone.trace()
    watch.judge_media(keys(trace), set(), {MILLIWATT},
                      ways=["in-down", "out-down"])
    watch.judge_inside()
    judge_outside(trace)


@pytest.fixture(name="bench", params=MODES)
def bench_(request, laboratories):
    laboratories.close()
    yield from bench.bench(request.param)


def test_late_offer_from_the_pbx(bench):
    """An INVITE without SDP the other way: the phone's offer in its 200
    reaches the PBX without keys, the answer in the ACK reaches the phone
    with keys, and the phone is heard."""
    watch, pbx = Watch(bench.lab), bench.pbx
    alice = bench.lab.phone("alice")
    register = wait_for(lambda: pbx.heard, 5, "a REGISTER")[0]
    pbx.reply(register, extra=f"Contact: {register.header('contact')}"
                              ";expires=60\r\n")
    alice.wait_registered()
    contact = register.contact_uri
    given = {"call_id": client.word(), "tag": "pbx"}
    pbx.send(pbx.to_phone("INVITE", contact, **given))
    alice.ringing()
    alice.command("accept")
    offer = pbx.wait(given["call_id"], "INVITE", 200)
    assert re.search(rb"^m=audio [1-9]\d* RTP/AVP ", offer.raw, re.M)
    given["to"] = offer.header("to")
    pbx.send(pbx.to_phone("ACK", offer.contact_uri,
                          body=client.plain_answer(), **given))
    alice.wait("CALL_ESTABLISHED")
    watch.talk(ways=["out-up", "in-up"])
    bye = pbx.to_phone("BYE", offer.contact_uri, cseq=2, **given)
    assert pbx.ask(bye).status == 200
    alice.wait_closed()
    watch.judge_media(alice.keys_seen(), {PHONE}, set(),
                      ways=["out-up", "in-up"])
    watch.judge_signalling([alice])


def test_prack(asterisk_labs):
    """A reliable 183 with the answer, its PRACK, the answer to that."""
    scripted_call(asterisk_labs, "prack", "earlyanswer", EARLY)


def test_prack_late_offer(asterisk_labs):
    """The offer in a reliable 183, the answer in its PRACK; the media relay
    is told so, too."""
    relay = asterisk_labs.rtpengine
    mark = relay.mark()
    scripted_call(asterisk_labs, "prack-late-offer", "earlyanswer", EARLY)
    told = [command for _, command in relay.commands(mark)]
    assert [word for word in told if word != "delete"] == ["offer", "answer"]


def test_update(asterisk_labs):
    """UPDATE without SDP refreshes the session, with SDP it changes it."""
    scripted_call(asterisk_labs, "update", "echo")


def test_update_from_the_pbx(asterisk_labs):
    """The PBX's UPDATE (a new name on the line) and its answer."""
    scripted_call(asterisk_labs, "update-from-pbx", "renamed")


def test_dtmf_to_the_pbx(lab):
    """Keys pressed at the phone arrive at the PBX, each once."""
    alice = lab.registered("alice")
    mark = lab.pbx.mark()
    alice.call("dtmf")
    alice.keys("1234")
    assert lab.pbx.wait_log(r"dtmf=(\w*)", 8, mark)[1] == "1234"
    alice.wait_closed()


def test_dtmf_to_the_phone(lab):
    """Keys that the PBX sends arrive at the phone, each once."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.call("senddtmf")
    alice.wait_closed(10)
    pressed = [str(event["param"]) for event in alice.events
               if event["type"] == "CALL_DTMF_START"]
    assert "".join(pressed) == "1234#"
    events = [sum(flow.events for flow in watch.flows(way, alice.keys_seen()))
              for way in ("in-down", "out-down")]
    assert events[0] and events[0] == events[1]


def test_lamp(lab):
    """A subscribed lamp is dark, lit, and given back: SUBSCRIBE, NOTIFY and
    the unsubscription all find their way."""
    watch = Watch(lab)
    lab.pbx.set_lamp("NOT_INUSE")
    phone = lab.scripted("lamp", "lamp")
    wait_for(lambda: saw(phone, r"\ANOTIFY (?s:.*)terminated</state>"), 5,
             "the first NOTIFY")
    lab.pbx.set_lamp("INUSE")
    phone.finish().require()
    judge_outside(phone.trace())
    watch.judge_inside()


def test_message(lab):
    """A phone's text reaches the PBX, which sends it to another phone."""
    watch, bob = Watch(lab), lab.registered("bob")
    phone = lab.scripted("message", "102")
    phone.finish().require()
    wait_for(lambda: any(not sent and text.startswith("MESSAGE ") and
                         "the kettle is on" in text
                         for sent, text in bob.messages()), 5,
             "the text at the other phone")
    judge_outside(phone.trace())
    watch.judge_signalling([bob])


def test_options_from_a_phone(lab):
    """A phone's OPTIONS is answered by the PBX itself."""
    watch, phone = Watch(lab), lab.scripted("options")
    phone.finish().require()
    assert saw(phone, r"\ASIP/2.0 200 (?s:.*)^Allow:.*INVITE")
    assert any(text.startswith("OPTIONS sip:echo@")
               for text in watch.sip_inside())
    judge_outside(phone.trace())


def test_options_from_the_pbx(lab):
    """The PBX's probe of a phone travels down the phone's connection and
    brings the phone's own answer back."""
    watch, alice = Watch(lab), lab.registered("alice")
    lab.pbx.probe("alice")

    def answered() -> bool:
        inside = watch.sip_inside()
        asked = {call_id(text) for text in inside
                 if text.startswith("OPTIONS sip:tr1_")}
        return any(call_id(text) in asked for text in inside
                   if text.startswith("SIP/2.0 200 "))

    try:
        wait_for(answered, 5, "the phone's answer at the PBX")
    except LabError:
        print(*(text.split("\r\n")[0] for text in watch.sip_inside()),
              sep="\n")
        raise
    assert any(sent and re.match(r"SIP/2\.0 200 ", text) and
               re.search(r"^CSeq:.* OPTIONS", text, re.M)
               for sent, text in alice.messages())
    watch.judge_signalling([alice])


def test_options_to_the_edge(lab):
    """The PBX that asks whether the edge is alive is answered by it."""
    place = (lab.site.inner, lab.site.inner_port)
    answer = sip.ask(place, sip.request(
        "OPTIONS", f"sip:{place[0]}", f"UDP {net.PBX}:9"), "pbx", 2)
    assert answer.startswith(b"SIP/2.0 200 ")
