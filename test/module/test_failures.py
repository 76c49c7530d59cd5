# SPDX-License-Identifier: GPL-2.0-or-later
"""Each way in which a handshake fails, and what the ledger says of it."""

import socket
import struct
import threading
from typing import Any, Callable, ContextManager, Iterator, NamedTuple

import pytest

from lab import sip
from lab.proc import wait_for

import broken
from broken import HTTP, SIP, Address, Certs, answer, half, python, \
    s_client, s_server, serve, speak
from small import Small

# Listeners: anybody; with a certificate; not a revoked one; with a CRL that
# is out of date.
OPEN, MUTUAL, CRL, OLD_CRL = [(f"127.11.0.{n}", 15061) for n in range(1, 5)]
LISTEN = "".join(f"listen=tls:127.11.0.{n}:15061\n" for n in range(1, 5))
PORT = 16061                    # of the servers that we connect to
# Servers to which we show another profile than to others, by server_id.
ONLY_TLS12, STRANGER, STRANGER12 = [f"127.11.0.{n}" for n in range(10, 13)]
IDS = {ONLY_TLS12: "old", STRANGER: "stranger", STRANGER12: "stranger"}

SERVER = """
[server:{at}]
method = TLSv1.2+
certificate = {own.cert}
private_key = {own.key}
ca_list = {own.ca}
verify_certificate = {verify}
require_certificate = {verify}
{more}
"""
CLIENT = """
[client:{which}
method = {method}
ca_list = {ca}
verify_certificate = yes
require_certificate = yes
{more}
"""
ROUTES = """
request_route {
    if(uri == myself) { sl_send_reply("200", "OK"); exit; }
%s    forward();
}
""" % "".join(f'    if($rd == "{host}") $xavp(tls=>server_id) = "{word}";\n'
              for host, word in IDS.items())


def tls_cfg(made: Certs) -> str:
    own = made.leaf("edge.test")
    stranger = made.leaf("stranger.test", by="stranger")
    other = f"certificate = {stranger.cert}\nprivate_key = {stranger.key}"
    good = made.crl("good.crl", made.leaf("revoked.test").cert)
    old = made.crl("old.crl", days=-30)

    def server(at: Address, verify: str, more: str = "") -> str:
        return SERVER.format(at="%s:%d" % at, own=own, verify=verify,
                             more=more)

    def client(which: str, more: str = "", method: str = "TLSv1.2+") -> str:
        return CLIENT.format(which=which, ca=made.ca, method=method,
                             more=more)

    return "".join([
        SERVER.format(at="default", own=own, verify="no", more=""),
        client("default]"),
        server(OPEN, "no"), server(MUTUAL, "yes"),
        server(CRL, "yes", f"crl = {good}"),
        server(OLD_CRL, "yes", f"crl = {old}"),
        client("any]\nserver_name = old.test\nserver_id = old",
               method="TLSv1.2"),
        client("any]\nserver_name = stranger.test\nserver_id = stranger",
               other)])


class World(NamedTuple):
    """A Kamailio and the certificates around it."""

    edge: Small
    certs: Certs

    def rows(self, *words: Any) -> list:
        return self.edge.rpc("cert_match.failures", *words)

    def row(self, peer: str) -> dict:
        """The one failure of this address."""
        rows = wait_for(lambda: self.rows(peer), 20, f"a failure of {peer}")
        assert len(rows) == 1, rows
        return rows[0]

    def stat(self, name: str) -> int:
        return self.edge.rpc("cert_match.stats")[0][name]

    def send(self, to: str) -> None:
        """A request that the edge forwards over TLS."""
        uri = f"sip:a@{to}:{PORT};transport=tls"
        sip.ask(("127.0.0.1", 15060),
                sip.request("OPTIONS", uri, "UDP 127.0.0.1:9"), timeout=0.01)


@pytest.fixture(scope="module", name="world")
def world_(release: str, tmp_path_factory: pytest.TempPathFactory
           ) -> Iterator[World]:
    """release: it ends with that."""
    where = tmp_path_factory.mktemp("failures")
    made = Certs(where)
    before = "tcp_connection_lifetime=3\n"
    with Small("cert_match", where, routes=ROUTES, before=before + LISTEN,
               tls_config=tls_cfg(made),
               params=[("tls", "connection_timeout", 3),
                       ("tls", "xavp_cfg", "tls")]) as edge:
        yield World(edge, made)


