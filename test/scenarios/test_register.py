# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone registers at the PBX through the edge, and the edge knows it."""

import re

import pytest

from lab import net
from lab.core import Lab
from lab.proc import LabError, wait_for
from lab.watch import Watch, judge_outside

TOKEN = re.compile(rf"sip:tr1_[\w-]+@{re.escape(net.EDGE_INNER)}:5060"
                   r"(;transport=tcp)?")


def flows(lab: Lab, aor: str = "sip:alice@edge.test") -> list[dict]:
    """The edge's registered flows of an address of record."""
    return [flow for flow in lab.rpc("tls_reuse.flows")
            if flow["aor"] == aor and flow["registered"]]


def contacts(messages: list[str], method: str) -> set[str]:
    """All Contacts in requests of a method."""
    return {uri for text in messages if text.startswith(f"{method} ")
            for uri in re.findall(r"^Contact: *<([^>]+)>", text, re.M)}


def test_register(lab):
    """A challenge, a digest, a binding: the PBX's contact is a token at the
    edge's inner address, the phone sees its own Contact, the edge's table
    names phone and connection; switched off, all of it is gone."""
    watch, alice = Watch(lab), lab.registered("alice")
    assert TOKEN.fullmatch(lab.pbx.wait_registered("alice")[0])
    trace = alice.messages()
    assert any(text.startswith("SIP/2.0 401") for _, text in trace)
    own = contacts([text for sent, text in trace if sent], "REGISTER")
    answer = next(text for sent, text in trace
                  if not sent and text.startswith("SIP/2.0 200"))
    assert re.search(r"^Contact: *<([^>]+)>", answer, re.M)[1] in own
    flow, = flows(lab)
    assert flow["peer"].startswith(f"{net.PHONES}:")
    assert flow["user_agent"].startswith("baresip")
    assert 50 <= flow["expires_in"] <= 60
    alice.log_off()
    lab.pbx.wait_registered("alice", 0)
    assert not flows(lab)
    watch.judge_signalling([alice])


def test_wrong_password(lab):
    """The PBX decides who may register: a wrong digest is refused and
    neither the PBX nor the edge notes anything."""
    with pytest.raises(LabError, match="could not register: 40[13]"):
        lab.registered("alice", password="wrong")
    assert lab.pbx.contacts("alice") == []
    assert not flows(lab)


def test_refresh(lab):
    """Refreshed on its connection, a binding stays the same one: the PBX
    is always given the same contact, the phone sees its own each time."""
    watch = Watch(lab)
    phone = lab.scripted("register-refresh")
    phone.finish().require()
    lab.pbx.wait_registered("alice", 0)
    watch.judge_inside()
    judge_outside(phone.trace())
    assert len(contacts(watch.sip_inside(), "REGISTER")) == 1


def test_unregister_all(lab):
    """`Contact: *` reaches the PBX as it is and removes the binding."""
    watch = Watch(lab)
    lab.scripted("unregister-all").finish().require()
    lab.pbx.wait_registered("alice", 0)
    assert any(re.search(r"^Contact: *\*", text, re.M)
               for text in watch.sip_inside())


def test_two_phones_of_one_account(asterisk_labs):
    """Each has a binding and a flow of its own, and takes only its own
    away."""
    lab = asterisk_labs
    desk, mobile = lab.registered("alice"), lab.registered("alice")
    both = lab.pbx.wait_registered("alice", 2)
    assert len(set(both)) == 2 and len(flows(lab)) == 2
    desk.log_off()
    left, = lab.pbx.wait_registered("alice", 1)
    assert left in both and len(flows(lab)) == 1
    mobile.log_off()
    lab.pbx.wait_registered("alice", 0)
    assert not flows(lab)


def test_connection_closed(lab):
    """A phone that vanishes leaves no flow behind."""
    alice = lab.registered("alice")
    assert len(flows(lab)) == 1
    alice.kill()
    wait_for(lambda: not flows(lab), 5, "the flow to be gone")
