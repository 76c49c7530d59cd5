# SPDX-License-Identifier: GPL-2.0-or-later
"""What does a TLS server hear, on the wire and in clear?

Python's own TLS over a socket that writes down every octet: a test can say
that not one byte of SIP came, whoever refused whom.
"""

import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import Optional

from .certs import Pair

HANDSHAKE, ALERT, CHANGE, DATA = 22, 21, 20, 23
# TLS 1.3 encrypts its alerts: two octets, the inner type and a tag.
ENCRYPTED_ALERT = 2 + 1 + 16


@dataclass
class Heard:
    """One connection, as its server saw it."""

    wire: bytes = b""               # all that came, as it came
    text: bytes = b""               # what was in it, in clear
    sni: str = ""
    version: str = ""
    resumed: bool = False
    client: Optional[dict] = None   # the certificate that the client showed
    error: str = ""                 # why the handshake failed
    over: threading.Event = field(default_factory=threading.Event)

    def records(self) -> list[tuple[int, int]]:
        """Type and length of each TLS record that came."""
        found, at = [], 0
        while at + 5 <= len(self.wire):
            kind, _, size = struct.unpack_from(">BHH", self.wire, at)
            found.append((kind, size))
            at += 5 + size
        return found


class TlsPeer:
    """A server that answers each request with 200 and keeps the rest.

    ca: it asks its clients for certificates of this CA.
    """

    def __init__(self, pair: Pair, at: tuple[str, int],
                 version: str = "TLSv1_3", ca: object = None):
        self.heard: list[Heard] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair.cert, pair.key)
        self.context.maximum_version = ssl.TLSVersion[version]
        self.context.sni_callback = self._named
        if ca:
            self.context.load_verify_locations(ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self._names: dict[int, str] = {}
        self._listener = self.listen(at)
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self._accept = threading.Thread(target=self._run, daemon=True)
        self._accept.start()

    @staticmethod
    def listen(at: tuple[str, int]) -> socket.socket:
        return socket.create_server(at)

    def __enter__(self) -> "TlsPeer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accept.join(5)
        self.hang_up()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def hang_up(self) -> None:
        """End all connections, in good order for TCP but not for TLS."""
        for sock in self._socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _named(self, tls: ssl.SSLObject, name: str, _: object) -> None:
        self._names[id(tls)] = name or ""

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            heard = Heard()
            self.heard.append(heard)
            self._socks.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, heard),
                                      daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, heard: Heard) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_side=True)
        try:
            self._talk(sock, heard, tls, incoming, outgoing)
        except (OSError, ssl.SSLError) as error:
            heard.error = str(error)
        finally:
            heard.sni = self._names.get(id(tls), "")
            sock.close()
            heard.over.set()

    def _talk(self, sock: socket.socket, heard: Heard, tls: ssl.SSLObject,
              incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        done = False
        while True:
            try:
                if not done:
                    tls.do_handshake()
                    done = True
                    heard.version = tls.version() or ""
                    heard.resumed = bool(tls.session_reused)
                    heard.client = tls.getpeercert()
                heard.sni = self._names.get(id(tls), "")
                self._answer(heard, tls)
            except ssl.SSLWantReadError:
                pass
            finally:
                if outgoing.pending:
                    sock.sendall(outgoing.read())
            data = sock.recv(65536)
            if not data:
                if not done:
                    heard.error = "the client went away"
                return
            heard.wire += data
            incoming.write(data)

    @staticmethod
    def _answer(heard: Heard, tls: ssl.SSLObject) -> None:
        while True:
            text = tls.read(65536)
            if not text:
                return
            heard.text += text
            head = text.decode(errors="replace").split("\r\n")
            kept = [line for line in head if line.split(":")[0].lower() in
                    ("via", "from", "to", "call-id", "cseq")]
            tls.write("\r\n".join(["SIP/2.0 200 OK", *kept,
                                   "Content-Length: 0", "", ""]).encode())
