# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that one parser sees and another does not, and words of our own
Via that come back changed.

Some of the core's parsers end a header at a CR, whatever follows it; all
that looks at lines does not.  So a message with such a CR is none.
"""

import base64
import re

import pytest

from lab import net
from lab.bench import Bench, Stranger
from lab.client import Message, parse, reply_to, sdp, word, PLAIN_AUDIO

STRANGER = Stranger.place    # must hear nothing
EVIL = f"Via: SIP/2.0/UDP {STRANGER[0]}:{STRANGER[1]};branch=z9hG4bKevil"


def _smuggled(text: str, header: str, what: str) -> str:
    """A message with more at the end of one of its lines."""
    found, count = re.subn(rf"^({header}[^\r]*)\r\n",
                           lambda m: f"{m[1]}{what}\r\n", text, count=1,
                           flags=re.M)
    assert count == 1
    return found


# --- heads ------------------------------------------------------------------

WHAT = {
    "a CR and a Via": f"\r{EVIL}",
    "a CR and an identity": "\rP-Asserted-Identity: <sip:boss@edge.test>",
    "two CRs and a length": "\r\rContent-Length: 0",
    "a CR at its end": "\r",
    "a NUL": "\0",
    "a NUL and more": "\0;x=y",
    "a vertical tab": "\v",
    "an escape character": "\x1b[2J",
    "a lone LF and an identity": "\nP-Asserted-Identity: <sip:b@edge.test>",
}
LINES = ["SIP/2.0", "Via:", "From:", "To:", "Call-ID:", "CSeq:", "X-A:"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("what", WHAT, ids=lambda name: name)
def test_a_reply_of_a_phone(bench: Bench, stranger: Stranger,
                            what: str, line: str):
    """It reaches neither the PBX nor a stranger, is counted, and ends the
    connection of who sent it; the others go on."""
    phone, request = bench.called()
    before, heard = bench.stat("malformed_head"), len(bench.pbx.heard)
    phone.send(_smuggled(reply_to(request, "299 Forged", "X-A: b\r\n"), line,
                         WHAT[what]))
    assert phone.closed()
    assert bench.stat("malformed_head") == before + 1
    assert bench.caller().alive(bench.pbx)
    assert 299 not in [m.status for m in bench.pbx.heard[heard:]]
    assert stranger.heard_nothing()


@pytest.mark.parametrize("line", ["MESSAGE", *LINES[1:]])
@pytest.mark.parametrize("what", WHAT, ids=lambda name: name)
def test_a_request_of_a_phone(bench: Bench, what: str, line: str):
    """The same for a request."""
    phone, call_id = bench.caller(), word()
    before, heard = bench.stat("malformed_head"), len(bench.pbx.heard)
    phone.send(_smuggled(
        phone.request("MESSAGE", phone.at("100"), "X-A: b\r\n",
                      call_id=call_id, contact=""), line, WHAT[what]))
    assert phone.closed()
    assert bench.stat("malformed_head") == before + 1
    assert bench.caller().alive(bench.pbx)
    assert {m.method for m in bench.pbx.heard[heard:]
            if not m.status} == {"OPTIONS"}


@pytest.mark.parametrize("what", WHAT, ids=lambda name: name)
def test_from_the_pbx(bench: Bench, what: str):
    """What the PBX sends is no better: a phone hears nothing of it."""
    phone, uri = bench.registered()
    before = bench.stat("malformed_head")
    bench.pbx.send(_smuggled(bench.pbx.to_phone("MESSAGE", uri), "From:",
                             WHAT[what]))
    text = phone.request("OPTIONS", phone.at("echo"))
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    bench.pbx.send(_smuggled(reply_to(request, "299 Forged"), "To:",
                             WHAT[what]))
    bench.pbx.reply(request)
    got = phone.receive()
    assert got and got.status == 200
    assert bench.stat("malformed_head") == before + 2


def test_lines_in_lf_of_the_pbx(bench: Bench):
    """A PBX that ends its lines in LF alone is not understood."""
    phone, uri = bench.registered()
    before = bench.stat("malformed_head")
    bench.pbx.send(bench.pbx.to_phone("MESSAGE", uri).replace("\r\n", "\n"))
    assert phone.receive(0.2) is None
    assert bench.stat("malformed_head") == before + 1


def test_no_key_and_no_address_behind_a_cr(bench: Bench):
    """A type of body that only others see does not get an SDP past the
    policy."""
    phone, call_id = bench.caller(), word()
    phone.send(phone.invite(
        "echo", sdp(PLAIN_AUDIO), call_id=call_id, kind="text/plain",
        extra="X-A: b\rContent-Type: application/sdp\r\n"))
    assert phone.closed()
    assert bench.pbx.about(call_id) == []


@pytest.mark.parametrize("before", ["\r\n", "\r\n\r\n", "\n", "\r"])
def test_line_ends_before_a_message(bench: Bench, before: str):
    """RFC 3261 s7.5: what precedes the first line is ignored."""
    phone, call_id = bench.caller(), word()
    phone.send(before + phone.request("OPTIONS", phone.at("echo"),
                                      call_id=call_id))
    assert bench.pbx.wait(call_id)


def test_keep_alives(bench: Bench):
    """Pings count as nothing, and the connection goes on."""
    phone = bench.caller()
    before = bench.stat("malformed_head")
    for _ in range(3):
        phone.send("\r\n\r\n")
    assert phone.alive(bench.pbx)
    assert bench.stat("malformed_head") == before


def test_one_line_of_many(bench: Bench):
    """However many there are, the log tells of one each few seconds."""
    since, before = bench.lab.edge.mark(), bench.stat("malformed_head")
    phone = bench.caller()
    for _ in range(40):
        bench.pbx.send(_smuggled(bench.pbx.to_phone("MESSAGE", "sip:a@b"),
                                 "To:", "\rX: y"))
    assert phone.alive(bench.pbx)
    assert bench.stat("malformed_head") == before + 40
    said = [line for line in bench.lab.edge.text(since).splitlines()
            if "its head has a control character" in line]
    assert len(said) <= 12          # one a process


# --- our own Via ------------------------------------------------------------

def _reply_with(request: Message, change: object) -> str:
    """A reply whose Via went through change."""
    text = reply_to(request, "299 Forged")
    via = request.header("via")
    return text.replace(f"Via: {via}", f"Via: {change(via)}", 1)


CHANGES = {
    "te altered": lambda via: re.sub(r";te=\w+", ";te=n", via),
    "te left out": lambda via: re.sub(r";te=\w+", "", via),
    "te twice": lambda via: via + ";te=n",
    "te twice, other letters": lambda via: via + ";TE=n",
    "i added": lambda via: via + ";i=1",
    "I added": lambda via: via + ";I=2",
    "i in quotes": lambda via: via + ';x=";i=1;"',
    "branch altered": lambda via: via.replace("z9hG4bK", "z9hG4bKq"),
    "branch twice": lambda via: via + ";branch=z9hG4bKq",
    "tv twice": lambda via: via + ";" + re.search("tv=[^;]*", via)[0],
    "a comment": lambda via: via + ";x=(y)",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name)
def test_own_words_of_a_phones_reply(bench: Bench, change: str):
    """What we wrote into our Via for ourselves comes back as it was, or
    the reply goes nowhere.  The true one still does."""
    phone, request = bench.called("INVITE")
    assert ";te=" in request.header("via")
    before = bench.stat("via_forged")
    phone.send(_reply_with(request, CHANGES[change]))
    phone.accept(request, "486 Busy Here")
    call_id = request.header("call-id")
    assert bench.pbx.wait(call_id, status=486)
    assert [m.status for m in bench.pbx.about(call_id)
            if m.status > 100] == [486]
    assert bench.stat("via_forged") == before + 1


@pytest.mark.parametrize("change", [
    lambda via: re.sub(r";i=\w+", ";i=7", via),
    lambda via: re.sub(r";i=\w+", "", via),
    lambda via: via + ";i=7"], ids=["altered", "left out", "twice"])
def test_connection_in_the_pbxs_reply(bench: Bench, change: object):
    """Nor does the PBX choose on which connection its answer goes."""
    phone, other = bench.caller(), bench.caller()
    text = phone.request("OPTIONS", phone.at("echo"))
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    assert ";i=" in request.header("via")
    before = bench.stat("via_forged")
    bench.pbx.send(_reply_with(request, change))
    bench.pbx.reply(request)
    got = phone.answer()
    assert got and got.status == 200
    assert bench.stat("via_forged") == before + 1
    assert other.receive(0.1) is None


def test_order_and_more_words(bench: Bench):
    """RFC 3261 s18.2.1: who answers fills in rport and received; order
    does not matter, nor does the case of a parameter's name."""
    phone, request = bench.called()
    first, *rest = request.header("via").split(";")
    rest = [re.sub("^branch", "Branch", word) for word in rest]
    via = ";".join([first, "received=10.99.0.1", *reversed(rest)])
    phone.send(_reply_with(request, lambda _: via))
    assert bench.pbx.wait(request.header("call-id"), status=299)


