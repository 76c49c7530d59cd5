# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/connection-reuse.md: its configuration runs, and shows what it says.

Two proxies of two domains each; the addresses are those of the page.
"""

import os
import re
import socket
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from lab import binrpc, certs, dns, net
from lab.client import Talker, reply_to
from lab.paths import BUILD, PROJECT
from lab.pcap import Capture
from lab.proc import Process, run
from lab.stock import MODULES

PAGE = PROJECT / "docs" / "connection-reuse.md"
PROXY, NAMES = "192.0.2.1", ("one.example", "two.example")
OTHER, PEERS = "192.0.2.128", ("b.example", "c.example")
# the page's are P1's: here are P2's
THERE = {PROXY: OTHER, **dict(zip(NAMES, PEERS)),
         "10.0.0.1": "10.0.0.129", "10.0.0.2": "10.0.0.130"}
RECORDS: dns.Records = {
    **{f"_sips._tcp.{name}": [dns.Service(f"sip.{name}", 5061)]
       for name in (*NAMES, *PEERS)},
    **{f"sip.{name}": [PROXY] for name in NAMES},
    **{f"sip.{name}": [OTHER] for name in PEERS}}


def block(first: str) -> str:
    """The page's indented block that begins with this line."""
    text = PAGE.read_text("utf-8")
    found = re.search(rf"(?m)^    {re.escape(first)}\n(?:(?:    .*)?\n)+",
                      text)
    assert found, first
    return re.sub(r"(?m)^    ", "", found[0])


class User(Talker):
    """Inside, for all our domains: answers what comes, and asks."""

    def __init__(self, at: str, proxy: str):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((at, 5060))
        super().__init__(sock, "UDP", (proxy, 5060))


class Proxy:
    """values: what to write for the page's own."""

    def __init__(self, where: Path, values: dict[str, str]):
        where.mkdir()
        self.control = where / "ctl"
        values = {**values, "/run/kamailio/kamailio_ctl": str(self.control),
                  "/etc/kamailio": str(where)}
        for name, first in (("kamailio.cfg", "#!KAMAILIO"),
                            ("tls.cfg", "[server:default]")):
            text = block(first)
            for old, new in values.items():
                text = re.sub(rf"{re.escape(old)}\b", new, text)
            (where / name).write_text(text)
        for name in NAMES:
            pair = certs.server(values.get(name, name))
            for path in (pair.cert, pair.key):
                (where / path.name).write_bytes(path.read_bytes())
            (where / "peers.pem").write_bytes(pair.ca.read_bytes())
        self.user = User(values.get("10.0.0.2", "10.0.0.2"),
                         values.get("10.0.0.1", "10.0.0.1"))
        self._process = Process(
            "kamailio", ["kamailio", "-f", str(where / "kamailio.cfg"), "-Y",
                         str(where), "-DD", "-E", "-L",
                         f"{BUILD}/modules:{MODULES}"],
            where / "log", env=dict(os.environ))
        self._process.wait_ready(self._answers, 10)

    def _answers(self) -> bool:
        try:
            return bool(binrpc.call(str(self.control), "core.version"))
        except (OSError, binrpc.RpcError):
            return False

    def kamcmd(self, *words: str) -> str:
        return run(["kamcmd", "-s", f"unix:{self.control}", *words])

    def text(self) -> str:
        return self._process.text()

    def close(self) -> None:
        self.user.close()
        self._process.stop()


class Two(NamedTuple):
    p1: Proxy
    p2: Proxy


@pytest.fixture(name="two")
def two_(tmp_path, laboratories) -> Iterator[Two]:
    laboratories.close()
    net.ip("link set lo up")
    places = [place for pair in THERE.items() for place in pair
              if place[0].isdigit()]
    for place in places:
        net.ip(f"addr add {place}/32 dev lo")
    names = dns.Server(RECORDS)
    with dns.everybody_asks(tmp_path):
        made = Two(Proxy(tmp_path / "p1", {}), Proxy(tmp_path / "p2", THERE))
        yield made
        for proxy in made:
            proxy.close()
    names.close()
    for place in places:
        net.ip(f"addr del {place}/32 dev lo")


