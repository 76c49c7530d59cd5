# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that lead somewhere are kept, pinged, and given up when they
are dead (RFC 5626 s4.4.1)."""

import time
from contextlib import ExitStack

import pytest

from lab import certs, net
from lab.proc import LabError, wait_for

from callers import kamailio
from domains import aliases, deliver, request, stats, wait_rows
from lines import Listener, aliased, connect

# what the tls module gives each connection
SHORT = ("tls", "connection_timeout", 3)


def edge(tmp_path, *more, **params):
    return kamailio(tmp_path, params=[*more, *(
        ("tls_reuse", name, value) for name, value in params.items())])


def peer_cert(tmp_path, name="b.example"):
    return certs.client(name, where=tmp_path / "ca")


def gaps(times):
    return [late - early for early, late in zip(times, times[1:])]


# --- pings -------------------------------------------------------------------

def test_pings_come_80_to_100_per_cent_apart(tmp_path):
    """RFC 5626 s4.4.1-1, s4.4.1-2, s4.4.1-3, s4.4.1-5; a connection that is no
    alias gets none."""
    with edge(tmp_path, keepalive=5) as server, \
            aliased(peer_cert(tmp_path)) as line, connect() as other:
        assert "200" in other.ask()
        wait_for(lambda: len(line.pings) == 2, 12, "two pings")
        for gap in [line.pings[0] - line.opened, *gaps(line.pings)]:
            assert 3.9 <= gap <= 5.3, line.pings
        assert other.pings == []
        assert stats(server)["pings"] == 2
        assert stats(server)["kept"] == 1
        # what a ping is: not a request, nor one that anybody answers
        assert line.requests == [] and len(line.replies) == 1


def test_connections_that_we_opened(tmp_path):
    """... have the same, and a ping is nothing that is waited for."""
    with edge(tmp_path, keepalive=1) as server, \
            Listener(certs.server("b.example", where=tmp_path / "ca")) as peer:
        assert deliver(server, request("b.example"))["reused"] == "0"
        line, = peer.lines
        wait_for(lambda: len(line.pings) == 2, 5, "two pings")
        assert deliver(server, request("b.example"))["reused"] == "1"
        assert len(line.requests) == 2
        row, = server.rpc("cert_match.peers")
        assert row["messages_out"] == 2
        assert server.rpc("tls_reuse.close", row["id"])[0]["waiting"] == 0


def test_none_by_default(tmp_path):
    with edge(tmp_path) as server, aliased(peer_cert(tmp_path)) as line:
        time.sleep(2.5)         # more than two ticks
        assert line.pings == []
        assert stats(server)["kept"] == 1


def test_who_is_held_to_the_pong(tmp_path):
    """One who has answered pings, and then says nothing for ten seconds."""
    with edge(tmp_path, keepalive=1) as server, ExitStack() as stack:
        def peer(name, **options):
            return stack.enter_context(
                aliased(peer_cert(tmp_path, name), **options))

        good, mute = peer("good.example"), peer("mute.example", pongs=False)
        dead, busy = peer("dead.example"), peer("busy.example")
        wait_for(lambda: min(len(line.pings) for line in (dead, busy)) >= 4,
                 8, "four pings")
        dead.pongs = busy.pongs = False
        last = dead.pings[-1]
        while not dead.end and time.monotonic() < last + 14:
            assert "200" in busy.ask()
            time.sleep(0.5)
        # the clock runs from the first ping that nothing came after
        assert 10 <= dead.ended - last <= 13, server.text()
        assert dead.end == "close_notify"
        for line in good, mute, busy:
            assert line.end == "" and line.pings[-1] > last + 8
        counts = stats(server)
        assert (counts["pong_timeouts"], counts["kept"]) == (1, 3)
        assert sorted(row["identity"] for row in aliases(server)) == \
            ["busy.example", "good.example", "mute.example"]
        assert server.text().count("has been silent for 10 s") == 1


# --- the black hole ----------------------------------------------------------

def test_black_hole(tmp_path):
    """What TCP sends is never acknowledged: found by tcp_user_timeout."""
    with edge(tmp_path, keepalive=1, tcp_user_timeout=3) as server, \
            aliased(peer_cert(tmp_path), pongs=False) as line:
        wait_for(lambda: line.pings, 3, "a ping")
        net.drop(f"tcp dport {line.port}")
        try:
            began = time.monotonic()
            wait_rows(server, 0)
            assert time.monotonic() - began < 6
        finally:
            net.undrop()


def test_without_user_timeout(tmp_path):
    """0 leaves the socket as it is: nobody notices so soon."""
    with edge(tmp_path, keepalive=1) as server, \
            aliased(peer_cert(tmp_path), pongs=False) as line:
        wait_for(lambda: line.pings, 3, "a ping")
        net.drop(f"tcp dport {line.port}")
        try:
            time.sleep(6)
            assert len(aliases(server)) == 1
        finally:
            net.undrop()


# --- lifetimes ---------------------------------------------------------------

def test_lifetime(tmp_path):
    """The core's for all, connection_lifetime for aliases (RFC 5923 s8.2-1,
    s8.2-2)."""
    with edge(tmp_path, SHORT, connection_lifetime=60) as server, \
            aliased(peer_cert(tmp_path)) as line, connect() as other:
        assert "200" in other.ask()
        began = time.monotonic()
        other.wait_end(20)
        assert other.ended - began < 12
        time.sleep(max(0, began + 12 - time.monotonic()))
        assert line.end == ""
        assert deliver(server, request("b.example"))["reused"] == "1"


def test_lifetime_of_what_we_opened(tmp_path):
    """RFC 5923 s8.1-1, s8.1-2, s8.1-4."""
    with edge(tmp_path, SHORT, connection_lifetime=60) as server, \
            Listener(certs.server("b.example", where=tmp_path / "ca")) as peer:
        deliver(server, request("b.example"))
        time.sleep(12)
        assert peer.lines[0].end == ""
        assert deliver(server, request("b.example"))["reused"] == "1"


def test_lifetime_left_to_the_core(tmp_path):
    with edge(tmp_path, SHORT, connection_lifetime=0) as server, \
            aliased(peer_cert(tmp_path)) as line:
        line.wait_end(12)
        wait_rows(server, 0)


def test_row_that_gives_way(tmp_path):
    """At max_aliases a connection loses its row: it lives as long as any
    other from then on, though the core has set its timer by our word."""
    with edge(tmp_path, SHORT, max_aliases=1, keepalive=1,
              connection_lifetime=600) as server, \
            aliased(peer_cert(tmp_path), pongs=False) as line, \
            aliased(peer_cert(tmp_path, "c.example"), pongs=False) as newer:
        row, = aliases(server)
        assert row["identity"] == "c.example"
        began = time.monotonic()
        line.wait_end(15)
        assert newer.end == ""
        assert line.ended - began >= 2
        assert stats(server)["kept"] == 1
        assert stats(server)["kept_ended"] == 1


def test_pings_lengthen_life(tmp_path):
    """A peer that never says anything, and whose TCP answers."""
    with edge(tmp_path, SHORT, keepalive=1, connection_lifetime=4) as server, \
            aliased(peer_cert(tmp_path), pongs=False) as line:
        time.sleep(12)
        assert line.end == "" and len(aliases(server)) == 1


# --- bounds ------------------------------------------------------------------

@pytest.mark.parametrize("name, value, most", [
    ("keepalive", -1, 86400), ("keepalive", 86401, 86400),
    ("connection_lifetime", -1, 31536000),
    ("tcp_user_timeout", -1, 86400), ("tcp_user_timeout", 86401, 86400)])
def test_bounds_of_settings(name, value, most, tmp_path):
    server = edge(tmp_path, **{name: value})
    with pytest.raises(LabError) as error:
        with server:
            pass
    assert f"{name} is {value}, it must be 0 to {most} seconds" in \
        server.text() + str(error.value)


def test_bound_of_kept_connections(tmp_path):
    """max_flows + max_aliases; one more is not kept, and is counted."""
    with edge(tmp_path, max_aliases=1, max_flows=1) as server, \
            ExitStack() as s:
        for name in "a.example", "b.example", "c.example":
            s.enter_context(aliased(peer_cert(tmp_path, name)))
        assert stats(server)["kept"] == 2
        assert stats(server)["keep_refused"] == 1


def test_those_that_close_are_forgotten(tmp_path):
    with edge(tmp_path) as server:
        for _ in range(3):
            with aliased(peer_cert(tmp_path)):
                pass
        wait_for(lambda: stats(server)["kept"] == 0, 8, "nothing to be kept")
