# SPDX-License-Identifier: GPL-2.0-or-later
"""Contacts that cannot be pinned, from phones and from the PBX."""

import pytest

from lab import net
from lab.bench import Bench
from lab.client import Caller, parse, plain_answer, word


MANY = ", ".join(f"<sip:a{n}@10.99.0.2>" for n in range(65))
BAD = {
    # what: (Contact, words of the reason, counter)
    "empty brackets": ("<>", "malformed", "refused_malformed"),
    "no host": ("<sip:alice@>", "malformed", "refused_malformed"),
    "no brackets' end": ("<sip:alice@10.99.0.2", "malformed",
                         "refused_malformed"),
    "two @": ("<sip:a@b@10.99.0.2>", "malformed", "refused_malformed"),
    "headers in it": ("<sip:a@10.99.0.2?Subject=x>", "malformed",
                      "refused_malformed"),
    "a blank in it": ("<sip:al ice@10.99.0.2>", "malformed",
                      "refused_malformed"),
    "quote left open": ('"Alice <sip:a@10.99.0.2>', "malformed",
                        "refused_malformed"),
    "port too big": ("<sip:a@10.99.0.2:99999>", "malformed",
                     "refused_malformed"),
    "no URI": ("alice", "malformed", "refused_malformed"),
    "star and another": ("*, <sip:a@10.99.0.2>", "malformed",
                         "refused_malformed"),
    "tel:": ("<tel:+3222222>", "no SIP URI", "refused_not_sip"),
    "mailto:": ("<mailto:alice@edge.test>", "no SIP URI",
                "refused_not_sip"),
    "one good, one tel:": ("<sip:a@10.99.0.2>, <tel:+3222222>",
                           "no SIP URI", "refused_not_sip"),
    "over-long": (f"<sip:{'a' * 300}@10.99.0.2>", "too long",
                  "refused_too_long"),
    "8000 octets": (f"<sip:{'a' * 8000}@10.99.0.2>", "too long",
                    "refused_too_long"),
    "seventeen": (MANY, "too many", "refused_too_many"),
}


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "SUBSCRIBE"])
@pytest.mark.parametrize("case", BAD, ids=lambda name: name)
def test_bad_contact_of_a_phone(bench: Bench, case: str, method: str):
    """Answered 400 with the reason in words, counted, and not sent on."""
    contact, words, counter = BAD[case]
    phone, call_id = bench.caller(), word()
    before = bench.stat(counter)
    got = phone.ask(phone.request(method, phone.at("echo"),
                                  contact=contact, call_id=call_id))
    assert got.status == 400, got.start
    assert words in got.reason, got.start
    assert bench.stat(counter) == before + 1
    assert bench.pbx.about(call_id) == []


def _passed(bench: Bench, phone: Caller, text: str):
    phone.send(text)
    got = bench.pbx.wait(parse(text.encode()).header("call-id"))
    bench.pbx.reply(got)
    assert phone.answer()
    return got


def test_star(bench: Bench):
    """`Contact: *` unregisters all: it goes on as it is."""
    phone = bench.caller()
    got = _passed(bench, phone, phone.request(
        "REGISTER", "sip:edge.test", "Expires: 0\r\n", contact="*"))
    assert got.header("contact") == "*"


def test_several(bench: Bench):
    """Each of several Contacts gets a token of its own, and keeps what
    stands around it."""
    phone = bench.caller()
    got = _passed(bench, phone, phone.request(
        "REGISTER", "sip:edge.test",
        'Contact: <sip:a2@10.99.0.2>;expires=30, "Third" '
        "<sips:a3@10.99.0.2>\r\n",
        contact="<sip:a1@10.99.0.2;transport=tls>;q=0.5"))
    contacts = got.all("contact")
    whole = ",".join(contacts)
    tokens = [part.split("@")[0] for part in whole.split("sip:tr1_")[1:]]
    assert len(set(tokens)) == 3, whole
    assert ";q=0.5" in whole and ";expires=30" in whole
    assert '"Third"' in whole and "10.99.0" not in whole


