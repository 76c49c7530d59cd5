# SPDX-License-Identifier: GPL-2.0-or-later
"""Input of every bad kind from outside: bytes, requests, SDPs.

Each has a defined answer, or silence, or a closed connection; nothing of
it reaches the PBX, and other phones do not notice.
"""

import os
import re
import socket

import pytest

from lab import net
from lab.bench import Bench
from lab.client import (PLAIN_AUDIO, Caller, Message, Talker, key, offer,
                        parse, sdp, secret_audio, word)


@pytest.fixture(name="other")
def other_phone(bench):
    """Another phone, which must still get through afterwards."""
    phone = bench.caller()
    yield phone
    assert phone.alive(bench.pbx)


def _refused(bench: Bench, phone: Caller, text: str) -> Message:
    """The answer to a request that must not reach the PBX."""
    got = phone.ask(text)
    assert bench.pbx.about(parse(text.encode()).header("call-id")) == []
    return got


# --- bytes ------------------------------------------------------------------

def _long(header: str, size: int) -> bytes:
    return (f"OPTIONS sip:echo@edge.test SIP/2.0\r\n{header}: "
            f"{'a' * size}\r\n").encode()


LENGTH = ("MESSAGE sip:echo@edge.test SIP/2.0\r\n"
          "Via: SIP/2.0/TLS 10.99.0.2:5061;branch=z9hG4bKlength\r\n"
          "From: <sip:a@edge.test>;tag=1\r\nTo: <sip:echo@edge.test>\r\n"
          "Call-ID: length\r\nCSeq: 1 MESSAGE\r\nContent-Length: %s\r\n\r\n")
BYTES = {
    "binary": bytes(range(256)) * 16,
    "random": os.urandom(4096) + b"\r\n\r\n",
    "NULs": b"\0" * 4096,
    "HTTP": b"GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n",
    "a TLS record inside TLS": b"\x16\x03\x01\x02\x00" + bytes(512),
    "no end of line": b"INVITE " * 20000,
    "header of 100 KB": _long("Subject", 100000) + b"\r\n",
    "header name of 100 KB": b"OPTIONS sip:x SIP/2.0\r\n" + b"X" * 100000,
    "Via of 70 KB": _long("Via", 70000) + b"\r\n",
    "5000 headers": b"OPTIONS sip:echo@edge.test SIP/2.0\r\n"
                    + b"X: y\r\n" * 5000 + b"\r\n",
    "length of 2 GB": (LENGTH % 2**31).encode(),
    "length of 2**64": (LENGTH % 2**64).encode(),
    "negative length": (LENGTH % -1).encode(),
    "no number": (LENGTH % "four").encode(),
    "first line alone": b"INVITE sip:echo@edge.test SIP/2.0\r\n\r\n",
    "no version": b"INVITE sip:echo@edge.test\r\n\r\n",
    "NUL in the method": (LENGTH % 0).replace("MESS", "ME\0S").encode(),
    "NUL in the URI": (LENGTH % 0).replace("sip:ec", "sip:\0c").encode(),
}


@pytest.mark.parametrize("case", BYTES, ids=lambda name: name)
def test_bytes(bench: Bench, other: Caller, case: str):
    """Bytes that are no SIP get no 2xx and reach nobody; the connection
    may close, and every other one goes on."""
    heard = len(bench.pbx.heard)
    phone = bench.caller()
    try:
        phone.send(BYTES[case])
        got = phone.receive(0.3)
    except OSError:             # it hung up while we were talking
        got = None
    assert got is None or 400 <= got.status < 500, got.start
    assert other.alive(bench.pbx)
    assert [m.start for m in bench.pbx.heard[heard:]
            if m.method != "OPTIONS" or m.header("call-id") == "length"
            ] == []


@pytest.mark.parametrize("at", [1, 40, 200, -1])
@pytest.mark.parametrize("end", ["reset", "close"])
def test_half_a_message(bench: Bench, other: Caller, at: int, end: str):
    """A message that breaks off, by RST or in order, is nothing."""
    phone, call_id = bench.caller(), word()
    phone.send(phone.invite(call_id=call_id).encode()[:at])
    phone.reset() if end == "reset" else phone.close()
    assert other.alive(bench.pbx)
    assert bench.pbx.about(call_id) == []


def test_two_halves(bench: Bench):
    """The control: a message in pieces, however small, is a message."""
    phone, call_id = bench.caller(), word()
    text = phone.request("OPTIONS", phone.at("echo"), call_id=call_id)
    for at in range(0, len(text), 30):
        phone.send(text[at:at + 30])
    assert bench.pbx.wait(call_id)


