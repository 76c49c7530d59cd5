# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones' connections are kept while they are registered over, and closed
without losing a call (RFC 5626 s4.4.1, RFC 5923 s8.3)."""

import time

import pytest

from lab import sip
from lab.client import reply_to
from lab.proc import wait_for

from domains import answer, stats
from lines import connect
from test_flows import ALICE, Pbx, start

# what the tls module gives each connection
SHORT = 3
BEFORE = f'modparam("tls", "connection_timeout", {SHORT})\n'


@pytest.fixture(name="pbx")
def pbx_():
    with Pbx() as pbx:
        yield pbx


# ... and what a script may give it
CALLS = """loadmodule "tcpops.so"
reply_route {
    if($rm == "INVITE")
        tcp_set_connection_lifetime("$tls_reuse(conid)", "600");
"""


def edge(tmp_path, mode="stateless", **params):
    server = start(tmp_path, mode, **params)
    text = server.cfg.read_text()
    text = text.replace('loadmodule "cert_match.so"\n',
                        BEFORE + 'loadmodule "cert_match.so"\n')
    server.cfg.write_text(text.replace("reply_route {", CALLS))
    return server


def asks(line, pbx, cseq=1):
    """Its REGISTER, as the PBX gets it."""
    text = sip.request(
        "REGISTER", "sip:edge.test", f"TLS 127.0.0.1:{line.port}",
        f"Contact: <sip:alice@127.0.0.1:{line.port};transport=tls>\r\n",
        sender=ALICE).decode()
    text = text.replace("To: <sip:edge.test>", f"To: <{ALICE}>")
    line.send(text.replace("CSeq: 1 ", f"CSeq: {cseq} ").encode())
    return pbx.next("REGISTER")


def registers(line, pbx):
    """The token by which it is reached then."""
    got = asks(line, pbx)
    pbx.send(reply_to(got, "200 OK",
                      f"Contact: <{got.contact_uri}>;expires=60\r\n"))
    wait_for(lambda: line.replies, 5, "200")
    return got.contact_uri


def test_registered_flows_are_kept(tmp_path, pbx):
    """... pinged, and no others; one that is not registered any more lives
    as long as those."""
    with edge(tmp_path, keepalive=1) as server, connect() as phone, \
            connect() as stranger:
        registers(phone, pbx)
        pbx.send(reply_to(asks(stranger, pbx), "403 Forbidden"))
        began = time.monotonic()
        stranger.wait_end(12)
        time.sleep(max(0, began + 12 - time.monotonic()))
        assert phone.end == "" and len(phone.pings) > 8
        assert stranger.pings == []
        assert stats(server)["kept"] == 1
        # it unregisters: the PBX lists no Contact of its any more
        phone.pongs = False
        pbx.send(reply_to(asks(phone, pbx, 2), "200 OK"))
        wait_for(lambda: len(phone.replies) == 2, 5, "200")
        began = time.monotonic()
        phone.wait_end(12)
        assert phone.ended - began >= SHORT - 1
        assert stats(server)["kept"] == 0


def test_a_life_that_the_script_gave(tmp_path, pbx):
    """... stays when the phone is not registered any more: it has a call."""
    with edge(tmp_path, keepalive=1, connection_lifetime=60) as server, \
            connect() as phone:
        def lifetime():
            return server.rpc("core.tcp_list")[0]["lifetime"]

        registers(phone, pbx)
        assert lifetime() == 60
        phone.send(sip.request(
            "INVITE", "sip:bob@edge.test", f"TLS 127.0.0.1:{phone.port}",
            f"Contact: <sip:alice@127.0.0.1:{phone.port}>\r\n"))
        pbx.send(reply_to(pbx.next("INVITE"), "200 OK"))
        wait_for(lambda: len(phone.replies) == 2, 5, "200")
        assert lifetime() == 600
        pbx.send(reply_to(asks(phone, pbx, 2), "200 OK"))
        wait_for(lambda: stats(server)["kept"] == 0, 5, "nothing to be kept")
        time.sleep(12)
        assert phone.end == "" and lifetime() == 600


@pytest.mark.parametrize("mode", ["stateless", "tm"])
def test_call_outlives_the_close(mode, tmp_path, pbx):
    """A phone rings: it is heard to the end, ACK included; what is new is
    answered 430 at once."""
    with edge(tmp_path, mode) as server, connect() as phone:
        token = registers(phone, pbx)
        number, = [row["id"] for row in server.rpc("tls_reuse.flows")]
        invite = pbx.request("INVITE", token)
        pbx.send(invite)
        pbx.next("INVITE", 180)
        assert server.rpc("tls_reuse.close", number)[0]["waiting"] == 1
        assert server.rpc("tls_reuse.flows") == []
        assert pbx.told(token) == \
            "430 rc -2 the phone's connection is about to close"
        time.sleep(2.5)
        assert phone.end == ""
        phone.send(answer(phone.requests[0], "200 OK").encode())
        pbx.next("INVITE", 200)
        pbx.send(pbx.request("ACK", token))
        wait_for(lambda: [text.split(" ")[0] for text in phone.requests]
                 == ["INVITE", "ACK"], 5, "ACK")
        assert phone.wait_end(5) == "close_notify"


def test_cancel_reaches_it(tmp_path, pbx):
    """RFC 3261 s9.1: CANCEL goes where its INVITE went."""
    with edge(tmp_path) as server, connect() as phone:
        token = registers(phone, pbx)
        number, = [row["id"] for row in server.rpc("tls_reuse.flows")]
        invite = pbx.request("INVITE", token)
        pbx.send(invite)
        pbx.next("INVITE", 180)
        assert server.rpc("tls_reuse.close", number)[0]["waiting"] == 1
        pbx.send(invite.replace("INVITE", "CANCEL"))
        pbx.next("INVITE", 487)
        assert phone.wait_end(5) == "close_notify"


def test_comes_back_after_the_close(tmp_path, pbx):
    """A phone whose connection is about to close registers over a new one,
    and is reached there at once."""
    with edge(tmp_path) as server, connect() as phone:
        token = registers(phone, pbx)
        number, = [row["id"] for row in server.rpc("tls_reuse.flows")]
        pbx.send(pbx.request("INVITE", token))
        pbx.next("INVITE", 180)
        assert server.rpc("tls_reuse.close", number)[0]["waiting"] == 1
        with connect() as new:
            fresh = registers(new, pbx)
            pbx.send(pbx.request("MESSAGE", fresh))
            pbx.next("MESSAGE", 200)
            assert [text.split(" ")[0] for text in new.requests] == ["MESSAGE"]
            assert phone.end == ""
            phone.send(answer(phone.requests[0], "486 Busy Here").encode())
            pbx.next("INVITE", 486)
            assert phone.wait_end(5) == "close_notify"
            assert new.end == ""
