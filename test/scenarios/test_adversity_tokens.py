# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow tokens that are altered, made up, old, or another's.

The PBX is scripted, so that a test sees exactly what is sent on.
"""

import socket
import time
from pathlib import Path

import pytest

from lab import net, tokens
from lab.bench import Bench
from lab.client import Caller, Message, parse, word
from lab.tokens import PBX, PHONE, PREFIX, REGISTERED, Token

ALPHABET = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            "0123456789-_")
INNER, OUTER = f"{net.EDGE_INNER}:5060", f"{net.EDGE_OUTER}:5061"


def _secret(bench: Bench) -> bytes:
    return Path(bench.lab.edge.settings["EDGE_FLOW_KEY"]
                ).read_bytes().strip()


def user_of(uri: str) -> str:
    return uri.split(":", 1)[1].split("@")[0]


# --- what an altered token deserves --------------------------------------

def _verdict(real: str, altered: str) -> int:
    """404: no token at all; 430: of another key; 403: forged."""
    if not altered.startswith(PREFIX):
        return 404
    text = altered[len(PREFIX):]
    if len(text) % 4 == 1:
        return 403
    raw, good = tokens.raw(altered), tokens.raw(real)
    if tokens.text_of(raw) != altered:
        return 403                  # left-over bits that are not zero
    if raw[0] & 3 == good[0] & 3 and raw[1:3] != good[1:3]:
        return 430
    return 403


def _altered(token: str) -> list[str]:
    """Each position changed once, to its neighbour in the alphabet."""
    found = []
    for at, char in enumerate(token):
        other = ALPHABET[(ALPHABET.index(char) ^ 1)]
        found.append(token[:at] + other + token[at + 1:])
    return found


def _log_lines(bench: Bench, since: int, call_id: str) -> list[str]:
    return [line for line in bench.lab.edge.text(since).splitlines()
            if call_id in line]


def _pbx_presents(bench: Bench, uri: str) -> Message:
    return bench.pbx.ask(bench.pbx.to_phone("OPTIONS", uri))


def _hears_only(bench: Bench, phone: Caller, uri: str) -> None:
    """The next that the phone hears is this request: nothing before."""
    text = bench.pbx.to_phone("MESSAGE", uri)
    bench.pbx.send(text)
    got = phone.receive()
    assert got and got.header("call-id") == parse(
        text.encode()).header("call-id"), got and got.start
    phone.accept(got)


def test_altered_at_each_position_from_the_pbx(bench: Bench):
    """RFC 5626 s5.2-1, s5.3.1-3: a phone's token with any one character
    changed reaches nobody: it is answered 403, 430 or 404, counted, and logged
    in one line."""
    phone, uri = bench.registered()
    token = user_of(uri)
    before, since = bench.stat("forged"), bench.lab.edge.mark()
    forged = 0
    for altered in _altered(token):
        text = bench.pbx.to_phone("OPTIONS", uri.replace(token, altered))
        got = bench.pbx.ask(text)
        want = _verdict(token, altered)
        assert got.status == want, (altered, got.start)
        forged += want == 403
        lines = _log_lines(bench, since, got.header("call-id"))
        assert len(lines) == 1, lines
    assert bench.stat("forged") == before + forged
    assert forged > len(token) - 10
    _hears_only(bench, phone, uri)


def test_truncated_from_the_pbx(bench: Bench):
    """A token cut anywhere behind its prefix is forged: 403."""
    phone, uri = bench.registered()
    token = user_of(uri)
    for size in range(len(PREFIX), len(token)):
        got = _pbx_presents(bench, uri.replace(token, token[:size]))
        assert got.status == 403, (size, got.start)
    _hears_only(bench, phone, uri)


@pytest.mark.parametrize("more", [1, 2, 3, 4, 500, 2000, 20000])
def test_over_long(bench: Bench, more: int):
    """A token with characters behind it, however many, is forged."""
    phone, uri = bench.registered()
    token = user_of(uri)
    got = _pbx_presents(bench, uri.replace(token, token + "A" * more))
    assert got.status == 403
    _hears_only(bench, phone, uri)


def _pbx_token(bench: Bench, phone: Caller) -> str:
    """The token that the phone gets for the PBX's own Contact."""
    text = phone.invite()
    phone.send(text)
    call_id = parse(text.encode()).header("call-id")
    bench.pbx.reply(bench.pbx.wait(call_id), "486 Busy Here",
                    f"Contact: <sip:echo@{net.PBX}:5060>\r\n")
    got = phone.answer()
    assert got and got.status == 486
    phone.send(phone.request("ACK", phone.at("echo"), call_id=call_id,
                             contact=""))
    return got.contact_uri


