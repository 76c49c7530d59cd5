# SPDX-License-Identifier: GPL-2.0-or-later
"""What does it cost a request to go to a domain on one reused connection?

    python3 -m lab.sandbox python3 test/bench/reuse.py [ROUNDS REQUESTS]

Kamailios forward requests from a UDP client to one TLS server; the stock ones
send them on whatever connection leads to its address.
"""

import sys
import tempfile
from pathlib import Path

from contender import Kind, Traffic, peer_certificate
from lab import net
from measure import cpu, instructions

ROUTE = """
request_route {{
    $du = "sip:{ip}:5071;transport=tls";
    forward();
}}
"""

CERT_MATCH = """
loadmodule "cert_match.so"
"""
TLS_REUSE = CERT_MATCH + """
loadmodule "tls_reuse.so"
modparam("tls_reuse", "inner", "sip:{ip}:5060")
modparam("tls_reuse", "outer", "sip:{ip}:5061")
"""

KINDS = (
    Kind("stock, found by address", "127.16.0.1", ROUTE),
    Kind("the same, with an onsend_route", "127.16.0.2", ROUTE +
         "onsend_route {{ return 1; }}\n"),
    Kind("the same, and cert_match", "127.16.0.3", ROUTE +
         "onsend_route {{ return 1; }}\n", CERT_MATCH),
    Kind("the same, and tls_reuse", "127.16.0.5", ROUTE +
         "onsend_route {{ return 1; }}\n", TLS_REUSE),
    Kind("tls_reuse_to(), tls_reuse_onsend()", "127.16.0.4", """
request_route {{
    $du = "sip:{ip}:5071;transport=tls";
    if(!tls_reuse_to("peer.test", "edge.test")) exit;
    forward();
}}
onsend_route {{
    if(!tls_reuse_onsend()) drop;
}}
""", TLS_REUSE))


def main(words: list[str]) -> int:
    rounds, count = map(int, [*words, "200", "500"][:2])
    net.ip("link set lo up")
    with tempfile.TemporaryDirectory() as temporary:
        where = Path(temporary)
        pem = peer_certificate(where)
        print("$ test/bench/reuse.py", rounds, count, " # -X fm -x fm")
        print("Each request that is forwarded, UDP to TLS on one connection, "
              "and the reply to\nit, one under way at a time")
        cpu(KINDS, lambda each: Traffic(each, pem, "out", listen=True),
            where, rounds, count)
        instructions(KINDS, lambda each: Traffic(each, pem, "out",
                                                 listen=True), where)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
