# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of TLS connections: which rows, in which pages, with what in
them?"""

import socket
import ssl
from typing import Any, Iterator, Optional

import pytest

from lab import binrpc, certs, sip
from lab.proc import wait_for
from lab.tlspeer import TlsPeer

from small import TLS, Small

FAR = ("127.13.0.200", 16061)
SIX = ("::1", 15062)
A, B, C = "127.13.0.1", "127.13.0.2", "127.13.0.3"
ROUTES = """
request_route {
    if(uri == myself) { sl_send_reply("200", "OK"); exit; }
    forward();
}
"""
SERVER = """
[server:default]
method = TLSv1+
cipher_list = DEFAULT@SECLEVEL=0
certificate = {0.cert}
private_key = {0.key}
verify_client = optional_no_ca
[client:default]
method = TLSv1.2+
"""
FIELDS = """id peer local direction state identities source expected on_behalf
version cipher sni resumed verified reason warning fingerprint days_left age
bytes_in bytes_out messages_in messages_out""".split()


def phone(source: str, pair: Optional[certs.Pair] = None,
          at: tuple = TLS, version: str = "") -> ssl.SSLSocket:
    """A connection of which the edge has read a message."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion[version]
        context.maximum_version = ssl.TLSVersion[version]
    if pair:
        context.load_cert_chain(pair.cert, pair.key)
    tls = context.wrap_socket(
        socket.create_connection(at, 5, (source, 0)),
        server_hostname="edge.test")
    tls.sendall(sip.request("OPTIONS", "sip:a@127.0.0.1:15061",
                            "TLS 127.0.0.1:9"))
    assert tls.recv(4096).startswith(b"SIP/2.0 200 ")
    return tls


@pytest.fixture(scope="module", name="edge")
def edge_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """Seven connections: 1 and 2 by names of their own, 3 without a
    certificate, 4 with the name of 1 from elsewhere, 5 over IPv6, 6 of which
    nothing was read yet, 7 that the edge opened itself."""
    where = tmp_path_factory.mktemp("peers")
    one, two = [certs.client(name, where=where / "ca") for name in
                ("one.example", "two.example")]
    far = certs.server("far.example", where=where / "ca")
    config = SERVER.format(certs.server("edge.test"))
    with Small("cert_match", where, ROUTES, "listen=tls:[::1]:15062\n",
               tls_config=config) as edge, TlsPeer(far, FAR) as peer:
        socks = [phone(A, one), phone(A, two), phone(B), phone(B, one),
                 phone("::1", two, SIX),
                 socket.create_connection(TLS, 5, (C, 0))]
        sip.ask(("127.0.0.1", 15060), sip.request(
            "OPTIONS", "sip:a@127.13.0.200:16061;transport=tls",
            "UDP 127.0.0.1:9"), timeout=0.01)
        wait_for(lambda: any(heard.text for heard in peer.heard), 10,
                 "the request to arrive")
        wait_for(lambda: len(edge.rpc("cert_match.peers")) == 7, 5,
                 "seven rows")
        yield edge
        for sock in socks:
            sock.close()


def who(row: dict) -> str:
    """A row by its peer and its name."""
    address = row["peer"].rpartition(":")[0]
    return f"{address} {row['identities'] or '-'}"


