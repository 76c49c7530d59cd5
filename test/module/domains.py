# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kamailio that sends requests to domains, and servers that are them.

A request says in headers of its own what the script shall do with it:

    X-To, X-Local   the arguments of tls_reuse_to()
    X-Du            $du before that
"""

import re
import ssl
from pathlib import Path
from typing import Any, Iterable

from lab import certs, sip
from lab.certs import Pair
from lab.proc import wait_for
from lab.tlspeer import Heard, TlsPeer

from small import Small

HERE = ("127.0.0.1", 15060)
PEER = ("127.0.0.1", 16061)
OTHER_PEER = ("127.0.0.1", 16062)

BEFORE = """
loadmodule "xlog.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
modparam("tm", "fr_timer", 2000)
modparam("tm", "fr_inv_timer", 5000)
dns_retr_time=1
dns_retr_no=1
dns_try_ipv6=no
"""

TO = """
request_route {
    if($hdr(X-Du) != $null) $du = $hdr(X-Du);
    $var(rc) = 0;
    if($hdr(X-Local) != $null) {
        tls_reuse_to("$hdr(X-To)", "$hdr(X-Local)");
        $var(rc) = $rc;
    } else if($hdr(X-To) != $null) {
        tls_reuse_to("$hdr(X-To)");
        $var(rc) = $rc;
    }
    if($var(rc) < 0) {
        sl_send_reply("480", "rc $var(rc) $tls_reuse(reason)");
        exit;
    }
    if($rm == "INFO") {
        $var(who) = $tls_reuse(domain) + "/" + $tls_reuse(local_domain);
        sl_send_reply("200", "is $var(who) $du");
        exit;
    }
    route(SEND);
}
"""
FORWARD = """
route[SEND] { if(!forward()) sl_send_reply("503", "not sent"); }
"""
RELAY = """
route[SEND] { if(!t_relay_to("0x02")) sl_send_reply("503", "not sent"); }
"""
SEND = {"forward": FORWARD, "t_relay": RELAY}
ONSEND = """
onsend_route {
    tls_reuse_onsend();
    $var(rc) = $rc;
    xlog("L_WARN", "SENT <$ci> rc=$var(rc) to=$tls_reuse(domain) "
        "as=$tls_reuse(local_domain) reused=$tls_reuse(reused) "
        "reason=$tls_reuse(reason)\\n");
    if($var(rc) < 0) drop;
}
"""


def profile(ca: Path, clients: Iterable[tuple[str, Pair]] = ()) -> str:
    """clients: our own domains, and whom we are for each of them."""
    pair = certs.server("edge.test")
    text = f"""
[server:default]
method = TLSv1.2+
certificate = {pair.cert}
private_key = {pair.key}
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = {ca}
"""
    for name, own in clients:
        text += f"""
