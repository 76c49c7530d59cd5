# SPDX-License-Identifier: GPL-2.0-or-later
"""What does a BYE cost that ends a call nobody said anything in?

    python3 -m lab.sandbox python3 test/bench/idle.py [ROUNDS]

Two chains of two Kamailios, from a UDP client over TLS to a UDP server. The
first ones of both close a connection that is silent, after two seconds so that
this does not take hours; ours keeps those that it reuses.
"""

import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from contender import Contender, Kind
from lab import net
from lab.proc import wait_for

SETTLE = 0.2
FAR = {"stock": "127.18.0.2", "tls_reuse": "127.18.0.4"}

FAR_ROUTE = """
request_route {{
    $du = "sip:{ip}:5070";
    forward();
}}
"""
MESSAGE = """\
{method} sip:bob@edge.test SIP/2.0\r
Via: SIP/2.0/UDP {ip}:{port};rport;branch=z9hG4bK{number}\r
Max-Forwards: 70\r
From: <sip:alice@edge.test>;tag=1\r
To: <sip:bob@edge.test>;tag=2\r
Call-ID: idle-{number}\r
CSeq: {number} {method}\r
Content-Length: 0\r
\r
"""

# seconds; tls has 600 of its own, in place of tcp_connection_lifetime
CLOSES = """
modparam("tls", "connection_timeout", 2)
"""
NEAR = (
    Kind("stock", "127.18.0.1", """
request_route {{
    $du = "sip:127.18.0.2:5061;transport=tls";
    forward();
}}
""", CLOSES),
    Kind("tls_reuse", "127.18.0.3", """
request_route {{
    $du = "sip:127.18.0.4:5061;transport=tls";
    if(!tls_reuse_to("edge.test")) exit;
    forward();
}}
onsend_route {{ if(!tls_reuse_onsend()) drop; }}
""", CLOSES + """
loadmodule "cert_match.so"
loadmodule "tls_reuse.so"
modparam("tls_reuse", "inner", "sip:{ip}:5060")
modparam("tls_reuse", "outer", "sip:{ip}:5061")
modparam("tls_reuse", "connection_lifetime", 3600)
"""))


class Chain:
    """Client, near Kamailio, far Kamailio, server."""

    def __init__(self, near: Kind, where: Path):
        self.name, self.number = near.name, 0
        far = Kind(f"far of {near.name}", FAR[near.name], FAR_ROUTE)
        self.near = Contender(near, where / f"{near.name}-near")
        self.far = Contender(far, where / f"{near.name}-far")
        self.client = self._socket(self.near.ip)
        self.server = self._socket(self.far.ip)

    @staticmethod
    def _socket(ip: str) -> socket.socket:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((ip, 5070))
        udp.settimeout(10)
        return udp

    def connections(self) -> list[int]:
        return [row["id"] for row in self.near.rpc("core.tcp_list")
                if row["type"] == "TLS"]

    def send(self, method: str) -> tuple[float, float]:
        """Seconds until the 200, and CPU seconds of both Kamailios."""
        self.number += 1
        text = MESSAGE.format(method=method, ip=self.near.ip, port=5070,
                              number=self.number)
        before, begin = self._cpu(), time.monotonic()
        self.client.sendto(text.encode(), (self.near.ip, 5060))
        request, proxy = self.server.recvfrom(65535)
        head = request.decode().split("\r\n", 1)[1]
        self.server.sendto(f"SIP/2.0 200 OK\r\n{head}".encode(), proxy)
        answer = self.client.recv(65535)
        took = time.monotonic() - begin
        if not answer.startswith(b"SIP/2.0 200"):
            raise SystemExit(f"{self.name}: {answer!r}")
        time.sleep(SETTLE)             # what is done after the answer counts
        return took, self._cpu() - before

    def _cpu(self) -> float:
        return self.near.cpu() + self.far.cpu()

    def stop(self) -> None:
        self.near.stop()
        self.far.stop()


def main(words: list[str]) -> int:
    rounds = int([*words, "10"][0])
    net.ip("link set lo up")
    with tempfile.TemporaryDirectory() as temporary:
        chains = [Chain(kind, Path(temporary)) for kind in NEAR]
        took: dict[str, list[tuple[float, float]]] = \
            {chain.name: [] for chain in chains}
        for chain in chains:
            chain.send("OPTIONS")
        kept = chains[1].connections()
        for _ in range(rounds):
            wait_for(lambda: not chains[0].connections(), 60,
                     "the stock Kamailio to close its connection")
            if chains[1].connections() != kept:
                raise SystemExit("ours was not kept")
            for chain in chains:
                took[chain.name].append(chain.send("BYE"))
        print("$ test/bench/idle.py", rounds, " # -X fm -x fm")
        print("A BYE after the stock one has closed its connection, over two "
              "Kamailios on one\nmachine (median; "
              f"{rounds} rounds)")
        for name, pairs in took.items():
            print(f"  {name:20} "
                  f"{1e3 * statistics.median(t for t, _ in pairs):8.2f} ms "
                  f"until its 200, "
                  f"{1e3 * statistics.median(c for _, c in pairs):8.2f} ms "
                  "CPU of both")
        for chain in chains:
            chain.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
