# SPDX-License-Identifier: GPL-2.0-or-later
"""What does the edge make of messages that no real peer sends?

A Talker is a scripted end of one connection or socket; a Caller is one
outside, over TLS; a ScriptedPbx is one inside that answers the edge's
probes and leaves everything else to the test.
"""

import base64
import itertools
import re
import secrets
import socket
import ssl
import threading
import time
from typing import NamedTuple, Optional

from . import net
from .certs import Pair
from .core import Lab
from .proc import LabError, wait_for

COMPACT = {"v": "via", "m": "contact", "f": "from", "t": "to",
           "i": "call-id", "l": "content-length", "c": "content-type"}


class Message(NamedTuple):
    """One SIP message as it came."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str
    raw: bytes

    @property
    def status(self) -> int:
        """Of a reply; 0: it is a request."""
        found = re.match(r"SIP/2\.0 (\d{3}) ", self.start)
        return int(found[1]) if found else 0

    @property
    def reason(self) -> str:
        return self.start.split(" ", 2)[2] if self.status else ""

    @property
    def method(self) -> str:
        return self.header("cseq").split()[-1]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]

    def header(self, name: str) -> str:
        """The first of a name, "" without one."""
        return (self.all(name) or [""])[0]

    @property
    def contact_uri(self) -> str:
        found = re.search(r"<([^>]*)>", self.header("contact"))
        return found[1] if found else ""


def parse(raw: bytes) -> Message:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    headers = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.append((COMPACT.get(name, name), value.strip()))
    return Message(lines[0], tuple(headers), body.decode("utf-8", "replace"),
                   raw)


def word(octets: int = 8) -> str:
    return secrets.token_hex(octets)


def key(octets: int = 30) -> str:
    """A fresh SDES key and salt, as it stands behind inline:."""
    return base64.b64encode(secrets.token_bytes(octets)).decode()


def sdp(*media: str, address: str = net.PHONES) -> str:
    """A session description of m-lines and what follows each."""
    lines = ["v=0", f"o=- 1 1 IN IP4 {address}", "s=-",
             f"c=IN IP4 {address}", "t=0 0", *media]
    return "".join(f"{line}\r\n" for line in lines)


def secret_audio(inline: str = "") -> str:
    """SRTP with a key that was never used before."""
    return ("m=audio 30000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=crypto:1 "
            f"AES_CM_128_HMAC_SHA1_80 inline:{inline or key()}")


PLAIN_AUDIO = "m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000"


def offer() -> str:
    return sdp(secret_audio())


def plain_answer() -> str:
    return sdp(PLAIN_AUDIO, address=net.PBX)


class Talker:
    """A socket, and whole SIP messages over it.

    peer: where datagrams go; None on a connection.
    """

    def __init__(self, sock: socket.socket, protocol: str,
                 peer: Optional[tuple[str, int]] = None):
        self.sock, self.protocol, self.peer = sock, protocol, peer
        self.here = "%s:%d" % sock.getsockname()[:2]
        self._data = b""

    def __enter__(self) -> "Talker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, text: object) -> None:
        raw = text if isinstance(text, bytes) else str(text).encode()
        if self.peer:
            self.sock.sendto(raw, self.peer)
        else:
            self.sock.sendall(raw)

    def reset(self) -> None:
        """End it by RST, as a crashed program's system does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.close()

    def feed(self, data: bytes) -> None:
        """What somebody else has read from the socket."""
        self._data += data

    def close(self) -> None:
        # an SSL object's detached socket would stay open: no unwrap
        self.sock.close()

    def _cut(self) -> bytes:
        """The first whole message of what came, b"" if there is none."""
        self._data = self._data.lstrip(b"\r\n")
        head, mark, rest = self._data.partition(b"\r\n\r\n")
        if not mark:
            return b""
        found = re.search(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)",
                          head, re.I)
        size = int(found[1]) if found else 0
        if len(rest) < size:
            return b""
        self._data = rest[size:]
        return head + mark + rest[:size]

    def receive(self, timeout: float = 3) -> Optional[Message]:
        """The next message; None when it stays silent or has closed."""
        end = time.monotonic() + timeout
        while True:
            raw = self._cut()
            if raw:
                return parse(raw)
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                more = self.sock.recv(65536)
            except OSError:
                return None
            if not more and not self.peer:
                return None
            self._data += more

    def closed(self, timeout: float = 3) -> bool:
        """Has the other end closed, or does it within the time?"""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.sock.settimeout(max(end - time.monotonic(), 0.01))
            try:
                if not self.sock.recv(65536):
                    return True
            except (TimeoutError, ssl.SSLWantReadError):
                return False
            except OSError:
                return True
        return False

    def request(self, method: str, uri: str, extra: str = "",
                body: str = "", **given: object) -> str:
        """A request from here.  given replaces a part of it.

        call_id, cseq, tag, to, sender, via, contact, hops, kind; contact
        "" leaves it out.
        """
        call_id = given.get("call_id") or word()
        sender = given.get("sender", "sip:alice@edge.test")
        via = given.get("via", f"SIP/2.0/{self.protocol} {self.here}"
                               f";branch=z9hG4bK{word()};rport")
        contact = given.get("contact", f"<sip:alice@{self.here}"
                            + (";transport=tls>" if self.protocol == "TLS"
                               else ">"))
        if contact:
            extra = f"Contact: {contact}\r\n" + extra
        if body:
            extra += f"Content-Type: {given.get('kind', 'application/sdp')}" \
                     "\r\n"
        return (f"{method} {uri} SIP/2.0\r\nVia: {via}\r\n"
                f"Max-Forwards: {given.get('hops', 70)}\r\n"
                f"From: <{sender}>;tag={given.get('tag') or word(4)}\r\n"
                f"To: {given.get('to', f'<{uri}>')}\r\n"
                f"Call-ID: {call_id}\r\n"
                f"CSeq: {given.get('cseq', 1)} {method}\r\n{extra}"
                f"Content-Length: {len(body.encode())}\r\n\r\n{body}")


