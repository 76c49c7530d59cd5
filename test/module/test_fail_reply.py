# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection that dies tells the sender: requests that wait on one that
comes to nothing are answered with 503, at once and once."""

import re
import select
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Iterable, Optional

import pytest

from lab import certs
from lab.proc import LabError, wait_for
from lab.tlspeer import Heard

from domains import (HERE, ONSEND, OTHER_PEER, PEER, RELAY, SEND, TO,
                     Virtual, answers, call_id, kamailio, request, requests,
                     resolve, stats)
from small import Small

SO_RCVBUFFORCE = 33             # not in every Python
KEEP_503 = 'modparam("tm", "remap_503_500", 0)\n'
WRONG_NAME = "the peer's certificate is not for the domain that was meant"


@pytest.fixture(params=sorted(SEND), name="routes")
def routes_(request) -> str:
    return TO + SEND[request.param] + ONSEND


def server_of(where: Path, routes: str, **more: Any) -> Small:
    more["before"] = KEEP_503 + more.get("before", "")
    return kamailio(where, routes, **more)


class Caller:
    """A socket that sends requests, and all answers that come."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # many answers may come before the first one is read
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        self.sock.connect(HERE)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, message: bytes) -> None:
        self.sock.send(message)

    def answer(self, timeout: float = 5) -> Optional[bytes]:
        """The next final answer, or None."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                text = self.sock.recv(65535)
            except TimeoutError:
                return None
            if not text.startswith(b"SIP/2.0 1"):
                return text
        return None

    def ask(self, message: bytes, timeout: float = 5) -> Optional[bytes]:
        self.send(message)
        return self.answer(timeout)


def header(message: bytes, name: str) -> list[str]:
    return re.findall(rf"(?mi)^{name}: (.*?)\r$", message.decode())


class Quiet:
    """A server that says nothing: it takes connections, and no more.

    full: not even that; the kernel answers no SYN.
    abrupt: it resets them at once, or a moment later.
    """

    def __init__(self, at: tuple[str, int] = PEER, full: bool = False,
                 abrupt: bool = False):
        self.taken = 0
        self._abrupt = abrupt
        self.socks: list[socket.socket] = []
        self._listener = socket.create_server(at, backlog=0 if full else 128)
        self._thread: Optional[threading.Thread] = None
        if full:
            self._fill(at)
        else:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _fill(self, at: tuple[str, int]) -> None:
        """Until the queue of connections that nobody takes is full."""
        while True:
            sock = socket.socket()
            sock.settimeout(0.2)
            self.socks.append(sock)
            try:
                sock.connect(at)
            except TimeoutError:
                return

    def _run(self) -> None:
        while True:
            try:
                self.socks.append(self._listener.accept()[0])
            except OSError:
                return
            self.taken += 1
            if self._abrupt:
                time.sleep(self.taken % 4 * 0.0005)
                self.reset()

    def hang_up(self) -> None:
        while self.socks:
            self.socks.pop().close()

    def reset(self) -> None:
        for sock in self.socks:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        self.hang_up()

    def stop(self) -> None:
        """Nobody listens there any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        if self._thread:
            self._thread.join(5)
        self._listener.close()
        self.hang_up()

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        except OSError:
            pass                # by the test itself


class Says(Virtual):
    """A server that says this when it has heard something, and hangs up."""

    def __init__(self, *args: Any, says: bytes = b"", **more: Any):
        super().__init__(*args, **more)
        self._says = says

    def _answer(self, heard: Heard, tls: ssl.SSLObject) -> None:
        heard.text += tls.read(65536)
        if self._says:
            tls.write(self._says)
        raise ConnectionError


class Slow(Virtual):
    """A server that takes its time."""

    def _answer(self, heard: Heard, tls: ssl.SSLObject) -> None:
        text = tls.read(65536)
        heard.text += text
        time.sleep(3.5)
        for line in answers(text.decode()):
            tls.write(line.encode())


def waiting(server: Small, count: int) -> None:
    wait_for(lambda: stats(server)["waiting"] == count, 5,
             f"{count} requests that wait, not {stats(server)['waiting']}")


def collect(callers: Iterable[Caller], quiet: float = 0.5) -> Counter:
    """The answers to each request, by Call-ID and first line, until none
    has come for a while."""
    found: Counter = Counter()
    by_socket = {caller.sock: caller for caller in callers}
    while ready := select.select(list(by_socket), [], [], quiet)[0]:
        for sock in ready:
            answer = by_socket[sock].answer(0.01)
            if answer is not None:
                found[(header(answer, "Call-ID")[0],
                       answer.split(b"\r\n")[0].decode())] += 1
    return found


