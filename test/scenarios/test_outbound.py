# SPDX-License-Identifier: GPL-2.0-or-later
"""A registrar that supports Path and outbound, and phones that ask for it.

Two edges before it: a phone's second flow leads to the other one.
"""

import itertools
import re
from contextlib import ExitStack
from typing import Iterator, Union

import pytest

from lab import client
from lab.client import Caller, Message, plain_answer
from lab.cluster import FIRST, KINDS, SECOND, Second, options
from lab.core import Lab
from lab.proc import wait_for
from lab.registrar import Extension, Registrar

OUTBOUND = {"EDGE_PBX_OUTBOUND": "yes"}
ASKED = "Supported: path, outbound\r\n"
_instances = itertools.count(1)


class Domain:
    """Edges, registrar, phones and somebody inside who calls them."""

    def __init__(self, kind: str):
        self.lab = Lab(None, name=f"outbound-{kind}",
                       **options(kind, EDGE_CLUSTER=SECOND, **OUTBOUND))
        self.phones: list[Phone] = []
        with ExitStack() as parts:
            self.registrar = Registrar(self.lab)
            parts.callback(self.registrar.stop)
            self.second = Second(self.lab)
            parts.callback(self.second.stop)
            self.second.start()
            parts.callback(self.lab.stop)
            self.lab.start()
            self.inner = self.lab.capture("inner")
            self.extension = parts.enter_context(Extension())
            self.close = parts.pop_all().close

    def phone(self, where: Union[Lab, Second], user: str, instance: int = 0,
              reg_id: int = 0) -> "Phone":
        self.phones.append(Phone(where, user, instance, reg_id))
        return self.phones[-1]

    def asked(self) -> list[str]:
        """All plain requests that crossed the first edge's inner side."""
        return [packet.payload.decode() for packet in self.inner.packets()
                if packet.payload.startswith((b"REGISTER ", b"MESSAGE ",
                                              b"INVITE "))]

    def send(self, user: str, method: str = "MESSAGE") -> str:
        """Somebody inside asks the PBX for a user; the Call-ID."""
        text = self.extension.request(
            method, f"sip:{user}@edge.test",
            body=plain_answer() if method == "INVITE" else "")
        self.extension.send(text)
        return client.parse(text.encode()).header("call-id")

    def answer(self) -> Message:
        """What he is told in the end."""
        while True:
            got = self.extension.receive(5)
            assert got
            if got.status >= 200:
                return got


class Phone(Caller):
    """One connection of an instance."""

    def __init__(self, where: Union[Lab, Second], user: str,
                 instance: int = 0, reg_id: int = 0):
        super().__init__(where)         # type: ignore[arg-type]
        self.user = user
        self.ids = f";reg-id={reg_id}" if reg_id else ""
        if instance:
            self.ids += (';+sip.instance="<urn:uuid:00000000-0000-4000-8000'
                         f'-{instance:012x}>"')

    def register(self, extra: str = ASKED, seconds: int = 600,
                 **given: object) -> Message:
        uri = f"sip:{self.user}@{self.here};transport=tls"
        return self.ask(self.request(
            "REGISTER", "sip:edge.test", to=f"<{self.at(self.user)}>",
            sender=self.at(self.user), contact=f"<{uri}>{self.ids}",
            extra=f"Expires: {seconds}\r\n{extra}", **given))

    def heard(self, timeout: float = 3) -> Message:
        """The next request; answered with 200."""
        got = self.receive(timeout)
        assert got and not got.status, got
        for header in ("route", "record-route", "path"):
            assert not got.all(header), got.raw.decode()
        self.accept(got, extra=f"Contact: <sip:{self.user}@{self.here};ob>"
                    "\r\n", body=client.offer()
                    if got.method == "INVITE" else "")
        return got

    def silent(self) -> bool:
        return self.receive(0.3) is None


@pytest.fixture(scope="module", name="domain_", params=KINDS)
def domain_(request, laboratories) -> Iterator[Domain]:
    laboratories.close()
    made = Domain(request.param)
    try:
        yield made
        assert made.lab.edge.alive() and made.second.edge.alive()
    finally:
        made.close()


@pytest.fixture(name="domain")
def clean_domain(domain_: Domain) -> Iterator[Domain]:
    yield domain_
    for phone in domain_.phones:
        phone.close()
    domain_.phones.clear()


