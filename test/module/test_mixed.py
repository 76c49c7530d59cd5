# SPDX-License-Identifier: GPL-2.0-or-later
"""A little of everything that can happen to a TLS listener, at once.

Small enough for valgrind (make valgrind); test_storm.py is the big one.
"""

import subprocess

from lab import certs
from lab.paths import BUILD
from lab.proc import wait_for

from small import TLS, Small

STORM = BUILD / "load" / "tls_storm"
ROUTES = """
request_route {
    if(cert_match("peer.test")) sl_send_reply("200", "$cert_match(identity)");
    else sl_send_reply("200", "$cert_match(reason)");
}
"""
PROFILE = """
[server:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = no
certificate = {0.cert}
private_key = {0.key}
ca_list = {0.ca}
[client:default]
"""
# name, certificate, what tls_storm is told
CLIENTS = [("a peer", "peer.test", ["-a", "10", "-p", "10"]),
           ("an expired peer", "late.test", []),
           ("phones and scanners", "", ["-a", "10", "-p", "20", "-g", "20"]),
           ("TLS 1.2", "peer.test", ["-2", "-p", "10"])]
EACH = 60


def client(name: str, domain: str, words: list[str]) -> subprocess.Popen:
    if domain:
        options = ["--expired"] if "expired" in name else []
        pair = certs.client(domain, *options)
        words = [*words, "-C", str(pair.cert), "-K", str(pair.key)]
    return subprocess.Popen(
        [STORM, "-n", str(EACH), "-c", "4", "-t", "60", "-o", *words, TLS[0],
         str(TLS[1])], stdout=subprocess.PIPE, text=True)


def look(kamailio: Small) -> None:
    """What an operator does, all the time."""
    for method in ("tls.reload", "cert_match.peers", "cert_match.failures",
                   "cert_match.expiry", "cert_match.stats"):
        kamailio.rpc(method)


def test_mixed(tmp_path):
    """Who belongs here is answered; no record and no process is lost."""
    with Small("cert_match", tmp_path, ROUTES,
               tls_config=PROFILE.format(certs.server("edge.test"))
               ) as kamailio:
        children = kamailio.children()
        storms = {name: client(name, domain, words)
                  for name, domain, words in CLIENTS}
        while any(storm.poll() is None for storm in storms.values()):
            look(kamailio)
        words = {name: storm.communicate()[0]
                 for name, storm in storms.items()}
        assert storms["an expired peer"].returncode == 1
        assert f"{EACH} failed" in words["an expired peer"]
        for name, storm in storms.items():
            if name != "an expired peer":
                assert storm.returncode == 0, words
        assert kamailio.children() == children

        def stats() -> dict:
            return kamailio.rpc("cert_match.stats")[0]

        wait_for(lambda: stats()["connections"] == 0, 15, "all to be closed")
        assert stats()["opened_in"] == stats()["closed"] == \
            EACH * len(CLIENTS)
        assert stats()["checks_matched"] > EACH
        assert kamailio.end() == 0
