# SPDX-License-Identifier: GPL-2.0-or-later
"""Callers that the edge refuses itself, scripted with SIPp."""

import pytest

from lab import leaks, net
from lab.core import Lab
from lab.pcap import Capture, sip_messages


@pytest.fixture(name="inner")
def inner_(asterisk_labs):
    """A capture that must show the PBX neither a call nor a key."""
    made = asterisk_labs.capture("inner")
    yield made
    sent = [packet for packet in made.packets()
            if packet.source[0] == net.EDGE_INNER]
    assert leaks.inside(sent) == []
    assert [m for m in sip_messages(iter(sent))
            if m.payload.startswith(b"INVITE")] == []


def test_no_srtp(asterisk_labs: Lab, inner: Capture):
    """test/sipp/no-srtp"""
    asterisk_labs.sipp("test/sipp/no-srtp/phone.xml").require()


def test_foreign_domain(asterisk_labs: Lab, inner: Capture):
    """test/sipp/foreign-domain"""
    asterisk_labs.sipp("test/sipp/foreign-domain/phone.xml").require()


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["UDP", "TCP"])
def test_stranger(asterisk_labs: Lab, inner: Capture, transport: str):
    """test/sipp/stranger, over UDP and TCP"""
    asterisk_labs.sipp("test/sipp/stranger/caller.xml", transport=transport,
                       target=f"{net.EDGE_INNER}:5060").require()
