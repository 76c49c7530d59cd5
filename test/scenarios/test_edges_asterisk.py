# SPDX-License-Identifier: GPL-2.0-or-later
"""A real PBX before two edges, and one that keeps a Path."""

import re

import pytest

from lab import net
from lab.cluster import FIRST, SECOND, Second
from lab.core import Lab


def configured(lab: Lab, before: str, line: str) -> None:
    """One line more in the PBX's pjsip.conf, behind another."""
    conf = lab.pbx.where / "mnt/etc/pjsip.conf"
    text = conf.read_text("utf-8")
    assert before in text
    conf.write_text(text.replace(before, f"{before}{line}\n"))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_through_the_other_edge(laboratories, transport):
    """Asterisk asks the first edge for every call (outbound_proxy); its phone
    is at the second.  It calls, and hangs up; it calls again, and the phone
    hangs up.  The media is the second one's."""
    laboratories.close()
    lab = Lab("asterisk", pbx_transport=transport, name="edges-asterisk",
              settings={"EDGE_CLUSTER": SECOND})
    configured(lab, "[phone](!)\ntype=endpoint\n",
               f"outbound_proxy=sip:{FIRST}\\;transport={transport}\\;lr")
    second = Second(lab)
    second.start()
    try:
        with lab:
            alice = second.registered(lab, "alice")
            assert f"@{SECOND}" in lab.pbx.wait_registered("alice")[0]
            inner = lab.capture("inner")
            for hangs_up in (lab.pbx.hangup, alice.hangup):
                lab.pbx.dial("alice")
                alice.answer()
                alice.wait("CALL_ESTABLISHED")
                hangs_up()
                alice.wait_closed()
                lab.pbx.wait_idle()
            told = [word for _, word in second.rtpengine.commands()]
            assert told == ["offer", "answer", "delete"] * 2
            assert not lab.rtpengine.commands()
            asked = [p.payload.split()[0] for p in inner.packets()
                     if p.source[0] == net.PBX
                     and re.match(rb"[A-Z]+ sip:tr1_", p.payload)]
            # the rest it sends to where the Contact says: the second edge
            assert asked == [b"INVITE"] * 2
    finally:
        second.stop()


def test_support_path(laboratories):
    """Asterisk with support_path=yes keeps the Path of a phone that asks for
    outbound, and calls by it."""
    laboratories.close()
    lab = Lab("asterisk", name="path-asterisk",
              settings={"EDGE_PBX_OUTBOUND": "yes"})
    configured(lab, "max_contacts=5\n", "support_path=yes")
    with lab:
        inner = lab.capture("inner")
        alice = lab.registered("alice", more=";sipnat=outbound")
        record = lab.pbx.rx("database show registrar").replace("\\/", "/")
        path = re.search(r'"path":"<(sip:tr1_[\w-]+@[^"]*;lr;ob)>"', record)
        assert path and f"@{FIRST};" in path[1], record
        # by the account: who names a contact's URI calls that, and no Path
        lab.pbx.rx("channel originate PJSIP/alice extension echo@default")
        alice.answer()
        alice.wait("CALL_ESTABLISHED")
        invite = next(p.payload for p in inner.packets()
                      if p.payload.startswith(b"INVITE ")
                      and p.target[0] == net.EDGE_INNER)
        assert b"Route: <" + path[1].encode() + b">" in invite
        alice.hangup()
        lab.wait_over()
