# SPDX-License-Identifier: GPL-2.0-or-later
"""`make run`: from nothing to a secure call, for an operator to watch.

Settings come from the environment, as make passes them on; USAGE lists
them.  prepare() runs on the machine itself (it may have to fetch a PBX),
main() inside the sandbox.
"""

import signal
import socket
import sys
import time
from pathlib import Path
from typing import Mapping, NoReturn, Optional

from . import certs, roots, sip, verdict
from .asterisk import KINDS
from .baresip import Phone
from .core import Lab
from .paths import PROJECT
from .proc import LabError, wait_for
from .report import configuration, heading, rpc_table, table
from .site import Site, operators
from .steps import Steps

USAGE = """usage: edge-run   (or: make run), set by environment variables:
  PBX=asterisk            Asterisk 22 with chan_pjsip (default)
  PBX=chan_sip            Asterisk 16 with chan_sip
  PBX=ADDRESS[:PORT]      your own PBX, on this machine's own network; with
      ACCOUNT=, PASSWORD= an account at it, for the softphone
      ECHO=               an extension that answers, best an echo test
      CALLBACK=           an extension that calls ACCOUNT (optional)
  PBX_TRANSPORT=udp|tcp   how the PBX speaks SIP (default udp)
  MODE=stateless|tm       forward statelessly (default) or keep transactions
  EDGE_ROOT=DIR           another Debian's root directory, for its Kamailio
                          (EDGE_MODULES=DIR: our modules built for it)
  EDGE_DOMAIN=, EDGE_OUTER=, EDGE_INNER= ...   as in cfg/edge.env
  ONCE=1                  exit with the verdict instead of running on"""

# What ends up in the edge.env of this run if it is set.
PASSED_ON = ("EDGE_DOMAIN", "EDGE_OUTER_ADVERTISE", "EDGE_POLICY",
             "EDGE_CFG_DIR", "EDGE_MODULES")
TABLES = ("cert_match.peers", "tls_reuse.flows", "sdes_policy.show")
TALK = 60                       # RTP packets to hear of each part: 1.2 s


def prepare(env: Mapping[str, str], steps: Steps) -> bool:
    """What needs the machine's own network: True to go on."""
    choice = env.get("PBX") or "asterisk"
    if choice not in KINDS:
        return True
    name = KINDS[choice]
    known = roots.ready(name)

    def pbx_root() -> str:
        where = roots.root(name, steps.progress)
        state = "" if known else " (made now, kept for the next run)"
        return f"{roots.RECIPES[name].what} in {_short(where)}{state}"

    return steps.run("a PBX to call", pbx_root)


def _short(path: object) -> str:
    """A path as it is seen from the project's directory."""
    return str(path).removeprefix(f"{PROJECT}/")


