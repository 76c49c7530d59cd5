# SPDX-License-Identifier: GPL-2.0-or-later
"""Branches, failures, other addresses, CANCEL and ACK: tm keeps to the
domain that each branch is for."""

import socket

import pytest

from lab.proc import wait_for

from domains import (HERE, ONSEND, OTHER_PEER, PEER, RELAY, SEND, TO,
                     Virtual, aliases, ask, deliver, kamailio, methods,
                     request, requests, resolve, sent, stats, wait_rows)

RELAYED = TO + RELAY + ONSEND
BOTH = ["b.example", "c.example"]

# The first branch is for X-To, another one for X-Fork.
FORKED = """
request_route {
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-Fork)");
    append_branch();
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-To)");
    if(!t_relay()) sl_send_reply("503", "not sent");
}
"""
FORKED_PLAIN = """
request_route {
    $du = $hdr(X-Du);
    append_branch();
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-To)");
    if(!t_relay()) sl_send_reply("503", "not sent");
}
"""
IN_BRANCHES = """
request_route {
    $du = $hdr(X-Du);
    append_branch();
    $du = $hdr(X-Du);
    t_on_branch("DOMAIN");
    if(!t_relay()) sl_send_reply("503", "not sent");
}
branch_route[DOMAIN] {
    if($T_branch_idx == 0) tls_reuse_to("$hdr(X-To)");
    else tls_reuse_to("$hdr(X-Fork)");
}
"""
AFTER_FAILURE = """
request_route {
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-To)");
    t_on_failure("NEXT");
    if(!t_relay()) sl_send_reply("503", "not sent");
}
failure_route[NEXT] {
    $du = $hdr(X-Du);
    $ru = "sip:bob@c.example";
    if($hdr(X-Fork) != $null) tls_reuse_to("$hdr(X-Fork)");
    t_relay();
}
"""
FAILOVER = "use_dns_failover=yes\n"


class Caller:
    """One UDP socket: an INVITE, its answers, and what follows it."""

    def __init__(self, message: bytes):
        self.invite = message
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(6)
        self.sock.connect(HERE)
        self.sock.send(message)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def wait(self, code: int) -> bytes:
        """The first answer with this code."""
        while True:
            answer = self.sock.recv(65535)
            if answer.startswith(b"SIP/2.0 %d " % code):
                return answer

    def follow(self, method: str, to: bytes = b"") -> None:
        """The CANCEL, or the ACK with the To of an answer."""
        message = self.invite.replace(b"INVITE", method.encode())
        if to:
            line = [line for line in to.split(b"\r\n")
                    if line.startswith(b"To: ")][0]
            message = b"\r\n".join(
                line if old.startswith(b"To: ") else old
                for old in message.split(b"\r\n"))
        self.sock.send(message)


def invite(domain: str, **more: str) -> bytes:
    return request(domain, method="INVITE", **more)


def by_domain(peer: Virtual) -> dict[str, list[str]]:
    """What each domain was asked."""
    found: dict[str, list[str]] = {}
    for heard in peer.talked():
        found.setdefault(heard.sni, []).extend(methods(heard))
    return found


# --- CANCEL and ACK ----------------------------------------------------------

def test_cancel_and_ack_follow(tmp_path):
    """RFC 5923 s8.1: on the INVITE's connection, whoever opened it and
    whatever else is there."""
    with kamailio(tmp_path, RELAYED) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        for round_ in (1, 2):           # opened for it, and reused
            with Caller(invite("b.example")) as caller:
                caller.wait(180)
                caller.follow("CANCEL")
                caller.follow("ACK", caller.wait(487))
            want = ["INVITE", "CANCEL", "ACK"] * round_
            wait_for(lambda: by_domain(peer) == {"b.example": want}, 5,
                     f"{want}, got {by_domain(peer)}")
        assert len(peer.heard) == 1
        assert stats(server)["to_stopped"] == 0


def test_ack_of_a_refusal(tmp_path):
    with kamailio(tmp_path, RELAYED), \
            Virtual(tmp_path / "ca", BOTH) as peer:
        with Caller(invite("b.example", uri="sip:busy@b.example")) as caller:
            caller.follow("ACK", caller.wait(486))
        wait_for(lambda: by_domain(peer) == {"b.example": ["INVITE", "ACK"]},
                 5, "the ACK")
        assert len(peer.heard) == 1


