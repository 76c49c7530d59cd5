# SPDX-License-Identifier: GPL-2.0-or-later
"""A call from the PBX to a peer that cannot be reached, or is not the peer:
the PBX knows at once, and why."""

import socket
import ssl
import time
from collections import Counter
from typing import Iterator, NamedTuple

import pytest

from lab import certs, dns, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.binrpc import RpcError
from lab.client import Message, Talker, parse, plain_answer, word
from lab.paths import BUILD
from lab.pcap import Capture
from lab.peer import Server
from lab.proc import run, wait_for

WRONG, HOLE, CHOICE = "wrong.test", "hole.test", "choice.test"
AT, HOLE_AT, RIGHT_AT = "10.99.0.231", "10.99.0.232", "10.99.0.233"
RECORDS: dns.Records = {
    f"_sips._tcp.{CHOICE}": [dns.Service("one.choice.test", 5061, 10),
                             dns.Service("two.choice.test", 5061, 20)],
    "one.choice.test": [AT], "two.choice.test": [RIGHT_AT]}
PEERS = f"{WRONG}={AT}:5061,{HOLE}={HOLE_AT}:5061,{CHOICE}"
ROOT = BUILD / "roots" / "kamailio6"
NOT_MEANT = "the peer's certificate is not for the domain that was meant"


class Kind(NamedTuple):
    mode: str
    debian13: bool = False

    def __str__(self) -> str:
        return self.mode + ("-debian13" if self.debian13 else "")


KINDS = [Kind("stateless"), Kind("tm"), Kind("stateless", debian13=True),
         Kind("tm", debian13=True)]


@pytest.fixture(scope="module", name="names")
def names_(tmp_path_factory) -> Iterator[dns.Server]:
    net.ip("link set lo up")
    made = dns.Server(RECORDS)
    where = tmp_path_factory.mktemp("dns")
    inside = ROOT / "etc" / "resolv.conf"
    with dns.everybody_asks(where):
        run(["mount", "--bind", str(where / "resolv.conf"), str(inside)])
        yield made
        run(["umount", str(inside)])
    made.close()


@pytest.fixture(scope="module", name="running", params=KINDS, ids=str)
def running_(request, laboratories, names) -> Iterator[Bench]:
    laboratories.close()
    kind, options = request.param, {}
    settings = {"EDGE_PEERS": PEERS}
    if kind.debian13:
        options["edge_root"] = ROOT
        settings["EDGE_MODULES"] = str(BUILD / "debian13" / "modules")
    for made in a_bench(kind.mode, settings=settings, **options):
        for address in (AT, HOLE_AT, RIGHT_AT):
            net.add_phone_address(address)
        yield made


@pytest.fixture(name="bench")
def bench_(running: Bench) -> Iterator[Bench]:
    before = failures(running)
    yield running
    for name in (WRONG, HOLE, CHOICE):
        # the configuration is told of a failure up to a second later
        if failures(running)[name] > before[name] and name != CHOICE:
            wait_for(lambda: noted(running, name), 3, "it to be told")
        try:                    # or the next test would have to wait
            running.lab.rpc("htable.delete", "failed", name)
        except RpcError:        # nothing had failed
            pass


def failures(bench: Bench) -> Counter:
    """How many connections to each have failed."""
    return Counter(row["expected"]
                   for row in bench.lab.rpc("cert_match.failures"))


class Call:
    """An INVITE from the PBX, which sends it once, and what came of it."""

    def __init__(self, bench: Bench, name: str):
        self.bench, self.id = bench, word()
        self.invite = parse(bench.pbx.to_phone(
            "INVITE", f"sip:bob@{name}", call_id=self.id,
            body=plain_answer()).encode())
        self.began = time.monotonic()
        bench.pbx.send(self.invite.raw)

    def answers(self) -> list[Message]:
        return [m for m in self.bench.pbx.about(self.id) if m.status >= 200]

    def answer(self, timeout: float) -> Message:
        """The first final answer; took: how long it was on its way."""
        found = wait_for(self.answers, timeout, f"an answer to {self.id}")[0]
        self.took = time.monotonic() - self.began
        return found

    def acknowledge(self, answer: Message) -> None:
        """RFC 3261 s17.1.1.3"""
        lines = [f"To: {answer.header('to')}" if line.startswith("To: ")
                 else line.replace("INVITE", "ACK")
                 for line in self.invite.raw.decode().split("\r\n")
                 if not line.startswith("Content-")]
        head = "\r\n".join(lines).partition("\r\n\r\n")[0]
        self.bench.pbx.send(f"{head}\r\nContent-Length: 0\r\n\r\n")


