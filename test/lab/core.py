# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole laboratory: phones outside, the edge, a PBX inside.

    with Lab(pbx="asterisk", mode="tm", pbx_transport="tcp") as lab:
        alice = lab.phone("alice")
        alice.wait_registered()
        alice.call("echo")

Must run inside lab.sandbox: leaving it is what cleans up for certain;
stop() here ends programs so that the next laboratory can start.
"""

import base64
import fcntl
import os
import secrets
import shutil
import ssl
from pathlib import Path
from typing import Any, Optional, Union

from . import certs, net
from .asterisk import PASSWORD, Asterisk
from .baresip import Account, Options, Phone
from .binrpc import Value
from .edge import Edge
from .paths import PROJECT, RUNS
from .pcap import Capture
from .proc import LabError, wait_for
from .rtpengine import Rtpengine
from .sipp import Result, Sipp
from .site import Site

MODES = ("stateless", "tm")


class Lab:
    """pbx: "asterisk" (22, chan_pjsip), "chan_sip" (16) or None.

    settings: values of edge.env that differ.  edge_root: a root directory
    with another Kamailio.  site: other addresses than the laboratory's.
    """

    def __init__(self, pbx: Optional[str] = "asterisk",
                 mode: str = "stateless", pbx_transport: str = "udp",
                 name: str = "lab", settings: Optional[dict[str, str]] = None,
                 edge_root: Optional[Path] = None, site: Site = Site(),
                 edge_options: tuple[str, ...] = ()):
        if mode not in MODES:
            raise LabError(f"mode {mode}: {' or '.join(MODES)}")
        self.where, self.site = _own_directory(name), site
        given = settings or {}
        self.domain = given.get("EDGE_DOMAIN", "edge.test")
        self.phones: list[Phone] = []
        self.captures: list[Capture] = []
        self.pair = certs.server(self.domain)
        if site.namespaces and not os.path.exists("/run/netns/pbx"):
            net.up()
        self.pbx = Asterisk(pbx, self.where / "pbx", pbx_transport) \
            if pbx else None
        self.rtpengine = Rtpengine(self.where, site.outer, site.inner,
                                   site.control)
        # The first demonstration has the short path that is in the docs.
        run_dir = RUNS if self.where.name == "demo" else self.where
        self.edge = Edge(
            self.where, {**_addresses(site), "PBX_TRANSPORT": pbx_transport,
                         **given}, self.pair, mode == "tm", run_dir,
            edge_root, edge_options)

    def __enter__(self) -> "Lab":
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def start(self) -> None:
        """All parts at once; ready when the last of them is."""
        try:
            if self.pbx:
                self.pbx.launch()
            self.rtpengine.launch()
            # The edge probes its PBX when it starts: let that be answered.
            if self.pbx:
                self.pbx.wait()
            self.rtpengine.wait()
            self.edge.start()
        except Exception:
            self.stop()
            raise

    def stop(self) -> None:
        self.hang_up_phones()
        for capture in self.captures:
            capture.stop()
        self.edge.stop()
        self.rtpengine.stop()
        if self.pbx:
            self.pbx.stop()
        self.edge.forget()

    def hang_up_phones(self) -> None:
        """End all phones; the rest goes on (between two tests)."""
        for phone in self.phones:
            phone.kill()
        self.phones.clear()

    def wait_over(self, timeout: float = 5) -> None:
        """Wait until no call is left, at the PBX or at the media relay."""
        if self.pbx:
            self.pbx.wait_idle(timeout)
        wait_for(lambda: not self.rtpengine.open_calls(), timeout,
                 "the media relay to be told that all calls are over "
                 f"(log: {self.rtpengine.log})")

    # --- parts on demand ------------------------------------------------

    def account(self, user: str, password: str = PASSWORD) -> Account:
        return Account(user, password, self.domain,
                       f"{self.site.outer}:{self.site.outer_port}",
                       self.pair.ca)

    def phone(self, user: str, nat: bool = False, name: str = "",
              password: str = PASSWORD, **options: Any) -> Phone:
        """A softphone, switched on; it registers unless expires=0.

        nat=True puts it behind a masquerading router.  options: see
        baresip.Options.
        """
        place = {"address": self.site.phone, "ns": self.site.phone_ns,
                 "interface": self.site.phone_dev}
        if nat:
            net.up_nat()
            place = {"address": net.NAT_PHONE, "ns": "nat"}
        taken = [phone.name for phone in self.phones]
        name = name or user
        while name in taken:
            name += "-again"
        phone = Phone(name, self.account(user, password),
                      self.where / name, Options(**{**place, **options}))
        self.phones.append(phone)
        phone.log_on()
        return phone

    def registered(self, user: str, **options: Any) -> Phone:
        """A softphone that is registered at the PBX when this returns."""
        phone = self.phone(user, **options)
        phone.wait_registered()
        return phone

    def sipp(self, scenario: Union[str, Path], **options: Any) -> Result:
        """Run a SIPp scenario from outside to its end (see sipp.Sipp)."""
        return self.sipp_start(scenario, **options).finish()

    def sipp_start(self, scenario: Union[str, Path],
                   **options: Any) -> Sipp:
        path = PROJECT / scenario
        options.setdefault("ca", self.pair.ca)
        return Sipp(path, self.where / "sipp", **options)

    def scripted(self, claim: str, service: str = "echo",
                 user: str = "alice", **options: Any) -> Sipp:
        """The phone of test/sipp/CLAIM: a fresh SRTP key, RTP at 29000."""
        key = base64.b64encode(secrets.token_bytes(30)).decode()
        return self.sipp_start(
            f"test/sipp/{claim}/phone.xml", service=service, user=user,
            keys={"user": user, "srtp_key": key, "rtp_port": 29000},
            extra=("-cid_str", "%u-%p@phone.test"), **options)

    def capture(self, side: str, name: str = "",
                expression: str = "") -> Capture:
        """Capture at the edge's "outer" or "inner" device."""
        device = {"outer": self.site.outer_dev,
                  "inner": self.site.inner_dev}[side]
        path = self.where / f"{name or side}.pcap"
        capture = Capture(device, path, expression=expression)
        self.captures.append(capture)
        capture.wait()
        return capture

    def tls_socket(self, ns: Optional[str] = "phones",
                   pair: Optional[certs.Pair] = None,
                   sni: Optional[str] = None) -> ssl.SSLSocket:
        """A verified TLS connection to the edge, for bytes of one's own."""
        context = ssl.create_default_context(cafile=str(self.pair.ca))
        context.check_hostname = False
        if pair:
            context.load_cert_chain(pair.cert, pair.key)
        raw = net.tcp_socket((self.site.outer, self.site.outer_port), ns)
        return context.wrap_socket(raw, server_hostname=sni or self.domain)

    # --- the edge -------------------------------------------------------

    def rpc(self, method: str, *params: Union[int, str]) -> list[Value]:
        return self.edge.rpc(method, *params)

    def kamcmd(self, *words: str) -> str:
        return self.edge.kamcmd(*words)


