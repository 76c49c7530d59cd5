# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers whose handshakes fail, each in a way of its own."""

import datetime
import socket
import ssl
import struct
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lab import certs
from lab.proc import Process, wait_for

Address = tuple[str, int]
DAY = datetime.timedelta(days=1)
SIP = (b"OPTIONS sip:a@edge.test SIP/2.0\r\n"
       b"Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\n\r\n")
HTTP = b"GET / HTTP/1.1\r\nHost: edge.test\r\n\r\n"
WAIT = 20


class Certs:
    """One CA that all trust, another that nobody trusts, and leaves."""

    def __init__(self, where: Path):
        self.where = where
        self.ca = certs.authority(where / "ca")
        self.stranger_ca = certs.authority(where / "stranger")

    def leaf(self, name: str, *options: str, by: str = "ca",
             out: str = "") -> certs.Pair:
        return certs.client(name, *options, where=self.where / by, out=out)

    def below(self, issuer: str, name: str) -> certs.Pair:
        """A certificate that a leaf has signed, which is no CA."""
        above, leaf = self.leaf(issuer), self.leaf(name)
        key = serialization.load_pem_private_key(above.key.read_bytes(),
                                                 None)
        like, parent = certs.load(leaf.cert), certs.load(above.cert)
        made = x509.CertificateBuilder(
            parent.subject, like.subject, like.public_key(),
            like.serial_number, like.not_valid_before, like.not_valid_after
        ).sign(key, hashes.SHA256())
        path = self.where / f"{name}.pem"
        path.write_bytes(b"".join(
            one.public_bytes(serialization.Encoding.PEM)
            for one in (made, parent)))
        return certs.Pair(path, leaf.key, self.ca)

    def crl(self, name: str, revoked: Optional[Path] = None,
            days: int = 30) -> Path:
        """A list of the CA, current or (days < 0) out of date."""
        now = datetime.datetime.utcnow()
        ca = certs.load(self.ca)
        key = serialization.load_pem_private_key(
            self.ca.with_suffix(".key").read_bytes(), None)
        made = x509.CertificateRevocationListBuilder() \
            .issuer_name(ca.subject).last_update(now - 60 * DAY) \
            .next_update(now + days * DAY)
        if revoked:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certs.load(revoked).serial_number)
                .revocation_date(now - DAY).build())
        path = self.where / name
        path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM))
        return path


# --- clients ----------------------------------------------------------------

def connect(to: Address, source: str) -> socket.socket:
    return socket.create_connection(to, WAIT, source_address=(source, 0))


def drain(sock: socket.socket) -> None:
    """Until the other side has ended it."""
    try:
        while sock.recv(4096):
            pass
    except OSError:
        pass


def speak(data: bytes) -> Callable:
    """Send bytes that are no TLS."""
    def client(to: Address, source: str) -> None:
        with connect(to, source) as sock:
            sock.sendall(data)
            drain(sock)
    return client


def leave(to: Address, source: str) -> None:
    """Connect, and go without a byte."""
    connect(to, source).close()


def wait(to: Address, source: str) -> None:
    """Connect, say nothing, stay."""
    with connect(to, source) as sock:
        drain(sock)


def hello() -> bytes:
    """What Python's own TLS would send first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="edge.test")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def stall(to: Address, source: str) -> None:
    """A hello, then nothing more."""
    with connect(to, source) as sock:
        sock.sendall(hello())
        drain(sock)


def half(how: str, name: bytes = b"edge.test") -> Callable:
    """Read what the server answers to a hello, then be gone."""
    def client(to: Address, source: str) -> None:
        with connect(to, source) as sock:
            sock.sendall(hello().replace(b"edge.test", name))
            sock.recv(1)
            if how == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
            else:
                sock.shutdown(socket.SHUT_WR)
                drain(sock)
    return client


def ssl2(to: Address, source: str) -> None:
    """RFC 5246 app. E.2: an offer of SSL 3.0 in SSL 2.0 format."""
    ciphers = bytes.fromhex("00000a 000005 0000ff 010080 0700c0")
    body = bytes.fromhex("01 0300") + struct.pack(
        ">HHH", len(ciphers), 0, 16) + ciphers + bytes(range(16))
    speak(struct.pack(">H", 0x8000 | len(body)) + body)(to, source)


def s_client(*options: str) -> Callable:
    def client(to: Address, source: str) -> None:
        subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % to, "-bind",
             f"{source}:0", "-servername", "edge.test", *options],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT,
            check=False)
    return client


def python(ca: Optional[Path] = None, pair: Optional[certs.Pair] = None,
           name: str = "edge.test", version: str = "TLSv1_3") -> Callable:
    """A handshake of Python's, which must fail on one of both sides."""
    def client(to: Address, source: str) -> None:
        context = ssl.create_default_context(cafile=ca)
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion[version]
        if ca is None:
            context.verify_mode = ssl.CERT_NONE
        if pair:
            context.load_cert_chain(pair.cert, pair.key)
        with connect(to, source) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=name) as tls:
                    # TLS 1.3: the server's refusal comes behind it
                    assert not tls.recv(1)
            except OSError:
                pass
    return client


# --- servers ----------------------------------------------------------------

@contextmanager
def serve(at: Address, serve_one: Callable) -> Iterator[None]:
    """Give each connection to serve_one(socket), in a thread."""
    def run() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(WAIT)
                try:
                    serve_one(sock)
                except OSError:
                    pass

    with socket.create_server(at) as listener:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT)


def answer(data: bytes) -> Callable:
    """Wait for something, answer with bytes that are no TLS."""
    def server(sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(data)
        drain(sock)
    return server


def reset(sock: socket.socket) -> None:
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


def close(sock: socket.socket) -> None:
    while len(sock.recv(4096)) == 4096:
        pass


@contextmanager
def nobody(at: Address) -> Iterator[None]:
    """The address is taken, and nobody listens: refused for sure."""
    with socket.socket() as taken:
        taken.bind(at)
        yield


@contextmanager
def s_server(at: Address, pair: certs.Pair, *options: str) -> Iterator[None]:
    """openssl s_server; without -quiet it would take commands."""
    server = Process("s_server", [
        "openssl", "s_server", "-accept", "%s:%d" % at, "-cert",
        str(pair.cert), "-key", str(pair.key), "-quiet", *options],
        pair.cert.with_suffix(f".{at[0]}.log"))

    def up() -> bool:
        """Listening, without connecting to it."""
        wanted = "%s:%04X" % (socket.inet_aton(at[0])[::-1].hex().upper(),
                              at[1])
        return any(line.split()[1] == wanted and line.split()[3] == "0A"
                   for line in Path("/proc/net/tcp").read_text().splitlines())

    try:
        wait_for(up, 5, "s_server to listen")
        yield
    finally:
        server.kill()
