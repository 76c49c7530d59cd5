# SPDX-License-Identifier: GPL-2.0-or-later
"""What does cert_match cost a request, and a connection?

    python3 -m lab.sandbox python3 test/bench/cost.py [ROUNDS REQUESTS]

Kamailios with the same configuration but for the check of the peer's domain
forward requests from one mTLS connection to a UDP server.
"""

import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from contender import (CALLGRIND, OURS, PLAIN, READS, STOCK, Contender,
                       Kind, Traffic, peer_certificate)
from lab import net
from lab.paths import BUILD
from lab.proc import wait_for

KINDS = (PLAIN, READS, STOCK, OURS)
CONNECTIONS = 200
FEW, MANY = 200, 2200


def line(what: str, values: list[float], unit: str) -> None:
    ordered = sorted(values)
    tenth = len(ordered) // 10
    print(f"  {what:38} {statistics.median(ordered):9.2f} {unit:2} "
          f"{ordered[tenth]:9.2f} .. {ordered[-1 - tenth]:.2f}")


def cpu(where: Path, pem: Path, rounds: int, count: int) -> None:
    """Bursts through one and the other in turn, in changing order."""
    contenders = [Contender(kind, where / f"cpu{number}")
                  for number, kind in enumerate(KINDS)]
    traffic = [Traffic(each, pem, 1) for each in contenders]
    costs: dict[str, list[float]] = {each.name: [] for each in contenders}
    for each in traffic:
        each.burst(count)                               # warm up
    for _ in range(rounds):
        for each in traffic:
            costs[each.contender.name].append(each.burst(count) * 1e6)
        traffic.append(traffic.pop(0))
    print("$ test/bench/cost.py", rounds, count, " # kamailio -X fm -x fm")
    print("CPU of all of Kamailio for each request that it forwards, TLS to\n"
          "UDP, and the reply to it, one under way at a time\n"
          f"({rounds} rounds of {count}, in turn; median, 10 % .. 90 %)")
    for name, values in costs.items():
        line(name, values, "us")
    plain = costs[PLAIN.name]
    for kind in KINDS[1:]:
        line(f"more: {kind.name}",
             [100 * (b / a - 1) for a, b in zip(plain, costs[kind.name])],
             "%")
    for each in traffic:
        each.end()
        each.contender.stop()


def count_instructions(kind: Kind, where: Path, pem: Path,
                       requests: int) -> int:
    """Of a whole run, in user space, of all processes."""
    contender = Contender(kind, where, *CALLGRIND,
                          f"--callgrind-out-file={where}/out.%p")
    traffic = Traffic(contender, pem, 1)
    traffic.burst(requests)
    traffic.end()
    contender.stop()
    totals = [re.findall(r"^(?:summary|totals): (\d+)", path.read_text(),
                         re.M)[-1] for path in where.glob("out.*")]
    return sum(map(int, totals))


def instructions(where: Path, pem: Path) -> None:
    """The difference of a long and a short run: what a request needs."""
    print("$", *CALLGRIND, "kamailio -X fm -x fm ...")
    print("Instructions in user space for each request and its reply, one\n"
          f"under way at a time ((run of {MANY} - run of {FEW}) / "
          f"{MANY - FEW})")
    counts = []
    for number, kind in enumerate(KINDS):
        many, few = (count_instructions(kind, where / f"count{number}-{n}",
                                        pem, n) for n in (MANY, FEW))
        counts.append((many - few) / (MANY - FEW))
        print(f"  {kind.name:38} {counts[-1]:9.0f}    "
              f"{100 * (counts[-1] / counts[0] - 1):9.2f} % more")


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
        cpu(where, pem, rounds, count)
        instructions(where, pem)
        memory(where, pem)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
