# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection that a peer opened carries our requests to him, and to nobody
else (RFC 5923 s8.2, s9.2, s9.3)."""

import re
import socket

import pytest

from lab import certs, sip
from lab.proc import wait_for

from callers import Caller, kamailio
from domains import (HERE, PEER, Virtual, aliases, ask, deliver, request,
                     requests, stats, wait_rows)

OK = "SIP/2.0 200 OK"
ALIASED = "1 the connection is an alias"


def peer_cert(tmp_path, name="b.example", *options):
    return certs.client(name, *options, where=tmp_path / "ca")


# --- who gets a row ----------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_its_connection_is_used(version, tmp_path):
    """RFC 5923 s8.2-8, s8.2-9: the received address, the port of sent-by, the
    identities of the certificate, the connection's number."""
    with kamailio(tmp_path) as server, \
            Caller(peer_cert(tmp_path), version=version) as peer:
        assert peer.ask() == ALIASED
        row, = aliases(server)
        number, = [row["id"] for row in server.rpc("cert_match.peers")]
        assert {name: row[name] for name in row
                if name not in ("age", "idle")} == {
            "ip": "127.0.0.1", "port": 16061, "transport": "tls",
            "identity": "b.example", "local_domain": "edge.test",
            "id": number, "direction": "in", "authenticated": 1, "uses": 0}
        for local in ("", "edge.test"):
            assert deliver(server, request("b.example", local))["reused"] \
                == "1"
        assert peer.got() == ["b.example"] * 2
        assert len(server.rpc("cert_match.peers")) == 1
        counts = stats(server)
        assert (counts["aliases_accepted"], counts["aliases_reused"],
                counts["aliases_opened"]) == (1, 2, 0)


@pytest.mark.parametrize("at, port", [
    ("127.0.0.1:16062", 16062),
    ("127.0.0.1", 5061),                # RFC 5923 s8.2: the default port
    ("10.0.0.9:16061", 16061),          # RFC 5923 s5-1: received, not sent-by
    ("nobody.invalid:16061", 16061)])
def test_address_of_the_row(at, port, tmp_path):
    with kamailio(tmp_path) as server, Caller(peer_cert(tmp_path)) as peer:
        assert peer.ask(at=at) == ALIASED
        row, = aliases(server)
        assert (row["ip"], row["port"]) == ("127.0.0.1", port)


def test_asked_again(tmp_path):
    """The same row, whoever asks how often."""
    with kamailio(tmp_path) as server, Caller(peer_cert(tmp_path)) as peer:
        for _ in range(3):
            assert peer.ask() == ALIASED
        assert len(aliases(server)) == 1
        assert stats(server)["aliases_accepted"] == 1


@pytest.mark.parametrize("why, options, count", [
    ("-3 no alias for a peer who showed no certificate", None,
     "alias_refused_no_certificate"),
    ("-4 no alias for a peer whose certificate was not verified",
     "stranger", "alias_refused_not_verified"),
    ("-5 no alias for a peer whose certificate names no SIP domain",
     "phone", "alias_refused_no_identity")])
def test_who_gets_none(why, options, count, tmp_path):
    """RFC 5923 s9.2-2, s9.2-3, s8.2-3, s8.2-7: the request goes on as though
    nothing was asked, and nothing of ours travels there."""
    pair = None
    if options == "stranger":
        pair = certs.client("b.example", where=tmp_path / "other")
    elif options == "phone":
        pair = peer_cert(tmp_path, "bob@b.example")
    with kamailio(tmp_path, verify="verify_client = optional_no_ca") \
            as server, Caller(pair) as peer:
        assert peer.ask() == why
        assert aliases(server) == []
        assert stats(server)[count] == 1
        ask(request("b.example"), timeout=0.3)
        assert peer.got() == []


def test_not_asked(tmp_path):
    with kamailio(tmp_path) as server, Caller(peer_cert(tmp_path)) as peer:
        assert peer.ask(via="") == "-1 the peer does not ask for an alias"
        assert aliases(server) == []


def test_not_over_tls(tmp_path):
    """RFC 5923 s9.3-1, s9.3-2: connection-oriented or not, without TLS there
    is no identity; the Via may say what it likes."""
    with kamailio(tmp_path, before="listen=tcp:127.0.0.1:15060\n") as server:
        text = sip.ask(HERE, sip.request(
            "OPTIONS", "sip:x", "TLS 127.0.0.1:16061;alias",
            "X-Ask: yes\r\n"), timeout=5)
        why = b"200 rc -2 an alias is for TLS connections only"
        assert why in text
        with socket.create_connection(HERE, 5) as tcp:
            tcp.sendall(sip.request("OPTIONS", "sip:x",
                                    "TCP 127.0.0.1:16061;alias",
                                    "X-Ask: yes\r\n"))
            assert why in tcp.recv(65536)
            # it cannot draw our requests to itself either
            ask(request("b.example", at=("127.0.0.1", 16061)), timeout=0.3)
            tcp.settimeout(0.2)
            with pytest.raises(TimeoutError):
                tcp.recv(65536)
        assert stats(server)["alias_refused_clear"] == 2
        assert aliases(server) == []


