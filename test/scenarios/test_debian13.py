# SPDX-License-Identifier: GPL-2.0-or-later
"""The same modules, built against Debian 13's Kamailio, carry a call."""

import pytest

from lab.core import Lab
from lab.paths import BUILD
from lab.proc import wait_for

ROOT = BUILD / "roots" / "kamailio6"
MODULES = BUILD / "debian13" / "modules"


@pytest.fixture(scope="module", params=["stateless", "tm"])
def running(request):
    with Lab(mode=request.param, name="debian13", edge_root=ROOT,
             settings={"EDGE_MODULES": str(MODULES)}) as lab:
        yield lab


@pytest.fixture
def lab6(running):
    """A running edge without phones."""
    yield running
    running.hang_up_phones()
    wait_for(lambda: not running.rpc("tls_reuse.flows"), 5,
             "the flows to end with their phones")


def test_it_is_kamailio_6(lab6):
    """The edge of this test really is another Kamailio."""
    assert "kamailio 6." in lab6.kamcmd("core.version")


def test_calls_both_ways(lab6):
    """Register, call, hold, resume, hang up; be called, be hung up on."""
    alice = lab6.registered("alice")
    alice.call("echo")
    alice.hold()
    alice.resume()
    alice.hangup()
    lab6.pbx.wait_idle()
    since = alice.mark()
    lab6.pbx.dial("alice")
    alice.answer()
    lab6.pbx.hangup()
    alice.wait("CALL_CLOSED", since=since)
    lab6.pbx.wait_idle()


def test_tables_and_numbers(lab6):
    """Each module's RPC works there, and records end with connections."""
    alice = lab6.registered("alice")
    flows = lab6.rpc("tls_reuse.flows")
    assert [f["aor"] for f in flows] == ["sip:alice@edge.test"]
    peers = lab6.rpc("cert_match.peers")
    assert [p["state"] for p in peers] == ["established"]
    assert lab6.rpc("sdes_policy.show")
    alice.kill()
    wait_for(lambda: not lab6.rpc("cert_match.peers")
             and not lab6.rpc("tls_reuse.flows"), 5,
             "the records to end with their connection")
