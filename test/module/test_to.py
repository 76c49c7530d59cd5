# SPDX-License-Identifier: GPL-2.0-or-later
"""A request for a domain goes to that domain, or nowhere (RFC 5923 s8.1)."""

import socket
import ssl
import threading

import pytest

from lab import binrpc, certs
from lab.proc import wait_for
from lab.tlspeer import ALERT, DATA

from domains import (FORWARD, HERE, ONSEND, OTHER_PEER, PEER, SEND, TO,
                     Virtual, aliases, ask, deliver, du, kamailio, profile,
                     request, requests, resolve, sent, stats,
                     wait_rows)
from small import TLS, Small

STATELESS = TO + FORWARD + ONSEND
OK = "SIP/2.0 200 OK"


@pytest.fixture(params=SEND)
def routes(request):
    """Stateless and with tm."""
    return TO + SEND[request.param] + ONSEND


# --- which connection --------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_second_request_reuses(routes, version, tmp_path):
    """RFC 5923 s8.1-6: one connection; RFC 5922 s7.8-1: its SNI."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"], version=version) as peer:
        resolve(server, "b.example", PEER)
        first = deliver(server, request("b.example", at=None))
        assert first == {"rc": "1", "to": "b.example", "as": "<null>",
                         "reused": "0", "reason": "no connection to this "
                         "address is open for this domain"}
        second = deliver(server, request("b.example", at=None))
        assert second["reused"] == "1"
        assert second["reason"] == \
            "a connection to this address is open for this domain"
        assert len(peer.heard) == 1
        heard = peer.heard[0]
        assert heard.sni == "b.example"
        assert heard.version == version.replace("_", ".")
        assert len(requests(heard)) == 2
        assert b"tr-" not in heard.text, "the mark left"
        row = aliases(server)[0]
        number = server.rpc("cert_match.peers")[0]["id"]
        assert {name: row[name] for name in row if name not in
                ("age", "idle")} == {
                    "ip": "127.0.0.1", "port": 16061, "transport": "tls",
                    "identity": "b.example", "local_domain": "",
                    "id": number, "direction": "out", "authenticated": 1,
                    "uses": 1}
        counts = stats(server)
        assert (counts["to"], counts["aliases"], counts["aliases_opened"],
                counts["aliases_reused"]) == (2, 1, 1, 1)


def test_another_domain_at_the_same_address(routes, tmp_path):
    """RFC 5923 s9.3: it gets a connection of its own."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example", "c.example"]) as peer:
        for domain in ("b.example", "c.example", "b.example", "c.example"):
            deliver(server, request(domain))
        assert [heard.sni for heard in peer.heard] == ["b.example",
                                                       "c.example"]
        for heard in peer.heard:
            assert [row["X-To"] for row in requests(heard)] == [heard.sni] * 2


def test_another_address_of_the_same_domain(routes, tmp_path):
    """RFC 5923 s8.1-11: the resolved address must match, too."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as one, \
            Virtual(tmp_path / "ca", ["b.example"], OTHER_PEER) as two:
        for at in (PEER, OTHER_PEER, PEER, OTHER_PEER):
            deliver(server, request("b.example", at=at))
        assert [len(peer.heard) for peer in (one, two)] == [1, 1]
        assert sorted(row["port"] for row in aliases(server)) == \
            [PEER[1], OTHER_PEER[1]]


def test_each_domain_of_ours(routes, tmp_path):
    """RFC 5923 s9.3-4: its own connection, with its own certificate."""
    ours = [(name, certs.client(name, where=tmp_path / "ca"))
            for name in ("one.example", "two.example")]
    with kamailio(tmp_path, routes, ours) as server, \
            Virtual(tmp_path / "ca", ["b.example"],
                    ca=ours[0][1].ca) as peer:
        for local in ("one.example", "two.example", "one.example"):
            assert deliver(server, request("b.example", local))["as"] == local
        assert len(peer.heard) == 2
        for heard, (name, _) in zip(peer.heard, ours):
            assert ("DNS", name) in heard.client["subjectAltName"]
            assert {row["X-Local"] for row in requests(heard)} == {name}
        assert sorted((row["identity"], row["local_domain"])
                      for row in aliases(server)) == [
                          ("b.example", "one.example"),
                          ("b.example", "two.example")]


def test_never_by_address_alone(routes, tmp_path):
    """Neither rides the other's connection: who is for nobody in particular,
    and who is for a domain."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        plain = request(at=PEER)
        assert deliver(server, plain) == {
            "rc": "1", "to": "<null>", "as": "<null>", "reused": "<null>",
            "reason": "<null>"}
        # the core finds the first connection, and must not use it; it goes
        assert ask(request("b.example"), timeout=0.5) != OK
        wait_for(lambda: peer.heard[0].over.is_set(), 5, "its end")
        assert len(requests(peer.heard[0])) == 1
        deliver(server, request("b.example"))
        assert [heard.sni for heard in peer.heard] == ["", "b.example"]


