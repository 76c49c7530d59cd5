# SPDX-License-Identifier: GPL-2.0-or-later
"""What would a peer domain's proxy see of us?

A PeerDomain has certificates and an address outside.  It calls the edge
(connect) and is called by it (Server): a TLS server that keeps, for each
connection, what was asked for, what was shown and what was said.
"""

import queue
import socket
import ssl
import threading
from typing import Any, NamedTuple, Optional

from . import certs, net
from .client import Caller, Message, Talker, reply_to
from .core import Lab
from .proc import LabError


class Arrival(NamedTuple):
    """One connection to a Server, as far as it came."""

    sni: Optional[str]          # RFC 6066 host_name, None without
    error: Optional[Exception]  # why the handshake failed, None: it did not
    shown: dict                 # the client's certificate, as ssl tells it
    talker: Optional[Talker]    # for SIP on it


class Server:
    """A peer's TLS server at an address outside.

    version: the highest TLS version that it knows.  room: octets that its
    system takes before it reads.  ns: where that address is.
    """

    def __init__(self, lab: Lab, pair: certs.Pair, address: str,
                 version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
                 port: int = 5061, room: int = 0, ns: str = "phones"):
        if ns == "phones":
            net.add_phone_address(address)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.cert, pair.key)
        self._context.load_verify_locations(lab.pair.ca)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.maximum_version = version
        self._context.sni_callback = self._note
        self._names: dict[ssl.SSLObject, Optional[str]] = {}
        self._arrivals: "queue.Queue[Arrival]" = queue.Queue()
        self.place = (address, port)
        with net.inside(ns):
            self._sock = socket.create_server(self.place)
        if room:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _note(self, sock: ssl.SSLObject, name: Optional[str],
              _context: object) -> None:
        self._names[sock] = name

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._sock.accept()
            except OSError:             # close()
                return
            self._arrivals.put(self._shake(raw))

    def _shake(self, raw: socket.socket) -> Arrival:
        raw.settimeout(5)
        sock = self._context.wrap_socket(raw, server_side=True,
                                         do_handshake_on_connect=False)
        error: Optional[Exception] = None
        try:
            sock.do_handshake()
            # TLS 1.3: the client's refusal comes after our last message
            sock.settimeout(0.3)
            first = sock.recv(65536)
            if not first:
                error = EOFError("closed after the handshake")
        except TimeoutError:
            first = b""
        except OSError as failure:
            first, error = b"", failure
        name = self._names.pop(sock, None)
        if error:
            sock.close()
            return Arrival(name, error, {}, None)
        talker = Talker(sock, "TLS")
        talker.feed(first)
        self._open.append(sock)
        return Arrival(name, None, dict(sock.getpeercert() or {}), talker)

    def arrival(self, timeout: float = 5) -> Arrival:
        """The next connection, when its handshake is over either way."""
        try:
            return self._arrivals.get(timeout=timeout)
        except queue.Empty as error:
            raise LabError(f"no connection to {self.place} within "
                           f"{timeout:g} s") from error

    def quiet(self, timeout: float = 0.3) -> bool:
        """Nobody connects."""
        try:
            self._arrivals.get(timeout=timeout)
        except queue.Empty:
            return True
        return False

    def talker(self, timeout: float = 5) -> Talker:
        """The next connection, which must be a good one."""
        arrival = self.arrival(timeout)
        if arrival.talker is None:
            raise LabError(f"handshake with {self.place}: {arrival.error}")
        return arrival.talker

    def close(self) -> None:
        # shutdown() ends an accept() that waits; close() would not
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        self._thread.join()
        for sock in self._open:
            sock.close()


class Answering(Server):
    """One that keeps its connections, and answers all requests with 200."""

    def __init__(self, *given: Any, **options: Any):
        super().__init__(*given, **options)
        self.heard: list[list[Message]] = []    # for each connection
        self._over = False
        self._threads = [threading.Thread(target=self._take, daemon=True)]
        self._threads[0].start()

    def _take(self) -> None:
        while not self._over:
            try:
                talker = self._arrivals.get(timeout=0.1).talker
            except queue.Empty:
                continue
            if talker:
                self.heard.append([])
                self._threads.append(threading.Thread(
                    target=self._answer, args=(talker, self.heard[-1]),
                    daemon=True))
                self._threads[-1].start()

    def _answer(self, talker: Talker, heard: list[Message]) -> None:
        while not self._over:
            got = talker.receive(0)         # what has come so far
            if got is None and not self._more(talker):
                return
            if got and not got.status:
                heard.append(got)
                if got.method != "ACK":
                    talker.send(reply_to(got, "200 OK"))

    def _more(self, talker: Talker) -> bool:
        """False: it has closed."""
        talker.sock.settimeout(0.1)
        try:
            more = talker.sock.recv(65536)
        except TimeoutError:
            return True
        except OSError:
            return False
        talker.feed(more)
        return bool(more)

    def close(self) -> None:
        """Without a word, as a program that is killed."""
        if self._over:
            return
        self._over = True
        for thread in self._threads:
            thread.join()
        super().close()


class PeerCaller(Caller):
    """A peer's proxy that connects to the edge, with a certificate."""

    def __init__(self, lab: Lab, pair: Optional[certs.Pair], name: str,
                 address: str = ""):
        super().__init__(lab, address, pair)
        self.name = name

    def request(self, method: str, uri: str, extra: str = "",
                body: str = "", **given: object) -> str:
        given.setdefault("sender", f"sip:bob@{self.name}")
        return super().request(method, uri, extra, body, **given)
