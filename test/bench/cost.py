# SPDX-License-Identifier: GPL-2.0-or-later
"""What does cert_match cost a request, and a connection?

    python3 -m lab.sandbox python3 test/bench/cost.py [ROUNDS REQUESTS]

Kamailios with the same configuration but for the check of the peer's domain
forward requests from one mTLS connection to a UDP server.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from contender import Contender, Kind, Traffic, peer_certificate
from lab import net
from lab.paths import BUILD
from lab.proc import wait_for
from measure import cpu, instructions

REFUSE = '{{ sl_send_reply("403", "No"); exit; }}'
CONNECTIONS = 200


def kind(name: str, ip: str, check: str = "", module: str = "") -> Kind:
    return Kind(name, ip, f"""
request_route {{{{
    {check}
    $du = "sip:{{ip}}:5070";
    forward();
}}}}""", module)


PLAIN = kind("no check at all", "127.15.0.1")
READS = kind("From's domain read, no check", "127.15.0.2",
             'if($fd == "nobody.invalid") ' + REFUSE)
STOCK = kind("stock check of one DNS name", "127.15.0.3", """
    if(!($tls_peer_verified == 1 && $tls_peer_san_hostname == $fd)) """
             + REFUSE)
OURS = kind("all of cert_match", "127.15.0.4",
            'if(!cert_match("$fd")) ' + REFUSE, """
loadmodule "cert_match.so"
modparam("cert_match", "failures", 1000)
modparam("cert_match", "watch", "{cert}")
event_route[cert_match:failure] {{ xlog("L_NOTICE", "failure\\n"); }}
event_route[cert_match:expiry] {{ xlog("L_NOTICE", "expiry\\n"); }}
""")
KINDS = (PLAIN, READS, STOCK, OURS)


def records(contender: Contender) -> dict[str, int]:
    """Octets of shared memory that each line of cert_match holds."""
    rows = contender.rpc("mod.stats", "cert_match", "shm")[1]
    return {name: octets for name, octets in rows.items()
            if name != "Total"}


def memory(where: Path, pem: Path) -> None:
    """What cert_match allocated for connections that are established."""
    contender = Contender(OURS, where / "memory")
    before = records(contender)
    storm = subprocess.Popen(
        [BUILD / "load" / "tls_storm", "-n", str(CONNECTIONS), "-c",
         str(CONNECTIONS), "-h", "60", "-t", "60", "-C", pem,
         contender.ip, "5061"], stdout=subprocess.PIPE)
    wait_for(lambda: contender.rpc("cert_match.stats")[0]["established_in"]
             == CONNECTIONS, 60, "all connections")
    print("$ kamcmd mod.stats cert_match shm")
    print("Shared memory of cert_match for each established connection, "
          "peer's\ncertificate with three identities "
          f"({CONNECTIONS} connections)")
    total = 0.0
    for name, octets in records(contender).items():
        each = (octets - before.get(name, 0)) / CONNECTIONS
        total += each
        if each:
            print(f"  {name:38} {each:9.0f} octets")
    print(f"  {'together':38} {total:9.0f} octets")
    storm.kill()
    storm.wait()
    contender.stop()


def main(words: list[str]) -> int:
    rounds, count = map(int, [*words, "200", "500"][:2])
    net.ip("link set lo up")
    with tempfile.TemporaryDirectory() as temporary:
        where = Path(temporary)
        pem = peer_certificate(where)
        print("$ test/bench/cost.py", rounds, count, " # -X fm -x fm")
        print("Each request that is forwarded, TLS to UDP, and the reply to "
              "it, one under\nway at a time")
        cpu(KINDS, lambda each: Traffic(each, pem), where, rounds, count)
        instructions(KINDS, lambda each: Traffic(each, pem), where)
        memory(where, pem)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