def test_stock_requests_find_no_connection_of_ours(routes, tmp_path):
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        deliver(server, request("b.example"))
        deliver(server, request(at=PEER))
        assert [["X-To" in row for row in requests(heard)]
                for heard in peer.heard] == [[True], [False]]


# --- who is refused ----------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_wrong_name(routes, version, tmp_path):
    """RFC 5922 s7.3: an alert, and not one byte of SIP."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["c.example"], version=version) as peer:
        ask(request("b.example"), timeout=0.1)
        wait_for(lambda: peer.heard and peer.heard[0].over.is_set(), 5,
                 "the end of the connection")
        heard = peer.heard[0]
        assert heard.sni == "b.example"
        assert heard.text == b""
        # OpenSSL has no keys for its alert yet, in TLS 1.3, too
        kinds = [kind for kind, _ in heard.records()]
        assert kinds.count(ALERT) == 1 and DATA not in kinds
        wait_rows(server, 0)
        row = server.rpc("cert_match.failures")[0]
        assert row["cause"] == "wrong-name"


def test_not_over_tls(routes, tmp_path):
    """It does not leave in clear, even if the script does not care."""
    careless = routes.replace("if($var(rc) < 0) drop;", "")
    assert careless != routes
    with kamailio(tmp_path, careless) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as clear:
        clear.bind(OTHER_PEER)
        message = request("b.example", at="sip:%s:%d" % OTHER_PEER)
        assert ask(message) == "SIP/2.0 503 not sent"
        assert sent(server, message)[0]["rc"] == "-3"
        assert sent(server, message)[0]["reason"] == \
            "the domain is not reached over TLS"
        clear.setblocking(False)
        with pytest.raises(BlockingIOError):
            clear.recv(65535)
        counts = stats(server)
        assert counts["to_refused_clear"] == counts["to_stopped"] == 1


def test_without_onsend(tmp_path):
    """A script that never asks: nothing leaves unchecked."""
    with kamailio(tmp_path, TO + FORWARD) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        assert ask(request("b.example")) == "SIP/2.0 503 not sent"
        assert not peer.heard
        assert stats(server)["to_stopped"] == 1
        assert "call tls_reuse_onsend() in onsend_route" in server.text()


def test_dropped_by_the_script(tmp_path):
    """What was chosen for a request that then is not sent holds for no other,
    on whichever connection."""
    routes = STATELESS.replace("if($var(rc) < 0) drop;",
                               "if($hdr(X-Drop) != $null) drop;")
    assert routes != STATELESS
    with kamailio(tmp_path, routes, before="children=1\n") as server, \
            Virtual(tmp_path / "ca", ["b.example", "c.example"]) as peer, \
            Virtual(tmp_path / "ca", ["d.example"], OTHER_PEER) as other:
        for extra in ("X-Drop: yes\r\n", ""):
            line = ask(request("b.example", extra=extra))
            assert line == ("SIP/2.0 503 not sent" if extra else OK)
            deliver(server, request(at=OTHER_PEER))
            deliver(server, request("c.example"))
        assert [heard.sni for heard in peer.heard] == ["c.example",
                                                       "b.example"]
        assert [heard.sni for heard in other.heard] == [""]


NO_NAMES = ["192.0.2.1", "b..example", "*.example", "b example",
            "-b.example", "[2001:db8::1]", "b.example:5061", "sip:b.example"]


def test_no_name(tmp_path):
    with kamailio(tmp_path, STATELESS) as server:
        for name in NO_NAMES:
            assert ask(request(name, uri="sip:b@b.example")) == \
                "SIP/2.0 480 rc -2 the domain is no host name", name
            assert ask(request("b.example", name)) == \
                "SIP/2.0 480 rc -2 the local domain is no host name", name
        assert stats(server)["to_refused_name"] == 2 * len(NO_NAMES)


# --- the mark ----------------------------------------------------------------

def mark(message: bytes) -> str:
    """$du of an INFO, as the script answers it."""
    return ask(message).split(" ")[-1]


def test_next_hop(tmp_path):
    """What tls_reuse_to() makes of $du."""
    table = [
        # about, Request-URI, X-Du, the beginning of $du
        ("the domain is resolved", "sip:bob@b.example", None,
         "sip:b.example;transport=tls;tr-to=b.example;tr-by="),
        ("its port in the Request-URI counts", "sip:bob@b.example:5071", None,
         "sip:b.example:5071;transport=tls;tr-to=b.example;tr-by="),
        ("whatever letters and dots", "sip:bob@B.Example.:5071", None,
         "sip:b.example:5071;transport=tls;tr-to=b.example;tr-by="),
        ("that of another host does not", "sip:bob@c.example:5071", None,
         "sip:b.example;transport=tls;tr-to=b.example;tr-by="),
        ("nor that of an address", "sip:bob@192.0.2.1:5071", None,
         "sip:b.example;transport=tls;tr-to=b.example;tr-by="),
        ("a next hop of the script's stays", "sip:bob@b.example",
         "sip:192.0.2.1:5071;transport=tls",
         "sip:192.0.2.1:5071;transport=tls;tr-to=b.example;tr-by="),
        ("what looks like a mark goes", "sip:bob@b.example",
         "sip:192.0.2.1;transport=tls;tr-to=c.example;tr-by=AA",
         "sip:192.0.2.1;transport=tls;tr-to=b.example;tr-by="),
    ]
    with kamailio(tmp_path, STATELESS):
        for about, uri, at, want in table:
            got = mark(request("b.example", uri=uri, at=at, method="INFO"))
            assert got.startswith(want), (about, got)
            assert len(got) == len(want) + 22, (about, got)


def test_both_domains_are_told(tmp_path):
    with kamailio(tmp_path, STATELESS):
        line = ask(request("B.Example.", "ONE.example", method="INFO"))
        assert line.split(" ")[3] == "b.example/one.example", line
        assert ";tr-to=b.example;tr-as=one.example;tr-by=" in line


ROUTED = """
request_route {
    if($rm == "INFO") {
        tls_reuse_to("b.example");
        sl_send_reply("200", "$du");
        exit;
    }
    loose_route();
    route(SEND);
}
"""


def test_forged_by_a_stranger(tmp_path):
    """A Route can end up in $du: it is refused; in the Request-URI it is a
    parameter like others."""
    routes = ROUTED + FORWARD + ONSEND
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        stolen = mark(request(method="INFO", at=None))
        stolen = stolen[stolen.index(";tr-to"):]
        for made in (stolen, ";tr-to=b.example",
                     ";tr-to=b.example;tr-by=" + "A" * 22):
            via = ("Route: <sip:127.0.0.1:15060;lr>\r\n"
                   f"Route: <{du(PEER)};lr{made}>\r\n")
            message = request(at=None, extra=via)
            assert ask(message) == "SIP/2.0 503 not sent"
            assert sent(server, message)[0]["rc"] == "-4"
            assert sent(server, message)[0]["reason"] == \
                "the destination URI was marked by somebody else"
        assert not peer.heard
        assert stats(server)["to_refused_forged"] == 3
        # in the Request-URI it means nothing: stock behaviour
        message = request(at=None, uri=f"{du(PEER)}{stolen}")
        assert deliver(server, message)["to"] == "<null>"
        assert peer.heard[0].sni == ""


# --- connections end ---------------------------------------------------------

def test_closed_by_the_peer(routes, tmp_path):
    """RFC 5923 s8.1: a new one is opened and the table is brought up to
    date."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        deliver(server, request("b.example"))
        before = aliases(server)[0]["id"]
        peer.hang_up()
        wait_rows(server, 0)
        assert deliver(server, request("b.example"))["reused"] == "0"
        assert wait_rows(server, 1)[0]["id"] != before
        assert [len(requests(heard)) for heard in peer.heard] == [1, 1]
        counts = stats(server)
        assert (counts["aliases_opened"], counts["aliases_closed"]) == (2, 1)


