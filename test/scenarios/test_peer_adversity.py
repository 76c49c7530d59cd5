# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that vanish, do not read, say nothing, hang up: what does the PBX
hear, and how soon? Another peer is served all the while, nothing that is for
one ends up with the other, and the memory comes back."""

import shutil
import socket
import struct
import time
from contextlib import contextmanager
from typing import Any, Iterator

import pytest

from lab import certs, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.binrpc import RpcError
from lab.client import Message, reply_to, word
from lab.paths import PROJECT
from lab.peer import Answering, PeerCaller, Server
from lab.proc import wait_for

GOOD, BAD, FAR = "good.test", "bad.test", "far.test"
PLACES = {GOOD: "10.99.0.241", BAD: "10.99.0.242", FAR: "10.99.4.2"}
USER_TIMEOUT = 5


@pytest.fixture(scope="module", name="running", params=["stateless", "tm"])
def running_(request, laboratories, tmp_path_factory) -> Iterator[Bench]:
    laboratories.close()
    where = tmp_path_factory.mktemp("etc") / "cfg"
    shutil.copytree(PROJECT / "cfg", where)
    (where / "local.cfg").write_text(
        f'modparam("tls_reuse", "tcp_user_timeout", {USER_TIMEOUT})\n')
    yield from a_bench(request.param, settings={
        "EDGE_CFG_DIR": str(where),
        "EDGE_PEERS": ",".join(f"{name}={place}:5061"
                               for name, place in PLACES.items())})


@pytest.fixture(name="bench")
def bench_(running: Bench) -> Iterator[Bench]:
    yield running
    running.hang_up()
    wait_for(lambda: not rows(running), USER_TIMEOUT + 5, "no rows")
    forget(running)


def forget(bench: Bench) -> None:
    """What failed is tried again at once."""
    for name in PLACES:
        try:
            bench.lab.rpc("htable.delete", "failed", name)
        except RpcError:        # nothing had failed
            pass


@pytest.fixture(name="good")
def good_(bench: Bench) -> Iterator[Answering]:
    """The other peer, which must be served all the time."""
    server = Answering(bench.lab, certs.server(GOOD), PLACES[GOOD])
    yield server
    for heard in server.heard:
        assert all(message.uri == f"sip:bob@{GOOD}" for message in heard)
    assert len(server.heard) <= 1
    server.close()


@contextmanager
def closing(server: Any) -> Iterator[Any]:
    try:
        yield server
    finally:
        server.close()


def rows(bench: Bench) -> dict[str, str]:
    return {row["identity"]: row["direction"]
            for row in bench.lab.rpc("tls_reuse.aliases")}


def text_for(bench: Bench, name: str, body: str = "") -> tuple[str, str]:
    call_id = word()
    return bench.pbx.to_phone("MESSAGE", f"sip:bob@{name}", call_id=call_id,
                              body=body, kind="text/plain"), call_id


def ask(bench: Bench, name: str, timeout: float = 3) -> Message:
    """The PBX sends a request to somebody of that domain, once."""
    return bench.pbx.ask(text_for(bench, name)[0], timeout)


def served(bench: Bench) -> None:
    began = time.monotonic()
    assert ask(bench, GOOD).status == 200
    assert time.monotonic() - began < 1


def took(bench: Bench, name: str, timeout: float) -> tuple[Message, float]:
    began = time.monotonic()
    return ask(bench, name, timeout), time.monotonic() - began


# --- its host vanishes -------------------------------------------------------

@pytest.fixture(name="far")
def far_() -> Iterator[str]:
    """A network namespace with a cable of its own."""
    net.ip("netns add far")
    net.ip("link add far0 type veth peer name eth0 netns far")
    net.ip("addr add 10.99.4.1/24 dev far0")
    net.ip("link set far0 up")
    net.ip(f"addr add {PLACES[FAR]}/24 dev eth0", "far")
    net.ip("link set eth0 up", "far")
    net.ip("route add default via 10.99.4.1", "far")
    yield "far"
    net.ip("link del far0")
    net.ip("netns del far")


def test_half_open(bench: Bench, good: Answering, far: str):
    """Its end of the cable goes dead while we have a connection: what is sent
    then is lost, and with tm answered 408 in 4 seconds; the connection is
    given up after tcp_user_timeout; then the PBX is told that there is no
    way, until there is one again."""
    with closing(Answering(bench.lab, certs.server(FAR), PLACES[FAR],
                           ns=far)) as server:
        assert ask(bench, FAR).status == 200
        assert rows(bench) == {FAR: "out"}
        net.ip("link set eth0 down", far)
        text, call_id = text_for(bench, FAR)
        bench.pbx.send(text)
        served(bench)
        began = time.monotonic()
        wait_for(lambda: FAR not in rows(bench), USER_TIMEOUT + 4,
                 "the connection to be given up")
        assert time.monotonic() - began > USER_TIMEOUT - 2
        assert statuses(bench, [call_id]) == ([408] if bench.lab.edge.tm
                                              else [])
        forget(bench)
        got, seconds = took(bench, FAR, 6)
        assert got.status == 503 and seconds < 4, (got.start, seconds)
        served(bench)
        net.ip("link set eth0 up", far)
        net.ip("route add default via 10.99.4.1", far)
        forget(bench)
        assert ask(bench, FAR, 5).status == 200
        assert len(server.heard) == 2


# --- it does not read --------------------------------------------------------

def shared(bench: Bench) -> int:
    return bench.lab.rpc("core.shmmem")[0]["used"]


def statuses(bench: Bench, ids: list[str]) -> list[int]:
    """Of those that were answered."""
    return [m.status for call_id in ids for m in bench.pbx.about(call_id)
            if m.status >= 200]


@pytest.mark.parametrize("spoke", [False, True])
def test_never_reads(spoke: bool, bench: Bench, good: Answering):
    """Buffers fill, and are bounded: then that connection ends, and the PBX is
    told.  What was sent to a peer who has never said a word is answered 503;
    to one who has, it is his to answer, and tm's to wait for.  Afterwards all
    memory is there again."""
    served(bench)
    with closing(Server(bench.lab, certs.server(BAD), PLACES[BAD],
                        room=4096)) as server:
        text, first = text_for(bench, BAD)
        bench.pbx.send(text)
        peer = server.talker()
        if spoke:
            peer.send(reply_to(peer.receive(), "200 OK"))
            bench.pbx.wait(first, "MESSAGE", 200)
        before, most = shared(bench), 0
        full = bench.stat("wait_full")
        ids: list[str] = []
        end = time.monotonic() + 10
        while 503 not in statuses(bench, ids) and time.monotonic() < end:
            for _ in range(10):
                text, call_id = text_for(bench, BAD, "x" * 1200)
                bench.pbx.send(text)
                ids.append(call_id)
            served(bench)
            most = max(most, shared(bench) - before)
        assert len(ids) < 200 and most < 3e6, (len(ids), most)
    if bench.lab.edge.tm or not spoke:
        # of those that wait on one connection 64 are told
        more = 0 if bench.lab.edge.tm else bench.stat("wait_full") - full
        wait_for(lambda: len(statuses(bench, ids)) == len(ids) - more,
                 6, "all to be answered")
    assert set(statuses(bench, ids)) <= ({503, 408} if bench.lab.edge.tm
                                         else {503})
    assert statuses(bench, [first]) == [200 if spoke else 503]
    wait_for(lambda: BAD not in rows(bench), 10, "its row to go")
    wait_for(lambda: shared(bench) - before < 100e3, 10, "the memory")


# --- it says nothing, or hangs up --------------------------------------------

@contextmanager
def mute() -> Iterator[socket.socket]:
    """It takes connections, and does not answer our hello."""
    net.add_phone_address(PLACES[BAD])
    with net.inside("phones"):
        sock = socket.create_server((PLACES[BAD], 5061))
    with sock:
        yield sock


def test_no_answer_to_the_hello(bench: Bench, good: Answering):
    """tcp_connect_timeout, twice; tm waits no longer than fr_timer."""
    with mute():
        text, call_id = text_for(bench, BAD)
        began = time.monotonic()
        bench.pbx.send(text)
        served(bench)
        wait_for(lambda: statuses(bench, [call_id]), 8, "an answer")
        assert statuses(bench, [call_id]) == [408 if bench.lab.edge.tm
                                              else 503]
        assert time.monotonic() - began < (5 if bench.lab.edge.tm else 7.5)
        wait_for(lambda: BAD not in rows(bench), 8, "its row to go")
    assert statuses(bench, [call_id])[1:] == []


def resets(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def test_reset_in_the_handshake(bench: Bench, good: Answering):
    with mute() as listener:
        text, call_id = text_for(bench, BAD)
        bench.pbx.send(text)
        sock, _ = listener.accept()
        served(bench)
        resets(sock)
        wait_for(lambda: statuses(bench, [call_id]) == [503], 0.5, "the 503")
        assert BAD not in rows(bench)


def test_reset_after_a_request(bench: Bench, good: Answering):
    """Before it has ever said anything: the PBX is told at once.  When it has,
    what it did with the request is its business; a new connection is opened
    for the next one (RFC 5923 s8.1-14, s8.1-15)."""
    with closing(Server(bench.lab, certs.server(BAD),
                        PLACES[BAD])) as server:
        text, call_id = text_for(bench, BAD)
        bench.pbx.send(text)
        peer = server.talker()
        assert peer.receive().uri == f"sip:bob@{BAD}"
        peer.reset()
        wait_for(lambda: statuses(bench, [call_id]) == [503], 0.5, "the 503")
        served(bench)
        forget(bench)
        for _ in range(2):
            text, call_id = text_for(bench, BAD)
            bench.pbx.send(text)
            peer = server.talker()
            peer.send(reply_to(peer.receive(), "200 OK"))
            bench.pbx.wait(call_id, "MESSAGE", 200)
            peer.reset()
            wait_for(lambda: BAD not in rows(bench), 3, "its row to go")


# --- pings, and ends in good order -------------------------------------------

def raw(peer: PeerCaller, timeout: float = 1) -> bytes:
    """What comes next, as it is; b"" at a closure alert."""
    peer.sock.settimeout(timeout)
    return peer.sock.recv(65536)


def test_ping(bench: Bench, good: Answering):
    """RFC 5626 s5.4-2: a ping gets its pong at once, between messages."""
    peer = aliased(bench)
    for _ in range(3):
        peer.send(b"\r\n\r\n")
        assert raw(peer) == b"\r\n"
    called(bench, peer)
    peer.send(b"\r\n\r\n")
    assert raw(peer) == b"\r\n"


def test_closure_alert_of_his(bench: Bench, good: Answering):
    """RFC 5923 s8.3-3: he has said that he closes, though TCP is open yet:
    what is for him goes over a new connection, or nowhere."""
    peer = aliased(bench)
    peer.sock.settimeout(1)
    plain = peer.sock.unwrap()
    try:
        wait_for(lambda: BAD not in rows(bench), 3, "its row to go")
        assert ask(bench, BAD).status == 503
        plain.settimeout(0.3)
        assert not plain.recv(65536), "something came"
    finally:
        plain.close()


def test_closure_alert_of_ours(bench: Bench, good: Answering):
    """RFC 5923 s8.3-2: what he sends when we have said that we close is
    thrown away."""
    peer = aliased(bench)
    number, = [row["id"] for row in bench.lab.rpc("tls_reuse.aliases")
               if row["identity"] == BAD]
    bench.lab.rpc("tls_reuse.close", number)
    assert BAD not in rows(bench)
    assert raw(peer, 5) == b"", "no closure alert"
    call_id = word()
    try:
        peer.send(peer.request("MESSAGE", peer.at("alice"), call_id=call_id))
    except OSError:
        pass                    # TCP knows by now
    served(bench)
    assert bench.pbx.about(call_id) == []


# --- we change ---------------------------------------------------------------

def aliased(bench: Bench) -> PeerCaller:
    """A peer that has called us, and offers its connection."""
    peer = PeerCaller(bench.lab, certs.client(BAD), BAD, PLACES[BAD])
    bench.callers.append(peer)
    call_id = word()
    peer.send(peer.request(
        "MESSAGE", peer.at("alice"), call_id=call_id,
        via=f"SIP/2.0/TLS {PLACES[BAD]}:5061;branch=z9hG4bK{word()};alias"))
    bench.pbx.reply(bench.pbx.wait(call_id))
    assert peer.answer().status == 200
    assert rows(bench)[BAD] == "in"
    return peer


def called(bench: Bench, peer: PeerCaller) -> None:
    """A request of the PBX's comes down this connection."""
    text, call_id = text_for(bench, BAD)
    bench.pbx.send(text)
    got = peer.receive()
    assert got and got.start == f"MESSAGE sip:bob@{BAD} SIP/2.0"
    peer.accept(got)
    bench.pbx.wait(call_id, "MESSAGE", 200)


def test_reload(bench: Bench, good: Answering):
    """RFC 5923 s8.2: connections outlive a change of the certificates."""
    peer = aliased(bench)
    served(bench)
    bench.lab.rpc("tls.reload")
    called(bench, peer)
    served(bench)
    assert len(good.heard) == 1
    again = aliased(bench)
    called(bench, peer)
    peer.close()
    wait_for(lambda: len(bench.lab.rpc("tls_reuse.aliases")) == 2, 3,
             "its row to go")
    called(bench, again)


def test_restart(bench: Bench, good: Answering):
    """After a restart nothing is left of them; each side opens anew, and asks
    again."""
    peer = aliased(bench)
    called(bench, peer)
    bench.lab.edge.restart()
    assert rows(bench) == {}
    assert peer.closed()
    called(bench, aliased(bench))
