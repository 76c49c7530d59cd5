# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections come and go while tls.reload exchanges everything beneath."""

import socket
import ssl
import threading
import time

import pytest

from lab import certs
from lab.proc import wait_for

from small import TLS, Small

ROUTES = """
request_route {
    if($rm == "MESSAGE") {
        if(!cert_match("$fd")) {
            sl_send_reply("403", "$cert_match(reason)");
            exit;
        }
        sl_send_reply("200", "$cert_match(identity)");
        exit;
    }
    sl_send_reply("200", "OK");
}
"""

SECONDS = 8
CLIENTS = 6


def profile() -> str:
    pair = certs.server("edge.test")
    return f"""
[server:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = no
certificate = {pair.cert}
private_key = {pair.key}
ca_list = {pair.ca}
[client:default]
verify_certificate = yes
ca_list = {pair.ca}
"""


def message(domain: str, number: int) -> bytes:
    return (f"MESSAGE sip:x@edge.test SIP/2.0\r\n"
            f"Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK{number}\r\n"
            f"From: <sip:a@{domain}>;tag=1\r\nTo: <sip:x@edge.test>\r\n"
            f"Call-ID: {number}@{domain}\r\nCSeq: 1 MESSAGE\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()


class Peer(threading.Thread):
    """A peer domain that connects, asks who it is, leaves, and so on.

    Every second connection is held for a while; every third is left in the
    middle of its handshake.
    """

    def __init__(self, domain: str, pair: certs.Pair, version: int):
        super().__init__(daemon=True)
        self.domain, self.answers, self.wrong = domain, 0, []
        self.end = threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.load_verify_locations(pair.ca)
        self.context.load_cert_chain(pair.cert, pair.key)
        self.context.maximum_version = version

    def run(self) -> None:
        number = 0
        while not self.end.is_set():
            number += 1
            try:
                self.once(number)
            except OSError as error:
                self.wrong.append(f"{number}: {error}")

    def once(self, number: int) -> None:
        with socket.create_connection(TLS, 10) as plain:
            if number % 3 == 0:
                plain.sendall(b"\x16\x03\x01\x02\x00\x01")
                return
            with self.context.wrap_socket(plain) as secure:
                for turn in range(1 + number % 2):
                    secure.sendall(message(self.domain, number))
                    status = secure.recv(4096).split(b"\r\n")[0]
                    if status != f"SIP/2.0 200 {self.domain}".encode():
                        self.wrong.append(f"{number}: {status!r}")
                    self.answers += 1
                    time.sleep(0.3 if turn else 0)


def ours(kamailio: Small) -> dict:
    """Shared memory of cert_match, by the function that took it.

    Of stock's no more is said: each tls.reload of 5.6.3 leaves some 400 KB.
    """
    return kamailio.rpc("mod.stats", "cert_match", "shm")[1]


def connections(kamailio: Small) -> int:
    return kamailio.rpc("cert_match.stats")[0]["connections"]


def reload_for(kamailio: Small, seconds: float) -> int:
    """tls.reload twice a second; how many there were."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        kamailio.rpc("tls.reload")
        count += 1
        time.sleep(0.5)
    return count


def storm(kamailio: Small, pairs: dict[str, certs.Pair]) -> list[Peer]:
    """Everybody who was there, while tls.reload went on and on."""
    peers = [Peer(domain, pair, (ssl.TLSVersion.TLSv1_2,
                                 ssl.TLSVersion.TLSv1_3)[number % 2])
             for number, (domain, pair) in enumerate(pairs.items())]
    for peer in peers:
        peer.start()
    assert reload_for(kamailio, SECONDS) >= SECONDS
    for peer in peers:
        peer.end.set()
    for peer in peers:
        peer.join(15)
        assert not peer.is_alive()
    wait_for(lambda: connections(kamailio) == 0, 15, "the records to end")
    return peers


@pytest.mark.parametrize("allocator", ["qm", "fm"])
def test_records_stay_right(allocator, tmp_path):
    """Each peer is itself, all the time; nothing crashes, nothing grows."""
    pairs = {f"p{n}.example": certs.client(f"p{n}.example")
             for n in range(CLIENTS)}
    options = ("-m", "512", "-X", allocator, "-x", allocator)
    with Small("cert_match", tmp_path, ROUTES, options=options,
               tls_config=profile()) as kamailio:
        children = kamailio.children()
        before = ours(kamailio)
        with socket.create_connection(TLS, 5):
            wait_for(lambda: connections(kamailio) == 1, 5, "a record")
            assert ours(kamailio)["Total"] > before["Total"]
        wait_for(lambda: connections(kamailio) == 0, 5, "no record")
        peers = storm(kamailio, pairs)
        wrong = [text for peer in peers for text in peer.wrong]
        assert not wrong, wrong[:5]
        assert all(peer.answers > 20 for peer in peers)
        assert kamailio.children() == children
        # there were hundreds of connections: none left a record, a trace or
        # a name behind
        assert ours(kamailio) == before