class Row(NamedTuple):
    """who(Certs) does it; the ledger says why, and more of it."""

    says: str
    cause: str
    who: Callable
    to: Any = OPEN
    more: dict = {}


def check(world: World, row: Row, peer: str, direction: str,
          provoke: Callable[[], None]) -> dict:
    """One failure more, of this cause, with words and advice."""
    name = "failures_" + row.cause.replace("-", "_")
    before = world.stat(name), world.stat("failures")
    provoke()
    got = look(world, row, peer, direction)
    assert (world.stat(name), world.stat("failures")) == \
        (before[0] + 1, before[1] + 1)
    return got


def look(world: World, row: Row, peer: str, direction: str) -> dict:
    got = world.row(peer)
    more = {key: got[key] for key in row.more}
    assert (got["cause"], got["direction"]) == (row.cause, direction), got
    assert more == row.more, got
    assert len(got["reason"]) > 10 and len(got["advice"]) > 10, got
    assert got["peer"].startswith(f"{peer}:"), got
    assert got["failures_of_peer"] == 1, got
    return got


# --- they come to us ---------------------------------------------------------

def showing(name: str, *options: str, by: str = "ca") -> Callable:
    """A client with such a certificate."""
    return lambda c: python(pair=c.leaf(name, *options, by=by))


INCOMING = [
    Row("plain SIP", "plain-sip", lambda c: speak(SIP),
        more={"hello": "plain SIP", "stage": "hello", "version": ""}),
    Row("plain HTTP", "plain-http", lambda c: speak(HTTP),
        more={"hello": "plain HTTP"}),
    Row("SSH", "not-tls", lambda c: speak(b"SSH-2.0-OpenSSH_9.2\r\n"),
        more={"hello": "other bytes"}),
    Row("a port scan", "port-scan", lambda c: broken.leave,
        more={"hello": "nothing", "stage": "hello", "alert_out": "none"}),
    Row("reset half-way", "reset", lambda c: half("reset"),
        more={"hello": "TLS", "stage": "certificate"}),
    Row("closed half-way", "closed", lambda c: half("close"),
        more={"hello": "TLS", "stage": "certificate"}),
    Row("TLS 1.0 only", "old-tls",
        lambda c: s_client("-tls1", "-cipher", "DEFAULT@SECLEVEL=0"),
        more={"version": "TLS 1.0", "sni": "edge.test", "hello": "TLS",
              "alert_out": "protocol_version (70)"}),
    Row("SSL 2.0 format", "ssl2-hello", lambda c: broken.ssl2,
        more={"hello": "SSL 2.0", "version": "SSL 3.0", "ciphers": 4,
              "sni": ""}),
    Row("no common cipher, TLS 1.2", "no-common-cipher",
        lambda c: s_client("-tls1_2", "-cipher", "AES128-SHA"),
        more={"version": "TLS 1.2", "ciphers": 1,
              "alert_out": "handshake_failure (40)"}),
    Row("no common signature, TLS 1.3", "no-common-cipher",
        lambda c: s_client("-tls1_3", "-sigalgs", "RSA-PSS+SHA256"),
        more={"version": "TLS 1.3"}),
    Row("our certificate, TLS 1.3", "own-cert-refused",
        lambda c: python(c.stranger_ca),
        more={"alert_in": "unknown_ca (48)", "version": "TLS 1.3"}),
    Row("our certificate, TLS 1.2", "own-cert-refused",
        lambda c: python(c.stranger_ca, version="TLSv1_2"),
        more={"alert_in": "unknown_ca (48)", "version": "TLS 1.2"}),
    Row("none, TLS 1.3", "no-certificate", lambda c: python(), MUTUAL,
        {"alert_out": "certificate_required (116)", "names": ""}),
    Row("none, TLS 1.2", "no-certificate",
        lambda c: python(version="TLSv1_2"), MUTUAL,
        {"alert_out": "handshake_failure (40)"}),
    Row("expired", "peer-expired", showing("expired.test", "--expired"),
        MUTUAL, {"alert_out": "certificate_expired (45)",
                 "names": "expired.test"}),
    Row("not yet valid", "peer-not-yet",
        showing("not-yet.test", "--not-yet"), MUTUAL,
        {"names": "not-yet.test"}),
    Row("unknown CA", "peer-unknown-ca",
        showing("stranger.test", by="stranger"), MUTUAL,
        {"alert_out": "unknown_ca (48)", "names": "stranger.test"}),
    Row("wrong purpose", "peer-purpose",
        showing("mail.test", "--eku", "emailProtection"), MUTUAL,
        {"alert_out": "unsupported_certificate (43)"}),
    Row("revoked", "peer-revoked", showing("revoked.test"), CRL,
        {"alert_out": "certificate_revoked (44)", "names": "revoked.test"}),
    Row("a CRL out of date", "peer-crl", showing("peer.test"), OLD_CRL,
        {"names": "peer.test"}),
    Row("a chain through a leaf", "peer-chain",
        lambda c: python(pair=c.below("peer.test", "below.test")), MUTUAL),
    Row("a name that would write on a terminal", "closed",
        lambda c: half("close", b"edge\x1b[31m"),
        more={"sni": "edge\\x1b[31m"}),
]