def test_replayed_token(bench: Bench):
    """The hidden Vias of one request do not serve to answer another."""
    phone, one = bench.called()
    uri = bench.pbx.register(phone)
    bench.pbx.send(bench.pbx.to_phone("MESSAGE", uri))
    two = phone.receive()
    assert two and two.method == "MESSAGE"
    token = re.search(r";tv=[^;]*", one.header("via"))[0]
    before = bench.stat("via_forged")
    phone.send(_reply_with(two, lambda via: re.sub(r";tv=[^;]*", token,
                                                   via)))
    phone.accept(two)
    call_id = two.header("call-id")
    assert bench.pbx.wait(call_id, status=200)
    assert [m.status for m in bench.pbx.about(call_id)] == [200]
    assert bench.stat("via_forged") == before + 1


def test_a_token_of_the_other_side(bench: Bench):
    """What was sealed for the PBX's answers does not open in a phone's."""
    phone, request = bench.called()
    text = phone.request("OPTIONS", phone.at("echo"))
    phone.send(text)
    asked = bench.pbx.wait(parse(text.encode()).header("call-id"))
    phone.send(_reply_with(request, lambda _: asked.header("via")))
    phone.accept(request)
    call_id = request.header("call-id")
    assert bench.pbx.wait(call_id, status=200)
    assert [m.status for m in bench.pbx.about(call_id)] == [200]