class Demo:
    """The story, a step a method."""

    def __init__(self, env: Mapping[str, str], steps: Steps):
        self.steps, self.env = steps, env
        self.choice = env.get("PBX") or "asterisk"
        self.own_pbx = self.choice not in KINDS
        self.user = env.get("ACCOUNT", "") if self.own_pbx else "alice"
        self.echo = env.get("ECHO", "") if self.own_pbx else "echo"
        self.finished = False   # all that was to be shown was shown
        self.called = False     # a call came up: there is media to judge
        self.lab: Optional[Lab] = None
        self.phone: Optional[Phone] = None

    # --- bring it up ----------------------------------------------------

    def bring_up(self) -> bool:
        steps = self.steps
        good = steps.run("demo CA and certificate", self._certificates)
        good = steps.run("network", self._network, good)
        if self.lab and self.lab.pbx:
            good = steps.run("the PBX", self._pbx, good)
        good = steps.run("rtpengine", self._rtpengine, good)
        good = steps.run("the edge", self._edge, good)
        if self.own_pbx:
            good = steps.run("the PBX answers", self._answers, good)
        return steps.run("captures on both sides", self._captures, good)

    def _certificates(self) -> str:
        domain = self.env.get("EDGE_DOMAIN") or "edge.test"
        pair = certs.server(domain)
        return f"{_short(pair.cert)}, signed by {_short(pair.ca)}"

    def _network(self) -> str:
        site = operators(self.choice, self.env) if self.own_pbx else Site()
        settings = {name: self.env[name] for name in PASSED_ON
                    if self.env.get(name)}
        root = self.env.get("EDGE_ROOT")
        self.lab = Lab(
            None if self.own_pbx else self.choice, name="demo", site=site,
            edge_root=Path(root).resolve() if root else None,
            mode=self.env.get("MODE") or "stateless", settings=settings,
            pbx_transport=self.env.get("PBX_TRANSPORT") or "udp")
        where = "this machine's own" if self.own_pbx else \
            "three namespaces: outside, edge, inside"
        return (f"{where}; edge {site.outer} outside, {site.inner} inside, "
                f"PBX {site.pbx}")

    def _pbx(self) -> str:
        assert self.lab and self.lab.pbx
        self.lab.pbx.start()
        version = self.lab.pbx.rx("core show version").split(" built ")[0]
        return f"{version.strip()}, {self.lab.pbx.transport.upper()}"

    def _rtpengine(self) -> str:
        assert self.lab
        self.lab.rtpengine.start()
        return "in userspace, control port on loopback"

    def _edge(self) -> str:
        assert self.lab
        self.lab.edge.start()
        version = str(self.lab.rpc("core.version")[0]).strip()
        mode = "transactions kept (WITH_TM)" if self.lab.edge.tm \
            else "stateless"
        return f"{version}, {mode}"

    def _captures(self) -> str:
        assert self.lab
        site = self.lab.site
        if site.namespaces:
            self.outer = self.lab.capture("outer")
            self.inner = self.lab.capture("inner")
        else:
            phone = f"tcp port {site.outer_port} or udp portrange 30000-39999"
            self.outer = self.lab.capture("outer", expression=phone)
            self.inner = self.lab.capture(
                "inner", expression=f"host {site.pbx} and not ( {phone} )")
        return f"{_short(self.outer.path)}, {_short(self.inner.path)}"

    # --- the phone's part -----------------------------------------------

    def phone_part(self) -> None:
        steps = self.steps
        good = steps.run("phone registers over TLS", self._register)
        if not self.echo:
            steps.skip("phone calls", "set ECHO=an extension that answers")
            return
        call = steps.run(f"phone calls {self.echo} and is heard",
                         self._call, good)
        held = steps.run("phone holds the call", self._hold, call)
        steps.run("phone resumes the call", self._resume, held)
        steps.run("phone hangs up", self._hangup, call)
        self.called = call
        if not self.own_pbx:
            call = steps.run("the PBX calls the phone", self._called, good)
            steps.run("the PBX hangs up", self._ended, call)
        elif self.env.get("CALLBACK"):
            steps.run("the PBX calls the phone", self._call_back, good)
        else:
            steps.skip("the PBX calls the phone",
                       "set CALLBACK=an extension that calls the account")

    def _answers(self) -> str:
        """An operator's PBX, asked as the edge asks it."""
        assert self.lab
        site = self.lab.site
        where = f"{site.pbx}:{site.pbx_port}"
        if (self.env.get("PBX_TRANSPORT") or "udp") == "tcp":
            try:
                socket.create_connection((site.pbx, site.pbx_port), 4).close()
            except OSError as error:
                raise LabError(f"{where} takes no TCP connection from "
                               f"{site.inner}: {error}") from error
            return f"{where}, over TCP"
        for _ in range(3):
            if sip.ask((site.pbx, site.pbx_port), sip.request(
                    "OPTIONS", f"sip:{where}", f"UDP {site.inner}:5060"),
                    timeout=1):
                return f"{where}, to OPTIONS over UDP"
        raise LabError(f"{where} says nothing to OPTIONS over UDP: is it "
                       f"on, does it allow {site.inner}, is it "
                       "PBX_TRANSPORT=tcp?")

    def _register(self) -> str:
        assert self.lab
        password = {} if not self.own_pbx else \
            {"password": self.env.get("PASSWORD", "")}
        self.phone = self.lab.phone(self.user, **password)
        self.phone.wait_registered(8)
        if not self.lab.pbx:
            return f"as {self.user}, digest checked by the PBX"
        contact = self.lab.pbx.wait_registered(self.user)[0]
        return f"digest checked by the PBX, which calls it {contact}"

    def _heard(self, packets: int) -> None:
        """Wait for so many RTP packets more, from the edge to the phone."""
        assert self.lab
        before = verdict.rtp_from_edge(self.outer, self.lab.site)
        wait_for(lambda: verdict.rtp_from_edge(self.outer, self.lab.site)
                 >= before + packets, 6, "sound from the PBX "
                 f"(logs: {_short(self.lab.rtpengine.log)}, "
                 f"{_short(self.lab.edge.log)})")

    def _call(self) -> str:
        assert self.phone
        self.phone.call(self.echo)
        self._heard(TALK)
        return ""

    def _hold(self) -> str:
        assert self.phone
        self.phone.hold()
        return "re-INVITE accepted"

    def _resume(self) -> str:
        assert self.phone
        self.phone.resume()
        self._heard(TALK)
        return "re-INVITE accepted, sound is back"

    def _hangup(self) -> str:
        assert self.phone and self.lab
        self.phone.hangup()
        if self.lab.pbx:
            self.lab.pbx.wait_idle()
            return "the PBX has no call left"
        return ""

    def _called(self) -> str:
        assert self.phone and self.lab and self.lab.pbx
        self.lab.pbx.dial(self.user, "milliwatt")
        self.phone.answer()
        self._heard(TALK)
        return "down the phone's own TLS connection"

    def _call_back(self) -> str:
        assert self.phone
        self.phone.dial(self.env["CALLBACK"])
        self.phone.answer()
        self._heard(TALK)
        self.phone.command("hangup")
        return "down the phone's own TLS connection"

    def _ended(self) -> str:
        assert self.phone and self.lab and self.lab.pbx
        self.lab.pbx.hangup()
        self.phone.wait_closed()
        self.lab.pbx.wait_idle()
        return ""

    # --- the judgement and the report -----------------------------------

    def judge(self) -> list[str]:
        """Judge both captures; the lines of the media table."""
        assert self.lab and self.phone
        case = verdict.Case(self.lab, self.phone, self.outer, self.inner)
        steps, call = self.steps, self.called
        steps.run("outside: TLS", case.tls)
        steps.run("outside: SRTP only, all authentic", case.secret, call)
        steps.run("inside: RTP only", case.plain, call)
        if not self.own_pbx:
            steps.run("both ways: the right tones", case.tones, call)
        steps.run("inside: no key, no TLS, no outside address",
                  case.inside_clean)
        steps.run("outside: no inside address", case.outside_clean)
        return case.table() if call else []

    def report(self, media: list[str]) -> None:
        assert self.lab
        lines = [heading("The steps")]
        lines += table([{"verdict": step.verdict, "step": step.name}
                        for step in self.steps.done])
        if media:
            lines += [heading("Media, judged packet by packet from the two "
                              "captures"), *media]
        for method in TABLES if self.lab.edge.alive() else ():
            lines += [heading(method), *rpc_table(self.lab.edge, method)]
        if self.lab.edge.alive():
            lines += [heading("For a kamailio.cfg of your own (routes: see "
                              "cfg/)"), *configuration(self.lab.edge)]
        print("\n".join(lines), flush=True)

    def outlook(self) -> None:
        """What can be tried while it runs on."""
        assert self.lab
        socket = _short(self.lab.edge.control)
        print(heading("It keeps running.  Ctrl-C ends it and leaves nothing."))
        print("In another terminal, from this directory:")
        for method in (*TABLES, "cert_match.stats"):
            print(f"  kamcmd -s unix:{socket} {method}")
        print(f"  tail -f {_short(self.lab.edge.log)}")
        if self.own_pbx and not self.phone:
            site = self.lab.site
            print(f"\nPoint a phone at {site.outer}:{site.outer_port}, TLS "
                  f"and SRTP, domain {self.lab.domain},\ntrusting "
                  f"{_short(self.lab.pair.ca)}.  For this program's own "
                  "softphone set\n  ACCOUNT=user PASSWORD=... ECHO=extension")
        sys.stdout.flush()

    def keep_running(self) -> None:
        assert self.lab
        parts = {"Kamailio": self.lab.edge, "rtpengine": self.lab.rtpengine}
        if self.lab.pbx:
            parts["the PBX"] = self.lab.pbx     # type: ignore[assignment]
        while True:
            for name, part in parts.items():
                if not part.alive():
                    raise LabError(f"{name} ended; read {_short(part.log)}")
            time.sleep(0.5)


