# SPDX-License-Identifier: GPL-2.0-or-later
"""How does a run end without leaving anything behind?

A program is started in mount, process and (mostly) network namespaces of
its own.  The first process of a process namespace takes all others with
it when it dies, and mounts, interfaces and nftables rules go with the last
process that sees them.  So nothing here cleans up: the kernel does, even
after SIGKILL.

    keeper (outside)  waits, passes signals on
      init (pid 1)    dies with the keeper, reaps orphans
        program       what was asked for
"""

import ctypes
import os
import signal
import sys
from typing import NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
GRACE = 6               # seconds from SIGTERM to the end of all
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

libc = ctypes.CDLL(None, use_errno=True)


def _call(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int = 0) -> None:
    _call(libc.mount(source.encode(), target.encode(), kind.encode(),
                     flags, None), f"mount {kind} on {target}")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel for a signal when the parent is gone."""
    _call(libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0), "prctl")


def end_with_make() -> None:
    """A make that is killed passes nothing on: end when it is gone."""
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)


def run(argv: list[str], net: bool = True) -> int:
    """Run argv inside new namespaces; return its exit status.

    net=False keeps the machine's own network (an operator's real PBX).
    """
    if os.geteuid() != 0:
        print("The laboratory needs root (network namespaces).",
              file=sys.stderr)
        return 1
    end_with_make()
    sys.stdout.flush()
    flags = CLONE_NEWNS | CLONE_NEWPID | (CLONE_NEWNET if net else 0)
    _call(libc.unshare(flags), "unshare")
    alive, holder = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(holder)
        _init(argv, alive, net)
    os.close(alive)
    return _wait(init, holder)


def _wait(init: int, holder: int) -> int:
    """The keeper: pass stop signals on, wait, report the status."""
    def forward(number: int, _frame: object) -> None:
        os.kill(init, signal.SIGTERM if number == signal.SIGHUP else number)

    for number in STOPS:
        signal.signal(number, forward)
    os.write(holder, b".")          # init may go on: handlers are in place
    _, status = os.waitpid(init, 0)
    return _status(status)


def _status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _init(argv: list[str], alive: int, net: bool) -> NoReturn:
    """Pid 1: private mounts, the program, orphans, the end."""
    die_with_parent()
    if not os.read(alive, 1):       # the keeper died before prctl
        os._exit(1)
    os.close(alive)
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)   # until there is a program
    try:
        _mount("none", "/", "none", MS_REC | MS_PRIVATE)
        _mount("proc", "/proc", "proc")
        if net:
            # Our own /run: `ip netns` keeps its names there.  With the
            # machine's network its /run is needed (resolv.conf).
            _mount("tmpfs", "/run", "tmpfs")
    except OSError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        os._exit(1)
    program = os.fork()
    if program == 0:
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        _exec(argv)
    _forward_to(program)
    os._exit(_reap(program))


def _forward_to(program: int) -> None:
    def forward(number: int, _frame: object) -> None:
        try:
            os.kill(program, signal.SIGTERM)
        except ProcessLookupError:
            pass
        signal.alarm(GRACE)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    # The terminal sends SIGINT to the program itself as well.
    signal.signal(signal.SIGINT, lambda *_: signal.alarm(GRACE))
    signal.signal(signal.SIGALRM, lambda *_: os._exit(143))


def _reap(program: int) -> int:
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == program:
            return _status(status)


def _exec(argv: list[str]) -> NoReturn:
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"sandbox: {argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)


if __name__ == "__main__":
    # python3 -m lab.sandbox [--host-net] COMMAND ...
    words = sys.argv[1:]
    own_net = True
    if words[:1] == ["--host-net"]:
        own_net, words = False, words[1:]
    sys.exit(run(words, own_net))
