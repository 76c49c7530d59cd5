# SPDX-License-Identifier: GPL-2.0-or-later
"""The media relay answers an error, nonsense, or nothing at all.

Whatever it does: no SDP that it did not make goes on, and nobody waits.
"""

import re
import socket
import threading
import time
from typing import Callable, Optional

import pytest

from lab import net
from lab.bench import Bench, bench
from lab.client import offer, parse, plain_answer, word
from lab.proc import wait_for

# rtpengine_tout_ms 500, one repetition, and a busy machine
BOUND = 3.0


class FakeRelay:
    """Something on rtpengine's control port that is not rtpengine.

    answer: called with each command's name and body; its bytes go behind the
    cookie, or as they are with raw=True; None is silence.  Pings get a
    pong unless deaf.
    """

    def __init__(self, control: str, answer: Callable[[str, bytes],
                                                      Optional[bytes]],
                 raw: bool = False, deaf: bool = False):
        host, port = control.split(":")
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, int(port)))
        self.sock.settimeout(0.1)
        self.answer, self.raw, self.deaf = answer, raw, deaf
        self.asked: list[str] = []
        self._end = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> "FakeRelay":
        return self

    def __exit__(self, *_: object) -> None:
        self._end = True
        self._thread.join()
        self.sock.close()

    def _listen(self) -> None:
        while not self._end:
            try:
                data, source = self.sock.recvfrom(65535)
            except OSError:
                continue
            cookie, _, body = data.partition(b" ")
            found = re.search(rb"7:command\d+:([a-z]+(?: [a-z]+)?)", body)
            name = re.sub(r"(ping|offer|answer|delete).*", r"\1",
                          found[1].decode()) if found else "?"
            self.asked.append(name)
            if name == "ping" and not self.deaf:
                self.sock.sendto(cookie + b" d6:result4:ponge", source)
                continue
            said = self.answer(name, body)
            if said is not None:
                self.sock.sendto(said if self.raw else
                                 cookie + b" " + said, source)


@pytest.fixture(scope="module", params=["stateless", "tm"])
def bench_(request, laboratories):
    laboratories.close()
    yield from bench(request.param, last_look=True)


@pytest.fixture(name="bench")
def clean_bench(bench_):
    """A bench whose rtpengine is down."""
    bench_.lab.rtpengine.kill()
    yield bench_
    bench_.hang_up()


def _in_use(bench: Bench) -> None:
    """Have the edge believe in the relay again (it rests for 5 s)."""
    bench.lab.rpc("rtpengine.enable", "all", 1)


def _ok(body: str) -> bytes:
    return b"d6:result2:ok3:sdp%d:%se" % (len(body), body.encode())


def _sent_sdp(command: bytes) -> str:
    found = re.search(rb"3:sdp(\d+):", command)
    size = int(found[1]) if found else 0
    return command[found.end():found.end() + size].decode() if found else ""


ANSWERS = {
    "error": lambda name, body:
        b"d6:result5:error12:error-reason8:no portse",
    "garbage": lambda name, body: bytes(range(200)),
    "not bencode": lambda name, body: b"hello",
    "a list": lambda name, body: b"l2:oke",
    "cut short": lambda name, body: b"d6:result2:ok3:sdp900:v=0",
    "no SDP": lambda name, body: b"d6:result2:oke",
    "huge length": lambda name, body:
        b"d6:result2:ok3:sdp99999999999999999999:v=0e",
    "empty": lambda name, body: b"",
    "its own SDP back": lambda name, body: _ok(_sent_sdp(body)),
    "an SDP with keys": lambda name, body: _ok(offer()),
}


def _relay(bench: Bench, case: str) -> FakeRelay:
    relay = FakeRelay(bench.lab.site.control, ANSWERS[case])
    _in_use(bench)
    return relay


@pytest.mark.parametrize("case", ANSWERS, ids=lambda name: name)
def test_offer(bench: Bench, case: str):
    """A phone's offer that the relay does not take: 503 with a reason at
    once, and the PBX hears nothing of the call."""
    phone, call_id = bench.caller(), word()
    with _relay(bench, case) as relay:
        begin = time.monotonic()
        got = phone.ask(phone.invite(call_id=call_id))
        took = time.monotonic() - begin
        assert "offer" in relay.asked
    assert got.status == 503, got.start
    assert len(got.reason.split()) > 2
    assert took < BOUND
    assert bench.pbx.about(call_id) == []


