# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones that know TLS 1.0 at best have a listener of their own, if the
operator wants one, and no other lets them in.

On Debian 12's Kamailio and on Debian 13's, each with its own OpenSSL.
"""

import re
import socket
from typing import Iterator

import pytest

from lab import certs, net
from lab.bench import Bench
from lab.bench import bench as a_bench
from lab.client import Caller, Talker, parse, plain_answer
from lab.oldtls import OldTls, Refused, ssl2_hello
from lab.paths import BUILD
from lab.proc import Process, wait_for
from lab.sip import request

LEGACY = ("10.99.0.4", 5071)
NORMAL = (net.EDGE_OUTER, 5061)
PROTOCOL_VERSION = 70       # RFC 2246 s7.2
NAMED = re.compile(r"<sip:tr1_[\w-]+@10\.99\.0\.4:5071;transport=tls>")


@pytest.fixture(scope="module", name="running", params=[
    "stateless", "tm", "debian13"])
def running_(request, laboratories) -> Iterator[Bench]:
    laboratories.close()
    net.add_edge_address(LEGACY[0])
    pair = certs.server("edge.test", "--rsa", out="edge-rsa")
    settings = {"EDGE_LEGACY": "%s:%d" % LEGACY,
                "EDGE_LEGACY_CERT": str(pair.cert),
                "EDGE_LEGACY_KEY": str(pair.key)}
    options, mode = {}, request.param
    if mode == "debian13":
        options["edge_root"] = BUILD / "roots" / "kamailio6"
        settings["EDGE_MODULES"] = str(BUILD / "debian13" / "modules")
        mode = "stateless"
    yield from a_bench(mode, settings=settings, **options)


@pytest.fixture(name="bench")
def bench_(running: Bench) -> Iterator[Bench]:
    yield running
    running.hang_up()


class OldPhone(Caller):
    """A phone of 2006: its hello is in SSL 2.0 format."""

    def __init__(self, bench: Bench, place: tuple[str, int] = LEGACY):
        with net.inside("phones"):
            raw = socket.create_connection(place, 5)
        Talker.__init__(self, OldTls(raw), "TLS")
        self.domain = bench.lab.domain
        bench.callers.append(self)


def test_old_phone(bench: Bench):
    """It registers, calls with SRTP, and is called: what it is told to
    reach us by is the address where it may."""
    phone = OldPhone(bench)
    uri = bench.pbx.register(phone)
    text = phone.invite("echo")
    phone.send(text)
    call_id = parse(text.encode()).header("call-id")
    heard = bench.pbx.wait(call_id)
    assert "RTP/AVP " in heard.body
    bench.pbx.reply(heard, body=plain_answer(),
                    extra=f"Contact: <sip:echo@{net.PBX}:5060>\r\n")
    got = phone.answer()
    assert got.status == 200 and "RTP/SAVP " in got.body
    assert NAMED.fullmatch(got.header("contact")), got.header("contact")
    phone.send(phone.request(
        "BYE", got.contact_uri, call_id=call_id, cseq=2,
        tag=got.header("from").split("tag=")[1], to=got.header("to")))
    bench.pbx.wait(call_id, "BYE")
    bench.pbx.send(bench.pbx.to_phone("INVITE", uri, body=plain_answer()))
    got = phone.receive()
    assert got.method == "INVITE" and "RTP/SAVP " in got.body
    assert NAMED.fullmatch(got.header("contact")), got.header("contact")


def test_old_phone_is_pointed_out(bench: Bench):
    """cert_match.peers warns of its connection, and of no other."""
    phone, modern = OldPhone(bench), bench.caller()
    bench.pbx.register(phone)
    bench.pbx.register(modern)
    warnings = {row["peer"]: row["warning"]
                for row in bench.lab.rpc("cert_match.peers")}
    assert "SSL 2.0" in warnings[phone.here], warnings
    assert warnings[modern.here] == ""


def s_client(bench: Bench, place: tuple[str, int], version: str) -> Process:
    """openssl s_client, as an operator would try it."""
    return Process("s_client", [
        "openssl", "s_client", "-connect", "%s:%d" % place, f"-{version}",
        "-cipher", "DEFAULT@SECLEVEL=0", "-ign_eof"],
        bench.lab.where / "s_client.log", "phones")


@pytest.mark.parametrize("version", ["tls1", "tls1_1", "tls1_2"])
def test_openssl_tls1(bench: Bench, version: str):
    """openssl s_client with TLS 1.0 gets its REGISTER answered; a phone
    that learns better by a new firmware may stay."""
    client = s_client(bench, LEGACY, version)
    try:
        client.wait_log("^---$")
        register = request("REGISTER", "sip:edge.test", "TLS 10.99.0.2:9999",
                           sender="sip:alice@edge.test")
        client.popen.stdin.write(register)
        client.popen.stdin.flush()
        bench.pbx.reply(bench.pbx.wait(parse(register).header("call-id")))
        client.wait_log(r"^SIP/2\.0 200 OK")
    finally:
        client.kill()


def test_normal_listener_is_closed_to_them(bench: Bench):
    """Neither an SSL 2.0 hello nor TLS 1.0 or 1.1 gets in where everybody
    else is, though it is the same process."""
    with pytest.raises(Refused) as refused:
        OldPhone(bench, NORMAL)
    assert refused.value.args[0] == PROTOCOL_VERSION
    for version in ("tls1", "tls1_1"):
        client = s_client(bench, NORMAL, version)
        wait_for(lambda: not client.alive(), 5, "s_client to give up")
        assert client.popen.returncode == 1
        assert "alert protocol version" in client.text()


def test_no_weak_cipher(bench: Bench):
    """The old listener has no anonymous, no export, no NULL cipher, and
    none with RC4 or single DES."""
    with net.inside("phones"):
        raw = socket.create_connection(LEGACY, 5)
    weak = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0c,
            0x14, 0x17, 0x18, 0x1a, 0x1b, 0x34, 0x3a, 0x3b)
    raw.sendall(ssl2_hello(bytes(range(16)), ciphers=tuple(
        b"\0\0" + bytes([number]) for number in weak)))
    raw.settimeout(5)
    answer = raw.recv(100)
    assert answer[:1] == b"\x15" and answer[5:7] == b"\x02\x28", answer
    raw.close()
