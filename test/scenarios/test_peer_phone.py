# SPDX-License-Identifier: GPL-2.0-or-later
"""What does a real phone say to being asked for a certificate?"""

from lab.core import Lab


def test_phone_without_a_certificate(laboratories):
    """A softphone that is asked for a certificate and has none registers,
    calls and is called, as without peers."""
    laboratories.close()
    with Lab("asterisk", name="peers-phone",
             settings={"EDGE_PEERS": "peer.test=10.99.0.201:5061"}) as lab:
        alice = lab.registered("alice")
        alice.call("echo")
        alice.hangup()
        lab.wait_over()
        since = alice.mark()
        lab.pbx.dial("alice")
        alice.answer()
        lab.pbx.hangup()
        alice.wait("CALL_CLOSED", since=since)
        lab.wait_over()
