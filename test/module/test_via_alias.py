# SPDX-License-Identifier: GPL-2.0-or-later
"""What our own Via says to a peer domain: who we are, by our certificate, and
that the connection may be reused (RFC 5923 s8.1)."""

import re
import socket
import threading

import pytest

import callers
import domains
from lab import certs
from lab.proc import wait_for
from lab.tlspeer import Heard

from domains import (FORWARD, HERE, ONSEND, OTHER_PEER, PEER, RELAY, SEND, TO,
                     Virtual, ask, deliver, du, kamailio, methods,
                     profile, request, sent, stats, wait_rows)
from small import Small
from test_to_tm import Caller, invite

OK = "SIP/2.0 200 OK"
CHECKED = "check_via=yes\n"
PLAIN = "SIP/2.0/TLS 127.0.0.1:15061;branch="
OURS = ("one.example", "two.example")


@pytest.fixture(params=SEND)
def routes(request):
    """Stateless and with tm."""
    return TO + SEND[request.param] + ONSEND


def clients(where, *names):
    """The profiles of our own domains: who we are for each."""
    return [(name, certs.client(name, where=where / "ca")) for name in names]


def two_names(where):
    return certs.server("edge.example", "other.example", where=where / "ca",
                        out="two-names")


def peer_of(where, *names, **more):
    """The server of these domains; it wants to know who its clients are."""
    return Virtual(where / "ca", names or ["b.example"],
                   ca=certs.authority(where / "ca"), **more)


def messages(heard: Heard) -> list[str]:
    return heard.text.decode().split("\r\n\r\n")[:-1]


def via(message: str) -> str:
    """The topmost Via."""
    return re.search(r"(?m)^Via: (.*?)\r?$", message)[1]


def vias(heard: Heard) -> list[str]:
    return [via(message) for message in messages(heard)]


def offered(text: str, name: str, port: str = ":15061") -> bool:
    """One alias, behind our certified name (RFC 5923 s8.1)."""
    return text.startswith(f"SIP/2.0/TLS {name}{port};alias;branch=z9hG4bK") \
        and text.count("alias") == 1


def counts(server) -> tuple[int, int]:
    now = stats(server)
    return now["alias_offered"], now["alias_not_offered"]


# --- the name ----------------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_local_domain(routes, version, tmp_path):
    """The request that opens the connection, and those that reuse it."""
    with kamailio(tmp_path, routes, clients(tmp_path, *OURS)) as server, \
            peer_of(tmp_path, version=version) as peer:
        for name in OURS + OURS:
            deliver(server, request("b.example", name))
        assert len(peer.heard) == 2
        for heard, name in zip(peer.heard, OURS):
            assert len(vias(heard)) == 2
            assert all(offered(text, name) for text in vias(heard)), \
                vias(heard)
        assert counts(server) == (4, 0)


def test_without_a_local_domain(routes, tmp_path):
    """The certificate's first name."""
    ours = [("b.example", two_names(tmp_path))]
    with kamailio(tmp_path, routes, ours) as server, \
            peer_of(tmp_path) as peer:
        for _ in range(2):
            deliver(server, request("b.example"))
        assert [offered(text, "edge.example")
                for text in vias(peer.heard[0])] == [True] * 2


def test_the_advertised_host(routes, tmp_path):
    """It is not the certificate's first name, but it is one of them."""
    ours = [("b.example", two_names(tmp_path))]
    before = 'advertised_address="Other.Example"\nadvertised_port=6061\n'
    with kamailio(tmp_path, routes, ours, before) as server, \
            peer_of(tmp_path) as peer:
        deliver(server, request("b.example"))
        assert offered(vias(peer.heard[0])[0], "other.example", ":6061")


def test_the_certificate_does_not_have_the_local_domain(routes, tmp_path):
    ours = [("one.example", certs.client("edge.example",
                                         where=tmp_path / "ca"))]
    with kamailio(tmp_path, routes, ours) as server, \
            peer_of(tmp_path) as peer:
        deliver(server, request("b.example", "one.example"))
        assert offered(vias(peer.heard[0])[0], "edge.example")


PORT_5060 = """
route[SEND] {
    $fs = "tls:127.0.0.1:5060";
    if(!forward()) sl_send_reply("503", "not sent");
}
"""