# Each caller comes from elsewhere: the edge counts requests by address.
_places = itertools.cycle(range(10, 90))


class Caller(Talker):
    """A phone outside.  It verifies the edge as a phone does.

    pair: the certificate that it shows when it is asked for one.  nat: it is
    behind a router that masquerades.
    """

    def __init__(self, lab: Lab, address: str = "",
                 pair: Optional[Pair] = None, nat: bool = False):
        address = address or f"10.99.0.{next(_places)}"
        if nat:
            net.up_nat()
            address = net.NAT_PHONE
        else:
            net.add_phone_address(address)
        context = ssl.create_default_context(cafile=str(lab.pair.ca))
        if pair:
            context.load_cert_chain(pair.cert, pair.key)
        with net.inside("nat" if nat else "phones"):
            raw = socket.create_connection(
                (lab.site.outer, lab.site.outer_port), 5, (address, 0))
        super().__init__(
            context.wrap_socket(raw, server_hostname=lab.domain), "TLS")
        self.domain = lab.domain

    def at(self, user: str) -> str:
        return f"sip:{user}@{self.domain}"

    def answer(self, timeout: float = 3) -> Optional[Message]:
        """The next final reply; None in silence."""
        end = time.monotonic() + timeout
        while True:
            got = self.receive(max(end - time.monotonic(), 0))
            if got is None or got.status >= 200:
                return got

    def ask(self, text: object, timeout: float = 3) -> Message:
        """Send, and return the final reply."""
        self.send(text)
        got = self.answer(timeout)
        if got is None:
            raise LabError(f"no answer within {timeout:g} s to "
                           f"{str(text)[:200]!r}")
        return got

    def invite(self, who: str = "echo", body: Optional[str] = None,
               **given: object) -> str:
        return self.request("INVITE", self.at(who),
                            body=offer() if body is None else body, **given)

    def accept(self, request: Message, code: str = "200 OK",
               extra: str = "", body: str = "") -> None:
        self.send(reply_to(request, code, extra, body))

    def alive(self, pbx: "ScriptedPbx") -> bool:
        """Does a plain request still go through to the PBX and back?"""
        text = self.request("OPTIONS", self.at("echo"))
        self.send(text)
        pbx.reply(pbx.wait(parse(text.encode()).header("call-id")))
        got = self.answer()
        return got is not None and got.status == 200