def _addresses(site: Site) -> dict[str, str]:
    return {"EDGE_OUTER": site.outer, "EDGE_INNER": site.inner,
            "EDGE_OUTER_PORT": str(site.outer_port),
            "EDGE_INNER_PORT": str(site.inner_port),
            "PBX_ADDR": site.pbx, "PBX_PORT": str(site.pbx_port),
            "EDGE_RTPENGINE": site.control}


def _own_directory(name: str) -> Path:
    """build/run/NAME, empty; NAME-2, -3 ... when another run has it."""
    for number in range(1, 100):
        where = RUNS / (name if number == 1 else f"{name}-{number}")
        where.mkdir(parents=True, exist_ok=True)
        if _locked(where.with_suffix(".lock"), 1.5 if number == 1 else 0):
            shutil.rmtree(where)
            where.mkdir()
            return where
    raise LabError(f"{RUNS}/{name}: in use a hundred times over")


def _locked(path: Path, patience: float) -> bool:
    """Hold a lock until this process ends, however it ends.

    patience: what a run that was killed a moment ago needs to vanish.
    """
    lock = os.open(path, os.O_CREAT | os.O_RDWR)

    def attempt() -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    try:
        return wait_for(attempt, patience, str(path))
    except LabError:
        os.close(lock)
        return False