FAILED = "SIP/2.0 503 Connection Failed"
CLOSED = "SIP/2.0 503 Connection Closed"


# --- who is told ------------------------------------------------------------

def comes_from(answer: bytes, message: bytes) -> bool:
    """It has the sender's own Via, as it was but for what we added."""
    one, other = (re.sub(r";(received|rport)(=[^;,]*)?", "",
                         ",".join(header(text, "Via"))).replace(", ", ",")
                  for text in (answer, message))
    return one == other


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_wrong_name(routes, version, method, tmp_path):
    """RFC 5922 s7.3: the sender knows at once, and why. Nothing else leaves,
    not even the ACK to it."""
    message = request("b.example", method=method)
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Virtual(tmp_path / "ca", ["c.example"], version=version) as peer:
        began = time.monotonic()
        answer = caller.ask(message)
        took = time.monotonic() - began
        assert answer and answer.startswith(FAILED.encode()), answer
        assert comes_from(answer, message)
        for name in ("From", "Call-ID", "CSeq"):
            assert header(answer, name) == header(message, name)
        assert re.search(r";tag=tr503-[0-9a-f]{16}$", header(answer, "To")[0])
        assert header(answer, "Warning") == [f'399 tls-edge "{WRONG_NAME}"']
        assert header(answer, "Content-Length") == ["0"]
        assert took < 1
        if method == "INVITE":
            caller.send(ack(message, answer))
        assert caller.answer(0.5) is None, "answered twice"
        counts = stats(server)
        assert (counts["fail_replies"], counts["waiting"]) == (1, 0)
        assert counts["fail_acks"] == (method == "INVITE")
        assert len(peer.heard) == 1 and not requests(peer.heard[0])


def ack(invite: bytes, answer: bytes) -> bytes:
    """RFC 3261 s17.1.1.3"""
    text = re.sub(r"(?m)^To: .*\r$", f"To: {header(answer, 'To')[0]}\r",
                  invite.decode())
    return text.replace("INVITE", "ACK").encode()


def test_certificate_of_ours_refused(routes, tmp_path):
    """RFC 8446 s4.4.2: with TLS 1.3 the server judges our certificate when
    its own part is over, and the request is on its way."""
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Virtual(tmp_path / "ca", ["b.example"],
                    ca=certs.authority(tmp_path / "another")):
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(b"SIP/2.0 503 "), server.text()
        assert header(answer, "Warning")[0].endswith(
            ' "the peer wants a certificate of ours and got none"')


def test_closed_before_it_said_anything(routes, tmp_path):
    """The handshake is done, the request is there, and nobody answers."""
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Says(tmp_path / "ca", ["b.example"]) as peer:
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(CLOSED.encode()), server.text()
        assert len(requests(peer.heard[0])) == 1
        assert caller.answer(0.3) is None


def test_heard(tmp_path):
    """The peer has said something, if only an empty line: what was sent to it
    has arrived, and is its to answer."""
    with server_of(tmp_path, TO + SEND["forward"] + ONSEND) as server, \
            Caller() as caller, \
            Says(tmp_path / "ca", ["b.example"], says=b"\r\n") as peer:
        caller.send(request("b.example"))
        wait_for(lambda: peer.heard and peer.heard[0].over.is_set(), 5,
                 "the end of the connection")
        assert caller.answer(0.5) is None
        counts = stats(server)
        assert (counts["fail_replies"], counts["waiting"]) == (0, 0)


def test_answered(routes, tmp_path):
    """... and is not answered again when its connection closes."""
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(b"SIP/2.0 200 ")
        peer.hang_up()
        wait_for(lambda: not server.rpc("cert_match.peers"), 5, "the end")
        assert caller.answer(0.3) is None
        assert stats(server)["fail_replies"] == 0


def test_refused_later(routes, tmp_path):
    """The send was accepted, and then nobody listens there."""
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Quiet(full=True) as peer:
        caller.send(request("b.example"))
        waiting(server, 1)
        peer.stop()             # the next SYN, a second later, is refused
        answer = caller.answer()
        assert answer and answer.startswith(FAILED.encode()), server.text()
        assert header(answer, "Warning")[0].endswith(
            ' "the TCP connection did not come up"')


def test_no_answer_to_the_connect(routes, tmp_path):
    """An address that swallows all: tcp_connect_timeout, and no longer."""
    with server_of(tmp_path, routes, before="tcp_connect_timeout=1\n"
                   'modparam("tm", "fr_timer", 8000)\n') as server, \
            Caller() as caller, Quiet(full=True):
        began = time.monotonic()
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(FAILED.encode()), server.text()
        assert 0.8 < time.monotonic() - began < 3


