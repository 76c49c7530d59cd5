# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that open connections to the Kamailio under test, and a Kamailio
that is several domains.

On requests over TLS it calls tls_reuse_alias() and answers what came of it;
those over UDP it sends as domains.py says.
"""

import select
import socket
import ssl
import threading
from pathlib import Path
from typing import Iterable, Optional

from lab import certs, sip
from lab.certs import Pair
from lab.proc import wait_for

from domains import BEFORE, END, ONSEND, TO, answers
from small import TLS, Small

ALIAS = """
request_route {
    if($hdr(X-Ask) != $null) {
        tls_reuse_alias();
        sl_send_reply("200", "rc $rc $tls_reuse(alias)");
        exit;
    }
    route(AWAY);
}
""" + TO.replace("request_route", "route[AWAY]")


def profile(where: Path, names: Iterable[str],
            verify: str = "verify_certificate = yes") -> str:
    """A profile for each of our domains, on both sides; the first is what
    who asks for no name gets."""
    ca = certs.authority(where)
    text = ""
    for number, name in enumerate(names):
        own = certs.server(name, where=where)
        keys = f"certificate = {own.cert}\nprivate_key = {own.key}\n" \
            f"method = TLSv1.2+\nca_list = {ca}\n"
        asks = f"{verify}\nrequire_certificate = no\n"
        if number == 0:
            text += "[server:default]\n" + keys + asks
            text += "[client:default]\nverify_certificate = yes\n" \
                "require_certificate = yes\n" + keys
        text += f"[server:any]\nserver_name = {name}\n" + keys + asks
        text += f"[client:any]\nserver_name = {name}\nserver_id = {name}\n" \
            "verify_certificate = yes\nrequire_certificate = yes\n" + keys
    return text


def kamailio(where: Path, names: Iterable[str] = ("edge.test",),
             send: str = "route[SEND] { if(!forward()) "
             'sl_send_reply("503", "not sent"); }\n', before: str = "",
             verify: str = "verify_certificate = yes",
             params: Iterable = ()) -> Small:
    return Small("tls_reuse", where, ALIAS + send + ONSEND, BEFORE + before,
                 tls_config=profile(where / "ca", names, verify),
                 params=list(params))


class Caller:
    """A peer's connection to us; answers what comes on it.

    at: where it says in its Via that it listens.
    """

    def __init__(self, pair: Optional[Pair], sni: str = "edge.test",
                 at: str = "127.0.0.1:16061", version: str = "TLSv1_3"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion[version]
        if pair:
            context.load_cert_chain(pair.cert, pair.key)
        self.at = at
        self.heard: list[str] = []      # requests, whole heads
        self.replies: list[str] = []
        self.over = threading.Event()
        self._tls = context.wrap_socket(socket.create_connection(TLS, 5),
                                        server_hostname=sni or None)
        self._plain_fd = self._tls.fileno()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._tls.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._tls.close()

    def _read(self) -> None:
        text = b""
        try:
            while True:
                more = self._receive()
                if not more:
                    break
                *whole, text = (text + more).split(END)
                for message in whole:
                    self._take(message.decode())
        except OSError:
            pass
        self.over.set()

    def _receive(self) -> bytes:
        """One of the two threads at a time: OpenSSL allows no more."""
        while True:
            if not self._tls.pending():
                select.select([self._plain_fd], [], [])
            with self._lock:
                self._tls.settimeout(0)
                try:
                    return self._tls.recv(65536)
                except ssl.SSLWantReadError:
                    pass
                finally:
                    self._tls.settimeout(5)

    def _take(self, message: str) -> None:
        if message.startswith("SIP/2.0"):
            self.replies.append(message)
            return
        self.heard.append(message)
        for line in answers(message):
            self.send(line.encode())

    def send(self, message: bytes) -> None:
        with self._lock:
            self._tls.sendall(message)

    def ask(self, via: str = ";alias", transport: str = "TLS",
            at: Optional[str] = None) -> str:
        """Have tls_reuse_alias() judge a request; what it said."""
        count = len(self.replies)
        where = self.at if at is None else at
        self.send(sip.request("OPTIONS", "sip:edge.test",
                              f"{transport} {where}{via}", "X-Ask: yes\r\n"))
        wait_for(lambda: len(self.replies) > count, 5, "an answer")
        return self.replies[-1].split("\r\n")[0].split(" ", 3)[3]

    def methods(self) -> list[str]:
        return [message.split(" ")[0] for message in self.heard]

    def got(self) -> list[str]:
        """For which domain each request was that came here."""
        return [line[6:] for message in self.heard
                for line in message.split("\r\n")
                if line.startswith("X-To: ")]
