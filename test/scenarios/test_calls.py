# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls begin, are refused, given up and ended, through the edge."""

import re

from lab import sounds
from lab.core import Lab
from lab.proc import wait_for
from lab.watch import Watch

PHONE, EARLY = sounds.PHONE_HZ, sounds.EARLY_HZ
MILLIWATT, HOLD = sounds.MILLIWATT_HZ, sounds.HOLD_HZ


def statuses(phone, method: str) -> list[str]:
    """Status codes that a phone received to its own requests."""
    return [text[8:11] for sent, text in phone.messages()
            if not sent and re.match(r"SIP/2\.0 \d", text)
            and re.search(rf"^CSeq:.* {method}", text, re.M)]


def requests(phone, method: str) -> list[str]:
    """Requests of a method that a phone received."""
    return [text for sent, text in phone.messages()
            if not sent and text.startswith(f"{method} ")]


def call_out(lab: Lab) -> None:
    """A phone calls, both hear each other, the phone ends it."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.call("echo")
    watch.talk()
    alice.hangup()
    lab.wait_over()
    watch.judge([alice], up={PHONE}, down={PHONE})


def call_in(lab: Lab) -> list[str]:
    """The PBX calls, both hear each other, the PBX ends it.  Returns the
    contacts that it had."""
    watch, alice = Watch(lab), lab.registered("alice")
    contacts = lab.pbx.contacts("alice")
    lab.pbx.dial("alice", "milliwatt")
    alice.answer()
    watch.talk()
    lab.pbx.hangup()
    alice.wait_closed()
    lab.wait_over()
    watch.judge([alice], up={PHONE}, down={MILLIWATT})
    return contacts


def test_call_out(lab):
    """A phone calls the PBX: SRTP outside, plain RTP inside, both ways
    heard, no trace of either side on the other; the phone's BYE ends it."""
    call_out(lab)


def test_call_in(lab):
    """The PBX calls a phone down its own connection, as secret and as
    plain as a call out; the PBX's BYE ends it."""
    call_in(lab)


def test_call_over_tcp(tcp_lab):
    """With SIP over TCP to the PBX, registration and calls either way are
    the same, and no SIP message goes over UDP inside."""
    call_out(tcp_lab)
    tcp_lab.hang_up_phones()
    tcp_lab.pbx.forget_contacts()
    contact, = call_in(tcp_lab)
    assert contact.endswith(";transport=tcp")
    inside = [packet for packet in
              tcp_lab.captures[-1].packets() if packet.payload and
              5060 in (packet.source[1], packet.target[1])]
    assert inside and {packet.protocol for packet in inside} == {6}


def test_pbx_ends_call_out(lab):
    """The PBX's BYE in a call that the phone began reaches the phone."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.call("echo")
    lab.pbx.hangup()
    alice.wait_closed()
    lab.wait_over()
    watch.judge_signalling([alice])


def test_phone_ends_call_in(lab):
    """The phone's BYE in a call that the PBX began reaches the PBX."""
    watch, alice = Watch(lab), lab.registered("alice")
    lab.pbx.dial("alice", "echo")
    alice.answer()
    alice.hangup()
    lab.wait_over()
    watch.judge_signalling([alice])


def test_phone_gives_up(lab):
    """No answer: the caller's CANCEL finds its INVITE at the PBX, and the
    caller gets 487."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.dial("noanswer")
    alice.wait("CALL_RINGING")
    assert lab.pbx.channels()
    alice.hangup()
    lab.wait_over()
    wait_for(lambda: "487" in statuses(alice, "INVITE"), 5,
             "a 487 to the INVITE")
    assert "200" in statuses(alice, "CANCEL")
    watch.judge_signalling([alice])


def test_pbx_gives_up(lab):
    """The PBX's CANCEL stops a phone that rings."""
    watch, alice = Watch(lab), lab.registered("alice")
    lab.pbx.dial("alice")
    alice.ringing()
    lab.pbx.hangup()
    alice.wait_closed()
    lab.wait_over()
    assert requests(alice, "CANCEL")
    watch.judge_signalling([alice])


def test_busy_pbx(lab):
    """The PBX's 486 reaches the caller."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.dial("busy")
    assert alice.wait_closed().startswith("486")
    lab.wait_over()
    watch.judge_signalling([alice])


def test_busy_phone(lab):
    """A phone's 486 reaches the caller, who is a phone, too."""
    watch = Watch(lab)
    alice, bob = lab.registered("alice"), lab.registered("bob")
    bob.dial("alice")
    alice.ringing()
    alice.command("hangup")
    assert bob.wait_closed().startswith("486")
    lab.wait_over()
    watch.judge_signalling([alice, bob])


def test_nobody_answers(lab):
    """When the callee does not answer in time, the PBX stops its phone and
    the caller is told."""
    watch = Watch(lab)
    alice, bob = lab.registered("alice"), lab.registered("bob")
    bob.dial("briefly")
    alice.ringing()
    assert re.match("4(08|80)|603", bob.wait_closed())
    alice.wait_closed()
    lab.wait_over()
    watch.judge_signalling([alice, bob])


def test_early_media(lab):
    """183 with SDP: both directions are keyed and heard before anyone
    answers, and the caller can give up then."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.dial("early")
    alice.wait("CALL_PROGRESS")
    watch.talk()
    assert "200" not in statuses(alice, "INVITE"), "answered too soon"
    alice.hangup()
    lab.wait_over()
    watch.judge([alice], up={PHONE}, down={EARLY})


def test_answer_after_early_media(lab):
    """The answer after a 183 goes on with the same media."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.call("earlyanswer")
    watch.talk()
    assert "183" in statuses(alice, "INVITE")
    alice.hangup()
    lab.wait_over()
    watch.judge([alice], up={PHONE}, down={EARLY, PHONE})


def test_busy_after_early_media(lab):
    """An announcement, then a refusal: both reach the caller."""
    watch, alice = Watch(lab), lab.registered("alice")
    alice.dial("earlybusy")
    assert alice.wait_closed(8).startswith("486")
    lab.wait_over()
    watch.judge([alice], up={PHONE}, down={EARLY})


def test_two_phones_of_one_account(asterisk_labs):
    """Both ring; when one answers, the other is cancelled; the call goes on
    with the one that answered."""
    lab = asterisk_labs
    watch, bob = Watch(lab), lab.registered("bob", tone=MILLIWATT)
    desk, mobile = lab.registered("alice"), lab.registered("alice")
    lab.pbx.wait_registered("alice", 2)
    bob.dial("alice")
    desk.ringing()
    mobile.ringing()
    desk.command("accept")
    desk.wait("CALL_ESTABLISHED")
    mobile.wait_closed()
    bob.wait("CALL_ESTABLISHED")
    assert requests(mobile, "CANCEL") and not requests(desk, "CANCEL")
    watch.talk()
    bob.hangup()
    desk.wait_closed()
    lab.wait_over()
    watch.judge([bob, desk, mobile], up={PHONE, MILLIWATT},
                down={PHONE, MILLIWATT})
