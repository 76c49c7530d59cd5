# SPDX-License-Identifier: GPL-2.0-or-later
"""sipcert and edge-cert, as an operator runs them, against real servers."""

import os
import socket
import ssl
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab import binrpc, certs, net
from lab.paths import BUILD
from lab.proc import run as run_command
from lab.tlspeer import TlsPeer

import broken
from small import Small

SIPCERT = BUILD / "tools" / "sipcert"
AT = ("127.12.0.1", 5061)
HERE = "127.12.0.1"
SIP_DOMAIN = "1.3.6.1.5.5.7.3.20"


class Said(NamedTuple):
    code: int
    out: str
    err: str

    def lines(self) -> list[str]:
        return self.out.splitlines()


def run(tool: Path, *words: object) -> Said:
    done = subprocess.run([str(tool), *map(str, words)], timeout=60,
                          capture_output=True, check=False)
    out = done.stdout.decode("ascii")       # whatever a peer sent
    assert all(c.isprintable() or c == "\n" for c in out), repr(out)
    return Said(done.returncode, out, done.stderr.decode())


def sipcert(*words: object) -> Said:
    return run(SIPCERT, *words)


def edge_cert(*words: object) -> Said:
    return run(certs.TOOL, *words)


@pytest.fixture(scope="module", name="made")
def made_(tmp_path_factory) -> broken.Certs:
    net.ip("link set lo up")
    return broken.Certs(tmp_path_factory.mktemp("certs"))


# --- sipcert list, check --------------------------------------------------

def test_list(made):
    cert = made.leaf("listed", "--san", "URI:sip:a.example", "--san",
                     "DNS:b.example", "--san", "URI:sips:c.example").cert
    said = sipcert("list", cert)
    assert said.code == 0
    assert said.lines() == [
        'accepted URI "sip:a.example" (RFC 5922 s7.1)',
        'refused URI "sips:c.example": scheme: the URI\'s scheme is not "sip" '
        '(RFC 5922 s7.1)',
        'refused dNSName "b.example": uri-found: DNS names do not count, '
        'because a sip: URI gave an identity (RFC 5922 s7.1)',
        'refused CN "listed": san-found: the CN does not count, because there '
        'is a subjectAltName (RFC 5922 s7.1)',
        "purposes: serverAuth, clientAuth, id-kp-sipDomain (RFC 5924 s5)",
        "key: good for a TLS server and for a client (RFC 5280 s4.2.1.3)"]


def test_list_prints_nothing_that_does_not_print(made):
    cert = made.leaf("hostile", "--no-san", "--cn", "\x1b[31m\u00fc").cert
    assert '"\\x1b[31m\\xc3\\xbc"' in sipcert("list", cert).out


# options, the certificate's, the domain, exit, the last line holds
CHECKS = [
    ([], [], "a.example", 0, "match"),
    ([], [], "A.Example.", 0, "match"),
    ([], [], "b.example", 1, "none of the certificate's identities"),
    ([], [], "192.0.2.1", 1, "is no host name"),
    ([], ["--san", "DNS:*.a.example"], "x.a.example", 1, "none of"),
    (["--wildcard"], ["--san", "DNS:*.a.example"], "x.a.example", 0, "match"),
    ([], ["--san", "DNS:xn--bcher-kva.example"], "b\u00fccher.example", 0,
     '"b\\xc3\\xbccher.example": one of'),
    ([], ["--no-san"], "a.example", 1, "no SIP domain identity"),
    (["--common-name"], ["--no-san"], "a.example", 0, "match"),
    ([], ["--eku", "serverAuth"], "a.example", 0, "match"),
    (["--eku", "sip"], ["--eku", "serverAuth"], "a.example", 1, "purposes"),
    (["--eku", "sip"], ["--eku", SIP_DOMAIN], "a.example", 0, "match"),
    (["--eku", "sip"], ["--eku", "none"], "a.example", 1, "purposes"),
    (["--eku", "tls"], ["--eku", "codeSigning"], "a.example", 1, "purposes"),
    (["--eku", "any"], ["--eku", "codeSigning"], "a.example", 0, "match"),
    # RFC 5922 s7.1: first the validity
    ([], ["--expired"], "a.example", 1,
     '"a.example": the certificate has expired (RFC 5280 s4.1.2.5)'),
    ([], ["--not-yet"], "a.example", 1,
     '"a.example": the certificate is not valid yet (RFC 5280 s4.1.2.5)'),
    ([], ["--expired"], "b.example", 1, "has expired"),
]