def _on_term(_number: int, _frame: object) -> NoReturn:
    sys.exit(143)


def main(env: Mapping[str, str]) -> int:
    """Inside the sandbox: the whole demonstration; its exit status."""
    signal.signal(signal.SIGTERM, _on_term)
    steps = Steps()
    demo = Demo(env, steps)
    try:
        return _run(demo, steps, bool(env.get("ONCE")))
    except KeyboardInterrupt:
        print("\nstopped")
        return 0 if demo.finished and steps.passed else 130
    except LabError as error:
        print(f"edge-run: {error}", file=sys.stderr)
        return 1
    finally:
        if demo.lab:
            demo.lab.edge.forget()


def _run(demo: Demo, steps: Steps, once: bool) -> int:
    media: list[str] = []
    up = demo.bring_up()
    if up and demo.user:
        demo.phone_part()
        if demo.phone:
            media = demo.judge()
    if demo.lab:
        demo.report(media)
    failed = [step for step in steps.done if step.verdict == "FAILED"]
    words = f"{len(failed)} of {len(steps.done)} steps failed:"
    if not failed:
        words = "Everything passed." if media else \
            "The edge is up.  No call was tried."
    print(f"\n{words}  {steps.elapsed():.1f} s")
    for step in failed:
        print(f"  {step.name}: {step.words}")
    sys.stdout.flush()
    demo.finished = up
    if up and not once:
        demo.outlook()
        demo.keep_running()
    return 0 if steps.passed else 1