def test_cancel_after_the_connection(tmp_path):
    """RFC 5923 s8.1-16, s8.1-17: it has closed: a new one to the same address,
    which is checked like every other."""
    with kamailio(tmp_path, RELAYED) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        with Caller(invite("b.example")) as caller:
            caller.wait(180)
            peer.hang_up()
            wait_rows(server, 0)
            caller.follow("CANCEL")
            wait_for(lambda: len(peer.talked()) == 2 and "ACK" in methods(
                peer.heard[1]), 5, "the CANCEL and its end")
        assert [(heard.sni, methods(heard)) for heard in peer.heard] == [
            ("b.example", ["INVITE"]), ("b.example", ["CANCEL", "ACK"])]
        assert wait_rows(server, 1)[0]["identity"] == "b.example"


def test_cancel_to_somebody_else(tmp_path):
    """... and not if somebody else is there now."""
    with kamailio(tmp_path, RELAYED) as server:
        with Virtual(tmp_path / "ca", BOTH[:1]):
            caller = Caller(invite("b.example"))
            caller.wait(180)
        wait_rows(server, 0)
        with caller, Virtual(tmp_path / "ca", BOTH[1:]) as wrong:
            caller.follow("CANCEL")
            wait_for(lambda: wrong.heard and wrong.heard[0].over.is_set(), 5,
                     "the end of the connection")
            assert wrong.heard[0].sni == "b.example"
            assert not wrong.talked()


# --- branches ----------------------------------------------------------------

@pytest.mark.parametrize("routes", [FORKED, IN_BRANCHES],
                         ids=["append_branch", "branch_route"])
def test_each_branch_its_domain(routes, tmp_path):
    """Two branches to one address: each on its domain's connection, and so
    their CANCELs."""
    with kamailio(tmp_path, routes + ONSEND) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        message = invite("b.example", extra="X-Fork: c.example\r\n")
        with Caller(message) as caller:
            caller.wait(180)
            wait_for(lambda: len(peer.talked()) == 2, 5, "both branches")
            assert {row["to"] for row in sent(server, message)} == set(BOTH)
            caller.wait(180)
            caller.follow("CANCEL")
            caller.follow("ACK", caller.wait(487))
        want = ["INVITE", "CANCEL", "ACK"]
        wait_for(lambda: by_domain(peer) == dict.fromkeys(BOTH, want), 5,
                 f"both cancelled, got {by_domain(peer)}")
        assert len(peer.heard) == 2


def test_a_branch_for_nobody(tmp_path):
    """A branch that is for no domain is sent as the core sends it."""
    with kamailio(tmp_path, FORKED_PLAIN + ONSEND) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        message = invite("b.example")
        with Caller(message):
            wait_for(lambda: len(sent(server, message)) == 2, 5, "branches")
        assert [(row["to"], row["rc"]) for row in sent(server, message)] == [
            ("b.example", "1"), ("<null>", "1")]
        wait_for(lambda: len(peer.talked()) == 2, 5, "both branches")
        assert sorted(heard.sni for heard in peer.heard) == ["", "b.example"]


@pytest.mark.parametrize("fork", [True, False])
def test_failure_route(fork, tmp_path):
    """The next try is for another domain, or for none."""
    extra = "X-Fork: c.example\r\n" if fork else ""
    with kamailio(tmp_path, AFTER_FAILURE + ONSEND) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        message = invite("b.example", uri="sip:busy@b.example", extra=extra)
        with Caller(message) as caller:
            caller.wait(180)
        assert by_domain(peer) == {"b.example": ["INVITE", "ACK"],
                                   "c.example" if fork else "": ["INVITE"]}
        assert [row["to"] for row in sent(server, message)] == [
            "b.example", "c.example" if fork else "<null>"]


# --- other addresses ---------------------------------------------------------

@pytest.mark.parametrize("how", SEND)
def test_failover_at_once(how, tmp_path):
    """Nobody is at the first address: the next one is as good, and checked
    for the domain."""
    routes = TO + SEND[how] + ONSEND
    with kamailio(tmp_path, routes, before=FAILOVER) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        resolve(server, "b.example", OTHER_PEER, PEER)
        message = request("b.example", at=None)
        assert ask(message) == "SIP/2.0 200 OK"
        assert [row["to"] for row in sent(server, message)] == \
            ["b.example"] * 2
        assert by_domain(peer) == {"b.example": ["MESSAGE"]}
        assert [row["port"] for row in wait_rows(server, 1)] == [PEER[1]]