def test_a_listener_on_5060(tmp_path):
    """RFC 5923 s8.2: a Via without a port means 5061; the core leaves 5060
    out."""
    with kamailio(tmp_path, TO + PORT_5060 + ONSEND,
                  clients(tmp_path, *OURS),
                  "listen=tls:127.0.0.1:5060\n") as server, \
            peer_of(tmp_path) as peer:
        deliver(server, request("b.example", "one.example"))
        assert offered(vias(peer.heard[0])[0], "one.example", ":5060")


def test_while_the_handshake_is_under_way(tmp_path):
    """Two requests wait for one connection: both offer it."""
    go = threading.Event()

    class Slow(Virtual):
        def _serve(self, *args):
            go.wait(5)
            super()._serve(*args)

    with kamailio(tmp_path, TO + FORWARD + ONSEND,
                  clients(tmp_path, *OURS)) as server, \
            Slow(tmp_path / "ca", ["b.example"],
                 ca=certs.authority(tmp_path / "ca")) as peer, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        both = [request("b.example", "one.example") for _ in range(2)]
        for message in both:
            sock.sendto(message, HERE)
            wait_for(lambda: sent(server, message), 5, "onsend_route")
        go.set()
        wait_for(lambda: peer.heard and len(messages(peer.heard[0])) == 2, 5,
                 "both requests")
        assert len(peer.heard) == 1
        assert all(offered(text, "one.example")
                   for text in vias(peer.heard[0]))


def test_on_a_connection_that_the_peer_opened(tmp_path):
    """RFC 5923 s8.2, s9.3: there he knows us by the name that he asked
    for."""
    with callers.kamailio(tmp_path, ("edge.test", "one.example")) as server, \
            callers.Caller(certs.client("b.example", where=tmp_path / "ca"),
                           sni="one.example") as peer:
        peer.ask()
        for local in ("one.example", ""):
            assert deliver(server, request("b.example", local))["reused"] \
                == "1"
        assert [offered(via(text), "one.example")
                for text in peer.heard] == [True] * 2


# --- no name, no offer -------------------------------------------------------

def test_without_a_certificate(routes, tmp_path):
    """Nobody knows us there: the Via is as the core wrote it."""
    with kamailio(tmp_path, routes) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        for local in ("one.example", "one.example", ""):
            deliver(server, request("b.example", local))
        texts = [text for heard in peer.heard for text in vias(heard)]
        assert len(texts) == 3
        assert all(text.startswith(PLAIN) and "alias" not in text
                   for text in texts), texts
        assert counts(server) == (0, 3)


def test_a_certificate_of_nobody(routes, tmp_path):
    """A phone's: its SIP URI has a user part (RFC 5922 s7.1)."""
    ours = [("one.example", certs.client("alice@one.example",
                                         where=tmp_path / "ca"))]
    with kamailio(tmp_path, routes, ours) as server, \
            peer_of(tmp_path) as peer:
        for _ in range(2):
            deliver(server, request("b.example", "one.example"))
        assert all(text.startswith(PLAIN) and "alias" not in text
                   for text in vias(peer.heard[0]))
        assert counts(server) == (0, 2)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_peer_who_does_not_ask_who_we_are(version, tmp_path):
    """The first request cannot know that; then there is no offer any more,
    and a CANCEL says what its INVITE said (RFC 3261 s9.1)."""
    with kamailio(tmp_path, TO + RELAY + ONSEND, clients(tmp_path, *OURS),
                  CHECKED) as server, \
            Virtual(tmp_path / "ca", ["b.example"],
                    version=version) as peer:
        with Caller(invite("b.example", local="one.example")) as caller:
            caller.wait(180)
            deliver(server, request("b.example", "one.example"))
            caller.follow("CANCEL")
            caller.follow("ACK", caller.wait(487))
        wait_for(lambda: len(vias(peer.heard[0])) == 4, 5, "the ACK")
        rows = dict(zip(methods(peer.heard[0]), vias(peer.heard[0])))
        assert offered(rows["INVITE"], "one.example")
        assert rows["INVITE"] == rows["CANCEL"] == rows["ACK"]
        assert rows["MESSAGE"].startswith(PLAIN)
        assert "alias" not in rows["MESSAGE"]
        assert counts(server) == (3, 1)


