# SPDX-License-Identifier: GPL-2.0-or-later
"""DNS says where a peer domain is; its certificate says whether it is
(RFC 3263, RFC 5922 s7.3)."""

from typing import Iterator

import pytest

from lab import certs, dns, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import plain_answer, word
from lab.peer import Answering, Server
from lab.proc import wait_for

SRV_PEER, A_PEER, HOSTED = "srv.test", "plain.test", "sip7.hosting.test"
SECOND = "second.test"
# RFC 5923 s10: one domain, three servers
MANY = "many.test"
TARGETS = {"s1": "10.99.0.224", "s2": "10.99.0.225", "s3": "10.99.0.226"}
RECORDS: dns.Records = {
    f"_sips._tcp.{SRV_PEER}": [dns.Service(HOSTED, 5063)],
    HOSTED: ["10.99.0.221"],
    A_PEER: ["10.99.0.222"],
    f"_sips._tcp.{SECOND}": [dns.Service("down.hosting.test", 5064, 10),
                             dns.Service(HOSTED, 5063, 20)],
    "down.hosting.test": ["10.99.0.223"],
    f"_sips._tcp.{MANY}": [dns.Service(f"{name}.{MANY}", 5061, 0, 10)
                           for name in TARGETS],
    **{f"{name}.{MANY}": [place] for name, place in TARGETS.items()},
}


@pytest.fixture(scope="module", name="names")
def names_(tmp_path_factory) -> Iterator[dns.Server]:
    net.ip("link set lo up")
    made = dns.Server(RECORDS)
    with dns.everybody_asks(tmp_path_factory.mktemp("dns")):
        yield made
    made.close()


@pytest.fixture(scope="module", name="bench", params=["stateless", "tm"])
def bench_(request, laboratories, names) -> Iterator[Bench]:
    laboratories.close()
    for made in a_bench(request.param, settings={
            "EDGE_PEERS": ",".join([SRV_PEER, A_PEER, SECOND, MANY,
                                    "nowhere.test"])}):
        net.add_phone_address("10.99.0.223")    # where nobody listens
        yield made


def call(bench: Bench, name: str) -> str:
    call_id = word()
    bench.pbx.send(bench.pbx.to_phone("INVITE", f"sip:bob@{name}",
                                      call_id=call_id, body=plain_answer()))
    return call_id


def test_srv(bench: Bench, names: dns.Server):
    """A domain whose SRV record points at somebody else's machine: that
    machine is asked for the domain (RFC 5922 s7.8-1), and proves it."""
    server = Server(bench.lab, certs.server(SRV_PEER), "10.99.0.221",
                    port=5063)
    try:
        call(bench, SRV_PEER)
        arrival = server.arrival()
        assert arrival.sni == SRV_PEER
        got = arrival.talker.receive()
        assert got.start == f"INVITE sip:bob@{SRV_PEER} SIP/2.0"
    finally:
        server.close()
    assert (f"_sips._tcp.{SRV_PEER}", dns.SRV) in names.asked


def test_name_of_the_target_is_not_enough(bench: Bench):
    """A certificate for the SRV record's target, whom anybody who can
    change an answer of DNS may name, proves nothing (RFC 5922 s7.3-2,
    RFC 5923 s8.1-9)."""
    server = Server(bench.lab, certs.server(HOSTED), "10.99.0.221",
                    port=5063)
    try:
        call(bench, SRV_PEER)
        arrival = server.arrival()
        assert arrival.talker is None and "alert" in str(arrival.error)
    finally:
        server.close()


def test_address_only(bench: Bench):
    """Without an SRV record: the domain's own address, port 5061."""
    server = Server(bench.lab, certs.server(A_PEER), "10.99.0.222")
    try:
        call(bench, A_PEER)
        arrival = server.arrival()
        assert arrival.sni == A_PEER and arrival.talker.receive()
    finally:
        server.close()


def test_next_target(bench: Bench):
    """The first target of two refuses the connection: the call goes to the
    second, for the same name."""
    server = Server(bench.lab, certs.server(SECOND), "10.99.0.221",
                    port=5063)
    try:
        call(bench, SECOND)
        arrival = server.arrival(8)
        assert arrival.sni == SECOND and arrival.talker.receive()
    finally:
        server.close()


def test_name_that_is_not_there(bench: Bench):
    """A peer that DNS does not know: the PBX is told at once."""
    since = bench.lab.edge.mark()
    call_id = call(bench, "nowhere.test")
    got = wait_for(lambda: [m for m in bench.pbx.about(call_id)
                            if m.status >= 200], 3, "an answer")[0]
    assert got.status == 503, got.start
    assert got.header("warning") == \
        '399 edge.test "DNS has no address of nowhere.test"'
    bench.lab.edge.wait_log("INVITE to peer nowhere.test refused: 503 Peer "
                            "Not Reachable: DNS has no address of ",
                            since=since)


# --- RFC 5923 s10: a domain of several servers -------------------------------

LATE = '503 399 tls-edge "the TCP connection did not come up"'


@pytest.fixture(name="servers")
def servers_(bench: Bench) -> Iterator[dict[str, Answering]]:
    """All that the domain has, each with its certificate."""
    made = {name: Answering(bench.lab, certs.server(MANY), place)
            for name, place in TARGETS.items()}
    yield made
    for server in made.values():
        server.close()
    wait_for(lambda: not rows(bench), 5, "the edge to notice")


def rows(bench: Bench) -> dict[str, int]:
    """Of that domain's connections: how often each was used again."""
    return {row["ip"]: row["uses"]
            for row in bench.lab.rpc("tls_reuse.aliases")
            if row["identity"] == MANY and row["authenticated"]
            and (row["port"], row["direction"]) == (5061, "out")}


def messages(bench: Bench, count: int) -> list[str]:
    """So many requests for the domain, one after the other; the answers."""
    got = [bench.pbx.ask(bench.pbx.to_phone(
        "MESSAGE", f"sip:bob@{MANY}", call_id=word()), 6)
        for _ in range(count)]
    return [f"{one.status} {one.header('warning')}".strip() for one in got]


def test_load_is_shared(bench: Bench, servers: dict[str, Answering]):
    """RFC 5923 s10-1: a connection to each server, over time; then each
    request travels on the one to the server that RFC 3263 has chosen for
    it."""
    assert set(messages(bench, 40)) == {"200"}
    for name, server in servers.items():
        heard, = server.heard
        assert len(heard) == rows(bench)[TARGETS[name]] + 1 > 3
    assert sum(rows(bench).values()) == 40 - 3


def test_server_dies(bench: Bench, servers: dict[str, Answering]):
    """Its connection goes out of the table; those to the others are not
    touched, and carry its share, until it is there again."""
    messages(bench, 30)
    servers["s2"].close()
    wait_for(lambda: len(rows(bench)) == 2, 3, "its row to go")
    left = [servers["s1"], servers["s3"]]
    before = sum(len(server.heard[0]) for server in left)
    got = messages(bench, 20)
    # when the refusal comes late only tm asks the next one
    assert set(got) <= {"200"} | ({LATE} if not bench.lab.edge.tm else set())
    assert got.count("200") > 10
    assert sum(len(server.heard[0]) for server in left) == \
        before + got.count("200")
    servers["s2"] = Answering(bench.lab, certs.server(MANY), TARGETS["s2"])
    assert set(messages(bench, 20)) == {"200"}
    assert len(rows(bench)) == 3
    for server in servers.values():
        assert len(server.heard) == 1