def test_no_answer_to_our_hello(routes, tmp_path):
    """A server that takes the connection, and is silent: the request waits
    twice that time, and not until the connection's lifetime ends."""
    with server_of(tmp_path, routes, before="tcp_connect_timeout=1\n"
                   'modparam("tm", "fr_timer", 8000)\n') as server, \
            Caller() as caller, Quiet():
        began = time.monotonic()
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(FAILED.encode()), server.text()
        assert header(answer, "Warning")[0].endswith(
            ' "nothing, or nothing more, came from the peer in time"')
        assert 1.5 < time.monotonic() - began < 4


def test_slow_answer(routes, tmp_path):
    """A peer that is silent because he thinks is left to think."""
    with server_of(tmp_path, routes, before="tcp_connect_timeout=1\n"
                   'modparam("tm", "fr_timer", 8000)\n') as server, \
            Caller() as caller, Slow(tmp_path / "ca", ["b.example"]):
        answer = caller.ask(request("b.example"))
        assert answer and answer.startswith(b"SIP/2.0 200 "), server.text()
        assert stats(server)["waiting"] == 0


def test_send_that_fails(routes, tmp_path):
    """The script was told, and answers; nobody else does."""
    with server_of(tmp_path, routes) as server, Caller() as caller:
        answer = caller.ask(request("b.example"))   # refused at once
        assert answer and answer.startswith(b"SIP/2.0 503 not sent"), answer
        later = caller.answer(0.5)          # 5.6.3's tm says so, too
        assert later is None or later.startswith(b"SIP/2.0 477 "), later
        assert stats(server)["fail_replies"] == 0


def test_own_request(tmp_path):
    """A request of tm's own: it need not wait for its timer."""
    with server_of(tmp_path, TO + RELAY + ONSEND) as server, \
            Quiet() as peer:
        ended = threading.Timer(0.3, peer.hang_up)
        ended.start()
        began = time.monotonic()
        got = server.rpc("tm.t_uac_wait_block", "OPTIONS",
                         "sip:%s:%d;transport=tls" % PEER, ".", ".",
                         "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
                         "Call-ID: own\r\nCSeq: 1 OPTIONS\r\n", "")
        assert time.monotonic() - began < 1.5       # fr_timer: 2
        ended.join()
        assert got[0]["code"] == 503, got
        assert stats(server)["fail_replies"] == 1


def test_cancel(tmp_path):
    """Stateless, a CANCEL waits like its INVITE and is answered like it."""
    invite = request("b.example", method="INVITE")
    with server_of(tmp_path, TO + SEND["forward"] + ONSEND) as server, \
            Caller() as caller, Quiet() as peer:
        caller.send(invite)
        waiting(server, 1)
        caller.send(invite)                 # a retransmission
        caller.send(invite.replace(b"INVITE", b"CANCEL"))
        wait_for(lambda: [row["messages_out"] for row in
                          server.rpc("cert_match.peers")] == [3], 5,
                 "all of them to be on their way")
        waiting(server, 2)
        peer.hang_up()
        answers = [caller.answer(), caller.answer()]
        assert sorted(header(answer, "CSeq")[0] for answer in answers) == [
            "1 CANCEL", "1 INVITE"]
        assert caller.answer(0.3) is None


def test_hidden(routes, tmp_path):
    """What leaves shows neither Vias nor Call-ID; the answer has them."""
    params = [("tls_reuse", "hide_via", 1),
              ("tls_reuse", "inside", "127.0.0.1")]
    own = request("b.example").replace(b"@lab.test\r\nCSeq",
                                       b"@127.0.0.1\r\nCSeq")
    own = own.replace(b"\r\nMax", b"\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9h"
                      b"G4bKx\r\nMax")
    with server_of(tmp_path, routes, params=params) as server, \
            Caller() as caller, Says(tmp_path / "ca", ["b.example"]) as peer:
        answer = caller.ask(own)
        assert answer and answer.startswith(CLOSED.encode()), server.text()
        assert b"10.1.1.1" not in peer.heard[0].text
        assert call_id(own).encode() not in peer.heard[0].text
        assert call_id(answer) == call_id(own)
        assert comes_from(answer, own), (answer, own)


def test_name_of_ours(tmp_path):
    """Who warns: the name that the outside knows, if it is one."""
    params = [("tls_reuse", "outer", "sip:edge.test:15061;transport=tls")]
    with server_of(tmp_path, TO + SEND["forward"] + ONSEND,
                   params=params), Caller() as caller, \
            Virtual(tmp_path / "ca", ["c.example"]):
        answer = caller.ask(request("b.example"))
        assert answer and header(answer, "Warning") == [
            f'399 edge.test "{WRONG_NAME}"']