@pytest.mark.parametrize("row", INCOMING, ids=lambda row: row.says)
def test_incoming(world, row):
    source = f"127.11.0.{100 + INCOMING.index(row)}"
    got = check(world, row, source, "in",
                lambda: row.who(world.certs)(row.to, source))
    assert got["local"] == "%s:%d" % row.to


def say_and_go(sock: socket.socket, how: str) -> None:
    """All that it says, and its end, in one go."""
    sock.sendall(broken.hello())
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()
    else:
        sock.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("how, cause", [("reset", "reset"),
                                        ("end", "closed")])
def test_gone_when_it_is_heard(how, cause, world):
    """It says its hello and ends before we look: no read meets its end."""
    source = {"reset": "127.11.0.90", "end": "127.11.0.91"}[how]
    sock = broken.connect(OPEN, source)

    def provoke() -> None:
        wait_for(lambda: world.edge.rpc("cert_match.peers", source), 5,
                 "it to be accepted")
        with world.edge.standing_still():
            say_and_go(sock, how)
        world.row(source)

    with sock:
        check(world, Row("gone", cause, say_and_go, more={"hello": "TLS"}),
              source, "in", provoke)


# --- we go to them -----------------------------------------------------------

def clear(data: bytes) -> Callable:
    return lambda c, at: serve(at, answer(data))


def openssl(name: str, *made: str, by: str = "ca", run: tuple = ()
            ) -> Callable:
    """An s_server with such a certificate and such options."""
    return lambda c, at: s_server(at, c.leaf(name, *made, by=by), *run)


def strict(version: str, name: str = "peer.test") -> Callable:
    """An s_server that wants a certificate by our CA."""
    return lambda c, at: s_server(
        at, c.leaf(name), version, "-Verify", "1", "-verify_return_error",
        "-CAfile", str(c.ca))


def nobody(_: Certs, at: Address) -> ContextManager:
    return broken.nobody(at)