# --- whom it serves ----------------------------------------------------------

def test_only_its_own_domain(tmp_path):
    """RFC 5923 s8.2: another domain at that address gets a new connection."""
    with kamailio(tmp_path) as server, \
            Virtual(tmp_path / "ca", ["c.example"]) as there, \
            Caller(peer_cert(tmp_path)) as peer:
        assert peer.ask() == ALIASED
        assert deliver(server, request("c.example"))["reused"] == "0"
        assert peer.got() == []
        assert [heard.sni for heard in there.heard] == ["c.example"]


def test_only_its_own_address(tmp_path):
    """The very domain, but RFC 3263 leads elsewhere."""
    with kamailio(tmp_path) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as there, \
            Caller(peer_cert(tmp_path), at="127.0.0.1:16077") as peer:
        assert peer.ask() == ALIASED
        assert deliver(server, request("b.example", at=PEER))["reused"] == "0"
        assert peer.got() == [] and len(there.heard) == 1


OURS = ("one.example", "two.example")


def test_only_whom_he_met(tmp_path):
    """RFC 5923 s9.3: a connection to one domain of ours carries no request
    on behalf of another."""
    with kamailio(tmp_path, OURS) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as there, \
            Caller(peer_cert(tmp_path), "one.example") as one:
        assert one.ask() == ALIASED
        assert deliver(server, request("b.example", "two.example"))[
            "reused"] == "0"
        assert one.got() == []
        assert deliver(server, request("b.example", "one.example"))[
            "reused"] == "1"
        assert one.got() == ["b.example"]
        assert len(there.heard) == 1
        # on behalf of nobody in particular: it is open to this domain
        assert deliver(server, request("b.example"))["reused"] == "1"
        assert len(one.got()) == 2


def test_no_server_name(tmp_path):
    """Who asks for none means whoever our certificate is for."""
    with kamailio(tmp_path, OURS) as server, \
            Caller(peer_cert(tmp_path), sni="") as peer:
        assert peer.ask() == ALIASED
        row, = aliases(server)
        assert row["local_domain"] == "one.example"


def test_certificate_of_several_of_us(tmp_path):
    """... and for each of them: RFC 5923 s9.3."""
    certs.server("one.example", "--san", "URI:sip:one.example",
                 "--san", "URI:sip:three.example", where=tmp_path / "ca")
    with kamailio(tmp_path, OURS) as server, \
            Caller(peer_cert(tmp_path), sni="") as peer:
        assert peer.ask() == ALIASED
        assert sorted(row["local_domain"] for row in aliases(server)) == \
            ["one.example", "three.example"]
        for local in ("three.example", "one.example"):
            assert deliver(server, request("b.example", local))[
                "reused"] == "1"
        assert len(peer.got()) == 2


def test_server_name_that_is_not_ours(tmp_path):
    """It gets the first certificate: that is whom it has met."""
    with kamailio(tmp_path, OURS) as server, \
            Caller(peer_cert(tmp_path), sni="proxy7.nowhere.test") as peer:
        assert peer.ask() == ALIASED
        row, = aliases(server)
        assert row["local_domain"] == "one.example"


def test_several_identities(tmp_path):
    """RFC 5923 s5: a certificate with two domains gives two rows."""
    pair = peer_cert(tmp_path, "b.example", "--san", "URI:sip:c.example",
                     "--san", "URI:sip:b.example")
    with kamailio(tmp_path) as server, Caller(pair) as peer:
        assert peer.ask() == ALIASED
        assert sorted(row["identity"] for row in aliases(server)) == \
            ["b.example", "c.example"]
        for domain in ("c.example", "b.example"):
            assert deliver(server, request(domain))["reused"] == "1"
        assert peer.got() == ["c.example", "b.example"]


# --- its end -----------------------------------------------------------------