CASES = [
    ("all", (), [f"{A} one.example", f"{A} two.example", f"{B} -",
                 f"{B} one.example", "[::1] two.example", f"{C} -",
                 "127.13.0.200 far.example"]),
    ("in", ("in",), [f"{A} one.example", f"{A} two.example", f"{B} -",
                     f"{B} one.example", "[::1] two.example", f"{C} -"]),
    ("out", ("out",), ["127.13.0.200 far.example"]),
    ("both", ("in", "out", "opened"), [f"{C} -"]),
    ("a state", ("opened",), [f"{C} -"]),
    ("another", ("closing",), []),
    ("two of them", ("opened", "established", B, C),
     [f"{B} -", f"{B} one.example", f"{C} -"]),
    ("an address", (A,), [f"{A} one.example", f"{A} two.example"]),
    ("whole, no prefix", ("127.13.0.20",), []),
    ("IPv6", ("::1",), ["[::1] two.example"]),
    ("written otherwise", ("[0:0:0:0:0:0:0:1]",), ["[::1] two.example"]),
    ("a name", ("one.example",), [f"{A} one.example", f"{B} one.example"]),
    ("RFC 5922 s7.2: in any case", ("ONE.Example.",),
     [f"{A} one.example", f"{B} one.example"]),
    ("whole, no suffix", ("example",), []),
    ("a name of ours is not the peer's", ("edge.test",), []),
    ("names", ("one.example", "far.example"),
     [f"{A} one.example", f"{B} one.example", "127.13.0.200 far.example"]),
    ("address and name", (B, "one.example"), [f"{B} one.example"]),
    ("that never met", (C, "one.example"), []),
    ("all kinds", ("established", "in", A, "two.example"),
     [f"{A} two.example"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_filters(case, edge):
    """Words of one kind: any of them; of several kinds: each of them."""
    _, words, want = case
    assert sorted(map(who, edge.rpc("cert_match.peers", *words))) == \
        sorted(want)


@pytest.mark.parametrize("words", [(), ("in",), (A, B), ("one.example",)],
                         ids=str)
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages(words, size, edge):
    """Pages of any size, one behind the other, are the whole, whether the
    words stand before or behind the numbers."""
    whole = [row["id"] for row in edge.rpc("cert_match.peers", *words)]
    assert whole and len(set(whole)) == len(whole)
    for place in (lambda *page: (*words, *page),
                  lambda *page: (*page, *words)):
        found: list[int] = []
        for offset in range(0, 10, size):
            page = [row["id"] for row in edge.rpc(
                "cert_match.peers", *place(size, offset))]
            assert page == whole[offset:offset + size]
            found += page
        assert found == whole


def test_numbers_as_text(edge):
    """As kamcmd and jsonrpc may send them."""
    assert edge.rpc("cert_match.peers", "2", "in", "1") == \
        edge.rpc("cert_match.peers", 2, "in", 1)


@pytest.mark.parametrize("words", [
    (0,), ("0",), (-1,), (10001,), (1, -1), (1, 1, 1), ("a..b",),
    ("-5",), ("127.13.0.1:5",), ("",), ("a b",),
    ("99999999999999999999",), tuple(f"127.0.0.{n}" for n in range(5)),
], ids=str)
def test_what_is_no_filter(words, edge):
    with pytest.raises(binrpc.RpcError, match="400 usage: cert_match.peers"):
        edge.rpc("cert_match.peers", *words)


def test_fields(edge):
    """Each of them, and the same in cert_match.peer."""
    row: dict[str, Any] = edge.rpc("cert_match.peers", A, "one.example")[0]
    assert list(row) == FIELDS
    assert row["direction"] == "in" and row["state"] == "established"
    assert row["local"] == "127.0.0.1:15061"
    assert row["source"] == "uri" and row["sni"] == "edge.test"
    assert row["version"] == "TLSv1.3" and row["warning"] == ""
    assert row["verified"] == 0 and row["resumed"] == 0
    assert row["messages_in"] == 1 and row["messages_out"] == 1
    alone = edge.rpc("cert_match.peer", row["id"])[0]
    assert list(alone) == FIELDS
    assert alone["fingerprint"] == row["fingerprint"]
    nobody = edge.rpc("cert_match.peers", "opened")[0]
    assert "days_left" not in nobody and nobody["fingerprint"] == ""


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version, warning", [
    ("TLSv1", True), ("TLSv1_1", True), ("TLSv1_2", False),
    ("TLSv1_3", False)])
def test_warning(version, warning, edge):
    """RFC 8996: TLS below 1.2 is deprecated."""
    source = "127.13.0.50"
    with phone(source, version=version):
        row = edge.rpc("cert_match.peers", source)[0]
        assert ("an old TLS version" in row["warning"]) is warning
    wait_for(lambda: not edge.rpc("cert_match.peers", source), 5,
             "the connection to end")