def reply_to(request: Message, code: str, extra: str = "",
             body: str = "") -> str:
    """A reply as RFC 3261 s8.2.6 wants it."""
    to = request.header("to")
    if ";tag=" not in to and not code.startswith("100"):
        to += ";tag=" + word(4)
    vias = "".join(f"Via: {via}\r\n" for via in request.all("via"))
    if body:
        extra += "Content-Type: application/sdp\r\n"
    return (f"SIP/2.0 {code}\r\n{vias}From: {request.header('from')}\r\n"
            f"To: {to}\r\nCall-ID: {request.header('call-id')}\r\n"
            f"CSeq: {request.header('cseq')}\r\n{extra}"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}")


class ScriptedPbx(Talker):
    """A PBX of one UDP socket.  heard: all but the edge's own probes."""

    def __init__(self, edge: tuple[str, int] = (net.EDGE_INNER, 5060)):
        with net.inside("pbx"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((net.PBX, 5060))
        super().__init__(sock, "UDP", edge)
        self.heard: list[Message] = []
        self._end = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        self.sock.settimeout(0.2)
        while not self._end:
            try:
                raw, source = self.sock.recvfrom(65535)
            except OSError:         # nothing came; or nobody listened
                continue
            got = parse(raw)
            if "sip:edge@" in got.header("from"):
                self.sock.sendto(reply_to(got, "200 OK").encode(), source)
            else:
                self.heard.append(got)

    def close(self) -> None:
        self._end = True
        self._thread.join()
        super().close()

    def about(self, call_id: str) -> list[Message]:
        """All that came with a Call-ID."""
        return [m for m in self.heard if m.header("call-id") == call_id]

    def wait(self, call_id: str, method: str = "", status: int = 0,
             timeout: float = 3) -> Message:
        """The latest message of a call, perhaps of a method or status."""
        def look() -> list[Message]:
            return [m for m in self.about(call_id)
                    if m.status == status
                    and (not method or m.method == method)]

        return wait_for(look, timeout, f"the PBX to hear {method} {status} "
                        f"of {call_id}")[-1]

    def reply(self, request: Message, code: str = "200 OK",
              extra: str = "", body: str = "") -> None:
        self.send(reply_to(request, code, extra, body))

    def register(self, phone: Caller, contact: str = "",
                 seconds: int = 600) -> str:
        """Let a phone register; the URI that the edge made of its."""
        call_id = word()
        given = {"contact": contact} if contact else {}
        phone.send(phone.request("REGISTER", f"sip:{phone.domain}",
                                 call_id=call_id, to=f"<{phone.at('alice')}>",
                                 **given))
        request = self.wait(call_id)
        self.reply(request, extra=f"Contact: {request.header('contact')}"
                                  f";expires={seconds}\r\n")
        got = phone.answer()
        if got is None or got.status != 200:
            raise LabError(f"REGISTER: {got.start if got else 'silence'}")
        return request.contact_uri

    def ask(self, text: str, timeout: float = 3) -> Message:
        """Send a request of the PBX's; its final reply."""
        self.send(text)
        call_id = parse(text.encode()).header("call-id")

        def final() -> list[Message]:
            return [m for m in self.about(call_id) if m.status >= 200]

        return wait_for(final, timeout, f"an answer to the PBX's "
                        f"{text.splitlines()[0]}")[0]

    def to_phone(self, method: str, uri: str, **given: object) -> str:
        given.setdefault("sender", f"sip:101@{net.PBX}")
        given.setdefault("contact", f"<sip:101@{net.PBX}:5060>")
        return self.request(method, uri, **given)
