# SPDX-License-Identifier: GPL-2.0-or-later
"""tls_reuse.close: a connection ends as RFC 5923 s8.3-1 has it."""

import socket
import time

import pytest

from lab import certs, sip
from lab.binrpc import RpcError
from lab.proc import wait_for

from callers import kamailio
from domains import (FORWARD, HERE, RELAY, aliases, answer, deliver, request,
                     stats)
from lines import Listener, aliased


def edge(tmp_path, send=FORWARD, before="", **params):
    return kamailio(tmp_path, send=send, before=before, params=[
        ("tls_reuse", name, value) for name, value in params.items()])


def peer_cert(tmp_path, name="b.example"):
    return certs.client(name, where=tmp_path / "ca")


def listener(tmp_path, **options):
    return Listener(certs.server("b.example", where=tmp_path / "ca"),
                    **options)


def ids(server):
    return {row["peer"]: row["id"] for row in server.rpc("cert_match.peers")}


def close(server, number, *words):
    row, = server.rpc("tls_reuse.close", number, *words)
    assert row["id"] == number
    return row["waiting"]


FILL = f"X-Fill: {'x' * 25000}\r\n"


def fill_up(server, caller):
    """Messages, until no socket buffer has room for more of them."""
    for _ in range(1000):
        caller.send(request("b.example", method="ACK", extra=FILL))
        if server.rpc("core.tcp_info")[0]["write_queued_bytes"]:
            return
    raise AssertionError("everything fits into socket buffers")


class Caller:
    """Somebody inside, over UDP."""

    def __init__(self):
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sock.close()

    def send(self, message):
        self._sock.sendto(message, HERE)

    def wait(self, status):
        """The next answer of this kind."""
        while True:
            text = self._sock.recv(65535).decode()
            if text.startswith(f"SIP/2.0 {status}"):
                return text


# --- nothing is open ---------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_idle(version, tmp_path):
    """A closure alert and the end, within seconds; the row goes at once."""
    with edge(tmp_path) as server, \
            aliased(peer_cert(tmp_path), version=version) as line:
        number, = ids(server).values()
        assert close(server, number) == 0
        assert aliases(server) == []
        assert stats(server)["closing"] == 1
        assert close(server, number) == 0           # again: the same
        assert line.wait_end(4) == "close_notify"
        wait_for(lambda: not ids(server), 8, "the connection to be gone")
        counts = stats(server)
        assert (counts["closes"], counts["closes_abandoned"],
                counts["closing"], counts["kept"]) == (1, 0, 0, 0)
        assert "closed, as was asked for" in server.text()


def test_idle_that_we_opened(tmp_path):
    with edge(tmp_path) as server, listener(tmp_path) as peer:
        assert deliver(server, request("b.example"))["reused"] == "0"
        number, = ids(server).values()
        assert close(server, number) == 0
        assert peer.lines[0].wait_end(4) == "close_notify"
        # a new one is opened for what comes next
        assert deliver(server, request("b.example"))["reused"] == "0"
        assert len(peer.lines) == 2


def test_unknown(tmp_path):
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)):
        for words, text in (
                ((4711,), "404 there is no TLS connection 4711"),
                ((0,), "404 there is no TLS connection 0"),
                ((), "400 say which connection"),
                ((1, -1), "400 say which connection"),
                ((1, 181), "400 say which connection")):
            with pytest.raises(RpcError) as error:
                server.rpc("tls_reuse.close", *words)
            assert text in str(error.value)
        assert stats(server)["closes"] == 0


def test_gone(tmp_path):
    """What has closed is unknown."""
    with edge(tmp_path) as server:
        with aliased(peer_cert(tmp_path)):
            number, = ids(server).values()
        wait_for(lambda: not ids(server), 8, "the connection to be gone")
        with pytest.raises(RpcError):
            server.rpc("tls_reuse.close", number)


def test_handshake_that_goes_on(tmp_path):
    """Nobody speaks TLS there: it ends, without an alert."""
    with edge(tmp_path) as server, \
            socket.create_connection(("127.0.0.1", 15061)) as sock:
        sock.sendall(b"\x16\x03\x01")
        number = wait_for(lambda: list(ids(server).values()), 5, "a row")[0]
        assert close(server, number) == 0
        sock.settimeout(8)
        assert sock.recv(100) == b""


# --- what is open ------------------------------------------------------------

@pytest.mark.parametrize("send", [FORWARD, RELAY], ids=["forward", "t_relay"])
def test_waits_for_an_invite(send, tmp_path):
    """Open since before the close: answered on its connection, which ends
    then; what is sent meanwhile goes on a new one."""
    with edge(tmp_path, send) as server, \
            aliased(peer_cert(tmp_path)) as line, \
            listener(tmp_path) as peer, Caller() as caller:
        number, = ids(server).values()
        invite = request("b.example", method="INVITE")
        caller.send(invite)
        caller.wait(180)
        assert close(server, number) == 1
        assert deliver(server, request("b.example"))["reused"] == "0"
        assert len(peer.lines) == 1
        time.sleep(3.2)
        assert line.end == "" and close(server, number) == 1
        line.send(answer(line.requests[-1], "200 OK").encode())
        caller.wait(200)
        assert line.wait_end(4) == "close_notify"
        assert len(line.requests) == 1
        # the one that came meanwhile is not affected
        assert peer.lines[0].end == ""
        assert deliver(server, request("b.example"))["reused"] == "1"
        assert stats(server)["closes_abandoned"] == 0