def test_the_longest_that_fits(bench: Bench):
    """A Contact URI of max_uri_len octets is taken, and led back to."""
    phone = bench.caller()
    long = f"sip:{'a' * (255 - len('sip:@10.99.0.2'))}@10.99.0.2"
    uri = bench.pbx.register(phone, f"<{long}>")
    text = bench.pbx.to_phone("MESSAGE", uri)
    bench.pbx.send(text)
    got = phone.receive()
    assert got and got.uri == long
    phone.accept(got)


def test_contact_of_another_phone(bench: Bench):
    """A phone that registers another phone's token as its Contact gets
    its own calls and not the other's."""
    victim, uri = bench.registered()
    thief = bench.caller()
    stolen = bench.pbx.register(thief, f"<{uri}>")
    assert stolen != uri
    bench.pbx.send(bench.pbx.to_phone("MESSAGE", stolen))
    got = thief.receive()
    assert got and got.uri == uri
    assert victim.receive(0.2) is None


PBX_BAD = {name: row for name, row in BAD.items() if name != "no URI"}


@pytest.mark.parametrize("case", PBX_BAD, ids=lambda name: name)
def test_bad_contact_in_the_pbxs_200(bench: Bench, case: str):
    """A 2xx of the PBX whose Contact cannot be pinned goes on without it,
    and a line in the log says why: the phone never sees the inside."""
    contact, words, _ = PBX_BAD[case]
    contact = contact.replace("10.99.0.2", net.PBX)
    phone, since = bench.caller(), bench.lab.edge.mark()
    text = phone.invite()
    phone.send(text)
    request = bench.pbx.wait(parse(text.encode()).header("call-id"))
    bench.pbx.reply(request, body=plain_answer(),
                    extra=f"Contact: {contact}\r\n")
    got = phone.answer()
    assert got and got.status == 200
    assert got.all("contact") == [] and "10.99.1" not in got.raw.decode()
    bench.lab.edge.wait_log(f"Contact removed: .*{words}", 3, since)


@pytest.mark.parametrize("case", ["tel:", "over-long", "seventeen"])
def test_bad_contact_in_the_pbxs_request(bench: Bench, case: str):
    """The same in a request of the PBX: 400, and the phone is left in
    peace."""
    contact, words, _ = BAD[case]
    phone, uri = bench.registered()
    got = bench.pbx.ask(bench.pbx.to_phone("INVITE", uri, contact=contact))
    assert got.status == 400 and words in got.reason
    assert phone.receive(0.1) is None


@pytest.mark.parametrize("contact", [
    "<tel:+3222222>", f"<sip:{'a' * 300}@10.99.0.2>", "<sip:a@b@c>"],
    ids=["tel:", "over-long", "malformed"])
def test_bad_contact_in_a_phones_200(bench: Bench, contact: str):
    """A phone's 2xx with such a Contact goes on without it."""
    phone, uri = bench.registered()
    text = bench.pbx.to_phone("INVITE", uri)
    bench.pbx.send(text)
    request = phone.receive()
    assert request
    phone.accept(request, extra=f"Contact: {contact}\r\n")
    got = bench.pbx.wait(request.header("call-id"), status=200)
    assert got.all("contact") == []


def test_one_binding_of_a_phone_once(bench: Bench):
    """After a phone came back on a new connection the PBX lists its dead
    binding, too.  The phone is shown its URI once, with the time that the
    new one has: else it would think that it must register at once."""
    phone = bench.caller()
    contact = f"<sip:alice@{phone.here};transport=tls>"
    old = bench.pbx.register(phone, contact)
    phone.reset()
    bench.callers.remove(phone)
    again, call_id = bench.caller(), word()
    again.send(again.request("REGISTER", "sip:edge.test", call_id=call_id,
                             contact=contact))
    request = bench.pbx.wait(call_id)
    bench.pbx.reply(request, extra=f"Contact: <{old}>;expires=1\r\nContact: "
                    f"{request.header('contact')};expires=600\r\n")
    got = again.answer()
    assert got
    assert [shown for shown in got.all("contact") if contact in shown] == [
        f"{contact};expires=600"]