def test_plain_requests(routes, tmp_path):
    """TLS, UDP and TCP to nobody in particular, though the certificate would
    be there."""
    ours = [("b.example", certs.client("edge.example",
                                       where=tmp_path / "ca"))]
    with kamailio(tmp_path, routes, ours) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
            socket.create_server(("127.0.0.1", 16063)) as tcp:
        deliver(server, request(at=PEER))
        assert vias(peer.heard[0])[0].startswith(PLAIN)
        udp.bind(("127.0.0.1", 16063))
        udp.settimeout(5)
        tcp.settimeout(5)
        ask(request(at="sip:127.0.0.1:16063"), timeout=0.1)
        ask(request(at="sip:127.0.0.1:16063;transport=tcp"), timeout=0.1)
        heard = [udp.recv(65535)]
        sock, _ = tcp.accept()
        with sock:
            sock.settimeout(5)
            heard.append(sock.recv(65535))
        for text in (*heard, peer.heard[0].text):
            assert b"alias" not in text
            assert b"edge.example" not in text
        assert counts(server) == (0, 0)


def test_which_certificate_is_not_certain(tmp_path):
    """The address that the connection will have may choose another profile:
    the first request says nothing, the next ones what is true."""
    text = profile(certs.authority(tmp_path / "ca"),
                   clients(tmp_path, "one.example", "far.example"))
    # tls looks at the last one first
    text = "[client:127.0.0.9:0]".join(text.rsplit("[client:any]", 1))
    with Small("tls_reuse", tmp_path, TO + FORWARD + ONSEND,
               domains.BEFORE, tls_config=text) as server, \
            peer_of(tmp_path) as peer:
        for _ in range(2):
            deliver(server, request("b.example", "one.example"))
        first, second = vias(peer.heard[0])
        assert first.startswith(PLAIN) and "alias" not in first
        assert offered(second, "one.example")
        assert counts(server) == (1, 1)


VIA_PARAMS = """
route[SEND] {
    $xavp(viap=>alias) = "";
    via_add_xavp_params("1");
    if(!forward()) sl_send_reply("503", "not sent");
}
"""


def test_the_script_wrote_an_alias(tmp_path):
    with kamailio(tmp_path, TO + VIA_PARAMS + ONSEND,
                  clients(tmp_path, *OURS),
                  'xavp_via_params="viap"\n') as server, \
            peer_of(tmp_path) as peer:
        deliver(server, request("b.example", "one.example"))
        text = vias(peer.heard[0])[0]
        assert text.startswith("SIP/2.0/TLS one.example:15061;branch=")
        assert len(re.findall(r";\s*alias\b", text)) == 1, text


PORTS = range(20000, 21025)
OTHER_PORTS = """
route[SEND] {
    switch($(hdr(X-Port){s.int})) {
""" + "".join(
    f"        case {port}: set_advertised_port({port}); break;\n"
    for port in PORTS) + """
    }
    if(!forward()) sl_send_reply("503", "not sent");
}
"""


def test_too_many_names(tmp_path):
    """The table of names that we know again is bounded: beyond it requests go
    out as the core wrote them."""
    with kamailio(tmp_path, TO + OTHER_PORTS + ONSEND,
                  clients(tmp_path, *OURS)) as server, \
            peer_of(tmp_path) as peer:
        for port in PORTS:
            assert ask(request("b.example", "one.example",
                               extra=f"X-Port: {port}\r\n")) == OK
        texts = vias(peer.heard[0])
        assert offered(texts[0], "one.example", ":20000")
        assert offered(texts[-2], "one.example", ":21023")
        assert texts[-1].startswith("SIP/2.0/TLS 127.0.0.1:21024;branch=")
        assert "alias" not in texts[-1]
        assert counts(server) == (1024, 1)


# --- replies -----------------------------------------------------------------

def test_replies_come_through(routes, tmp_path):
    """RFC 3261 s18.1.2: we know what we put there."""
    with kamailio(tmp_path, routes, clients(tmp_path, *OURS),
                  CHECKED) as server, peer_of(tmp_path) as peer:
        for name in OURS:
            deliver(server, request("b.example", name))
            assert offered(vias(peer.heard[-1])[0], name)


@pytest.mark.parametrize("wrong", [
    "evil.example:15061", "one.example:15062", "one.example",
    "two.example:15061"])
def test_a_reply_that_is_not_ours(routes, wrong, tmp_path, monkeypatch):
    """RFC 3261 s18.1.2: a name, or a port, that no request went out under;
    two.example would be one of ours."""
    real = domains.answers
    monkeypatch.setattr(domains, "answers", lambda message: [
        text.replace("one.example:15061", wrong, 1)
        for text in real(message)])
    with kamailio(tmp_path, routes, clients(tmp_path, *OURS),
                  CHECKED) as server, peer_of(tmp_path) as peer:
        assert ask(request("b.example", "one.example"), timeout=0.5) != OK
        assert offered(vias(peer.heard[0])[0], "one.example")
        assert "host in first via!=me" in server.text()


