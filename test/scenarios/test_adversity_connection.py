# SPDX-License-Identifier: GPL-2.0-or-later
"""A real phone and a real PBX when what is between them goes away.

The phone sits behind NAT, so that only its connection leads back; its
connection dies; the edge starts anew; the relay dies in a call.
"""

import re
import time
from typing import Callable

import pytest

from lab import leaks, media, net
from lab.baresip import Phone
from lab.client import Caller
from lab.core import Lab
from lab.pcap import UDP, Capture, Packet, sip_messages
from lab.proc import LabError, wait_for

# The phone's registration lasts so long, and it renews it a bit earlier.
EXPIRES, RENEWED = 6, 10


class Case:
    """A phone in a laboratory, with captures of both sides."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.outer, self.inner = lab.capture("outer"), lab.capture("inner")
        assert lab.pbx
        self.pbx = lab.pbx
        self.phone = lab.registered("alice", nat=True, expires=EXPIRES)
        self.first = self.pbx.wait_registered("alice")[0]

    def clean(self) -> None:
        """Nothing of the outside was shown inside, nor the reverse."""
        sent = [packet for packet in self.inner.packets()
                if packet.source[0] == net.EDGE_INNER]
        assert leaks.inside(sent) == []
        assert leaks.outside(self.phone.messages()) == []

    def _rtp(self, capture: Capture, source: str, since: float) -> int:
        return sum(1 for packet in capture.packets()
                   if packet.time > since and packet.protocol == UDP
                   and packet.source[0] == source
                   and media.is_rtp(packet.payload))

    def wait_media(self) -> None:
        """From now on half a second of sound goes each way."""
        since = time.time()
        for capture, source in ((self.outer, net.EDGE_OUTER),
                                (self.inner, net.EDGE_INNER)):
            wait_for(lambda: self._rtp(capture, source, since) > 25, 3,
                     f"sound from {source}")

    def judge_media(self) -> None:
        """All of it was secret outside and plain inside, with the tone."""
        keys = self.phone.keys_seen()
        outside = media.flows(self.outer.packets(), keys)
        for way in (media.towards(outside, net.EDGE_OUTER),
                    media.away_from(outside, net.EDGE_OUTER)):
            assert way.all_secret and 440 in way.tones, outside
        inside = media.flows(self.inner.packets(), keys)
        for way in (media.towards(inside, net.PBX),
                    media.away_from(inside, net.PBX)):
            assert way.all_plain and 440 in way.tones, inside

    def answers(self, since: float, status: int) -> list[tuple[
            Packet, Packet]]:
        """INVITEs of the PBX since then, and their reply of a status."""
        messages = [m for m in sip_messages(self.inner.packets())
                    if m.time > since]
        found = []
        for reply in messages:
            if not reply.payload.startswith(b"SIP/2.0 %d " % status):
                continue
            call_id = re.search(rb"Call-ID: *(\S+)", reply.payload)
            assert call_id
            found += [(m, reply) for m in messages
                      if m.payload.startswith(b"INVITE")
                      and call_id[1] in m.payload][:1]
        return found

    def renewed(self, since: int, same: bool = True) -> None:
        """The phone has registered again: the PBX has the one contact that
        it had. With another key the edge cannot know: there are two."""
        self.phone.wait_registered(RENEWED, since)
        wait_for(lambda: len(self.pbx.contacts("alice")) == 2 - same, 3,
                 "one contact" if same else "another contact")
        assert (self.pbx.contacts("alice") == [self.first]) == same

    def dial_old(self) -> None:
        """The PBX calls the first token, while the phone is not there: 430,
        and at once."""
        since = time.time()
        self.pbx.rx("channel originate PJSIP/alice/" + self.first
                    + " extension echo@default")
        request, reply = wait_for(lambda: self.answers(since, 430), 3,
                                  "430 for the old token")[0]
        assert reply.time - request.time < 0.5

    def called(self) -> None:
        """The PBX calls what the phone registered now; it answers."""
        new = [uri for uri in self.pbx.contacts("alice")
               if uri != self.first]
        self.ring((new or [self.first])[-1])

    def ring(self, uri: str) -> None:
        """The PBX calls a contact; the phone answers."""
        self.pbx.rx(f"channel originate PJSIP/alice/{uri} extension "
                    "echo@default")
        self.phone.answer()
        self.wait_media()
        self.phone.hangup()
        self.pbx.wait_idle()


@pytest.fixture(name="case")
def case_(asterisk_labs):
    made = Case(asterisk_labs)
    yield made
    made.clean()


def test_behind_nat(case: Case):
    """A phone behind NAT registers, calls, and is called, with media both
    ways, though nothing but its connection leads to it."""
    with pytest.raises(OSError):
        net.tcp_socket((net.NAT_OUTSIDE, 5061), None, 0.3)
    case.phone.call("echo")
    case.wait_media()
    case.phone.hangup()
    case.pbx.wait_idle()
    case.pbx.dial("alice")
    case.phone.answer()
    case.wait_media()
    case.pbx.hangup()
    case.phone.wait_closed()
    case.judge_media()


def _reset(phone: Phone) -> None:
    phone.cut()


def _silence(phone: Phone) -> None:
    """Its present connection vanishes without a word; new ones work."""
    port = re.findall(r"TLS [\d.]+:(\d+) -> ", phone.process.text())
    ports = {p for p in port if p != "5061"}
    assert ports
    both = " ".join(f"{p}," for p in ports).rstrip(",")
    net.drop(f"tcp sport {{ {both} }}", "nat")
    # what the edge still sends finds no way in, either
    net.nft(f"add rule inet lab in tcp dport {{ {both} }} drop", "nat")


@pytest.mark.parametrize("death", [_reset, _silence],
                         ids=["reset", "silence"])
def test_connection_dies_in_a_call(case: Case,
                                   death: Callable[[Phone], None]):
    """The phone's connection dies while a call is up, and it registers
    again: media goes on all the time, the PBX has the contact that it had,
    it reaches the phone over the new connection, and the phone's BYE
    arrives over that as well."""
    case.phone.call("echo")
    case.wait_media()
    since = case.phone.process.mark()
    death(case.phone)
    try:
        case.wait_media()
        if death is _silence:
            # what a phone does that finds its connection dead; the edge
            # does not hear of it
            case.phone.cut()
        case.renewed(since)
        case.wait_media()
        case.phone.hangup()
        case.pbx.wait_idle()
        case.called()
        case.judge_media()
    finally:
        net.undrop("nat")


@pytest.mark.parametrize("death", [_reset, _silence],
                         ids=["reset", "silence"])
def test_dialog_goes_on_over_a_new_connection(
        case: Case, death: Callable[[Phone], None]):
    """The phone comes back inside a call: its re-INVITEs reach the PBX, and
    the PBX's BYE reaches the phone, by the token that it gave before."""
    case.phone.call("echo")
    case.wait_media()
    since = case.phone.process.mark()
    death(case.phone)
    try:
        if death is _silence:
            case.phone.cut()
        case.renewed(since)
        case.phone.hold()
        case.phone.resume()
        case.wait_media()
        case.pbx.hangup()
        case.phone.wait_closed()
        case.pbx.wait_idle()
    finally:
        net.undrop("nat")