def moments(outer: Capture, call: Call) -> tuple[float, float]:
    """When the certificate was refused, and when the PBX was told."""
    alert = [packet.time for packet in outer.packets()
             if packet.target == (AT, 5061) and packet.payload[:1] == b"\x15"]
    told = [packet.time for packet in call.bench.inner.packets()
            if packet.payload.startswith(b"SIP/2.0 503 ")
            and call.id.encode() in packet.payload]
    assert alert and told, (alert, told)
    return alert[0], told[0]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_another_domains_certificate(bench: Bench, version: str):
    """RFC 5922 s7.3: one connection, refused; the PBX knows why in a tenth
    of a second. Neither the ACK nor a retransmission opens another one."""
    server = Server(bench.lab, certs.server("other.test"), AT,
                    ssl.TLSVersion[version])
    capture = bench.lab.capture("outer", f"fails-{word(2)}")
    try:
        call = Call(bench, WRONG)
        assert "alert" in str(server.arrival().error).lower()
        got = call.answer(3)
        assert got.start == "SIP/2.0 503 Connection Failed"
        assert got.header("warning") == f'399 tls-edge "{NOT_MEANT}"'
        assert got.header("call-id") == call.id
        assert got.header("via") and len(got.all("via")) == 1
        call.acknowledge(got)
        assert server.quiet(0.5)
        assert len(call.answers()) == 1, "answered twice"
    finally:
        server.close()
        capture.stop()
    refused, told = moments(capture, call)
    assert 0 <= told - refused < 0.1
    bench.lab.edge.wait_log(f"503 to the sender of a request to {AT}:5061: "
                            f"{NOT_MEANT}; Call-ID {call.id}")


def test_pbx_on_tcp(bench: Bench):
    """The answer goes back on the PBX's own connection."""
    server = Server(bench.lab, certs.server("other.test"), AT)
    with net.inside("pbx"):
        sock = socket.create_connection((net.EDGE_INNER, 5060), 5,
                                        (net.PBX, 0))
    try:
        with Talker(sock, "TCP") as pbx:
            invite = bench.pbx.to_phone("INVITE", f"sip:bob@{WRONG}",
                                        body=plain_answer())
            pbx.send(invite.replace("SIP/2.0/UDP", "SIP/2.0/TCP"))
            while (got := pbx.receive()) and got.status == 100:
                pass
            assert got and got.start == "SIP/2.0 503 Connection Failed"
            assert got.header("warning") == f'399 tls-edge "{NOT_MEANT}"'
            assert pbx.receive(0.5) is None, "answered twice"
    finally:
        server.close()


def test_next_call(bench: Bench):
    """For some seconds nobody connects there again: the next call is refused
    at once, and told more."""
    server = Server(bench.lab, certs.server("other.test"), AT)
    try:
        Call(bench, WRONG).answer(3)
        server.arrival()
        bench.lab.edge.wait_log("TLS handshake failed, to 10.99.0.231:5061")
        wait_for(lambda: noted(bench, WRONG), 3, "the failure to be known")
        got = Call(bench, WRONG).answer(3)
        assert got.start == "SIP/2.0 503 Peer Not Reachable"
        assert "expected wrong.test, the certificate names other.test" in \
            got.header("warning")
        assert server.quiet()
    finally:
        server.close()


def noted(bench: Bench, name: str) -> bool:
    try:
        return bool(bench.lab.rpc("htable.get", "failed", name))
    except RpcError:
        return False


def test_black_hole(bench: Bench):
    """An address that swallows everything: tcp_connect_timeout=3."""
    with net.inside("phones"):
        listener = socket.create_server((HOLE_AT, 5061), backlog=0)
    filling = []
    try:
        while not filling or filling[-1].connect_ex((HOLE_AT, 5061)) == 0:
            with net.inside("phones"):
                filling.append(socket.socket())
            filling[-1].settimeout(0.3)
        call = Call(bench, HOLE)
        got = call.answer(8)
        assert got.start == "SIP/2.0 503 Connection Failed"
        assert got.header("warning") == \
            '399 tls-edge "the TCP connection did not come up"'
        assert 2.9 < call.took < 4.5, call.took
    finally:
        for sock in (*filling, listener):
            sock.close()


def test_next_target(bench: Bench):
    """RFC 3263 s4.3: the first of two targets shows a certificate of another
    domain. With tm the call goes to the second; without, the PBX is told."""
    wrong = Server(bench.lab, certs.server("other.test"), AT)
    right = Server(bench.lab, certs.server(CHOICE), RIGHT_AT)
    try:
        call = Call(bench, CHOICE)
        assert wrong.arrival().talker is None
        if bench.lab.edge.tm:
            invite = right.talker().receive()
            assert invite and invite.method == "INVITE"
            assert not call.answers()
        else:
            assert call.answer(3).status == 503
            assert right.quiet()
    finally:
        wrong.close()
        right.close()