def test_nothing_to_read(bench: Bench):
    """The PBX's Via cannot be read in what a phone gets."""
    phone, request = bench.called()
    token = re.search(r";tv=([\w-]+)", request.header("via"))[1]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"SIP/2.0" not in raw and net.PBX.encode() not in raw
    phone.accept(request)


# --- registrations -----------------------------------------------------------

@pytest.mark.parametrize("with_i", [False, True])
def test_a_phone_that_answers_a_register(bench: Bench, with_i: bool):
    """A phone's reply that calls itself one to REGISTER unregisters
    nobody, whose connection ever it names."""
    victim, _ = bench.registered()
    phone, request = bench.called()

    def rows() -> list[dict]:
        return [row for row in bench.lab.rpc("tls_reuse.flows")
                if row["peer"] in (victim.here, phone.here)]

    text = reply_to(request, "200 OK").replace("1 MESSAGE", "1 REGISTER")
    if with_i:
        number = [row["id"] for row in rows() if row["peer"] == victim.here]
        via = request.header("via")     # the core writes it backwards
        text = text.replace(via, f"{via};i=" + f"{number[0]:x}"[::-1])
    phone.send(text)
    assert phone.alive(bench.pbx)
    assert [row["registered"] for row in rows()] == [1, 1]


def test_other_bindings_are_opaque(bench: Bench):
    """RFC 3261 s10.3 lists all bindings of an account.  A phone is shown
    its own as it wrote it, another phone's as our token, which is of no
    use to it: never where the other phone is."""
    other, uri = bench.registered()
    phone, call_id = bench.caller(), word()
    phone.send(phone.request("REGISTER", "sip:edge.test", call_id=call_id))
    request = bench.pbx.wait(call_id)
    bench.pbx.reply(request, extra=f"Contact: <{uri}>;expires=9, "
                    f"{request.header('contact')};expires=600\r\n")
    got = phone.answer()
    assert got and got.status == 200
    assert other.here not in got.raw.decode()
    assert phone.here in got.header("contact")
    assert "10.99.1." not in got.header("contact")
    shown = re.findall("<([^>]*)>", got.header("contact"))
    assert len(shown) == 2 and "sip:tr1_" in shown[0]
    answer = phone.ask(phone.request("MESSAGE", shown[0]))
    assert answer.status == 403
    assert other.receive(0.1) is None


# --- Contacts ----------------------------------------------------------------

PARAMS = {
    ";transport=tls;transport=tls": "",
    ';x="sips:y";expires=60': ";expires=60",
    ';received="sip:192.168.77.3:1;transport=tls"': "",
    ';+sip.instance="<urn:uuid:0-1>";reg-id=1;q=0.5;methods="INVITE"':
        ';+sip.instance="<urn:uuid:0-1>";reg-id=1;q=0.5;methods="INVITE"',
    ";ob;audio": "",
}


@pytest.mark.parametrize("bracketed", [True, False])
@pytest.mark.parametrize("params", PARAMS, ids=lambda name: name)
def test_parameters_of_a_contact(bench: Bench, params: str,
                                 bracketed: bool):
    """Only those that the PBX needs pass."""
    phone, call_id = bench.caller(), word()
    uri = f"sip:alice@{phone.here}"
    phone.send(phone.request(
        "REGISTER", "sip:edge.test", call_id=call_id,
        contact=(f"<{uri};transport=tls>" if bracketed else uri) + params))
    got = bench.pbx.wait(call_id).header("contact")
    assert got.startswith("<sip:tr1_") and got.split(">", 1)[1] == \
        PARAMS[params], got


def test_own_token_elsewhere(bench: Bench):
    """A phone's own token on another host or with other parameters is not
    what we wrote: it gets a token like any URI."""
    phone, uri = bench.registered()
    token = uri.split("@")[0].removeprefix("sip:")
    for contact in (f"<sips:{token}@203.0.113.9:9999;transport=tls>",
                    f"<{uri};transport=tls>", f"<sip:{token}@203.0.113.9>"):
        call_id = word()
        phone.send(phone.request("REGISTER", "sip:edge.test",
                                 call_id=call_id, contact=contact))
        got = bench.pbx.wait(call_id).contact_uri
        assert "203.0.113" not in got and "transport=tls" not in got
        assert got != uri and got.endswith(uri.split("@")[1])


def test_to_of_a_phone_that_is_called(bench: Bench):
    """A request that followed a token and was pinned still knows whose
    flow it is: the phone's To is its address of record, not a token."""
    _, request = bench.called()
    assert request.header("to") == "<sip:alice@edge.test>"