# --- tm ---------------------------------------------------------------------

def test_next_address(tmp_path):
    """RFC 3263 s4.3: the first address shows a certificate of another domain,
    the second one is it."""
    with server_of(tmp_path, TO + RELAY + ONSEND,
                   before="use_dns_failover=yes\n") as server, \
            Caller() as caller, \
            Virtual(tmp_path / "ca", ["c.example"]) as wrong, \
            Virtual(tmp_path / "ca", ["b.example"], OTHER_PEER) as right:
        resolve(server, "b.example", PEER, OTHER_PEER)
        answer = caller.ask(request("b.example", at=None))
        assert answer and answer.startswith(b"SIP/2.0 200 "), server.text()
        assert [len(peer.talked()) for peer in (wrong, right)] == [0, 1]
        assert stats(server)["fail_replies"] == 1
        assert caller.answer(0.3) is None


def test_next_branch(tmp_path):
    """A failure route hears of it, and may ask somebody else."""
    routes = """
request_route {
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-To)");
    t_on_failure("NEXT");
    t_relay();
}
failure_route[NEXT] {
    if(!t_check_status("503")) exit;
    $du = $hdr(X-Next);
    tls_reuse_to("$hdr(X-To)");
    t_relay();
}
"""
    message = request("b.example", method="INVITE", uri="sip:busy@b.example",
                      extra="X-Next: sip:%s:%d;transport=tls\r\n"
                      % OTHER_PEER)
    with server_of(tmp_path, routes + ONSEND) as server, \
            Caller() as caller, Virtual(tmp_path / "ca", ["c.example"]), \
            Virtual(tmp_path / "ca", ["b.example"], OTHER_PEER):
        answer = caller.ask(message)
        assert answer and answer.startswith(b"SIP/2.0 486 "), server.text()


# --- many -------------------------------------------------------------------

@pytest.mark.parametrize("end", ["hang_up", "reset"])
def test_many_on_one_connection(routes, end, tmp_path):
    """Several workers, one connection: each request is answered once."""
    messages = [request("b.example") for _ in range(60)]
    with server_of(tmp_path, routes, before="children=4\n") as server, \
            Quiet() as peer:
        callers = [Caller() for _ in range(5)]
        callers[0].send(messages[0])
        waiting(server, 1)      # the others find its connection
        for number, message in enumerate(messages[1:]):
            callers[number % 5].send(message)
        waiting(server, 60)
        getattr(peer, end)()
        assert collect(callers) == {(call_id(message), FAILED): 1
                                    for message in messages}
        assert stats(server)["waiting"] == 0


def test_more_than_a_connection_may_have(routes, tmp_path):
    """The first 64 are told; the others are sent, too, but not told."""
    with server_of(tmp_path, routes) as server, Caller() as caller, \
            Quiet() as peer:
        caller.send(request("b.example"))
        waiting(server, 1)
        for _ in range(99):
            caller.send(request("b.example"))
        wait_for(lambda: stats(server)["wait_full"] == 36, 5, "the bound")
        assert stats(server)["waiting"] == 64
        assert server.text().count("too many requests wait") <= 2
        peer.hang_up()
        wait_for(lambda: stats(server)["fail_replies"] == 64, 5, "64 answers")


def test_more_than_all_may_have(tmp_path):
    """4 MB of requests: 90 connections with 60 KB each do not fit. Afterwards
    all the memory is there again."""
    padding = "X-Padding: " + "x" * 1800 + "\r\n"
    with server_of(tmp_path, TO + SEND["forward"] + ONSEND) as server, \
            Caller() as caller, Quiet() as peer:
        before = shared(server)
        for number in range(90):
            for round_ in range(25):
                caller.send(request(f"b{number}.example", extra=padding))
                if round_ == 0:
                    count = number + 1
                    wait_for(lambda: len(peer.socks) == count, 5,
                             "the connection")
            settled(server, 25 * (number + 1))
        counts = stats(server)
        waits, full = counts["waiting"], counts["wait_full"]
        assert waits + full == 90 * 25 and full
        assert 3.7e6 < shared(server) - before
        assert waits * 1900 < 4 << 20
        peer.hang_up()
        wait_for(lambda: stats(server)["fail_replies"] == waits, 20,
                 "all answers")
        wait_for(lambda: shared(server) - before < 100e3, 10,
                 f"the memory, not {shared(server) - before} more")