@pytest.mark.parametrize("options, make, domain, code, last", CHECKS)
def test_check(options, make, domain, code, last, made):
    out = f"check{CHECKS.index((options, make, domain, code, last))}"
    cert = made.leaf("a.example", *make, out=out).cert
    said = sipcert("check", *options, "--domain", domain, cert)
    assert said.code == code, said
    assert last in said.lines()[-1]
    assert said.lines()[-1].split(". ")[1].startswith(
        "match" if code == 0 else "no match")


def test_check_tells_each_step_and_its_clause(made):
    cert = made.leaf("a.example", "--eku", f"serverAuth,{SIP_DOMAIN}",
                     out="steps").cert
    said = sipcert("check", "--domain", "a.example", cert)
    assert [line.partition(". ")[0] for line in said.lines()] == \
        [str(i + 1) for i in range(len(said.lines()))]
    assert all("(RFC " in line for line in said.lines())
    assert "purposes: serverAuth, id-kp-sipDomain: accepted with eku=tls " \
        "(RFC 5924 s5)" in said.out
    assert "key: good for a TLS server and for a client (RFC 5280 s4.2.1.3)" \
        in said.out


@pytest.mark.parametrize("params", [
    {}, {"eku": "sip"}, {"wildcard": 1, "common_name": 1, "eku": "any"}],
    ids=str)
def test_check_says_what_the_module_says(params, made, tmp_path):
    """cert_match.check of the same file, line by line."""
    options = [word for key, value in params.items() for word in
               ([f"--{key}", value] if key == "eku"
                else [f"--{key.replace('_', '-')}"])]
    files = [made.leaf("a.example", *make, out=f"rpc{i}").cert
             for i, make in enumerate([
                 (), ("--eku", "serverAuth"), ("--no-san",), ("--expired",),
                 ("--san", "DNS:*.example", "--san", "IP:192.0.2.1")])]
    with Small("cert_match", tmp_path, params=[
            ("cert_match", *pair) for pair in params.items()]) as kamailio:
        for cert in files:
            for domain in "a.example", "b.example":
                said = sipcert("check", *options, "--domain", domain, cert)
                assert kamailio.rpc("cert_match.check", str(cert), domain) \
                    == said.lines()


# --- sipcert probe --------------------------------------------------------

class Row(NamedTuple):
    """A server, what the prober says, and what is in it."""

    says: str
    server: Any             # of (at, made): a context manager
    code: int
    lines: tuple[str, ...]
    options: tuple[str, ...] = ()
    domain: str = "peer.test"


def showing(*make: str, by: str = "ca", tls: tuple[str, ...] = ()) -> Any:
    """s_server with a certificate made like this."""
    def start(at: tuple[str, int], made: broken.Certs) -> Any:
        out = "-".join(("probe", by, *make)).replace("/", "")
        pair = made.leaf("peer.test", *make, by=by, out=out)
        return broken.s_server(at, pair, *tls)
    return start


def asking(*tls: str) -> Any:
    """s_server that wants a certificate of the CA, and tells why not."""
    def start(at: tuple[str, int], made: broken.Certs) -> Any:
        return broken.s_server(
            at, made.leaf("peer.test"), "-Verify", "1", "-CAfile",
            str(made.ca), "-verify_return_error", *tls)
    return start


def plain(serve_one: Any) -> Any:
    return lambda at, made: broken.serve(at, serve_one)