def test_altered_at_each_position_from_a_phone(bench: Bench):
    """A PBX's token with any character changed is refused to a phone,
    and its URI is never restored; without its prefix it is a name like
    any other, which the PBX is asked for."""
    uri = _pbx_token(bench, bench.caller())
    token = user_of(uri)
    before, forged = bench.stat("forged"), 0
    for at, altered in enumerate(_altered(token)):
        if at % 50 == 0:
            phone = bench.caller()
        want = _verdict(token, altered)
        call_id = word()
        text = phone.request("OPTIONS", uri.replace(token, altered),
                             call_id=call_id, to=f"<{phone.at('x')}>")
        if want == 404:
            phone.send(text)
            got = bench.pbx.wait(call_id)
            assert got.uri == f"sip:{altered}@{phone.domain}"
            bench.pbx.reply(got, "404 Not Found")
            assert phone.answer()
            continue
        assert phone.ask(text).status == want, altered
        assert bench.pbx.about(call_id) == []
        forged += want == 403
    assert bench.stat("forged") == before + forged


def test_the_true_token_from_a_phone(bench: Bench):
    """The control of the test above: unaltered, it leads to the PBX."""
    phone = bench.caller()
    uri, call_id = _pbx_token(bench, phone), word()
    phone.send(phone.request("OPTIONS", uri, call_id=call_id))
    got = bench.pbx.wait(call_id)
    assert got.uri == f"sip:echo@{net.PBX}:5060"
    bench.pbx.reply(got)
    assert phone.answer()


def _calls(bench: Bench, phone: Caller) -> str:
    """The Contact that the PBX sees of a phone that calls."""
    call_id = word()
    phone.send(phone.invite(call_id=call_id))
    request = bench.pbx.wait(call_id, "INVITE")
    bench.pbx.reply(request, "486 Busy Here")
    assert phone.answer()
    phone.send(phone.request("ACK", phone.at("echo"), call_id=call_id,
                             contact=""))
    return request.contact_uri


def _changed(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]


# kind of the token that is changed, the change, what the PBX is answered
MADE = {
    "as we make them, registered": (REGISTERED, lambda t: t, 200),
    "as we make them, a connection": (PHONE, lambda t: t, 200),
    "of an earlier start": (
        PHONE, lambda t: t._replace(who=_changed(t.who, 0)), 430),
    "for a connection that never was": (
        PHONE, lambda t: t._replace(who=_changed(t.who, 5)), 430),
    "for a registration that never was": (
        REGISTERED, lambda t: t._replace(who=_changed(t.who, 0)), 430),
    "a PBX's, from the PBX": (
        REGISTERED, lambda t: Token(
            PBX, b"", int(time.time() / 3600).to_bytes(3, "big"),
            b"sip:alice@10.0.0.1"), 403),
    "a PBX's that is too old, from the PBX": (
        REGISTERED, lambda t: Token(PBX, b"", bytes(3),
                                    b"sip:alice@10.0.0.1"), 403),
}


@pytest.mark.parametrize("case", MADE, ids=lambda name: name)
def test_made_with_the_key(bench: Bench, case: str):
    """Even with the key in hand, a token is good on the side, for the start
    and the connection, or the registration, that it was made for."""
    kind, change, want = MADE[case]
    secret = _secret(bench)
    if kind == REGISTERED:
        phone, uri = bench.registered()
    else:
        phone = bench.caller()
        uri = _calls(bench, phone)
    found = tokens.read(secret, user_of(uri))
    assert found.kind == kind
    assert found.edge == tokens.address(net.EDGE_INNER, 5060)
    made = tokens.make(secret, change(found))
    text = bench.pbx.to_phone("OPTIONS", f"sip:{made}@{INNER}")
    if want == 200:
        assert made == user_of(uri)
        bench.pbx.send(text)
        got = phone.receive()
        assert got and got.method == "OPTIONS"
        phone.accept(got)
        return
    assert bench.pbx.ask(text).status == want
    _hears_only(bench, phone, uri)


@pytest.mark.parametrize("context", [
    b"", b"\0via>in", b"\0via>out", b"\0call-id",
    bytes([len(INNER)]) + INNER.encode()], ids=repr)
def test_sealed_for_something_else(bench: Bench, context: bytes):
    """What was sealed with the key, but as something else, is forged."""
    phone, uri = bench.registered()
    secret = _secret(bench)
    made = tokens.seal(secret, tokens.unseal(secret, user_of(uri)), context)
    assert _pbx_presents(bench, f"sip:{made}@{INNER}").status == 403
    _hears_only(bench, phone, uri)


def test_a_token_shows_nothing(bench: Bench):
    """Neither a phone's address nor the PBX's can be read in a token; with
    the key they can. That of a registered phone does not even have its."""
    phone = bench.caller()
    uri, own = _calls(bench, phone), f"alice@{phone.here}".encode()
    assert own not in tokens.raw(user_of(uri))
    assert own in tokens.read(_secret(bench), user_of(uri)).uri
    theirs = user_of(_pbx_token(bench, phone))
    assert net.PBX.encode() not in tokens.raw(theirs)
    assert net.PBX.encode() in tokens.read(_secret(bench), theirs).uri
    _, registered = bench.registered()
    assert tokens.read(_secret(bench), user_of(registered)).uri == b""