@pytest.mark.parametrize("routes", ["forward", "t_relay"])
def test_when_it_has_gone(routes, tmp_path):
    """RFC 5923 s8.2-4, s8.2-5: a new connection is opened and the table
    updated."""
    send = "route[SEND] { if(!%s()) sl_send_reply(\"503\", \"no\"); }\n"
    with kamailio(tmp_path, send=send % routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as there:
        with Caller(peer_cert(tmp_path)) as peer:
            assert peer.ask() == ALIASED
            assert deliver(server, request("b.example"))["reused"] == "1"
            assert len(peer.got()) == 1
        wait_rows(server, 0)
        assert deliver(server, request("b.example"))["reused"] == "0"
        assert [row["direction"] for row in aliases(server)] == ["out"]
        assert len(requests(there.heard[0])) == 1


def test_cancel_and_ack_follow(tmp_path):
    """RFC 5923 s8.1: down the connection that the INVITE took."""
    with kamailio(tmp_path, send="route[SEND] { if(!t_relay()) "
                  "sl_send_reply(\"503\", \"no\"); }\n"), \
            Virtual(tmp_path / "ca", ["b.example"]) as there, \
            Caller(peer_cert(tmp_path)) as peer:
        assert peer.ask() == ALIASED
        sip.ask(HERE, request("b.example", uri="sip:busy@b.example",
                              method="INVITE"), timeout=5)
        wait_for(lambda: peer.methods() == ["INVITE", "ACK"], 5, "the ACK")
        invite = request("b.example", method="INVITE")
        sip.ask(HERE, invite, timeout=5)
        wait_for(lambda: len(peer.heard) == 3, 5, "the INVITE")
        sip.ask(HERE, invite.replace(b"INVITE", b"CANCEL"), timeout=5)
        wait_for(lambda: peer.methods()[3:] == ["CANCEL", "ACK"], 5,
                 "the CANCEL, and the ACK to the 487")
        assert not there.heard


def test_bounds(tmp_path):
    """Rows that no search would look at are not made; the connection works."""
    with kamailio(tmp_path) as server:
        peers = [Caller(peer_cert(tmp_path)) for _ in range(10)]
        try:
            said = [peer.ask() for peer in peers]
            assert said == [ALIASED] * 8 + [
                "-6 there are connections enough to this address for this "
                "domain"] * 2
            assert len(aliases(server)) == 8
            assert stats(server)["aliases_refused"] == 2
        finally:
            for peer in peers:
                peer.__exit__()
        wait_rows(server, 0)


@pytest.mark.parametrize("via", [
    ";alias;alias", ";ALIAS", "; alias ;x", ";x=alias", ";alibi", ";aliass"])
def test_odd_spellings(via, tmp_path):
    with kamailio(tmp_path) as server, Caller(peer_cert(tmp_path)) as peer:
        want = "alias" in re.split(r"[; ]+", via.lower())
        assert (peer.ask(via=via) == ALIASED) == want
        assert len(aliases(server)) == want


def test_the_core_s_own_alias(tmp_path):
    """RFC 5923 s9.1: who has both is told."""
    with kamailio(tmp_path, before="tcp_accept_aliases=yes\n") as server:
        assert "tcp_accept_aliases=yes: the core honours ;alias" \
            in server.text()
    with kamailio(tmp_path) as server:
        assert "tcp_accept_aliases" not in server.text()


def test_one_we_opened_is_not_for_others(tmp_path):
    """RFC 5923 s9.3: a request on behalf of nobody in particular does not
    take a connection that we opened on behalf of a domain, though peers know
    that domain."""
    with kamailio(tmp_path, OURS) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as there:
        with Caller(peer_cert(tmp_path, "c.example"), "one.example",
                    at="127.0.0.1:16077") as peer:
            assert peer.ask() == ALIASED
        wait_rows(server, 0)
        for local in ("one.example", ""):
            assert deliver(server, request("b.example", local))[
                "reused"] == "0"
        assert len(there.heard) == 2
        assert server.rpc("cert_match.stats")[0]["wrong_connection"] == 0


def test_rows_of_one_connection(tmp_path):
    """Whoever names ever more ports pushes nobody out."""
    with kamailio(tmp_path, params=[("tls_reuse", "max_aliases", 20)]) \
            as server, Caller(peer_cert(tmp_path)) as good, \
            Caller(peer_cert(tmp_path, "evil.example")) as evil:
        assert good.ask() == ALIASED
        said = [evil.ask(at=f"127.0.0.1:{port}")
                for port in range(20000, 20030)]
        assert said.count(ALIASED) == 16
        assert [row["identity"] for row in aliases(server)].count(
            "evil.example") == 16
        assert deliver(server, request("b.example"))["reused"] == "1"
        assert good.got() == ["b.example"]


def from_port(port: int):
    """Whoever connects does it from that port, on which another may
    listen."""
    def connect(address, timeout=None):
        sock = socket.socket()
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        sock.settimeout(timeout)
        sock.bind(("127.0.0.1", port))
        sock.connect(address)
        return sock
    return connect


class Shared(Virtual):
    """It listens on a port that a connection of its own has as well."""

    @staticmethod
    def listen(at):
        return socket.create_server(at, reuse_port=True)


@pytest.mark.parametrize("found", [0, 1])
def test_from_the_port_that_it_listens_on(found, tmp_path, monkeypatch):
    """tcp_reuse_port=yes: the connection that one.example has with the peer
    carries nothing of two.example's. With accepted_by_address=0 the core does
    not find it, and all goes well; else the request is not sent."""
    params = [("cert_match", "accepted_by_address", found)]
    with kamailio(tmp_path, OURS, params=params) as server:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "create_connection", from_port(PEER[1]))
            peer = Caller(peer_cert(tmp_path), "one.example")
        with peer, Shared(tmp_path / "ca", ["b.example"]) as there:
            assert peer.ask() == ALIASED
            said = ask(request("b.example", "two.example"))
            assert peer.got() == []
            assert (said == OK) == (not found), said
            assert len(there.heard) == (not found)
            assert peer.over.wait(5 if found else 0) == bool(found)
            if not found:
                assert deliver(server, request("b.example", "one.example"))[
                    "reused"] == "1"
                assert peer.got() == ["b.example"]
