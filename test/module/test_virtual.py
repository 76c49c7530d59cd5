# SPDX-License-Identifier: GPL-2.0-or-later
"""Two domains of ours, two of a peer's, one address each: RFC 5923 s9.3.

Two Kamailios with our modules send each other requests for all four pairs.
Each request says for which; what a capture of their TLS shows is decrypted.
"""

import re
import socket
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from lab import certs, sip, tls12
from lab.pcap import Capture, read
from lab.proc import wait_for

from callers import profile
from domains import BEFORE, FORWARD, ONSEND, RELAY, TO, aliases, stats
from small import TLS, Small

ONE, TWO = "127.0.0.1", "127.0.0.2"
OURS, THEIRS = ("a.example", "b.example"), ("c.example", "d.example")
PAIRS = [(ours, theirs) for ours in OURS for theirs in THEIRS]

ANSWER = """
request_route {
    if($pr == "tls") {
        tls_reuse_alias();
        xlog("L_WARN", "GOT $hdr(X-Local)>$hdr(X-To) "
            "by=$cert_match(identities) on=$tls_reuse(conid)\\n");
        sl_send_reply("200", "OK");
        if($hdr(X-Kill) != $null) tcp_close_connection();
        exit;
    }
    route(AWAY);
}
""" + TO.replace("request_route", "route[AWAY]")

MORE = 'loadmodule "tcpops.so"\ntcp_source_ipv4={at}\n' \
    'alias="a.example"\nalias="b.example"\n' \
    'alias="c.example"\nalias="d.example"\n'


def readable(config: str) -> str:
    """TLS whose capture can be decrypted by who has the keys."""
    return config.replace("method = TLSv1.2+", "method = TLSv1.2\n"
                          f"cipher_list = {tls12.CIPHER}")


def proxy(where: Path, names: tuple[str, ...], at: str, send: str,
          ca: Path) -> Small:
    return Small("tls_reuse", where, ANSWER + send + ONSEND,
                 BEFORE + MORE.format(at=at),
                 tls_config=readable(profile(ca, names)), at=at)


class Answer(NamedTuple):
    pair: tuple[str, str]
    status: str


def ask(at: str, pair: tuple[str, str], extra: str = "") -> Answer:
    """Have the proxy at that address send a request to the other, from its
    half of the pair to the other half."""
    local, domain = pair if at == ONE else pair[::-1]
    to = TWO if at == ONE else ONE
    text = sip.request(
        "MESSAGE", f"sip:bob@{domain}", "UDP 127.0.0.1:9",
        f"X-To: {domain}\r\nX-Local: {local}\r\n"
        f"X-Du: sip:{to}:{TLS[1]};transport=tls\r\n" + extra)
    answer = sip.ask((at, 15060), text, timeout=3)
    return Answer(pair, answer.split(b"\r\n")[0].decode())


# --- what a capture shows ----------------------------------------------------

class Flow(NamedTuple):
    """One TLS connection: what it was opened for, whom it carried."""

    opened_by: str
    name: str                               # that was asked for
    shown: str                              # by whom it was opened
    carried: dict[str, list[tuple[str, str]]]


def pairs_in(text: bytes, source: str) -> list[tuple[str, str]]:
    """Of each request that came from there: (of ONE's side, of TWO's)."""
    found = []
    for head in re.findall(rb"MESSAGE .*?\r\n\r\n", text, re.DOTALL):
        local, domain = (re.search(rb"X-%s: (\S+)" % name, head)[1].decode()
                         for name in (b"Local", b"To"))
        found.append((local, domain) if source == ONE else (domain, local))
    return found


def flows(path: Path, ca: Path) -> list[Flow]:
    pairs = [(ca / f"{name}.pem", ca / f"{name}.key")
             for name in OURS + THEIRS]
    return [Flow(one.client[0], one.name, one.subject(one.client),
                 {place[0]: pairs_in(half.text, place[0])
                  for place, half in one.half.items()})
            for one in tls12.connections(read(path), pairs) if one.name]


def captured(wire: Capture, ca: Path, requests: int) -> list[Flow]:
    """The connections, once so many requests are in the capture."""
    found = flows(wire.path, ca)
    there = sum(len(pairs) for flow in found
                for pairs in flow.carried.values())
    return found if there == requests else []


def check(found: list[Flow]) -> None:
    """No connection carries two pairs; each carries that which it was opened
    for, in both directions."""
    for flow in found:
        meant = (flow.shown, flow.name)
        if flow.opened_by == TWO:
            meant = meant[::-1]
        for pairs in flow.carried.values():
            assert not pairs or set(pairs) == {meant}, flow


# --- what the proxies say ----------------------------------------------------