[client:any]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = {ca}
server_name = {name}
server_id = {name}
certificate = {own.cert}
private_key = {own.key}
"""
    return text


END = b"\r\n\r\n"


class Virtual(TlsPeer):
    """A server of several domains, each with its own certificate.

    It answers an INVITE with 180 and, once that is cancelled, with 487;
    one for busy@ with 486; all for away@ with 503; everything else with 200.
    """

    def __init__(self, where: Path, domains: Iterable[str],
                 at: tuple[str, int] = PEER, version: str = "TLSv1_3",
                 ca: object = None):
        self._contexts = {}
        pairs = [certs.server(name, where=where) for name in domains]
        for name, pair in zip(domains, pairs):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.cert, pair.key)
            if ca:
                context.load_verify_locations(ca)
                context.verify_mode = ssl.CERT_REQUIRED
            self._contexts[name] = context
        super().__init__(pairs[0], at, version, ca)

    def _named(self, tls: ssl.SSLObject, name: str, _: object) -> None:
        if name in self._contexts:
            tls.context = self._contexts[name]
        super()._named(tls, name, _)

    def _answer(self, heard: Heard, tls: ssl.SSLObject) -> None:
        done = heard.text.count(END)        # the rest may still be on its way
        while True:
            text = tls.read(65536)
            if not text:
                return
            heard.text += text
            messages = heard.text.split(END)[:-1]
            for message in messages[done:]:
                for line in answers(message.decode()):
                    tls.write(line.encode())
            done = len(messages)

    def talked(self) -> list[Heard]:
        """The connections on which something was said."""
        return [heard for heard in self.heard if heard.text]


def answers(message: str) -> list[str]:
    """What a called phone says to a request."""
    method, uri = message.split(" ")[:2]
    if method == "ACK":
        return []
    if "away@" in uri:
        return [answer(message, "503 Service Unavailable")]
    if method == "INVITE":
        return [answer(message, "486 Busy Here" if "busy@" in uri
                       else "180 Ringing")]
    if method == "CANCEL":
        return [answer(message, "200 OK"),
                answer(message, "487 Request Terminated", "INVITE")]
    return [answer(message, "200 OK")]


def answer(message: str, status: str, method: str = "") -> str:
    names = ("via", "from", "to", "call-id", "cseq")
    kept = [line for line in message.split("\r\n")
            if line.split(":")[0].lower() in names]
    text = "\r\n".join([f"SIP/2.0 {status}", *kept,
                        "Content-Length: 0", "", ""])
    if method:
        text = re.sub(r"(CSeq: \d+) \w+", rf"\1 {method}", text)
    return re.sub(r"(?m)^(To: [^;\r]*)\r$", "\\1;tag=b\r", text)


def requests(heard: Heard) -> list[dict[str, str]]:
    """The requests on a connection: method, uri and headers."""
    found = []
    for message in heard.text.decode().split("\r\n\r\n")[:-1]:
        head, *lines = message.split("\r\n")
        row = dict(line.split(": ", 1) for line in lines)
        row["method"], row["uri"] = head.split(" ")[:2]
        found.append(row)
    return found


def methods(heard: Heard) -> list[str]:
    return [row["method"] for row in requests(heard)]


def kamailio(where: Path, routes: str, clients: Iterable = (),
             before: str = "", params: Iterable = (),
             options: tuple[str, ...] = ()) -> Small:
    return Small("tls_reuse", where, routes, BEFORE + before,
                 tls_config=profile(certs.authority(where / "ca"), clients),
                 params=list(params), options=options)


def request(domain: str = "", local: str = "", at: object = PEER,
            uri: str = "", method: str = "MESSAGE", extra: str = "") -> bytes:
    """A request that the script shall send to domain.

    at: the next hop that it sets itself; None: the DNS must know.
    """
    for name, value in (("To", domain), ("Local", local),
                        ("Du", du(at) if at else "")):
        if value:
            extra += f"X-{name}: {value}\r\n"
    return sip.request(method, uri or f"sip:bob@{domain or '127.0.0.1'}",
                       "UDP 127.0.0.1:9", extra)


def du(at: object) -> str:
    return at if isinstance(at, str) else "sip:%s:%d;transport=tls" % at


def call_id(message: bytes) -> str:
    return re.search(rb"Call-ID: (\S+)", message)[1].decode()


def ask(message: bytes, timeout: float = 5) -> str:
    """The first line of the answer."""
    answer = sip.ask(HERE, message, timeout=timeout)
    return answer.split(b"\r\n")[0].decode()


def sent(server: Small, message: bytes) -> list[dict[str, str]]:
    """What onsend_route said about a request, each time it was sent."""
    rows = re.findall(rf"SENT <{re.escape(call_id(message))}> (.*)",
                      server.text())
    return [dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", row)) for row in rows]


def deliver(server: Small, message: bytes) -> dict[str, str]:
    """Send a request that must be answered; what onsend_route said."""
    assert ask(message) == "SIP/2.0 200 OK"
    rows = sent(server, message)
    assert rows, server.text()
    return rows[-1]


def aliases(server: Small, *words: Any) -> list[dict]:
    return server.rpc("tls_reuse.aliases", *words)


def stats(server: Small) -> dict:
    return server.rpc("tls_reuse.stats")[0]


def resolve(server: Small, domain: str,
            *at: tuple[str, int]) -> None:
    """The DNS says that domain is there, in this order."""
    for number, (ip, port) in enumerate(at):
        host = f"host{number}.{domain}"
        server.rpc("dns.add_srv", f"_sips._tcp.{domain}", 600, number, 0,
                   port, host, 0)
        server.rpc("dns.add_a", host, 600, ip, 0)


def wait_rows(server: Small, count: int) -> list[dict]:
    return wait_for(lambda: len(aliases(server)) == count
                    and (aliases(server) or True), 5,
                    f"{count} rows in the alias table")