def ask(sender: User, receiver: User, local: str, domain: str) -> None:
    """A request, and its answer."""
    sender.send(sender.request("MESSAGE", f"sip:bob@{domain}",
                               sender=f"sip:alice@{local}"))
    got = receiver.receive()
    assert got and got.start == f"MESSAGE sip:bob@{domain} SIP/2.0"
    receiver.send(reply_to(got, "200 OK"))
    answer = sender.receive()
    while answer and answer.status == 100:
        answer = sender.receive()
    assert answer and answer.status == 200


def shown(first: str, number: int = 0) -> list[str]:
    """What the page shows below the line "# first"."""
    found = re.findall(rf"(?m)^    # {re.escape(first)}\n((?:    .+\n)+)",
                       PAGE.read_text("utf-8"))
    return [line.strip() for line in found[number].splitlines()]


def said(proxy: Proxy, command: str) -> list[str]:
    """The same from here."""
    command = command.replace("kamcmd",
                              f"kamcmd -s unix:{proxy.control}", 1)
    return [line.strip() for line in run(["sh", "-c", command]).splitlines()
            if line.strip()]


TABLE = "kamcmd tls_reuse.aliases | awk -v RS='}' " \
    "'/ip:/ {print $3, $5, $9, $11, $13, $15, $23}'"
PLACES = "kamcmd cert_match.peers | awk -v RS='}' '/id:/ {print $3, $5, $9}'"
SYNS = "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn"


def without(pattern: str, lines: list[str]) -> list[str]:
    """Lines, but for what differs from time to time."""
    return [re.sub(pattern, "", line) for line in lines]


def test_four_connections(two: Two, tmp_path):
    """RFC 5923 s9.3, as the page shows it."""
    capture = Capture("lo", tmp_path / "lo.pcap", expression="tcp port 5061")
    capture.wait()
    for local in NAMES:
        for domain in PEERS:
            ask(two.p1.user, two.p2.user, local, domain)
    for local in NAMES:
        for domain in PEERS:
            ask(two.p2.user, two.p1.user, domain, local)
    capture.stop()
    row = "kamcmd tls_reuse.aliases 1"
    pattern = r"(age|idle): \d+"
    assert without(pattern, said(two.p1, row)) == \
        without(pattern, shown(row))
    for number, proxy in enumerate(two):
        assert said(proxy, TABLE) == shown(TABLE, number)
    places = said(two.p2, PLACES)
    assert without(r":\d+", places) == without(r":\d+", shown(PLACES))
    ports = {line.split()[1] for line in places}
    assert {line.split()[4] for line in run(
        ["ss", "-Htn", "sport", "=", ":5061"]).splitlines()} == ports
    syns = run(["tcpdump", "-nr", str(capture.path), SYNS])
    assert set(re.findall(r"IP (\S+) > 192\.0\.2\.128\.5061: ", syns)) == \
        {place.replace(":", ".") for place in ports}
    assert syns.count("Flags [S]") == 4


def test_words(two: Two):
    """What the page says is in the log."""
    ask(two.p1.user, two.p2.user, "one.example", "b.example")
    ask(two.p2.user, two.p1.user, "b.example", "one.example")
    lines = re.findall(r"(?m)^    (MESSAGE from .*)\n    (MESSAGE from .*)",
                       PAGE.read_text("utf-8"))
    for proxy, said_there in zip(two, lines):
        for line in said_there:
            assert f"INFO: <script>: {line}\n" in proxy.text()


def test_stranger(two: Two):
    """Our own users speak for our domains only."""
    user = two.p1.user
    user.send(user.request("MESSAGE", "sip:bob@b.example",
                           sender="sip:alice@b.example"))
    assert user.receive().start == "SIP/2.0 403 Not Our Domain"
    assert two.p1.kamcmd("tls_reuse.aliases").strip() == ""