OUTGOING = [
    Row("plain SIP", "plain-sip", clear(b"SIP/2.0 400 Bad\r\n\r\n"),
        more={"hello": "plain SIP", "stage": "hello"}),
    Row("plain HTTP", "plain-http", clear(b"HTTP/1.1 400 Bad\r\n\r\n"),
        more={"hello": "plain HTTP"}),
    Row("a mail server", "not-tls", clear(b"220 mail.test ESMTP\r\n"),
        more={"hello": "other bytes"}),
    Row("another alert", "peer-alert", clear(bytes.fromhex("15030300020270")),
        more={"alert_in": "unrecognized_name (112)", "hello": "TLS"}),
    Row("nonsense in a record", "protocol",
        clear(bytes.fromhex("160303000402000000")),
        more={"hello": "TLS", "stage": "hello"}),
    Row("reset", "reset", lambda c, at: serve(at, broken.reset),
        more={"hello": "nothing", "stage": "hello"}),
    Row("closed", "closed", lambda c, at: serve(at, broken.close),
        more={"hello": "nothing", "stage": "hello"}),
    Row("nobody listens", "no-tcp", nobody, more={"stage": "tcp"}),
    Row("TLS 1.0 only, by its alert", "version-refused",
        openssl("peer.test", run=("-tls1", "-cipher", "DEFAULT@SECLEVEL=0")),
        more={"alert_in": "protocol_version (70)", "stage": "hello"}),
    Row("TLS 1.0 chosen", "old-tls",
        openssl("peer.test", run=("-tls1", "-cipher", "DEFAULT@SECLEVEL=0")),
        ONLY_TLS12, {"alert_out": "protocol_version (70)"}),
    Row("no common cipher", "no-common-cipher",
        openssl("peer.test", run=("-tls1_2", "-cipher", "AES128-SHA")),
        more={"alert_in": "handshake_failure (40)", "stage": "hello"}),
    Row("expired", "peer-expired", openssl("expired.test", "--expired"),
        more={"alert_out": "certificate_expired (45)",
              "names": "expired.test", "stage": "certificate"}),
    Row("not yet valid", "peer-not-yet", openssl("not-yet.test", "--not-yet"),
        more={"names": "not-yet.test"}),
    Row("unknown CA", "peer-unknown-ca",
        openssl("stranger.test", by="stranger"),
        more={"alert_out": "unknown_ca (48)"}),
    Row("wrong purpose", "peer-purpose",
        openssl("mail.test", "--eku", "emailProtection"),
        more={"alert_out": "unsupported_certificate (43)"}),
    Row("it wants a certificate, TLS 1.2", "own-cert-missing",
        strict("-tls1_2"), more={"alert_in": "handshake_failure (40)",
                                 "stage": "finish"}),
    Row("it wants a certificate, TLS 1.3", "own-cert-missing",
        strict("-tls1_3"), more={"alert_in": "certificate_required (116)",
                                 "stage": "confirm", "version": "TLS 1.3"}),
    Row("it refuses ours, TLS 1.2", "own-cert-refused", strict("-tls1_2"),
        STRANGER12, {"alert_in": "unknown_ca (48)", "stage": "finish"}),
    Row("it refuses ours, TLS 1.3", "own-cert-refused", strict("-tls1_3"),
        STRANGER, {"alert_in": "unknown_ca (48)", "stage": "confirm"}),
]


@pytest.mark.parametrize("row", OUTGOING, ids=lambda row: row.says)
def test_outgoing(world, row):
    to = row.to if isinstance(row.to, str) else \
        f"127.11.0.{20 + OUTGOING.index(row)}"

    def provoke() -> None:
        with row.who(world.certs, (to, PORT)):
            world.send(to)
            world.row(to)

    check(world, row, to, "out", provoke)


# --- nobody says anything ----------------------------------------------------

SILENT = [
    Row("silence", "timeout", lambda c: broken.wait,
        more={"hello": "nothing", "stage": "hello"}),
    Row("silence half-way", "timeout", lambda c: broken.stall,
        more={"hello": "TLS", "stage": "certificate"}),
    Row("a ping in clear", "plain-sip", lambda c: speak(b"\r\n\r\n"),
        more={"hello": "blank lines"}),
]
SILENT_SERVER = Row("a server's silence", "timeout", broken.drain,
                    more={"hello": "nothing", "stage": "hello"})


def test_silence(world):
    """All at once: each lasts until Kamailio loses its patience."""
    sources = [f"127.11.0.{80 + n}" for n, _ in enumerate(SILENT)]
    to = "127.11.0.14"
    threads = [threading.Thread(target=row.who(world.certs),
                                args=(row.to, source))
               for row, source in zip(SILENT, sources)]
    with serve((to, PORT), SILENT_SERVER.who):
        for thread in threads:
            thread.start()
        world.send(to)
        for row, source in zip(SILENT, sources):
            look(world, row, source, "in")
        look(world, SILENT_SERVER, to, "out")
    for thread in threads:
        thread.join()