def test_the_pbxs_reinvite_over_a_new_connection(case: Case):
    """A call from the PBX: the phone comes back inside it, and what the PBX
    asks then, before the phone says anything in it, reaches the phone."""
    case.pbx.dial("alice")
    case.phone.answer()
    case.wait_media()
    since = case.phone.process.mark()
    case.phone.cut()
    case.renewed(since)
    case.pbx.hangup()
    case.phone.wait_closed()
    case.pbx.wait_idle()


def test_five_reconnects(case: Case):
    """Whatever the phone's address is each time, the PBX has one contact,
    and it reaches the phone."""
    for _ in range(5):
        since = case.phone.process.mark()
        case.phone.cut()
        case.renewed(since)
    own = {uri for sent, text in case.phone.messages() if sent
           for uri in re.findall(r"^Contact: *<([^>]+)>", text, re.M)}
    assert own
    case.ring(case.first)
    flow, = [row for row in case.lab.rpc("tls_reuse.flows")
             if row["aor"] == "sip:alice@edge.test"]
    assert flow["registrations"] == 1 and flow["registered"]


@pytest.mark.parametrize("other_key", [False, True],
                         ids=["same key", "other key"])
def test_edge_restarts(case: Case, other_key: bool):
    """The edge starts anew: until the phone is there again its token is
    answered 430; media never stopped.  With the same key it is reached by
    that very token, and its BYE still finds the PBX."""
    case.phone.call("echo")
    since = case.phone.process.mark()
    case.lab.edge.stop()
    if other_key:
        case.lab.edge.forget_flow_key()
    case.lab.edge.start()
    case.wait_media()
    case.dial_old()
    case.renewed(since, same=not other_key)
    case.phone.hangup()
    if other_key:
        case.pbx.hangup()
    case.pbx.wait_idle()
    case.called()
    case.judge_media()