@pytest.mark.parametrize("reparse", [1, 0])
def test_failover_later(reparse, tmp_path):
    """The first address never answers: tm tries the next one from its timer,
    for the same domain."""
    before = FAILOVER + \
        f'modparam("tm", "reparse_on_dns_failover", {reparse})\n'
    with kamailio(tmp_path, RELAYED, before=before) as server, \
            socket.create_server(OTHER_PEER), \
            Virtual(tmp_path / "ca", BOTH) as peer:
        resolve(server, "c.example", OTHER_PEER, PEER)
        message = request("c.example", at=None)
        assert ask(message, timeout=8) == "SIP/2.0 200 OK"
        assert [row["to"] for row in sent(server, message)] == \
            ["c.example"] * 2
        assert by_domain(peer) == {"c.example": ["MESSAGE"]}


def test_failover_after_a_failure_route(tmp_path):
    """A later branch's other address is that branch's, whatever the request
    came with."""
    routes = AFTER_FAILURE.replace('$du = $hdr(X-Du);\n    $ru', "$du = $null;"
                                   "\n    $ru")
    assert routes != AFTER_FAILURE
    with kamailio(tmp_path, routes + ONSEND, before=FAILOVER) as server, \
            socket.create_server(OTHER_PEER), \
            Virtual(tmp_path / "ca", BOTH) as peer:
        resolve(server, "c.example", OTHER_PEER, PEER)
        message = invite("b.example", uri="sip:busy@b.example",
                         extra="X-Fork: c.example\r\n")
        with Caller(message) as caller:
            caller.wait(180)
        assert [row["to"] for row in sent(server, message)] == [
            "b.example", "c.example", "c.example"]
        assert by_domain(peer) == {"b.example": ["INVITE", "ACK"],
                                   "c.example": ["INVITE"]}


def test_one_request_after_another(tmp_path):
    """What was said of one request does not stick to the next."""
    with kamailio(tmp_path, RELAYED, before="children=1\n") as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        for domain in BOTH * 3:
            assert deliver(server, request(domain))["to"] == domain
        plain = request(at=OTHER_PEER)
        with Virtual(tmp_path / "ca", BOTH, OTHER_PEER):
            assert deliver(server, plain)["to"] == "<null>"
        assert sorted(row["uses"] for row in aliases(server)) == [2, 2]
        assert sum(len(requests(heard)) for heard in peer.heard) == 6


def test_cancel_among_many(tmp_path):
    """There may be several connections for one domain: a CANCEL and an ACK
    go where their INVITE went, even if the table is too small to know it."""
    with kamailio(tmp_path, RELAYED,
                  params=[("tls_reuse", "max_aliases", 1)]) as server, \
            Virtual(tmp_path / "ca", BOTH) as peer:
        callers = []
        for domain in BOTH * 2:         # each takes the other one's row
            callers.append(Caller(invite(domain)))
            callers[-1].wait(180)
        assert len(peer.heard) == 4
        for caller in callers:
            caller.follow("CANCEL")
            caller.follow("ACK", caller.wait(487))
            caller.sock.close()
        want = ["INVITE", "CANCEL", "ACK"]
        wait_for(lambda: [methods(heard) for heard in peer.heard]
                 == [want] * 4, 5, "all of each call on its connection")
        for heard in peer.heard:
            assert len({row["Call-ID"] for row in requests(heard)}) == 1
        assert stats(server)["to_stopped"] == 0


def test_next_target_of_the_same_domain(tmp_path):
    """RFC 3263 s4.3: the next server is asked over a connection to itself,
    not over the one that the branch had before, whose peer is the very same
    domain."""
    with kamailio(tmp_path, RELAYED, before="use_dns_cache=on\n"
                  "use_dns_failover=on\n") as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as first, \
            Virtual(tmp_path / "ca", ["b.example"], OTHER_PEER) as second:
        resolve(server, "b.example", PEER, OTHER_PEER)
        for number in (1, 2):
            ask(request("b.example", at=None, uri="sip:away@b.example"))
            for peer in (first, second):
                wait_for(lambda: peer.heard and methods(peer.heard[0])
                         == ["MESSAGE"] * number, 5, "the request")
        assert len(first.heard) == len(second.heard) == 1
        assert sorted(row["port"] for row in aliases(server)) == \
            [PEER[1], OTHER_PEER[1]]