@pytest.mark.parametrize("hide", [0, 1])
def test_our_own_503_comes_through(routes, hide, tmp_path):
    """What waited on a connection that came to nothing is answered as if the
    peer had done it: by what our Via said."""
    with kamailio(tmp_path, routes, clients(tmp_path, *OURS),
                  CHECKED + 'modparam("tm", "remap_503_500", 0)\n',
                  [("tls_reuse", "hide_via", hide)]) as server, \
            Virtual(tmp_path / "ca", ["c.example"]):
        assert ask(request("b.example", "one.example")).startswith(
            "SIP/2.0 503 ")
        assert counts(server) == (1, 0)
        assert stats(server)["via_forged"] == 0


MYSELF = """
request_route {
    if($rm == "INFO") {
        if(is_myself("$ru")) sl_send_reply("200", "myself");
        else sl_send_reply("200", "another");
        exit;
    }
    tls_reuse_to("b.example", "one.example");
    route(SEND);
}
"""


def test_a_name_in_a_via_is_no_myself(tmp_path):
    """What a script takes for its own domain stays what it was."""
    uri = "sip:alice@one.example:15061;transport=tls"
    with kamailio(tmp_path, MYSELF + FORWARD + ONSEND,
                  clients(tmp_path, *OURS), CHECKED) as server, \
            peer_of(tmp_path) as peer:
        domains.resolve(server, "b.example", PEER)
        question = request(uri=uri, method="INFO", at=None)
        assert ask(question) == "SIP/2.0 200 another"
        assert ask(request(uri="sip:bob@b.example", at=None)) == OK
        assert offered(vias(peer.heard[0])[0], "one.example")
        assert ask(request(uri=uri, method="INFO", at=None)) == \
            "SIP/2.0 200 another"


def test_with_hidden_vias(routes, tmp_path):
    with kamailio(tmp_path, routes, clients(tmp_path, *OURS), CHECKED,
                  [("tls_reuse", "hide_via", 1)]) as server, \
            peer_of(tmp_path) as peer:
        for _ in range(2):
            deliver(server, request("b.example", "one.example"))
        for message in messages(peer.heard[0]):
            assert offered(via(message), "one.example")
            assert ";tv=" in via(message)
            assert len(re.findall(r"(?m)^Via:", message)) == 1
        now = stats(server)
        assert (now["via_forged"], now["via_too_long"]) == (0, 0)


# --- tm ----------------------------------------------------------------------

FORKED = """
request_route {
    $du = "%s";
    append_branch();
    $du = $hdr(X-Du);
    tls_reuse_to("$hdr(X-To)", "$hdr(X-Local)");
    if(!t_relay()) sl_send_reply("503", "not sent");
}
""" % du(OTHER_PEER)


def test_a_phone_gets_no_offer(tmp_path):
    """Of two branches of one request only that to the domain has it."""
    with kamailio(tmp_path, FORKED + ONSEND, clients(tmp_path, *OURS),
                  CHECKED) as server, peer_of(tmp_path) as peer, \
            Virtual(tmp_path / "ca", ["phone.example"], OTHER_PEER) as phone:
        assert ask(request("b.example", "one.example")) == OK
        for who in (peer, phone):
            wait_for(lambda: who.heard and messages(who.heard[0]), 5,
                     "a branch")
        assert offered(vias(peer.heard[0])[0], "one.example")
        other = vias(phone.heard[0])[0]
        assert other.startswith(PLAIN) and "alias" not in other
        assert counts(server) == (1, 0)


def same_via(peer: Virtual, want: list[str]) -> str:
    """All these requests came, with one Via, octet for octet."""
    def came():
        found = [text for heard in peer.heard for text in messages(heard)]
        return found if [text.split(" ")[0] for text in found] == want else []
    found = wait_for(came, 5, f"{want}, got "
                     f"{[methods(heard) for heard in peer.heard]}")
    assert len({via(text) for text in found}) == 1, \
        [via(text) for text in found]
    return via(found[0])