def test_dialog_outlives_a_restart(case: Case):
    """The edge starts anew inside a call: once the phone has registered
    again, the PBX's BYE reaches it."""
    case.phone.call("echo")
    since = case.phone.process.mark()
    case.lab.edge.restart()
    case.renewed(since)
    case.wait_media()
    case.pbx.hangup()
    case.phone.wait_closed()
    case.pbx.wait_idle()


def test_edge_crashes(case: Case):
    """The same when it ends without a word (SIGKILL)."""
    since = case.phone.process.mark()
    case.lab.edge.kill()
    case.lab.edge.start()
    case.dial_old()
    case.renewed(since)
    case.called()


def test_relay_dies_in_a_call(case: Case):
    """rtpengine dies in a call: hold is refused with 503 and the BYE gets
    through; while it is gone a call is refused at once and the PBX hears
    nothing; it comes back, and calls work again."""
    case.phone.call("echo")
    case.wait_media()
    case.lab.rtpengine.kill()
    with pytest.raises(LabError, match="503"):
        case.phone.hold()
    case.phone.hangup()
    case.pbx.wait_idle()
    since = time.time()
    with pytest.raises(LabError, match="503"):
        case.phone.call("echo", 2)
    assert [m for m in sip_messages(case.inner.packets())
            if m.time > since and m.payload.startswith(b"INVITE")] == []
    case.lab.rtpengine.start()

    def works() -> bool:
        try:
            case.phone.call("echo", 2)
        except LabError:
            return False
        return True

    wait_for(works, 10, "calls to work again")
    case.wait_media()
    case.phone.hangup()


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_pbx_down(asterisk_labs: Lab, how: str):
    """The PBX is gone: once the probe has noticed, callers get 503 with
    words and a time to come back, at once.  It is back: calls work."""
    lab = asterisk_labs
    assert lab.pbx
    inner = lab.capture("inner")
    phone = Caller(lab)
    lab.pbx.stop() if how == "stopped" else lab.pbx.freeze()

    def refused() -> bool:
        phone.send(phone.request("OPTIONS", phone.at("echo")))
        got = phone.answer(0.5)
        return got is not None and got.status == 503

    wait_for(refused, 15, "the probe to notice")
    begin = time.monotonic()
    got = phone.ask(phone.invite())
    assert got.status == 503 and "PBX" in got.reason
    assert got.header("retry-after").isdigit()
    assert time.monotonic() - begin < 0.5
    phone.close()
    lab.pbx.start() if how == "stopped" else lab.pbx.thaw()
    wait_for(lambda: "AP" in str(lab.rpc("dispatcher.list")), 15,
             "the probe to notice again")
    real = lab.registered("alice")
    real.call("echo")
    real.hangup()
    sent = [packet for packet in inner.packets()
            if packet.source[0] == net.EDGE_INNER]
    assert leaks.inside(sent) == []
