# SPDX-License-Identifier: GPL-2.0-or-later
"""A real softphone: baresip, driven over its control connection.

It verifies the edge's certificate, insists on SRTP, and plays a tone into
its calls.  Its SIP trace, which holds the keys as a phone sees them, is in
its log, see keys_seen().
"""

import json
import re
import shutil
import signal
import socket
import threading
from pathlib import Path
from typing import Any, NamedTuple, Optional

from . import net, sounds
from .paths import PEERS
from .proc import LabError, Process, in_netns, run, wait_for


# One message of `baresip -s`: a line of addresses, the message, an escape.
TRACE = re.compile(r"^TLS \S+ -> (\S+)\n(.*?)\x1b\[;m", re.M | re.S)


class Account(NamedTuple):
    """How a phone reaches its PBX through the edge."""

    user: str
    password: str
    domain: str
    edge: str           # address:port of the edge's TLS listener
    ca: Path            # who may have signed the edge's certificate


class Options(NamedTuple):
    srtp: str = "srtp-mand"     # "srtp": offered on AVP, "": none
    expires: int = 60           # seconds; 0: does not register
    tone: float = sounds.PHONE_HZ
    certificate: Optional[Path] = None      # key and certificate, one PEM
    address: str = net.PHONES
    interface: str = "eth0"
    ns: Optional[str] = "phones"
    rtp_ports: str = "30000-39999"
    more: str = ""              # of its account: ";sipnat=outbound"