@pytest.mark.parametrize("host", [INNER, OUTER, "edge.test"])
def test_a_phone_presents_another_phones_token(bench: Bench, host: str):
    """RFC 5626 s5.3-1: a phone cannot reach another around the PBX: 403."""
    victim, uri = bench.registered()
    thief, call_id = bench.caller(), word()
    before = bench.stat("wrong_side")
    got = thief.ask(thief.request("MESSAGE", f"sip:{user_of(uri)}@{host}",
                                  call_id=call_id))
    assert got.status == 403
    assert bench.stat("wrong_side") == before + 1
    assert bench.pbx.about(call_id) == []
    _hears_only(bench, victim, uri)


def test_the_pbx_presents_its_own_token(bench: Bench):
    """A token for the PBX's Contact leads nowhere from the inside."""
    uri = _pbx_token(bench, bench.caller())
    for host in (INNER, OUTER):
        got = bench.pbx.ask(bench.pbx.to_phone(
            "OPTIONS", f"sip:{user_of(uri)}@{host}",
            to="<sip:alice@edge.test>"))
        assert got.status == 403


def test_a_forged_token_in_an_ack(bench: Bench):
    """An ACK is never answered, and a forged one never sent on."""
    phone, uri = bench.registered()
    token = user_of(uri)
    bad = uri.replace(token, token[:-1] + "_-"[token[-1] == "_"])
    text = bench.pbx.to_phone("ACK", bad)
    bench.pbx.send(text)
    _hears_only(bench, phone, uri)
    call_id = parse(text.encode()).header("call-id")
    assert bench.pbx.about(call_id) == []


def test_no_token_from_the_pbx(bench: Bench):
    """The PBX calls tokens only: a name, a foreign domain, a phone's
    address are answered 404 in words."""
    for uri in ("sip:alice@edge.test", "sip:alice@elsewhere.test",
                f"sip:alice@{net.PHONES}:5061;transport=tls"):
        got = bench.pbx.ask(bench.pbx.to_phone(
            "OPTIONS", uri, to="<sip:alice@edge.test>"))
        assert got.status == 404 and "Flow Token" in got.reason


def test_connection_gone(bench: Bench):
    """RFC 5626 s5.3.1-4: its connection has closed: 430 at once, and a new
    connection does not inherit it."""
    phone, uri = bench.registered()
    phone.reset()
    bench.callers.remove(phone)
    other, new = bench.registered()
    got = _pbx_presents(bench, uri)
    assert got.status == 430
    _hears_only(bench, other, new)


# --- where a token and its number may lead -------------------------------

def test_to_another_edge_without_a_cluster(bench: Bench):
    """A token that another edge holds, as after EDGE_INNER was changed: 430,
    and nothing is sent to the address in it."""
    _, uri = bench.registered()
    key = _secret(bench)
    clear = tokens.read(key, user_of(uri))
    token = tokens.make(key, clear._replace(
        edge=tokens.address(net.PBX, 9999)))
    with net.inside("pbx"):
        listener = socket.create_server((net.PBX, 9999))
    with listener:
        listener.settimeout(0.5)
        call_id = word()
        bench.pbx.send(bench.pbx.to_phone(
            "MESSAGE", f"sip:{token}@{INNER}", call_id=call_id))
        got = bench.pbx.wait(call_id, "MESSAGE", 430)
        assert got.start == "SIP/2.0 430 Flow Failed - No EDGE_CLUSTER"
        with pytest.raises(TimeoutError):
            listener.accept()


def test_in_a_body(bench: Bench):
    """Who is registered, and where: not with our inside address."""
    phone, uri = bench.registered()
    body = f'<reginfo><contact id="1"><uri>{uri}</uri></contact></reginfo>'
    bench.pbx.send(bench.pbx.to_phone(
        "NOTIFY", uri, extra="Event: reg\r\nSubscription-State: active\r\n",
        body=body, kind="application/reginfo+xml"))
    got = phone.receive()
    assert got and net.EDGE_INNER.encode() not in got.raw
    assert user_of(uri).encode() not in got.raw
    assert "<uri>sip:edge.test</uri>" in got.body


def test_reply_after_a_restart(bench: Bench):
    """The numbers of connections begin anew: whoever has the one that a
    request came on does not get its reply."""
    bench.lab.edge.restart()
    alice, call_id = bench.caller(), word()
    alice.send(alice.invite(call_id=call_id))
    request = bench.pbx.wait(call_id, "INVITE")
    bench.lab.edge.restart()
    stranger = bench.caller()
    stranger.send(stranger.request("OPTIONS", stranger.at("echo"),
                                   contact=""))
    bench.pbx.reply(request,
                    extra=f"Contact: <sip:100@{net.PBX}:5060>\r\n")
    while (got := stranger.receive(0.5)) is not None:
        assert got.header("call-id") != call_id