def test_memory(routes, tmp_path):
    """Call after call comes to nothing, and nothing stays: neither shared
    memory, nor the own memory of the process that answers."""
    with server_of(tmp_path, routes, before='modparam("tm", "wt_timer", 100)\n'
                   ) as server, Caller() as caller, \
            Virtual(tmp_path / "ca", ["c.example"]):
        used = []
        for _ in range(3):
            for _ in range(60):
                assert caller.ask(request("b.example"))
            wait_for(lambda: not server.rpc("cert_match.peers"), 5, "the end")
            own = [row["used"] for row in server.rpc("pkg.stats")
                   if row["desc"] == "TLS_REUSE"]
            used.append(own[0])
        assert used[1] == used[2], used
        assert stats(server)["fail_replies"] == 180


def shared(server: Small) -> int:
    return server.rpc("core.shmmem")[0]["used"]


def settled(server: Small, count: int) -> None:
    """So many requests were sent."""
    wait_for(lambda: sum(stats(server)[name] for name in
                         ("waiting", "wait_full")) == count, 10, "the sends")


def storm(server: Small, messages: list[bytes]) -> Counter:
    """Send them all, from four sockets; what came back."""
    callers = [Caller() for _ in range(4)]
    for number, message in enumerate(messages):
        callers[number % 4].send(message)
        if number % 4 == 3:
            time.sleep(0.002)   # or the kernel drops what we send
    found = collect(callers, 2.5)
    assert server.alive()
    return found


@pytest.mark.parametrize("send", [
    SEND["forward"], "route[SEND] { t_relay(); }"], ids=["forward", "t_relay"])
def test_failing_while_sends_go_on(send, tmp_path):
    """Connections die while requests are sent on them, at every moment: each
    request is answered, and once, by whoever knows; none has to wait for a
    timer."""
    messages = [request("b.example") for _ in range(600)]
    with server_of(tmp_path, TO + send + ONSEND,
                   before="children=4\n") as server, \
            Quiet(abrupt=True) as peer:
        found = storm(server, messages)
        counts = stats(server)
        assert peer.taken > 10 and counts["fail_replies"] > 50, counts
        answered = Counter(name for name, _ in found.elements())
        assert set(answered.values()) == {1}, counts
        # on a slow machine more wait on one connection than are kept
        assert len(answered) + counts["wait_full"] == len(messages), counts
        assert counts["wait_full"] < 30, counts
        assert not [line for _, line in found if " 408 " in line]
        assert counts["waiting"] == 0


# --- the module -------------------------------------------------------------

def test_switched_off(tmp_path):
    """fail_reply=0: nobody is told, and nothing is kept."""
    with server_of(tmp_path, TO + SEND["forward"] + ONSEND,
                   params=[("tls_reuse", "fail_reply", 0)]) as server, \
            Caller() as caller, Quiet() as peer:
        caller.send(request("b.example"))
        wait_for(lambda: peer.socks, 5, "the connection")
        assert stats(server)["waiting"] == 0
        peer.hang_up()
        wait_for(lambda: not server.rpc("cert_match.peers"), 5, "its end")
        assert caller.answer(0.5) is None
        assert stats(server)["fail_replies"] == 0


def test_parameter(tmp_path):
    with pytest.raises(LabError, match="fail_reply is 2, it must be 0 or 1"):
        server_of(tmp_path, TO + SEND["forward"] + ONSEND,
                  params=[("tls_reuse", "fail_reply", 2)]).__enter__()


TRACE = """loadmodule "siptrace.so"
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "duplicate_uri", "sip:127.0.0.1:9")
modparam("siptrace", "trace_mode", 1)
"""


def test_siptrace_was_first(tmp_path):
    """The core tells one module alone which sends succeed."""
    with pytest.raises(LabError, match="that is another one: set fail_reply"):
        server_of(tmp_path, TO + SEND["forward"] + ONSEND,
                  before=TRACE).__enter__()


def test_siptrace_comes_later(tmp_path):
    """It would not see what is sent: a warning says so."""
    with server_of(tmp_path, TRACE + TO + SEND["forward"] + ONSEND) as server:
        assert "siptrace with trace_mode does not see what is sent" in \
            server.text()


def test_ends_while_requests_wait(routes, tmp_path):
    """SIGTERM: the process of ours ends like all others, and at once."""
    with server_of(tmp_path, routes) as server, Caller() as caller, Quiet():
        names = [row["DSC"] for row in server.rpc("core.psx")]
        assert names.count("TLS_REUSE") == 1
        caller.send(request("b.example"))
        waiting(server, 1)
        began = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - began < 5