def check_receiver(server: Small, opened_by_us: bool) -> int:
    """Each request came with the certificate of the domain that it is from."""
    rows = re.findall(r"GOT (\S+)>(\S+) by=(\S+) on=(\d+)", server.text())
    places = defaultdict(set)
    for local, domain, by, conid in rows:
        assert local == by
        places[conid].add((local, domain))
    assert all(len(pairs) == 1 for pairs in places.values()), places
    assert not opened_by_us or rows
    return len(rows)


def table(server: Small) -> set[tuple[str, str, str]]:
    return {(row["identity"], row["local_domain"], row["direction"])
            for row in aliases(server)}


@pytest.fixture(name="two", params=["forward", "t_relay"])
def two_(request, tmp_path) -> Iterator[tuple[Small, Small]]:
    send = {"forward": FORWARD, "t_relay": RELAY}[request.param]
    for name in OURS + THEIRS:
        certs.server(name, "--rsa", where=tmp_path / "ca")
    with proxy(tmp_path / "one", OURS, ONE, send, tmp_path / "ca") as one, \
            proxy(tmp_path / "two", THEIRS, TWO, send,
                  tmp_path / "ca") as two:
        yield one, two


@pytest.fixture(name="wire")
def wire_(tmp_path) -> Iterator[Capture]:
    capture = Capture("lo", tmp_path / "wire.pcap",
                      expression=f"tcp port {TLS[1]}")
    capture.wait()
    yield capture
    capture.stop()


def everything(pool: ThreadPoolExecutor, rounds: int,
               places: tuple[str, ...] = (ONE, TWO)) -> list[Answer]:
    return list(pool.map(lambda job: ask(*job), [
        (at, pair) for _ in range(rounds) for at in places
        for pair in PAIRS]))


def test_four_connections(two, wire, tmp_path):
    """RFC 5923 s9.3: two by two domains are four connections, which both
    sides use."""
    one, other = two
    for pair in PAIRS:
        assert ask(ONE, pair).status == "SIP/2.0 200 OK"
    assert table(one) == {(theirs, ours, "out") for ours, theirs in PAIRS}
    assert table(other) == {(ours, theirs, "in") for ours, theirs in PAIRS}
    with ThreadPoolExecutor(8) as pool:
        said = everything(pool, 8)
    assert {answer.status for answer in said} == {"SIP/2.0 200 OK"}
    for server in two:
        assert len(aliases(server)) == 4
        assert len(server.rpc("cert_match.peers")) == 4
    assert stats(other)["aliases_opened"] == 0
    found = wait_for(lambda: captured(wire, tmp_path / "ca", 4 + 64), 5,
                     "all requests in the capture")
    check(found)
    assert sorted((flow.opened_by, flow.name) for flow in found) == sorted(
        (ONE, theirs) for _, theirs in PAIRS)
    for flow in found:
        assert all(flow.carried.values()), "used in both directions"
    assert check_receiver(one, False) == 32
    assert check_receiver(other, True) == 36


def test_connections_die(two, wire, tmp_path):
    """... also when connections close in the middle of it all, and both sides
    open new ones."""
    one, other = two
    stop = time.monotonic() + 4
    with ThreadPoolExecutor(10) as pool:
        def killer(number: int) -> None:
            while time.monotonic() < stop:
                ask((ONE, TWO)[number % 2], PAIRS[number % 4],
                    "X-Kill: yes\r\n")
                time.sleep(0.05)
        killers = [pool.submit(killer, number) for number in range(2)]
        said: list[Answer] = []
        while time.monotonic() < stop:
            said += everything(pool, 2)
        for job in killers:
            job.result()
        good = [answer for answer in said if " 200 " in answer.status]
        assert len(good) > len(said) / 2, said[:20]
        # calm again: everything arrives
        wait_for(lambda: {answer.status for answer in everything(pool, 1)}
                 == {"SIP/2.0 200 OK"}, 10, "calm")
    check_receiver(one, False)
    check_receiver(other, True)
    found = flows(wire.path, tmp_path / "ca")
    check(found)
    assert len(found) > 8, "nothing died"
    for server in two:
        for row in aliases(server):
            pair = (row["local_domain"], row["identity"])
            assert pair in PAIRS or pair[::-1] in PAIRS


def test_udp_of_the_same_address_is_none_of_it(two):
    """Nothing for these domains leaves without TLS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind((ONE, 16099))
        heard.settimeout(0.3)
        text = sip.request(
            "MESSAGE", "sip:bob@c.example", "UDP 127.0.0.1:9",
            "X-To: c.example\r\nX-Local: a.example\r\n"
            f"X-Du: sip:{ONE}:16099\r\n")
        assert b" 200 " not in sip.ask((ONE, 15060), text, timeout=1)
        with pytest.raises(TimeoutError):
            heard.recv(65536)