@pytest.mark.parametrize("hide", [0, 1])
def test_cancel_and_ack_say_the_same(hide, tmp_path):
    """RFC 3261 s9.1, s17.1.1.3."""
    with kamailio(tmp_path, TO + RELAY + ONSEND, clients(tmp_path, *OURS),
                  CHECKED, [("tls_reuse", "hide_via", hide)]), \
            peer_of(tmp_path) as peer:
        with Caller(invite("b.example", local="one.example")) as caller:
            caller.wait(180)
            caller.follow("CANCEL")
            caller.follow("ACK", caller.wait(487))
        if not hide:
            text = same_via(peer, ["INVITE", "CANCEL", "ACK"])
            assert offered(text, "one.example")
            return
        # the tokens of hidden Vias are not those of one Via
        wait_for(lambda: len(messages(peer.heard[0])) == 3, 5, "the ACK")
        assert len({re.sub(";tv=.*", "", text)
                    for text in vias(peer.heard[0])}) == 1


def test_cancel_without_tm(tmp_path):
    with kamailio(tmp_path, TO + FORWARD + ONSEND, clients(tmp_path, *OURS),
                  CHECKED), peer_of(tmp_path) as peer:
        with Caller(invite("b.example", local="one.example")) as caller:
            caller.wait(180)
            caller.follow("CANCEL")
            caller.wait(487)
        assert offered(same_via(peer, ["INVITE", "CANCEL"]), "one.example")


# --- other certificates ------------------------------------------------------

def replace(pair: certs.Pair, other: certs.Pair) -> None:
    pair.cert.write_bytes(other.cert.read_bytes())
    pair.key.write_bytes(other.key.read_bytes())


def test_after_a_reload(routes, tmp_path):
    """A connection has the certificate that it was opened with; the next one
    has the new one."""
    ours = clients(tmp_path, "one.example")
    with kamailio(tmp_path, routes, ours, CHECKED) as server, \
            peer_of(tmp_path) as peer:
        deliver(server, request("b.example", "one.example"))
        replace(ours[0][1], certs.client("two.example",
                                         where=tmp_path / "ca"))
        server.rpc("tls.reload")
        deliver(server, request("b.example", "one.example"))
        assert len(peer.heard) == 1
        assert all(offered(text, "one.example")
                   for text in vias(peer.heard[0]))
        peer.hang_up()
        wait_rows(server, 0)
        for _ in range(2):
            deliver(server, request("b.example", "one.example"))
        assert ("DNS", "two.example") in \
            peer.heard[1].client["subjectAltName"]
        assert [offered(text, "two.example")
                for text in vias(peer.heard[1])] == [True] * 2


@pytest.mark.parametrize("how", ["forward", "t_relay"])
def test_cancel_after_a_reload(how, tmp_path):
    """The connection is gone, and our certificate another one: the CANCEL
    still says what its INVITE said, or it would cancel nothing."""
    ours = clients(tmp_path, "one.example")
    with kamailio(tmp_path, TO + SEND[how] + ONSEND, ours,
                  CHECKED) as server, peer_of(tmp_path) as peer:
        with Caller(invite("b.example", local="one.example")) as caller:
            caller.wait(180)
            replace(ours[0][1], certs.client("two.example",
                                             where=tmp_path / "ca"))
            server.rpc("tls.reload")
            peer.hang_up()
            wait_rows(server, 0)
            caller.follow("CANCEL")
            caller.wait(487)
        want = ["INVITE", "CANCEL"] + ["ACK"] * (how == "t_relay")
        assert offered(same_via(peer, want), "one.example")
        assert ("DNS", "two.example") in \
            peer.heard[1].client["subjectAltName"]
        # whoever comes next is who we are now
        deliver(server, request("b.example", "one.example"))
        assert offered(vias(peer.heard[1])[-1], "two.example")


def test_the_certificate_went_away(routes, tmp_path):
    ours = clients(tmp_path, "one.example")
    with kamailio(tmp_path, routes, ours, CHECKED) as server, \
            Virtual(tmp_path / "ca", ["b.example"]) as peer:
        deliver(server, request("b.example", "one.example"))
        assert offered(vias(peer.heard[0])[0], "one.example")
        (tmp_path / "tls.cfg").write_text(
            profile(certs.authority(tmp_path / "ca")))
        server.rpc("tls.reload")
        peer.hang_up()
        wait_rows(server, 0)
        deliver(server, request("b.example", "one.example"))
        assert vias(peer.heard[1])[0].startswith(PLAIN)
        assert "alias" not in vias(peer.heard[1])[0]
        assert counts(server) == (1, 1)
