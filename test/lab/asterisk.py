# SPDX-License-Identifier: GPL-2.0-or-later
"""A real PBX that only knows plain SIP and RTP.

Asterisk 22 with chan_pjsip, or Asterisk 16 with chan_sip, in a chroot of
its Debian root, inside the network namespace `pbx`.  The root is mounted
read-only at a place of this run; all that it writes is under its
directory, and nothing but its process has to end.
"""

import os
import re
import shutil
import signal
from pathlib import Path
from typing import Iterable, Optional

from . import net, roots, sip, sounds
from .paths import PEERS
from .proc import LabError, Process, run, wait_for

PASSWORD = "lab-secret"
KINDS = {"asterisk": "asterisk22", "chan_sip": "asterisk16"}
# Files without which Asterisk or one of its modules complains or declines.
EMPTY = ("acl ccss cdr cel cli dnsmgr features geolocation http manager "
         "pjproject stasis statsd udptl sip_notify").split()


class Asterisk:
    """PBX=asterisk or PBX=chan_sip.  users: alice (101), bob (102)."""

    password = PASSWORD

    def __init__(self, kind: str, where: Path, transport: str = "udp",
                 address: str = net.PBX, ns: Optional[str] = "pbx"):
        self.kind, self.where, self.transport = kind, where, transport
        self.address, self.port, self.ns = address, 5060, ns
        self.chan_sip = kind == "chan_sip"
        self.log = where / "mnt" / "log" / "full"
        self.console = where / "console.log"
        self._root = where / "root"
        self._process: Optional[Process] = None
        self._prepare()

    def _prepare(self) -> None:
        self.where.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.where / "mnt", ignore_errors=True)
        for name in ("etc", "var", "run", "log", "moh"):
            (self.where / "mnt" / name).mkdir(parents=True)
        sounds.tone(self.where / "mnt/moh/hold.wav", sounds.HOLD_HZ, 4)
        self._write_configuration()
        base = roots.root(KINDS[self.kind])
        self._root.mkdir(exist_ok=True)
        run(["mount", "--bind", str(base), str(self._root)])
        run(["mount", "-o", "remount,bind,ro", str(self._root)])
        run(["mount", "--bind", str(self.where / "mnt"),
             str(self._root / "mnt")])
        run(["mount", "--bind", "/dev", str(self._root / "dev")])
        run(["mount", "-t", "tmpfs", "tmpfs", str(self._root / "tmp")])
        self._cover_names()

    def _cover_names(self) -> None:
        """No name server: Asterisk waits for one while it starts."""
        etc = self.where / "mnt" / "etc"
        (etc / "hosts").write_text(
            f"127.0.0.1 localhost\n{self.address} {os.uname().nodename}\n")
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        for name in ("hosts", "resolv.conf"):
            target = self._root / "etc" / name
            if target.exists():
                run(["mount", "--bind", str(etc / name), str(target)])

    def _write_configuration(self) -> None:
        etc = self.where / "mnt" / "etc"
        for name in EMPTY:
            (etc / f"{name}.conf").write_text(
                "" if name in ("geolocation", "acl") else "[general]\n")
        transports = "tcp,udp" if self.transport == "tcp" else "udp,tcp"
        for source in (PEERS / KINDS[self.kind]).glob("*.conf"):
            text = source.read_text("utf-8")
            text = text.replace("@ADDRESS@", self.address)
            text = text.replace("@PASSWORD@", PASSWORD)
            text = text.replace("@TRANSPORTS@", transports)
            (etc / source.name).write_text(text)

    def _command(self, *words: str) -> list[str]:
        return ["chroot", str(self._root), "/usr/sbin/asterisk",
                "-C", "/mnt/etc/asterisk.conf", *words]

    def start(self) -> None:
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it without waiting (it takes 0.5 s; others start too)."""
        self._process = Process("asterisk", self._command("-f", "-n"),
                                self.console, ns=self.ns,
                                env={**os.environ, "LC_ALL": "C.UTF-8"})

    def wait(self, timeout: float = 15) -> None:
        assert self._process is not None
        self._process.wait_ready(self._booted, timeout)

    def _booted(self) -> bool:
        # Its console hangs when asked too early: first see SIP answered.
        if not sip.answers((self.address, self.port), self.ns):
            return False
        try:
            self.rx("core waitfullybooted")
        except LabError:
            return False
        return True

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process:
            self._process.kill()
        (self.where / "mnt/run/asterisk.ctl").unlink(missing_ok=True)

    kill = stop

    def alive(self) -> bool:
        return self._process is not None and self._process.alive()

    def freeze(self) -> None:
        """Up but silent: packets are taken and nothing answers."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send(signal.SIGCONT)

    def rx(self, command: str) -> str:
        """A command of Asterisk's console and its output."""
        return run(self._command("-rx", command), timeout=10)

    def text(self, since: int = 0) -> str:
        with open(self.log, "rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace")

    def mark(self) -> int:
        return self.log.stat().st_size

    def wait_log(self, pattern: str, timeout: float = 5,
                 since: int = 0) -> "re.Match[str]":
        regex = re.compile(pattern, re.M)
        return wait_for(lambda: regex.search(self.text(since)), timeout,
                        f"the PBX to say /{pattern}/ (log: {self.log})")

    def contacts(self, user: str) -> list[str]:
        """The Contact URIs that the PBX has registered for a user."""
        if self.chan_sip:
            # It keeps showing the Contact of a binding that has ended.
            text = self.rx(f"sip show peer {user}")
            found = re.search(r"^ *Reg\. Contact *: *(sip:\S+)", text, re.M)
            ended = re.search(r"^ *Addr->IP *: *\(null\)", text, re.M)
            return [found[1]] if found and not ended else []
        # pjsip's tables cut long URIs; the registrar's records do not.
        return re.findall(
            rf'^/registrar/contact/{user};@.*"uri":"([^"]+)"',
            self.rx("database show registrar").replace("\\/", "/"), re.M)

    def wait_registered(self, user: str, count: int = 1,
                        timeout: float = 5) -> list[str]:
        def enough() -> list[str]:
            found = self.contacts(user)
            return found if len(found) == count else []

        if count == 0:
            wait_for(lambda: not self.contacts(user), timeout,
                     f"{user} not to be registered at the PBX")
            return []
        return wait_for(enough, timeout, f"{user} to have {count} "
                        f"contact(s) at the PBX")

    def forget_contacts(self, users: Iterable[str] = ("alice", "bob")) -> \
            None:
        """Drop all registrations without asking the phones."""
        if not self.chan_sip:
            self.rx("database deltree registrar")
            return
        for user in users:
            self.rx(f"sip unregister {user}")

    def dial(self, user: str, extension: str = "echo") -> None:
        """The PBX calls a phone; who answers gets the extension."""
        if self.chan_sip:
            self._originate(f"SIP/{user}", extension)
            return
        for uri in self.contacts(user):
            self._originate(f"PJSIP/{user}/{uri}", extension)

    def _originate(self, channel: str, extension: str) -> None:
        self.rx(f"channel originate {channel} extension "
                f"{extension}@default")

    def channels(self) -> list[str]:
        """Names of the calls' channels that exist now."""
        lines = self.rx("core show channels concise").splitlines()
        # "Message/...": its queue of texts, there for good once used
        return [line.split("!")[0] for line in lines
                if "!" in line and not line.startswith("Message/")]

    def wait_idle(self, timeout: float = 5) -> None:
        wait_for(lambda: not self.channels(), timeout,
                 "the PBX to have no call left")

    def hangup(self) -> None:
        """The PBX ends all calls (a BYE or CANCEL from its side)."""
        self.rx("channel request hangup all")

    def probe(self, user: str) -> None:
        """Ask a phone by OPTIONS whether it is there (qualify)."""
        self.rx(f"sip qualify peer {user}" if self.chan_sip else
                f"pjsip qualify {user}")

    def set_lamp(self, state: str) -> None:
        """Change what subscribers of extension `lamp` see."""
        self.rx(f"devstate change Custom:lamp {state}")