def leaving(at: tuple[str, int], made: broken.Certs) -> Any:
    """TLS 1.3: it asks for a certificate, and goes when it has seen it."""
    pair = made.leaf("peer.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    context.load_verify_locations(made.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 0

    def serve_one(sock: socket.socket) -> None:
        context.wrap_socket(sock, server_side=True).close()

    return broken.serve(at, serve_one)


OURS = ("--cert", "{ours}", "--key", "{ours_key}")
STRANGERS = ("--cert", "{stranger}", "--key", "{stranger_key}")
COMPLETE = "complete the peer is authenticated as peer.test (RFC 5922 s7.3)"
NOBODY = "ours     the peer asks for a certificate; there is none to show"

ROWS = [
    Row("TLS 1.3", showing(), 0,
        ("tls      TLS 1.3, TLS_AES", "SNI peer.test", COMPLETE,
         "chain    0: O=tls-edge, CN=peer.test; issued by O=tls-edge",
         "chain    1 (ours): O=tls-edge, CN=tls-edge CA; issued by",
         "verify   ok (RFC 5280 s6)")),
    Row("TLS 1.2", showing(tls=("-tls1_2",)), 0,
        ("tls      TLS 1.2, ECDHE", COMPLETE)),
    Row("RFC 5922 s7.3-3: another name", showing(), 1,
        ('no match "other.test"', "failed   wrong-name, at stage certificate",
         "expected other.test, the certificate names peer.test",
         "verify   ok"), domain="other.test"),
    Row("RFC 5922 s7.3-3: another name, TLS 1.2", showing(tls=("-tls1_2",)), 1,
        ("failed   wrong-name",), domain="other.test"),
    Row("a domain in UTF-8", showing("--san", "DNS:xn--bcher-kva.example"), 0,
        ("SNI xn--bcher-kva.example", "authenticated as xn--bcher-kva"),
        domain="B\u00fccher.example"),
    Row("a wildcard", showing("--san", "DNS:*.test"), 1,
        ("failed   wrong-name",
         "advice   a star in a certificate counts only with wildcard=1")),
    Row("a CN alone", showing("--no-san"), 1,
        ("failed   wrong-name",
         "advice   a CN counts only with common_name=1")),
    Row("a CN that is allowed", showing("--no-san"), 0, (COMPLETE,),
        ("--common-name",)),
    Row("a wildcard that is allowed", showing("--san", "DNS:*.test"), 0,
        (COMPLETE,), ("--wildcard",)),
    Row("expired", showing("--expired"), 1,
        ("valid 2020-01-01T00:00:00Z to 2020-12-31T23:59:59Z",
         "verify   certificate has expired, certificate 0",
         'no match "peer.test": the certificate has expired',
         "failed   peer-expired")),
    Row("not yet valid", showing("--not-yet"), 1, ("failed   peer-not-yet",)),
    Row("an unknown CA", showing(by="stranger"), 1,
        ("verify   unable to get local issuer certificate",
         "failed   peer-unknown-ca", "advice   put the peer's CA into")),
    Row("RFC 5924 s5-6: another purpose", showing("--eku", "codeSigning"), 1,
        ("purposes: codeSigning: refused with eku=tls",
         "failed   peer-purpose")),
    Row("purposes that do not count", showing("--eku", "codeSigning"), 0,
        (COMPLETE,), ("--eku", "any")),
    Row("RFC 5924 s5-4: sipDomain alone", showing("--eku", SIP_DOMAIN), 0,
        ("purposes: id-kp-sipDomain: accepted with eku=sip", COMPLETE),
        ("--eku", "sip")),
    Row("RFC 5924 s4-2: no sipDomain", showing("--eku", "serverAuth"), 1,
        ("failed   peer-purpose",), ("--eku", "sip")),
    Row("revoked", showing("--cn", "revoked"), 1,
        ("verify   certificate revoked, certificate 0",
         "failed   peer-revoked"), ("--crl", "{crl}")),
    Row("not revoked", showing(), 0, (COMPLETE,), ("--crl", "{crl}")),
    Row("a CRL out of date", showing(), 1,
        ("verify   CRL has expired", "failed   peer-crl"),
        ("--crl", "{old_crl}")),

    Row("no certificate to show, TLS 1.3", asking(), 1,
        (NOBODY, "failed   own-cert-missing, at stage confirm",
         "certificate_required")),
    Row("no certificate to show, TLS 1.2", asking("-tls1_2"), 1,
        (NOBODY, "failed   own-cert-missing")),
    Row("ours, TLS 1.3", asking(), 0,
        ("ours     the peer asks for a certificate; it got ours", COMPLETE),
        OURS),
    Row("ours, TLS 1.2", asking("-tls1_2"), 0, (COMPLETE,), OURS),
    Row("one of no CA of the peer's, TLS 1.3", asking(), 1,
        ("failed   own-cert-refused, at stage confirm", "unknown_ca"),
        STRANGERS),
    Row("one of no CA of the peer's, TLS 1.2", asking("-tls1_2"), 1,
        ("failed   own-cert-refused", "unknown_ca"), STRANGERS),

    Row("it goes without a word on ours", leaving, 1,
        ("failed   closed, at stage confirm",), OURS),

    Row("only TLS 1.1", showing(
        tls=("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")), 1,
        ("tls      no version and cipher agreed; the peer's first bytes: TLS",
         "failed   version-refused", "protocol_version (70)")),
    Row("no cipher in common", showing(
        tls=("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")), 1,
        ("failed   no-common-cipher", "handshake_failure (40)")),
    Row("SIP without TLS", plain(broken.answer(
        b"SIP/2.0 400 Bad Request\r\n\r\n")), 1,
        ("first bytes: plain SIP", "failed   plain-sip")),
    Row("HTTP", plain(broken.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")), 1,
        ("first bytes: plain HTTP", "failed   plain-http")),
    Row("something else", plain(broken.answer(b"220 mail ESMTP\r\n")), 1,
        ("failed   not-tls",)),
    Row("silence", plain(broken.drain), 1,
        ("first bytes: nothing", "failed   timeout", "verify   no certificate"
         ), ("--timeout", "1")),
    Row("a reset half-way", plain(broken.reset), 1, ("failed   reset",)),
    Row("an end half-way", plain(broken.close), 1, ("failed   closed",)),
]


@pytest.fixture(scope="module", name="files")
def files_(made) -> dict[str, str]:
    """The files that options name; the CRLs are edge-cert's."""
    where = made.ca.parent
    revoked = made.leaf("peer.test", "--cn", "revoked",
                        out="probe-ca---cn-revoked").cert
    edge_cert("crl", where, "--expired")
    old = (where / "crl.pem").rename(where / "old-crl.pem")
    assert edge_cert("crl", where, revoked).code == 0
    ours, stranger = made.leaf("ours.test"), \
        made.leaf("ours.test", by="stranger")
    return {"crl": str(where / "crl.pem"), "old_crl": str(old),
            "ours": str(ours.cert), "ours_key": str(ours.key),
            "stranger": str(stranger.cert),
            "stranger_key": str(stranger.key)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_probe(row, made, files):
    options = [word.format(**files) for word in row.options]
    with row.server(AT, made):
        said = sipcert("probe", "--domain", row.domain, "--ca", made.ca,
                       *options, HERE)
    assert said.code == row.code, said
    for line in row.lines:
        assert line in said.out, said.out
    assert said.out.startswith(f"tcp      {HERE}:5061: ")
    assert said.lines()[-1].startswith("complete" if row.code == 0
                                       else "advice")
    # the private key's words, or OpenSSL's raw ones, are nobody's business
    assert not said.err


def test_probe_of_nobody(made):
    with broken.nobody((HERE, 5069)):
        said = sipcert("probe", "--domain", "peer.test", "--ca", made.ca,
                       f"{HERE}:5069")
    assert said.code == 1
    assert said.lines()[0] == f"tcp      {HERE}:5069: Connection refused"
    assert said.lines()[1].startswith("failed   no-tcp, at stage tcp: ")


def test_probe_of_a_name_that_nobody_has(made):
    said = sipcert("probe", "--domain", "peer.test", "--ca", made.ca,
                   "nobody.invalid")
    assert said.code == 1
    assert said.lines()[0].startswith(
        "tcp      nobody.invalid: the name does not resolve: ")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_probe_as_the_peer_sees_it(version, made):
    """RFC 5922 s7.8-1: it asks for the domain it means.

    It refuses a wrong name, and says no more.
    """
    pair = made.leaf("peer.test")
    with TlsPeer(pair, AT, version) as peer:
        for domain, code in (("peer.test", 0), ("other.test", 1)):
            said = sipcert("probe", "--domain", domain, "--ca", made.ca,
                           f"{HERE}:5061")
            assert said.code == code, said
            heard = peer.heard[-1]
            assert heard.over.wait(5)
            assert heard.sni == domain
            assert not heard.text
        assert "BAD_CERTIFICATE" in heard.error.upper().replace(" ", "_")


def test_probe_finds_the_place(made):
    """Names, ports and addresses, each as people write them."""
    with ExitStack() as stack:
        stack.enter_context(broken.s_server(
            ("127.0.0.1", 5062), made.leaf("peer.test")))
        for where in "localhost:5062", "127.0.0.1:5062", "LOCALHOST.:5062":
            said = sipcert("probe", "--domain", "peer.test", "--ca", made.ca,
                           where)
            assert said.code == 0, said
    for where in "[::1]:5063", "::1", "[::1]":
        said = sipcert("probe", "--domain", "peer.test", "--ca", made.ca,
                       where)
        assert said.code == 1
        assert said.out.startswith("tcp      [::1]:506"), said


def test_probe_trusts_the_systems_cas(made):
    """Without --ca: nobody there has heard of ours."""
    with broken.s_server(AT, made.leaf("peer.test")):
        said = sipcert("probe", "--domain", "peer.test", HERE)
    assert said.code == 1
    assert "failed   peer-unknown-ca" in said.out


BAD = [
    (), ("list",), ("check", "{cert}"), ("probe", HERE), ("what", "{cert}"),
    ("list", "--domain", "a", "{cert}"), ("list", "{cert}", "{cert}"),
    ("check", "--domain", "", "{cert}"), ("check", "{cert}", "--domain"),
    ("check", "--domain", "a.example", "--eku", "mail", "{cert}"),
    ("check", "--domain", "a.example", "--ca", "{cert}", "{cert}"),
    ("check", "--domain", "a.example", "/nonexistent"),
    ("check", "--domain", "a.example", "{key}"), ("list", "/"),
    ("probe", "--domain", "a b", HERE), ("probe", "--domain", "*.a", HERE),
    ("probe", "--domain", "a.example", "--ca", "{key}", HERE),
    ("probe", "--domain", "a.example", "--ca", "/nonexistent", HERE),
    ("probe", "--domain", "a.example", "--crl", "{key}", HERE),
    ("probe", "--domain", "a.example", "--cert", "/nonexistent", HERE),
    ("probe", "--domain", "a.example", "--cert", "{cert}", HERE),
    ("probe", "--domain", "a.example", "--key", "{key}", HERE),
    ("probe", "--domain", "a.example", "--timeout", "0", HERE),
    ("probe", "--domain", "a.example", "--timeout", "1s", HERE),
    ("probe", "--domain", "a.example", HERE + ":0"),
    ("probe", "--domain", "a.example", HERE + ":65536"),
    ("probe", "--domain", "a.example", HERE + ":"),
    ("probe", "--domain", "a.example", "[::1"),
    ("probe", "--domain", "a.example", "[::1]x"),
    ("probe", "--domain", "a.example", "a b"),
    ("probe", "--domain", "a.example", ""),
]


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_usage(words, made):
    """Exit 2, a word on why, and nothing on standard output."""
    pair = made.leaf("usage.test")
    said = sipcert(*[word.format(cert=pair.cert, key=pair.key)
                     for word in words])
    assert said.code == 2
    assert said.err.startswith("sipcert: ")
    assert not said.out
    assert "PRIVATE" not in said.err


WHY = [
    ((), "what is to be done?"),
    (("what", "{cert}"), 'no command "what"'),
    (("check", "{cert}"), "check needs --domain D"),
    (("check", "--domain", "", "{cert}"), "check needs --domain D"),
    (("check", "--domain", "a.example"), "check needs a file"),
    (("probe", HERE), "probe needs --domain D"),
    (("probe", "--domain", "a.example"), "probe needs a peer, HOST"),
    (("check", "{cert}", "--domain"), "--domain needs a value"),
    (("check", "--domain", "a.example", "--eku", "mail", "{cert}"),
     '--eku is tls, sip or any, not "mail"'),
    (("probe", "--domain", "a.example", "--timeout", "1s", HERE),
     '--timeout is 1 to 9999 seconds, not "1s"'),
    (("list", "--verbose", "{cert}"), 'no option "--verbose"'),
    (("list", "--domain", "a.example", "{cert}"), "list takes no --domain"),
    (("list", "--wildcard", "{cert}"), "list takes no --wildcard"),
    (("list", "--eku", "sip", "{cert}"), "list takes no --eku"),
    (("list", "--ca", "{cert}", "{cert}"), "list takes no --ca"),
    (("check", "--domain", "a.example", "--crl", "{cert}", "{cert}"),
     "check takes no --crl"),
    (("check", "--domain", "a.example", "--cert", "{cert}", "{cert}"),
     "check takes no --cert"),
    (("list", "{cert}", "{key}"), 'one at a time: what is "{key}"?'),
    (("probe", "--domain", "a.example", "--key", "{key}", HERE),
     "--key {key} belongs to a --cert"),
    (("probe", "--domain", "a.example", "--cert", "{cert}", HERE),
     "no private key in {cert}: name it with --key"),
    (("probe", "--domain", "a.example", "--cert", "{cert}", "--key", "{cert}",
      HERE), "no private key in {cert}\n"),
    (("probe", "--domain", "a.example", "--cert", "{cert}", "--key",
      "{other}", HERE), "the key in {other} is not that of {cert}"),
    (("probe", "--domain", "a.example", "--cert", "{cert}", "--key",
      "/nonexistent", HERE), "cannot read /nonexistent: No such file"),
    (("probe", "--domain", "a.example", "--ca", "/nonexistent", HERE),
     "cannot read /nonexistent: No such file"),
    (("probe", "--domain", "a.example", "--crl", "/nonexistent", HERE),
     "cannot read /nonexistent: No such file"),
    (("probe", "--domain", "a.example", "--ca", "{key}", HERE),
     "no CA certificates in {key}"),
]


@pytest.mark.parametrize("words, why", WHY)
def test_what_is_wrong(words, why, made):
    """The first line says it."""
    pair, other = made.leaf("usage.test"), made.leaf("other.test")
    names = {"cert": pair.cert, "key": pair.key, "other": other.key}
    said = sipcert(*[word.format(**names) for word in words])
    assert said.code == 2
    assert said.err.startswith("sipcert: " + why.format(**names)), said.err


def test_a_fifo_is_refused_at_once(made, tmp_path):
    """Nobody writes to it: whoever waits for that waits for ever."""
    fifo = tmp_path / "fifo.pem"
    os.mkfifo(fifo)
    why = f"cannot read {fifo}: no regular file"
    for words in ("list",), ("check", "--domain", "a.example"):
        said = sipcert(*words, fifo)
        assert (said.code, said.out) == (2, "")
        assert said.err == f"sipcert: {why}\n"
    with Small("cert_match", tmp_path) as kamailio:
        with pytest.raises(binrpc.RpcError, match=why):
            kamailio.rpc("cert_match.check", str(fifo), "a.example")
        # and who asks next is answered
        cert = made.leaf("a.example", out="after-fifo").cert
        assert kamailio.rpc("cert_match.check", str(cert), "a.example")


# OpenSSL has no memory for a pointer of ours in an SSL.
NO_ROOM = """
#define _GNU_SOURCE
#include <dlfcn.h>

struct ssl_st;

int SSL_set_ex_data(struct ssl_st *ssl, int index, void *data)
{
    int (*real)(struct ssl_st *, int, void *);

    *(void **)&real = dlsym(RTLD_NEXT, "SSL_set_ex_data");
    return index == 0 ? real(ssl, index, data) : 0;
}
"""


def test_probe_without_memory(made, tmp_path, monkeypatch):
    """Who cannot watch the handshake does not begin it, and says no yes."""
    source, shim = tmp_path / "no_room.c", tmp_path / "no_room.so"
    source.write_text(NO_ROOM)
    run_command(["gcc", "-shared", "-fPIC", "-o", str(shim), str(source)])
    with TlsPeer(made.leaf("peer.test"), AT) as peer:
        monkeypatch.setenv("LD_PRELOAD", str(shim))
        said = sipcert("probe", "--domain", "peer.test", "--ca", made.ca,
                       f"{HERE}:5061")
        monkeypatch.delenv("LD_PRELOAD")
        assert (said.code, said.lines()) == (
            2, [f"tcp      {HERE}:5061: connected"])
        assert said.err == "sipcert: out of memory\n"
        assert not any(heard.sni for heard in peer.heard)


def test_help():
    said = sipcert("--help")
    assert said.code == 0
    assert said.out.startswith("usage: sipcert list ")
    assert not said.err


# --- edge-cert --------------------------------------------------------------

def test_edge_cert_makes_what_sipcert_accepts(tmp_path):
    """RFC 5924 s4-3: a CA, a server of several domains, a peer, a person."""
    assert edge_cert("ca", tmp_path).code == 0
    said = edge_cert("server", tmp_path, "a.example", "b.example",
                     "*.c.example", "--ip", "192.0.2.1")
    assert said.lines() == [str(tmp_path / "a.example.pem"),
                            str(tmp_path / "a.example.key")]
    server = tmp_path / "a.example.pem"
    assert oct((tmp_path / "a.example.key").stat().st_mode)[-3:] == "600"
    for domain, code in (("a.example", 0), ("b.example", 0),
                         ("x.c.example", 1), ("192.0.2.1", 1)):
        assert sipcert("check", "--eku", "sip", "--domain", domain,
                       server).code == code
    edge_cert("client", tmp_path, "peer.example")
    assert sipcert("check", "--eku", "sip", "--domain", "peer.example",
                   tmp_path / "peer.example.pem").code == 0
    edge_cert("client", tmp_path, "bob@a.example")
    said = sipcert("check", "--domain", "a.example",
                   tmp_path / "bob-at-a.example.pem")
    assert said.code == 1
    assert "userinfo" in said.out
    assert "id-kp-sipDomain" in edge_cert("show", server).out or \
        SIP_DOMAIN in edge_cert("show", server).out


def test_edge_cert_knows_an_address(tmp_path):
    """RFC 5922 s7.1: made as asked, but it is no SIP identity."""
    edge_cert("ca", tmp_path)
    said = edge_cert("client", tmp_path, "192.0.2.1")
    assert said.code == 0
    assert "192.0.2.1 is an address, which never is a SIP identity" in said.err
    assert not edge_cert("client", tmp_path, "192.0.2.1.example").err


def test_edge_cert_replaces_nothing_unasked(tmp_path):
    edge_cert("ca", tmp_path)
    edge_cert("server", tmp_path, "a.example")
    before = (tmp_path / "a.example.pem").read_bytes()
    assert edge_cert("server", tmp_path, "a.example").code == 2
    assert (tmp_path / "a.example.pem").read_bytes() == before
    assert edge_cert("server", tmp_path, "a.example", "--force").code == 0
    assert (tmp_path / "a.example.pem").read_bytes() != before


def revoked(crl: Path) -> int:
    text = subprocess.run(
        ["openssl", "crl", "-in", crl, "-noout", "-text"], text=True,
        capture_output=True, check=True).stdout
    return text.count("Serial Number:")


def test_edge_cert_revokes(tmp_path):
    """Once and for all: the next list holds it, too."""
    edge_cert("ca", tmp_path)
    for name in "a.example", "b.example":
        edge_cert("client", tmp_path, name)
    crl = tmp_path / "crl.pem"
    assert edge_cert("crl", tmp_path).lines() == [str(crl)]
    assert revoked(crl) == 0
    edge_cert("crl", tmp_path, tmp_path / "a.example.pem")
    edge_cert("crl", tmp_path, tmp_path / "a.example.pem")
    assert revoked(crl) == 1
    edge_cert("crl", tmp_path, tmp_path / "b.example.pem")
    assert revoked(crl) == 2
    check = ["openssl", "verify", "-crl_check", "-CAfile",
             tmp_path / "ca.pem", "-CRLfile", crl, tmp_path / "a.example.pem"]
    assert b"revoked" in subprocess.run(check, capture_output=True,
                                        check=False).stderr
    assert edge_cert("ca", tmp_path, "--force").code == 0
    assert not crl.exists()


def test_edge_cert_revokes_only_its_own(tmp_path):
    edge_cert("ca", tmp_path / "one")
    edge_cert("ca", tmp_path / "other")
    edge_cert("client", tmp_path / "other", "a.example")
    for file in tmp_path / "other" / "a.example.pem", tmp_path / "nothing":
        said = edge_cert("crl", tmp_path / "one", file)
        assert said.code == 2
        assert str(file) in said.err
    assert not (tmp_path / "one" / "crl.pem").exists()
    assert edge_cert("crl", tmp_path).code == 2         # no CA


def test_edge_cert_helps():
    """Every command and option that it takes."""
    said = edge_cert("--help")
    assert said.code == 0
    text = certs.TOOL.read_text().partition("while [ $# -gt 0 ]")[2]
    options = {word for line in text.splitlines()
               for word in line.strip().split(")")[0].split("|")
               if word.startswith("--") and " " not in word}
    assert len(options) > 10, options
    for word in options | {"ca", "server", "client", "crl", "show"}:
        assert word == "--help" or word in said.out, word