def test_nobody_there(routes, tmp_path):
    """A connection that never comes up leaves no row."""
    with kamailio(tmp_path, routes) as server:
        ask(request("b.example"), timeout=0.3)
        wait_rows(server, 0)
        with Virtual(tmp_path / "ca", ["b.example"]):
            deliver(server, request("b.example"))


@pytest.mark.parametrize("how", ["no", "yes"])
def test_nobody_there_is_no_harm_to_others(how, tmp_path):
    """What was meant for a domain and never sent is not held against the next
    that the same process sends: here the pong to a phone's ping."""
    before = f"tcp_children=1\ntcp_async={how}\n"
    silent = TO + "route[SEND] { forward(); exit; }" + ONSEND
    with kamailio(tmp_path, silent, before=before) as server:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(TLS, 5) as plain, \
                context.wrap_socket(plain) as phone:
            phone.sendall(request("b.example").replace(b"/UDP ", b"/TLS "))
            wait_for(lambda: "SENT" in server.text(), 5, "it to be tried")
            phone.sendall(b"\r\n\r\n")
            assert phone.recv(4096) == b"\r\n"
        assert server.rpc("cert_match.stats")[0]["wrong_connection"] == 0


def test_bound(tmp_path):
    """At max_aliases the row unused for longest gives way; its connection
    lives on."""
    names = ["b.example", "c.example", "d.example"]
    with kamailio(tmp_path, STATELESS, params=[
            ("tls_reuse", "max_aliases", 2)]) as server, \
            Virtual(tmp_path / "ca", names) as peer:
        for name in names:
            deliver(server, request(name))
        assert sorted(row["identity"] for row in aliases(server)) == names[1:]
        assert stats(server)["aliases_evicted"] == 1
        assert len(server.rpc("cert_match.peers")) == 3
        assert deliver(server, request("b.example"))["reused"] == "0"
        assert [heard.sni for heard in peer.heard] == [*names, "b.example"]


