# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections to the Kamailio under test, seen from their other end: what
comes when, pings and the end of TLS included."""

import select
import socket
import ssl
import threading
import time
from typing import Optional

from lab import sip
from lab.certs import Pair
from lab.proc import wait_for

from domains import PEER, answers
from small import TLS

PING, PONG = b"\r\n\r\n", b"\r\n"
END = b"\r\n\r\n"


class Line:
    """One TLS connection. pongs: does it answer pings?"""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext,
                 server: bool = False, sni: str = "edge.test",
                 pongs: bool = True):
        self.pongs = pongs
        self.pings: list[float] = []
        self.requests: list[str] = []
        self.replies: list[str] = []
        self.opened = time.monotonic()
        self.end = ""           # how it ended, "" while it is open
        self.ended = 0.0
        self.reads = True       # False: it does not look at its socket
        self._sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server,
                                     None if server else sni)
        self._lock = threading.Lock()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Line":
        self._up.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._thread.join(5)
        self._sock.close()

    def hang_up(self) -> None:
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @property
    def port(self) -> int:
        return self._sock.getsockname()[1]

    def _run(self) -> None:
        why = "RST"
        try:
            why = self._serve()
        except ssl.SSLError as error:
            why = str(error)
        except OSError:
            pass
        self.ended = time.monotonic()
        self.end = why
        self._up.set()

    def _serve(self) -> str:
        text = b""
        while True:
            with self._lock:
                try:
                    if not self._up.is_set():
                        self._tls.do_handshake()
                        self._up.set()
                    more = self._tls.read(65536)
                    if not more:
                        return "close_notify"
                except ssl.SSLWantReadError:
                    more = b""
                except ssl.SSLZeroReturnError:
                    return "close_notify"
                self._flush()
            text = self._keep_alive(text, more)
            if not more and not self._fill():
                return "FIN"

    def _flush(self) -> None:
        if self._out.pending:
            self._sock.sendall(self._out.read())

    def _fill(self) -> bool:
        while not self.reads:
            time.sleep(0.05)
        select.select([self._sock], [], [])
        data = self._sock.recv(65536)
        self._in.write(data)
        return bool(data)

    def _keep_alive(self, text: bytes, more: bytes) -> bytes:
        """A ping, or a CRLF alone, which may be an answer; or messages."""
        if text or more not in (PING, PONG):
            return self._take(text + more)
        if more == PING:
            self.pings.append(time.monotonic())
            if self.pongs:
                self.send(PONG)
        return b""

    def _take(self, text: bytes) -> bytes:
        """Whole messages; what is left of the text."""
        while END in text:
            message, text = text.split(END, 1)
            self._message(message.lstrip(b"\r\n").decode())
        return text

    def _message(self, message: str) -> None:
        if message.startswith("SIP/2.0"):
            self.replies.append(message)
            return
        self.requests.append(message)
        for line in answers(message):
            self.send(line.encode())

    def send(self, message: bytes) -> None:
        with self._lock:
            self._tls.write(message)
            self._flush()

    def ask(self, via: str = "") -> str:
        """Send a request; the first line of its answer."""
        count = len(self.replies)
        self.send(sip.request("OPTIONS", "sip:edge.test",
                              "TLS %s:%d%s" % (*PEER, via), "X-Ask: yes\r\n"))
        wait_for(lambda: len(self.replies) > count, 5, "an answer")
        return self.replies[-1].split("\r\n")[0]

    def wait_end(self, timeout: float) -> str:
        wait_for(lambda: self.end, timeout, "the end of a connection")
        return self.end


def connect(pair: Optional[Pair] = None, version: str = "TLSv1_3",
            **options: object) -> Line:
    """Open a connection to the Kamailio, as pair."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion[version]
    if pair:
        context.load_cert_chain(pair.cert, pair.key)
    return Line(socket.create_connection(TLS, 5), context, **options)


def aliased(pair: Pair, **options: object) -> Line:
    """... which is one of our aliases from now on."""
    line = connect(pair, **options).__enter__()
    assert line.ask(";alias").endswith("the connection is an alias")
    return line


class Listener:
    """A server; its connections are Lines."""

    def __init__(self, pair: Pair, at: tuple[str, int] = PEER,
                 version: str = "TLSv1_3", **options: object):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair.cert, pair.key)
        self._context.maximum_version = ssl.TLSVersion[version]
        self._options = options
        self.lines: list[Line] = []
        self._sock = socket.create_server(at)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._sock.close()
        for line in self.lines:
            line.__exit__()

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            self.lines.append(Line(sock, self._context, server=True,
                                   **self._options))
