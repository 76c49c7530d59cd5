# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is let in, and to whom does a request go? Real handshakes."""

import socket
import ssl

import pytest

from lab import certs, sip
from lab.proc import wait_for
from lab.tlspeer import TlsPeer

from small import TLS, Small

PEER = ("127.0.0.1", 16061)
URI = "sip:a@127.0.0.1:16061;transport=tls"
ROUTES = """
request_route {
    if(uri == myself) {
        if(!cert_match("$fd")) {
            sl_send_reply("403", "$cert_match(reason)");
            exit;
        }
        sl_send_reply("200", "$cert_match(identity)");
        exit;
    }
    forward();
}
"""


def profile(ca: object, client: str = "yes", server: str = "yes") -> str:
    """verify_certificate of a server's client and of a client's server."""
    pair = certs.server("edge.test")
    return f"""
[server:default]
method = TLSv1.2+
verify_certificate = {client}
require_certificate = no
certificate = {pair.cert}
private_key = {pair.key}
ca_list = {ca}
[client:default]
method = TLSv1.2+
verify_certificate = {server}
require_certificate = no
ca_list = {ca}
"""


def send(uri: str = URI) -> None:
    """A request that Kamailio forwards."""
    sip.ask(("127.0.0.1", 15060),
            sip.request("OPTIONS", uri, "UDP 127.0.0.1:9"), timeout=0.01)


def forwarded(kamailio: Small, peer: TlsPeer) -> bool:
    """Does a request arrive at the peer?  Decided when either is sure."""
    before = len(kamailio.rpc("cert_match.failures"))
    send()
    wait_for(lambda: any(h.text for h in peer.heard)
             or len(kamailio.rpc("cert_match.failures")) > before,
             10, "the request, or a failure")
    return any(h.text for h in peer.heard)


# --- default_expect ----------------------------------------------------------

DEFAULTS = [
    ("profile: any name will do, as in stock", "profile", (), True, ""),
    ("address: the certificate names it", "address", ("--ip", "127.0.0.1"),
     True, ""),
    ("address: it names another", "address", ("--ip", "127.0.0.2"), False,
     "wrong-name"),
    ("address: it names none", "address", (), False, "wrong-name"),
    ("refuse", "refuse", ("--ip", "127.0.0.1"), False, "no-expectation"),
]


@pytest.mark.parametrize("case", DEFAULTS, ids=lambda case: case[0])
def test_default_expect(case, tmp_path):
    _, mode, options, want, cause = case
    pair = certs.server("peer.example", *options, where=tmp_path / "ca")
    with Small("cert_match", tmp_path, ROUTES, tls_config=profile(pair.ca),
               params=[("cert_match", "default_expect", mode)]) as kamailio, \
            TlsPeer(pair, PEER) as peer:
        assert forwarded(kamailio, peer) is want
        if want:
            return
        row = kamailio.rpc("cert_match.failures")[0]
        assert row["cause"] == cause
        if mode == "refuse":
            assert not peer.heard, "a connection was opened"


# --- which domain ------------------------------------------------------------

def test_domain_of_a_client(tmp_path):
    """RFC 5922 s7.2-4: the script asks in UTF-8, the certificate says it in
    A-labels. What is no domain is an answer of its own, and a quick one."""
    asking = """
request_route {
    $var(rc) = 0;
    cert_match("$hdr(X-Domain)");
    $var(rc) = $rc;
    sl_send_reply("200", "rc $var(rc)");
}
"""
    pair = certs.client("xn--bcher-kva.example", where=tmp_path / "ca")
    with Small("cert_match", tmp_path, asking, tls_config=profile(pair.ca)):
        for domain, rc in (("xn--bcher-kva.example", 1),
                           ("B\u00fcCHER.example.", 1),
                           ("bu\u0308cher.example", 1),
                           ("bucher.example", -1), ("b\u00fc.example", -1),
                           ("\u2603.example", -4), ("192.0.2.1", -4),
                           ("\u00fc" * 3000, -4), ("a" * 6000, -4)):
            answer, tls = asked(pair, extra=f"X-Domain: {domain}\r\n")
            tls.close()
            assert answer == f"SIP/2.0 200 rc {rc}", domain[:40]