class Phone:
    """One baresip.  Events are its own words, e.g. CALL_ESTABLISHED."""

    def __init__(self, name: str, account: Account, where: Path,
                 options: Options = Options()):
        self.name, self.account, self.options = name, account, options
        self.where = where
        self.events: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self._control: Optional[socket.socket] = None
        self._token = 0
        self._rung = 0          # events before this: calls already seen
        self._call = 0          # events from here on: the latest call's
        self.log = where / "phone.log"
        self._write_configuration()
        self.process = Process(
            f"phone {name}", ["baresip", "-f", str(where), "-s", "-v"],
            self.log, ns=options.ns)

    def _write_configuration(self) -> None:
        shutil.rmtree(self.where, ignore_errors=True)
        self.where.mkdir(parents=True)
        option, account = self.options, self.account
        with net.inside(option.ns), socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        tone = sounds.tone(self.where / "tone.wav", option.tone, 60)
        certificate = f"sip_certificate {option.certificate}" \
            if option.certificate else ""
        words = {
            "ADDRESS": option.address, "INTERFACE": option.interface,
            "CA": account.ca, "TONE": tone, "DIR": self.where,
            "CONTROL": self._port, "RTP_PORTS": option.rtp_ports,
            "CLIENT_CERTIFICATE": certificate, "USER": account.user,
            "DOMAIN": account.domain, "PASSWORD": account.password,
            "EDGE": account.edge, "SRTP": option.srtp,
            "REGINT": option.expires, "MORE": option.more}
        for name in ("config", "accounts"):
            text = (PEERS / "baresip" / name).read_text("utf-8")
            text = re.sub(r"@([A-Z_]+)@", lambda m: str(words[m[1]]), text)
            (self.where / name).write_text(text)
        # The account is given over the control connection, not by file: so
        # that everything it does comes after a command.
        line = self.where / "accounts"
        self._line = line.read_text().strip()
        line.write_text("")
        (self.where / "contacts").touch()

    # --- control --------------------------------------------------------

    def _connect(self) -> socket.socket:
        def attempt() -> Optional[socket.socket]:
            try:
                return net.tcp_socket(("127.0.0.1", self._port),
                                      self.options.ns)
            except OSError:
                return None

        sock = self.process.wait_ready(attempt, 5)
        assert sock is not None
        sock.settimeout(None)
        threading.Thread(target=self._listen, args=(sock,),
                         daemon=True).start()
        return sock

    def _listen(self, sock: socket.socket) -> None:
        """Take netstrings of JSON off the control connection."""
        data = b""
        while True:
            try:
                more = sock.recv(65536)
            except OSError:
                return
            if not more:
                return
            data += more
            while (found := re.match(rb"(\d+):", data)):
                end = found.end() + int(found[1])
                if len(data) <= end:
                    break
                item = json.loads(data[found.end():end].decode(
                    "utf-8", "replace"))
                data = data[end + 1:]
                (self.events if item.get("event") else
                 self.answers).append(item)

    def ready(self) -> None:
        """Wait until it can be commanded."""
        if self._control is None:
            self._control = self._connect()

    def command(self, command: str, params: str = "") -> str:
        """One of baresip's commands; returns what it printed."""
        self.ready()
        assert self._control is not None
        self._token += 1
        token = f"t{self._token}"
        body = json.dumps({"command": command, "params": params,
                           "token": token}).encode()
        try:
            self._control.sendall(b"%d:%s," % (len(body), body))
        except OSError as error:
            raise LabError(f"phone {self.name}: {error}; "
                           f"{self.process.tail()}") from error

        def answered() -> list[dict[str, Any]]:
            return [a for a in self.answers if a.get("token") == token]

        answer = wait_for(answered, 5, f"phone {self.name} to take "
                          f"'{command} {params}' (log: {self.log})")[0]
        text = re.sub(r"\x1b\[[0-9;]*m", "", answer.get("data", ""))
        if not answer.get("ok", True):
            raise LabError(f"phone {self.name}: {command} {params}: "
                           f"{text.strip()} (log: {self.log})")
        return text

    def mark(self) -> int:
        """So many events so far; to be given to wait."""
        return len(self.events)

    def wait(self, kind: str, timeout: float = 5, since: int = 0) -> \
            dict[str, Any]:
        """Wait for an event by its type (a regular expression)."""
        regex = re.compile(kind)
        self.ready()

        def look() -> Optional[dict[str, Any]]:
            for event in self.events[since:]:
                if regex.fullmatch(event.get("type", "")):
                    return event
            if not self.process.alive():
                raise LabError(f"{self.process.name} ended: "
                               f"{self.process.tail()}")
            return None

        seen = ", ".join(e.get("type", "") for e in self.events[since:])
        found = wait_for(look, timeout, f"phone {self.name}: {kind} "
                         f"(seen: {seen or 'nothing'}; log: {self.log})")
        return found

    # --- what a person does with it -------------------------------------

    def log_on(self) -> None:
        """Switch the account on: it registers, and again in time."""
        self.ready()
        self.command("uanew", self._line)

    def log_off(self, timeout: float = 5) -> None:
        """Switch the account off: it unregisters."""
        since = self.process.mark()
        self.command("uadel",
                     f"sip:{self.account.user}@{self.account.domain}")
        self._registrar_says(timeout, since)

    def wait_registered(self, timeout: float = 5, since: int = 0) -> None:
        """Wait until a REGISTER (after a log mark) is answered with 200."""
        status = self._registrar_says(timeout, since)
        if not status.startswith("2"):
            raise LabError(f"phone {self.name} could not register: "
                           f"{status} (log: {self.log})")

    def _registrar_says(self, timeout: float, since: int) -> str:
        return self._answered("REGISTER", timeout, since)

    def _answered(self, method: str, timeout: float, since: int) -> str:
        """The final status; a challenge is not one the first time."""
        def final() -> str:
            found = [text[8:].splitlines()[0]
                     for sent, text in self.messages(since)
                     if not sent and re.match(r"SIP/2\.0 [2-6]", text)
                     and re.search(rf"^CSeq:.* {method}", text, re.M)]
            challenges = [s for s in found if s[:3] in ("401", "407")]
            ends = [s for s in found if s not in challenges]
            return (ends or challenges[1:] or [""])[-1]

        return wait_for(final, timeout, f"phone {self.name}: an answer to "
                        f"{method} (log: {self.log})")

    def dial(self, who: str) -> None:
        """Call an extension of its own domain, or a whole URI."""
        self._call = self.mark()
        uri = who if who.startswith("sip") else \
            f"sip:{who}@{self.account.domain}"
        self.command("dial", uri)

    def call(self, who: str, timeout: float = 8) -> None:
        """Dial and wait for the answer."""
        self.dial(who)
        event = self.wait("CALL_ESTABLISHED|CALL_CLOSED", timeout,
                          self._call)
        if event["type"] == "CALL_CLOSED":
            raise LabError(f"phone {self.name}: call to {who} closed: "
                           f"{event.get('param')} (log: {self.log})")

    def ringing(self, timeout: float = 8) -> dict[str, Any]:
        """Wait for a call that was not seen ringing before."""
        event = self.wait("CALL_INCOMING", timeout, self._rung)
        self._rung = self.events.index(event, self._rung) + 1
        return event

    def answer(self, timeout: float = 8) -> None:
        """Wait for a call and take it."""
        self.ringing(timeout)
        self._call = self.mark()
        self.command("accept")
        self.wait("CALL_ESTABLISHED", timeout, self._call)

    def hold(self, timeout: float = 5) -> None:
        """Put the call on hold by a re-INVITE, and see it accepted."""
        self._modify("hold", timeout)

    def resume(self, timeout: float = 5) -> None:
        self._modify("resume", timeout)

    def _modify(self, command: str, timeout: float) -> None:
        since = self.process.mark()
        self.command(command)
        status = self._answered("INVITE", timeout, since)
        if not status.startswith("2"):
            raise LabError(f"phone {self.name}: {command}: {status} "
                           f"(log: {self.log})")

    def keys(self, digits: str) -> None:
        """Key DTMF digits into the call (RFC 4733 events)."""
        for digit in digits:
            self.command("sndcode", digit)

    def hangup(self, timeout: float = 5) -> None:
        """End the call and see it closed."""
        self.command("hangup")
        self.wait_closed(timeout)

    def wait_closed(self, timeout: float = 5) -> str:
        """Wait for the latest call's end; the reason that it gives."""
        return str(self.wait("CALL_CLOSED", timeout,
                             self._call).get("param"))

    def stop(self) -> None:
        """Leave as a phone does: unregister, close."""
        if self.process.alive() and self._control:
            try:
                self.command("quit")
            except LabError:
                pass
        self.process.stop()

    def kill(self) -> None:
        """Vanish, as a phone without power does (its TCP peer gets RST)."""
        self.process.kill()

    def freeze(self) -> None:
        """Silent, its connection still open: a phone out of reach."""
        self.process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send(signal.SIGCONT)

    def cut(self) -> None:
        """Reset its connections to the edge; it lives and notices."""
        host, port = self.account.edge.split(":")
        which = ["dst", host, "dport", "=", f":{port}"]
        run(in_netns(self.options.ns, ["ss", "-K", "-t", *which]))
        if run(in_netns(self.options.ns, ["ss", "-Htn", *which])).strip():
            raise LabError("this kernel cannot close another program's "
                           "socket (CONFIG_INET_DIAG_DESTROY)")

    # --- its SIP trace --------------------------------------------------

    def messages(self, since: int = 0) -> list[tuple[bool, str]]:
        """(sent, message) of its SIP trace from a log mark on."""
        return [(target == self.account.edge, text) for target, text in
                TRACE.findall(self.process.text(since))]

    def keys_seen(self) -> set[str]:
        """Every SDES key (base64) of its SDPs, sent or received."""
        return {key for _, text in self.messages()
                for key in re.findall(r"^a=crypto:.*?inline:([^\s|;]+)",
                                      text, re.M)}