def test_offer_comes_back_empty(bench: Bench):
    """An empty SDP from the relay: whatever goes on, no SDP does."""
    phone, call_id = bench.caller(), word()
    with FakeRelay(bench.lab.site.control,
                   lambda name, body: b"d6:result2:ok3:sdp0:e") as relay:
        _in_use(bench)
        phone.send(phone.invite(call_id=call_id))
        wait_for(lambda: bench.pbx.about(call_id) or phone.answer(0.02),
                 BOUND, "an end of the INVITE")
        assert "offer" in relay.asked
    for message in bench.pbx.about(call_id):
        assert message.body == "", message.raw.decode()
        bench.pbx.reply(message, "486 Busy Here")


def test_offer_in_silence(bench: Bench):
    """A relay that says nothing: 503 within a bound, and the next call
    does not wait for it again."""
    with FakeRelay(bench.lab.site.control, lambda name, body: None,
                   deaf=True) as relay:
        _in_use(bench)
        times = []
        for _ in range(3):
            begin, call_id = time.monotonic(), word()
            phone = bench.caller()
            assert phone.ask(phone.invite(call_id=call_id)).status == 503
            times.append(time.monotonic() - begin)
            assert bench.pbx.about(call_id) == []
        assert relay.asked
    assert max(times) < BOUND


def test_offer_from_the_pbx(bench: Bench):
    """The same towards a phone: 503, and it does not ring."""
    phone, uri = bench.registered()
    with _relay(bench, "error"):
        got = bench.pbx.ask(bench.pbx.to_phone("INVITE", uri,
                                               body=plain_answer()))
    assert got.status == 503
    assert phone.receive(0.1) is None


@pytest.mark.parametrize("case", [
    name for name in ANSWERS if name != "an SDP with keys"])
def test_answer(bench: Bench, case: str):
    """The PBX's answer that the relay does not take: the reply goes on
    without an SDP, or not at all, and the log says so."""
    good = _ok(plain_answer().replace(net.PBX, net.EDGE_INNER))
    phone, call_id = bench.caller(), word()
    since = bench.lab.edge.mark()

    def answer(name: str, body: bytes) -> Optional[bytes]:
        return good if name == "offer" else ANSWERS[case](name, body)

    with FakeRelay(bench.lab.site.control, answer):
        _in_use(bench)
        phone.send(phone.invite(call_id=call_id))
        bench.pbx.reply(bench.pbx.wait(call_id), body=plain_answer(),
                        extra=f"Contact: <sip:echo@{net.PBX}>\r\n")
        bench.lab.edge.wait_log(
            "SDP removed: rtpengine|about to leave in clear: not sent",
            BOUND, since)
        got = phone.answer(0.5)
    assert got is None or (got.status, got.body) == (200, ""), got.body
    assert got or case == "its own SDP back"


def test_killed_and_back(bench: Bench):
    """The real relay is gone: 503 at once. It is back: calls go on within
    ten seconds, with nobody's help."""
    bench.lab.rtpengine.start()
    _in_use(bench)
    phone = bench.caller()

    def goes_on() -> bool:
        call_id = word()
        phone.send(phone.invite(call_id=call_id))
        wait_for(lambda: bench.pbx.about(call_id) or phone.answer(0.02),
                 3, "an end of the INVITE")
        for request in bench.pbx.about(call_id):
            bench.pbx.reply(request, "486 Busy Here")
            assert phone.answer()
            return True
        return False

    assert goes_on()
    bench.lab.rtpengine.kill()
    for _ in range(3):
        begin = time.monotonic()
        got = phone.ask(phone.invite())
        assert got.status == 503 and "Relay" in got.reason
        assert time.monotonic() - begin < 2
    bench.lab.rtpengine.start()
    wait_for(goes_on, 10, "the edge to use rtpengine again")


def test_delete_in_silence(bench: Bench):
    """A BYE is not held up for a relay that has gone."""
    phone, uri = bench.registered()
    begin = time.monotonic()
    bench.pbx.send(bench.pbx.to_phone("BYE", uri))
    got = phone.receive()
    assert got and got.method == "BYE"
    assert time.monotonic() - begin < BOUND
    phone.accept(got)
    assert bench.pbx.wait(parse(got.raw).header("call-id"), status=200)