@pytest.mark.parametrize("value", [0, -1, 1 << 20 | 1])
def test_bound_of_the_bound(value, tmp_path):
    with pytest.raises(Exception, match="max_aliases is"):
        with kamailio(tmp_path, STATELESS, params=[
                ("tls_reuse", "max_aliases", value)]):
            pass


# --- names -------------------------------------------------------------------

def test_utf8(routes, tmp_path):
    """RFC 5922 s7.2: compared as A-labels."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["xn--bcher-kva.example"]) as peer:
        uri = "sip:bob@xn--bcher-kva.example"
        deliver(server, request("b\u00fccher.example", uri=uri))
        row = deliver(server, request("XN--Bcher-KVA.example.", uri=uri))
        assert (row["to"], row["reused"]) == ("xn--bcher-kva.example", "1")
        assert [heard.sni for heard in peer.heard] == ["xn--bcher-kva.example"]


# --- load --------------------------------------------------------------------

class Sender(threading.Thread):
    """Sends requests to domains in turn and counts the answers."""

    def __init__(self, messages: list[bytes]):
        super().__init__(daemon=True)
        self.messages, self.answered, self.lost = messages, 0, 0

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(3)
            sock.connect(HERE)
            for message in self.messages:
                sock.send(message)
                try:
                    self.answered += sock.recv(65535).startswith(OK.encode())
                except TimeoutError:
                    self.lost += 1


def pure(peer: Virtual) -> int:
    """Each connection carried one pair of domains only; how many pairs."""
    pairs = set()
    for heard in peer.heard:
        here = {(row["X-To"], row["X-Local"]) for row in requests(heard)}
        assert len(here) <= 1, here
        for domain, local in here:
            assert heard.sni == domain
            assert ("DNS", local) in heard.client["subjectAltName"]
        pairs |= here
    return len(pairs)


def test_all_at_once(routes, tmp_path):
    """Two domains of ours and two of the peer's, from eight workers, while
    connections die: no request is ever on another's connection."""
    ours = [(name, certs.client(name, where=tmp_path / "ca"))
            for name in ("one.example", "two.example")]
    with kamailio(tmp_path, routes, ours, before="children=8\n") as server, \
            Virtual(tmp_path / "ca", ["b.example", "c.example"],
                    ca=ours[0][1].ca) as peer:
        pairs = [(domain, local) for domain in ("b.example", "c.example")
                 for local in ("one.example", "two.example")]
        senders = [Sender([request(*pairs[(i + n) % 4]) for n in range(40)])
                   for i in range(8)]
        for sender in senders:
            sender.start()
        for count in (60, 140, 220):
            wait_for(lambda: sum(s.answered for s in senders) > count, 20,
                     "answers")
            peer.hang_up()
        for sender in senders:
            sender.join(60)
        # what was on a connection that just died, and no more
        assert sum(sender.lost for sender in senders) <= 3 * len(senders)
        assert pure(peer) == 4
        for domain, local in pairs:
            deliver(server, request(domain, local))
        assert {(row["identity"], row["local_domain"])
                for row in aliases(server)} == set(pairs)
        assert server.alive()
        opened = server.rpc("cert_match.stats")[0]["opened_out"]
        assert opened == len(peer.heard) == stats(server)["aliases_opened"]