def test_waits_on_one_that_we_opened(tmp_path):
    with edge(tmp_path) as server, listener(tmp_path) as peer, \
            Caller() as caller:
        caller.send(request("b.example", method="INVITE"))
        caller.wait(180)
        line, = peer.lines
        number, = ids(server).values()
        assert close(server, number) == 1
        # CANCEL follows its INVITE, and ends it: 200 and 487
        time.sleep(1.5)
        assert line.end == ""
        line.send(answer(line.requests[0], "603 Decline").encode())
        caller.wait(603)
        assert line.wait_end(4) == "close_notify"


def test_tm_cancel_follows(tmp_path):
    """What tm sends on a branch goes where the branch is, though no other
    request does."""
    with edge(tmp_path, RELAY) as server, \
            aliased(peer_cert(tmp_path)) as line, \
            listener(tmp_path) as peer, Caller() as caller:
        invite = request("b.example", method="INVITE")
        caller.send(invite)
        caller.wait(180)
        number, = ids(server).values()
        assert close(server, number) == 1
        # no answer for fr_inv_timer: tm cancels
        wait_for(lambda: [text.split(" ")[0] for text in line.requests]
                 == ["INVITE", "CANCEL", "ACK"], 10,
                 "CANCEL and ACK on the same connection")
        assert line.wait_end(5) == "close_notify"
        assert peer.lines == []


def test_waits_for_what_the_peer_asked(tmp_path):
    """Open on it are its own requests, too; more of them are answered."""
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)) as line, \
            aliased(peer_cert(tmp_path, "c.example"), pongs=False) as other:
        number = ids(server)[f"127.0.0.1:{line.port}"]
        # this one goes to c.example, who rings
        invite = sip.request(
            "INVITE", "sip:bob@c.example", "TLS 127.0.0.1:16061",
            "X-To: c.example\r\nX-Du: sip:127.0.0.1:16061;transport=tls\r\n")
        line.send(invite)
        wait_for(lambda: line.replies[-1].startswith("SIP/2.0 180"), 5, "180")
        assert close(server, number) == 1
        time.sleep(2.5)
        assert line.end == ""
        assert "200" in line.ask()
        # ... and asking for the row does not bring it back
        assert line.ask(";alias").endswith("about to close")
        assert {row["identity"] for row in aliases(server)} == {"c.example"}
        other.send(answer(other.requests[-1], "486 Busy Here").encode())
        assert line.wait_end(5) == "close_notify"
        assert line.replies[-1].startswith("SIP/2.0 486")
        assert other.end == ""


def test_at_the_latest(tmp_path):
    """The time is over: abandoned, counted, logged."""
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)) as line, \
            Caller() as caller:
        caller.send(request("b.example", method="INVITE"))
        caller.wait(180)
        number, = ids(server).values()
        assert close(server, number) == 1
        time.sleep(1.5)
        assert close(server, number, 2) == 1        # what is sooner counts
        began = time.monotonic()
        assert close(server, number, 100) == 1
        assert line.wait_end(6) == "close_notify"
        assert line.ended - began >= 1
        assert stats(server)["closes_abandoned"] == 1
        assert "1 open transactions are abandoned" in server.text()


def test_at_once(tmp_path):
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)) as line:
        number, = ids(server).values()
        assert close(server, number, 0) == 0
        assert line.wait_end(3) == "close_notify"
        assert stats(server)["closes_abandoned"] == 0


def test_ack_is_not_waited_for(tmp_path):
    """... and a request that nobody answers is, for 32 seconds."""
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)) as line, \
            Caller() as caller:
        number, = ids(server).values()
        caller.send(request("b.example", method="ACK"))
        wait_for(lambda: line.requests, 5, "ACK")
        assert close(server, number) == 0
        assert line.wait_end(4) == "close_notify"


def test_core_does_not_end_it(tmp_path):
    """While it waits, the core's short lifetime is none."""
    with edge(tmp_path, before="tcp_connection_lifetime=3\n",
              connection_lifetime=0) as server, \
            aliased(peer_cert(tmp_path)) as line, Caller() as caller:
        caller.send(request("b.example", method="INVITE"))
        caller.wait(180)
        number, = ids(server).values()
        assert close(server, number) == 1
        time.sleep(10)
        assert line.end == ""
        line.send(answer(line.requests[-1], "200 OK").encode())
        caller.wait(200)
        assert line.wait_end(4) == "close_notify"


def test_peer_that_does_not_read(tmp_path):
    """What is yet to be sent is waited for, not cut in the middle."""
    with edge(tmp_path, before="tcp_conn_wq_max=20000000\n") as server, \
            aliased(peer_cert(tmp_path)) as line, Caller() as caller:
        number, = ids(server).values()
        line.reads = False
        fill_up(server, caller)
        assert close(server, number) == 0
        time.sleep(3)
        assert stats(server)["closing"] == 1 and line.end == ""
        # what a worker had chosen this connection for just before is in it
        given, = [row["messages_out"]
                  for row in server.rpc("cert_match.peers")]
        line.reads = True
        assert line.wait_end(8) == "close_notify"
        # one is the answer to its OPTIONS
        assert len(line.requests) == given - 1 > 1, stats(server)
        assert all(FILL in text + "\r\n" for text in line.requests)


def test_peer_that_never_reads(tmp_path):
    """... until the time is over."""
    with edge(tmp_path, before="tcp_conn_wq_max=20000000\n") as server, \
            aliased(peer_cert(tmp_path)) as line, Caller() as caller:
        number, = ids(server).values()
        line.reads = False
        fill_up(server, caller)
        assert close(server, number, 2) == 0
        wait_for(lambda: not ids(server), 8, "the connection to be gone")
        line.reads = True
        assert line.wait_end(5) in ("FIN", "RST")