@pytest.mark.parametrize("data", [
    b"OPTIONS sip:echo@edge.test SIP/2.0\r\n\r\n", os.urandom(2048),
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"],
    ids=["plain SIP", "random", "half a hello"])
def test_no_tls(bench: Bench, other: Caller, data: bytes):
    """What is no TLS on the TLS port gets no SIP, and ends."""
    with net.tcp_socket((net.EDGE_OUTER, 5061), "phones") as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(3)
        try:
            said = sock.recv(4096)
        except ConnectionResetError:
            said = b""
        assert b"SIP" not in said


# --- from somewhere that is neither a phone nor the PBX ---------------------

def _talker(protocol: str, ns: str, address: str) -> Talker:
    if address == "10.99.1.9":
        net.ip(f"addr replace {address}/24 dev eth0", ns)
    kind = socket.SOCK_DGRAM if protocol == "UDP" else socket.SOCK_STREAM
    with net.inside(ns):
        sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(2)
    sock.bind((address, 0))
    sock.connect((net.EDGE_INNER, 5060))
    return Talker(sock, protocol)


@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS"])
@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
@pytest.mark.parametrize("ns, address", [
    ("pbx", "10.99.1.9"), ("phones", net.PHONES)], ids=["inside", "outside"])
def test_a_stranger_at_the_inner_address(
        bench: Bench, other: Caller, ns: str, address: str, protocol: str,
        method: str):
    """Keys over UDP or TCP, from somewhere that is not the PBX: no answer
    at all, and one line in the log."""
    since, call_id = bench.lab.edge.mark(), word()
    with _talker(protocol, ns, address) as stranger:
        body = offer() if method == "INVITE" else ""
        stranger.send(stranger.request(method, "sip:echo@edge.test",
                                       body=body, call_id=call_id))
        bench.lab.edge.wait_log(rf"{call_id}.*{method} from .*dropped: not "
                                "the PBX", 3, since)
        assert stranger.receive(0.2) is None
    assert bench.pbx.about(call_id) == []


def test_a_strangers_token(bench: Bench):
    """A phone's token gains a stranger inside nothing."""
    phone, uri = bench.registered()
    since, call_id = bench.lab.edge.mark(), word()
    with _talker("UDP", "pbx", "10.99.1.9") as stranger:
        stranger.send(stranger.request("MESSAGE", uri, call_id=call_id))
        bench.lab.edge.wait_log(rf"{call_id}.*dropped: not the PBX", 3,
                                since)
        assert stranger.receive(0.2) is None
    assert phone.receive(0.1) is None


# --- requests ---------------------------------------------------------------

REQUESTS = {
    # what: (method, URI, extra headers, given, status, words)
    "hops 0": ("OPTIONS", "sip:echo@edge.test", "", {"hops": 0}, 483,
               "Too Many Hops"),
    "no number of hops": ("OPTIONS", "sip:echo@edge.test", "",
                          {"hops": "many"}, 483, ""),
    "negative hops": ("OPTIONS", "sip:echo@edge.test", "", {"hops": -1}, 483,
                      ""),
    "method unknown": ("HACK", "sip:echo@edge.test", "", {}, 405,
                       "Method Not Allowed"),
    "foreign domain": ("INVITE", "sip:a@elsewhere.test", "", {}, 403,
                       "Not Our Domain"),
    "foreign address": ("INVITE", "sip:a@203.0.113.9:5060", "", {}, 403,
                        "Not Our Domain"),
    "foreign, sips": ("INVITE", "sips:a@elsewhere.test", "", {}, 403,
                      "Not Our Domain"),
    "the PBX's address": ("INVITE", f"sip:echo@{net.PBX}:5060", "", {}, 403,
                          "Not Our Domain"),
    "register elsewhere": ("REGISTER", "sip:elsewhere.test", "", {}, 403,
                           "Not Our Domain"),
    "another scheme": ("INVITE", "http://edge.test/", "", {}, 400, ""),
    "version 3": ("OPTIONS", "sip:echo@edge.test SIP/3.0 x", "", {}, 0, ""),
    "CSeq of another method": ("OPTIONS", "sip:echo@edge.test", "",
                               {"cseq": "1 INVITE\r\nX-Rest: 1"}, 400, ""),
    "CSeq too big": ("OPTIONS", "sip:echo@edge.test", "",
                     {"cseq": 2**40}, 400, ""),
    "extension required": ("INVITE", "sip:echo@edge.test",
                           "Proxy-Require: magic\r\n", {}, 420, ""),
}


@pytest.mark.parametrize("case", REQUESTS, ids=lambda name: name)
def test_refused_requests(bench: Bench, other: Caller, case: str):
    """Each has its code, in words, and does not reach the PBX."""
    method, uri, extra, given, want, words = REQUESTS[case]
    phone = bench.caller()
    text = phone.request(method, uri, extra, **given)
    if want:
        got = _refused(bench, phone, text)
        assert (got.status, words in got.reason) == (want, True), got.start
        return
    phone.send(text)            # no SIP that we know: no 2xx, no PBX
    got = phone.answer(0.3)
    assert got is None or got.status >= 400
    assert bench.pbx.about(parse(text.encode()).header("call-id")) == []


def test_small_letters(bench: Bench):
    """A method in small letters does not get an SDP past the policy."""
    phone = bench.caller()
    got = _refused(bench, phone, phone.request(
        "invite", phone.at("echo"), body=sdp(PLAIN_AUDIO)))
    assert got.status == 488


def test_405_says_what_is_allowed(bench: Bench):
    """RFC 3261 s21.4.6: the answer lists the methods."""
    phone = bench.caller()
    got = _refused(bench, phone, phone.request("HACK", phone.at("echo")))
    assert "INVITE" in got.header("allow")


@pytest.mark.parametrize("name", [
    "friendly-scanner", "sipvicious 0.3", "sipcli/v1.8", "VaxASIP",
    "Sip-Scan", "SIPSAK"])
def test_scanners(bench: Bench, other: Caller, name: str):
    """A scanner by its own name gets no answer, and its connection ends,
    however it writes the name."""
    phone, call_id = bench.caller(), word()
    phone.send(phone.request("OPTIONS", phone.at("100"),
                             f"User-Agent: {name}\r\n", call_id=call_id))
    assert phone.receive(2) is None
    assert phone.closed()
    assert bench.pbx.about(call_id) == []


def test_flood(bench: Bench, other: Caller):
    """More than 100 requests in two seconds from one address: the rest is
    silence, in the log as well as on the wire; others are served."""
    since = bench.lab.edge.mark()
    with Caller(bench.lab, "10.99.0.95") as phone:
        for _ in range(400):
            phone.send(phone.request("HACK", phone.at("echo")))
        bench.lab.edge.wait_log("10.99.0.95:.* too many requests", 3, since)
        answers = 0
        while phone.receive(0.3):
            answers += 1
    assert 100 <= answers < 400
    assert other.alive(bench.pbx)


def _passes(bench: Bench, phone: Caller, text: str) -> Message:
    phone.send(text)
    got = bench.pbx.wait(parse(text.encode()).header("call-id"))
    bench.pbx.reply(got, "486 Busy Here")
    assert phone.answer()
    return got


def test_sips(bench: Bench):
    """sips: is honoured outside (TLS) and invisible inside."""
    phone = bench.caller()
    got = _passes(bench, phone, phone.request(
        "INVITE", "sips:echo@edge.test", body=offer(),
        sender="sips:alice@edge.test", to="<sips:echo@edge.test>",
        contact=f"<sips:alice@{phone.here}>"))
    assert got.uri == "sip:echo@edge.test"
    assert "sips" not in got.raw.decode()


@pytest.mark.parametrize("route", [
    "<sip:203.0.113.9:5060;lr>", "<sip:10.99.1.2:5999;lr>",
    "<sip:edge.test;lr>, <sip:203.0.113.9;lr>",
    "<sip:10.99.0.1:5061;transport=tls;lr>,<sips:203.0.113.9;lr>"])
def test_preloaded_route(bench: Bench, route: str):
    """A phone does not choose the way: the PBX gets the request, without
    its Route and Record-Route, and nobody else gets anything."""
    phone = bench.caller()
    got = _passes(bench, phone, phone.request(
        "INVITE", phone.at("echo"), f"Route: {route}\r\n"
        f"Record-Route: {route}\r\nPath: {route}\r\n", offer()))
    assert got.uri == "sip:echo@edge.test"
    for name in ("route", "record-route", "path"):
        assert got.all(name) == []
    call_id = got.header("call-id").encode()
    assert {packet.target for packet in bench.inner.packets()
            if packet.source[0] == net.EDGE_INNER
            and call_id in packet.payload} <= {(net.PBX, 5060)}


def test_asserted_identity(bench: Bench):
    """A phone cannot assert who it is."""
    phone = bench.caller()
    got = _passes(bench, phone, phone.request(
        "INVITE", phone.at("echo"),
        "P-Asserted-Identity: <sip:boss@edge.test>\r\n", offer()))
    assert got.all("p-asserted-identity") == []


# --- SDP --------------------------------------------------------------------

ZERO = "A" * 40
SDPS = {
    # what: (body, Content-Type, status, words of the Warning)
    "no SRTP": (sdp(PLAIN_AUDIO), None, 488, "SRTP"),
    "secret and plain": (sdp(secret_audio(), PLAIN_AUDIO), None, 200, ""),
    "no m-line": (sdp(), None, 488, "no m= line"),
    "sixty m-lines": (sdp(*[secret_audio() for _ in range(60)]), None, 488,
                      "more than 16"),
    "NUL in the SDP": (sdp(secret_audio() + "\0"), None, 400, "control"),
    "no SDP at all": ("nonsense", None, 400, "v=0"),
    "two descriptions": (offer() + offer(), None, 400, "second"),
    "a line of 5000": (sdp("a=x:" + "y" * 5000, secret_audio()), None, 400,
                       "4096"),
    "key of zeros": (sdp(secret_audio(ZERO)), None, 488, "key"),
    "key too short": (sdp(secret_audio(key(20))), None, 488, "key"),
    "key at session level": (
        "v=0\r\no=- 1 1 IN IP4 10.99.0.2\r\ns=-\r\na=crypto:1 "
        f"AES_CM_128_HMAC_SHA1_80 inline:{key()}\r\n"
        "c=IN IP4 10.99.0.2\r\nt=0 0\r\nm=audio 30000 RTP/SAVP 0\r\n",
        None, 488, ""),
    "k= line": (sdp("m=audio 30000 RTP/SAVP 0\r\nk=clear:secret"), None,
                488, ""),
    "multipart": (
        "--x\r\nContent-Type: application/sdp\r\n\r\n" + offer()
        + "\r\n--x--\r\n", "multipart/mixed;boundary=x", 415, "alone"),
    "hidden in text": (offer(), "text/plain", 415, "key"),
    "bad m-line": (sdp("m=audio what RTP/SAVP 0"), None, 400, "m= line"),
    "unknown suite": (sdp(secret_audio().replace("AES_CM_128", "ROT_13")),
                      None, 488, ""),
}


@pytest.mark.parametrize("case", SDPS, ids=lambda name: name)
def test_sdp(bench: Bench, other: Caller, case: str):
    """An SDP that cannot be taken is refused with a Warning in words, and
    one stream that can is taken without the others."""
    body, kind, want, words = SDPS[case]
    phone = bench.caller()
    text = phone.invite(body=body, **({"kind": kind} if kind else {}))
    if want == 200:
        got = _passes(bench, phone, text)
        ports = re.findall(r"^m=\S+ (\d+)", got.body, re.M)
        assert ports[0] != "0" and ports[1] == "0", got.body
        return
    got = _refused(bench, phone, text)
    assert got.status == want, (got.start, got.header("warning"))
    assert got.header("warning").startswith('399 edge.test "')
    assert words in got.header("warning")


@pytest.mark.parametrize("extra, want", [
    ("Content-Encoding: gzip\r\n", 415),
    ("Content-Type: text/plain\r\n", 400)],
    ids=["encoded", "two Content-Types"])
def test_body_headers(bench: Bench, extra: str, want: int):
    """A body whose kind is hidden or in doubt is not taken."""
    phone = bench.caller()
    got = _refused(bench, phone, phone.request(
        "INVITE", phone.at("echo"), extra, offer()))
    assert got.status == want and got.header("warning")


def test_body_without_a_type(bench: Bench):
    """A body without Content-Type could be anything: refused."""
    phone = bench.caller()
    text = phone.invite().replace("Content-Type: application/sdp\r\n", "")
    got = _refused(bench, phone, text)
    assert got.status == 400 and "Content-Type" in got.header("warning")


def test_keys_from_the_pbx(bench: Bench):
    """Keys that the PBX offers came in clear: refused to it in words, and
    the phone hears nothing."""
    phone, uri = bench.registered()
    got = bench.pbx.ask(bench.pbx.to_phone("INVITE", uri, body=offer()))
    assert got.status == 488 and got.header("warning")
    assert phone.receive(0.1) is None