# --- the rest of the interface -----------------------------------------------

def test_rpc_pages(tmp_path):
    names = [f"{letter}.example" for letter in "bcdef"]
    with kamailio(tmp_path, STATELESS) as server, \
            Virtual(tmp_path / "ca", names):
        assert aliases(server) == []
        for name in names:
            deliver(server, request(name))
        everything = [row["identity"] for row in aliases(server)]
        assert sorted(everything) == names
        paged = [aliases(server, 2, at)[:2] for at in (0, 2, 4, 6)]
        assert [[row["identity"] for row in page] for page in paged] == \
            [everything[:2], everything[2:4], everything[4:], []]
        for words in ((0,), (501,), (1, -1)):
            with pytest.raises(binrpc.RpcError):
                aliases(server, *words)
        group = server.rpc("cnt.grp_get_all", "tls_reuse")[0]
        assert (group["aliases"], group["aliases_opened"]) == (5, 5)


LUA = """
function ksr_request_route()
    local rc = KSR.tls_reuse.to("b.example")
    local du = KSR.pv.get("$du")
    local rcl = KSR.tls_reuse.to_local("b.example", "one.example")
    local bad = KSR.tls_reuse.to("b..example")
    if KSR.is_INFO() then
        KSR.sl.send_reply(200, rc .. " " .. rcl .. " " .. bad)
        return 1
    end
    KSR.pv.sets("$du", "sip:127.0.0.1:16061;transport=tls")
    KSR.tls_reuse.to("b.example")
    KSR.forward()
end
function ksr_onsend_route()
    if KSR.tls_reuse.onsend() < 0 then KSR.set_drop() end
    return 1
end
"""


def test_kemi(tmp_path):
    script = tmp_path / "routes.lua"
    script.write_text(LUA)
    before = ('loadmodule "app_lua.so"\n'
              f'modparam("app_lua", "load", "{script}")\n'
              'cfgengine "lua"\n')
    with kamailio(tmp_path, "", before=before) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        assert ask(request(method="INFO")) == "SIP/2.0 200 1 1 -2"
        for _ in range(2):
            assert ask(request()) == OK
        assert [heard.sni for heard in peer.heard] == ["b.example"]
        assert aliases(server)[0]["uses"] == 1


def test_tm_may_come_last(tmp_path):
    """The order of loadmodule lines does not matter between tm and us."""
    config = profile(certs.authority(tmp_path / "ca"))
    names = ("tls", "cert_match", "tls_reuse", "tm", "xlog")
    with Small("tls_reuse", tmp_path, TO + SEND["t_relay"] + ONSEND,
               names=names, tls_config=config) as server, \
            Virtual(tmp_path / "ca", ["b.example"]):
        assert deliver(server, request("b.example"))["to"] == "b.example"
