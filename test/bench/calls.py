# SPDX-License-Identifier: GPL-2.0-or-later
"""How long does each call of tls_reuse take a message?

    python3 -m lab.sandbox python3 test/bench/calls.py [MESSAGES]

Clocked by the script, in microseconds: the mean of many says more than one of
them.  The longest tenth, when something else had the processor, does not
count, and what the clock itself takes is taken off.
"""

import re
import statistics
import sys
import tempfile
from pathlib import Path

from contender import Contender, Kind, Traffic, peer_certificate
from lab import net

MODULES = """
loadmodule "cert_match.so"
loadmodule "tls_reuse.so"
modparam("tls_reuse", "inner", "sip:{ip}:5060")
modparam("tls_reuse", "outer", "sip:{ip}:5061")
"""
LINE = re.compile(r"timer (\S+) from (\S+) to (\S+)$")


def clock(name: str, action: str) -> str:
    return f'''$var(begin) = $TV(Sn); {action}
    xlog("L_NOTICE", "timer {name} from $var(begin) to $TV(Sn)\\n");'''


def timed(name: str, action: str) -> str:
    """The clock's own time is taken first: once to have its code in the
    processor's cache, and once to know it."""
    return clock("first", "") + clock(name + "-0", "") + clock(name, action)


PHONES = Kind("phones", "127.17.0.1", """
request_route {{
    if(proto == TLS) {{
        %s
        $du = "sip:{ip}:5070";
    }} else {{
        %s
    }}
    forward();
}}
onreply_route {{ if(proto == UDP) {{ %s }} return 1; }}
onsend_route {{ if(proto == UDP) {{ %s }} }}
""" % (timed("pin", "if(!tls_reuse_pin()) exit;"),
       timed("follow", "if(!tls_reuse_follow()) exit;"),
       timed("pin-2xx", "if(!tls_reuse_pin()) exit;"),
       timed("onsend", "if(!tls_reuse_onsend()) drop;")), MODULES)

DOMAINS = Kind("domains", "127.17.0.2", """
request_route {{
    $du = "sip:{ip}:5071;transport=tls";
    %s
    forward();
}}
onsend_route {{ %s }}
""" % (timed("to", 'if(!tls_reuse_to("peer.test", "edge.test")) exit;'),
       timed("onsend", "if(!tls_reuse_onsend()) drop;")), MODULES)

ROWS = (
    ("OPTIONS", "in", (("pin", "tls_reuse_pin(), a request"),)),
    ("REGISTER", "in", (("pin", "tls_reuse_pin(), a REGISTER"),
                        ("pin-2xx", "tls_reuse_pin(), its 2xx"))),
    ("OPTIONS", "out", (("follow", "tls_reuse_follow()"),
                        ("onsend", "tls_reuse_onsend(), to a phone"))))


def clocked(contender: Contender, since: int) -> dict[str, list[float]]:
    """What each timer showed since that line of the log."""
    times: dict[str, list[float]] = {}
    for line in (contender.where / "log").read_text().splitlines()[since:]:
        found = LINE.search(line)
        if found:
            times.setdefault(found[1], []).append(
                1e6 * (float(found[3]) - float(found[2])))
    return times


def mean(times: list[float]) -> float:
    """Of all but the longest tenth."""
    return statistics.fmean(sorted(times)[:len(times) * 9 // 10])


def measure(contender: Contender, traffic: Traffic, way: str, count: int,
            rows: tuple[tuple[str, str], ...]) -> None:
    traffic.burst(100, way)
    since = len((contender.where / "log").read_text().splitlines())
    traffic.burst(count, way)
    times = clocked(contender, since)
    for name, what in rows:
        took = mean(times[name]) - mean(times[name + "-0"])
        print(f"  {what:38} {took:6.2f} us")


def main(words: list[str]) -> int:
    count = int([*words, "20000"][0])
    net.ip("link set lo up")
    with tempfile.TemporaryDirectory() as temporary:
        where = Path(temporary)
        pem = peer_certificate(where)
        print("$ test/bench/calls.py", count)
        print("Time that a call takes")
        for number, (method, way, rows) in enumerate(ROWS):
            contender = Contender(PHONES, where / f"{number}")
            traffic = Traffic(contender, pem, way, method)
            traffic.burst(1, "in")
            measure(contender, traffic, way, count, rows)
            traffic.end()
            contender.stop()
        contender = Contender(DOMAINS, where / "domains")
        traffic = Traffic(contender, pem, "out", listen=True)
        measure(contender, traffic, "out", count,
                (("to", "tls_reuse_to()"),
                 ("onsend", "tls_reuse_onsend(), to a domain")))
        traffic.end()
        contender.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