def test_register(domain):
    """The REGISTER leaves with a Path of the edge that ends in ;ob, and the
    Contact with reg-id and instance; the phone learns that it has outbound
    and how often to ping us, and nothing of the Path."""
    phone = domain.phone(domain.lab, "one", next(_instances), 1)
    got = phone.register()
    assert got.status == 200 and got.header("require") == "outbound"
    # the registrar's own says 25: the flow is ours
    assert got.all("flow-timer") == ["90"]
    assert not got.all("path") and "reg-id=1" in got.header("contact")
    assert got.contact_uri == f"sip:one@{phone.here};transport=tls"
    binding, = domain.registrar.bindings("one")
    token = re.match(r"sip:(tr1_[\w-]+)@", binding["Address"])[1]
    assert binding["Path"] == f"<sip:{token}@{FIRST};lr;ob>"
    assert binding["Reg-Id"] == "1" and "urn:uuid:" in binding["Instance"]


def test_called_by_the_path(domain):
    """RFC 5626 s5.3.1-2: the registrar's request has our Route; it is
    followed, and the phone sees no Route; nor do later ones of the call (;ob
    in its Contact)."""
    phone = domain.phone(domain.lab, "two", next(_instances), 1)
    assert phone.register().status == 200
    call_id = domain.send("two", "INVITE")
    phone.heard()
    answer = domain.answer()
    assert answer.status == 200 and answer.contact_uri.endswith(FIRST)
    invite, = [text for text in domain.asked() if call_id in text
               and text.startswith("INVITE ")]
    assert re.search(rf"^Route: <sip:tr1_[\w-]+@{FIRST};lr;ob>", invite,
                     re.M)
    given = {"call_id": call_id, "to": answer.header("to"),
             "tag": re.search(r"tag=(\w+)", answer.header("from"))[1]}
    for method, cseq in (("ACK", 1), ("BYE", 2)):
        domain.extension.straight(domain.extension.request(
            method, answer.contact_uri, cseq=cseq, **given))
        got = phone.receive()
        assert got and got.method == method and not got.all("route")
    phone.accept(got)
    assert domain.answer().status == 200


def test_not_asked_for(domain):
    """Without reg-id, instance or outbound there is no Path: that phone has
    an ordinary binding, and is called."""
    instance = next(_instances)
    for user, ids, extra in (("plain", (), ""),
                             ("no-id", (instance, 0), ASKED),
                             ("no-instance", (0, 1), ASKED)):
        phone = domain.phone(domain.lab, user, *ids)
        got = phone.register(extra)
        assert got.status == 200
        # a Kamailio says outbound to who says it, whether he uses it or not
        assert bool(got.all("flow-timer")) == (extra == ASKED)
        binding, = domain.registrar.bindings(user)
        assert "sip:" not in binding["Path"], binding
        domain.send(user)
        phone.heard()
        assert domain.answer().status == 200


@pytest.mark.parametrize("elsewhere", [False, True],
                         ids=["same edge", "other edge"])
def test_the_newer_connection(domain, elsewhere):
    """The same instance and reg-id over another connection, to the same edge
    or the other one: one binding, and the newer connection is called."""
    user, instance = client.word(4), next(_instances)
    old = domain.phone(domain.lab, user, instance, 1)
    assert old.register().status == 200
    new = domain.phone(domain.second if elsewhere else domain.lab, user,
                       instance, 1)
    assert new.register().status == 200
    binding, = domain.registrar.bindings(user)
    assert f"@{SECOND if elsewhere else FIRST};lr;ob>" in binding["Path"]
    domain.send(user)
    new.heard()
    assert domain.answer().status == 200 and old.silent()


def test_two_flows(domain):
    """Two reg-ids are two flows, here by two edges.  The PBX uses one; when
    that has failed (430) it tries the other, and forgets the first."""
    user, instance = client.word(4), next(_instances)
    flows = [domain.phone(domain.lab, user, instance, 1),
             domain.phone(domain.second, user, instance, 2)]
    for phone in flows:
        assert phone.register().status == 200
    assert {binding["Reg-Id"] for binding in
            domain.registrar.bindings(user)} == {"1", "2"}
    domain.send(user)
    used = wait_for(lambda: next((p for p in flows if p.receive(0.1)), None),
                    3, "one of the flows to be asked")
    other = next(phone for phone in flows if phone != used)
    assert other.silent()
    edge = domain.lab.edge if used == flows[0] else domain.second.edge
    gone = edge.rpc("tls_reuse.stats")[0]["gone"]
    place = used.here
    used.close()
    wait_for(lambda: place not in edge.kamcmd("cert_match.peers"), 3,
             "the edge to see the connection close")
    call_id = domain.send(user)
    got = other.heard()
    assert call_id == got.header("call-id")
    wait_for(lambda: domain.answer().header("call-id") == call_id, 3,
             "the answer to the second one")
    assert edge.rpc("tls_reuse.stats")[0]["gone"] == gone + 1
    assert len(domain.registrar.bindings(user)) == 1