# --- extendedKeyUsage --------------------------------------------------------

PURPOSES = [
    # as public CAs make them since 2026
    ("serverAuth", "tls", True), ("clientAuth", "tls", True),
    ("1.3.6.1.5.5.7.3.20", "tls", True), ("none", "tls", True),
    ("anyExtendedKeyUsage", "tls", True), ("emailProtection", "tls", False),
    ("serverAuth", "sip", False), ("1.3.6.1.5.5.7.3.20", "sip", True),
    ("none", "sip", False), ("emailProtection", "any", True),
]


def asked(pair: certs.Pair, session: object = None, version: str = "TLSv1_3",
          extra: str = "") -> tuple[str, ssl.SSLSocket]:
    """What Kamailio answers to a peer with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion[version]
    if session:
        context = session.context
    else:
        context.load_cert_chain(pair.cert, pair.key)
    tls = context.wrap_socket(socket.create_connection(TLS, 5),
                              session=session and session.session)
    tls.sendall(sip.request("MESSAGE", "sip:x@127.0.0.1:15061",
                            "TLS 127.0.0.1:9", extra,
                            sender="sip:a@peer.example"))
    answer = tls.recv(4096).decode().split("\r\n")[0]
    return answer, tls


@pytest.mark.parametrize("purpose, mode, want", PURPOSES)
def test_purpose_of_a_client(purpose, mode, want, tmp_path):
    pair = certs.client("peer.example", "--eku", purpose,
                        where=tmp_path / "ca")
    with Small("cert_match", tmp_path, ROUTES, tls_config=profile(pair.ca),
               params=[("cert_match", "eku", mode)]) as kamailio:
        if want:
            answer, tls = asked(pair)
            tls.close()
            assert answer == "SIP/2.0 200 peer.example"
            return
        with pytest.raises(OSError):
            asked(pair)
        row = wait_for(lambda: kamailio.rpc("cert_match.failures"), 5,
                       "the failure")[0]
        assert row["cause"] == "peer-purpose"


@pytest.mark.parametrize("purpose, mode, want", PURPOSES)
def test_purpose_of_a_server(purpose, mode, want, tmp_path):
    """Where something is expected of it: else stock's own check stays."""
    pair = certs.server("peer.example", "--eku", purpose, "--ip", PEER[0],
                        where=tmp_path / "ca")
    params = [("cert_match", "eku", mode),
              ("cert_match", "default_expect", "address")]
    with Small("cert_match", tmp_path, ROUTES, tls_config=profile(pair.ca),
               params=params) as kamailio, TlsPeer(pair, PEER) as peer:
        assert forwarded(kamailio, peer) is want


def test_phone_is_no_server(tmp_path):
    """A client certificate does not do where nothing is expected."""
    pair = certs.client("peer.example", "--eku", "clientAuth",
                        where=tmp_path / "ca")
    with Small("cert_match", tmp_path, ROUTES,
               tls_config=profile(pair.ca)) as kamailio, \
            TlsPeer(pair, PEER) as peer:
        assert not forwarded(kamailio, peer)


# --- a resumed session -------------------------------------------------------

class Session:
    """A context and its session, to be resumed."""

    def __init__(self, tls: ssl.SSLSocket):
        self.context, self.session = tls.context, tls.session


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_resumed_client_is_still_itself(version, tmp_path):
    """It shows no certificate again: the first one counts."""
    pair = certs.client("peer.example", where=tmp_path / "ca")
    # stock's ticket keys are each process's own
    with Small("cert_match", tmp_path, ROUTES, "tcp_children=1\n",
               tls_config=profile(pair.ca)) as kamailio:
        answer, tls = asked(pair, version=version)
        assert answer == "SIP/2.0 200 peer.example"
        session = Session(tls)
        tls.close()
        answer, tls = asked(pair, session, version)
        assert tls.session_reused
        assert answer == "SIP/2.0 200 peer.example"
        row = kamailio.rpc("cert_match.peers")[0]
        assert row["verified"] == 1
        # the core's counter of ids has no lock: ours are another range
        assert row["id"] > 1 << 30
        tls.close()
