# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone that comes back on another connection is reached by the tokens
that it was given before, and nobody else by its registration.

Phones and PBX are scripted; an INFO of the PBX's is answered with what
tls_reuse_follow() made of it.
"""

import re
import socket
import ssl
from pathlib import Path
from typing import Any, Iterator, Optional

import pytest

from lab.client import Message, Talker, parse, reply_to, word
from lab.proc import LabError, wait_for

from small import TLS, Small

PBX, INNER = ("127.0.0.1", 15070), ("127.0.0.1", 15060)
ALICE, BOB = "sip:alice@edge.test", "sip:bob@edge.test"
MODES = {"stateless": "forward()", "tm": "t_relay()"}
FULL = "rc -6 there are "

BEFORE = """
loadmodule "tm.so"
loadmodule "siputils.so"
onsend_route_reply=yes
"""

ROUTES = """
request_route {
    if(proto == TLS) {
        set_reply_no_connect();
        tls_reuse_pin();
        if($rc != 1) {
            sl_send_reply("480", "rc $rc $tls_reuse(reason)");
            exit;
        }
        $du = "sip:127.0.0.1:15070";
    } else {
        tls_reuse_follow();
        if($rc != 1) {
            sl_send_reply("430", "rc $rc $tls_reuse(reason)");
            exit;
        }
        if($rm == "INFO") {
            sl_send_reply("200", "TOLD");
            exit;
        }
        tls_reuse_pin();
    }
    if(!SEND) sl_send_reply("430", "Flow Failed");
}
reply_route { tls_reuse_pin(); }
onsend_route { if(!tls_reuse_onsend()) drop; }
"""
TOLD = "to $tls_reuse(side) $tls_reuse(aor) $tls_reuse(user_agent) $ru $du"


class End(Talker):
    """One end of a Kamailio."""

    def next(self, method: str, status: int = 0) -> Message:
        """The next message like this; others, as ACK and 100, pass."""
        heard = []
        while (got := self.receive()):
            if (got.method, got.status) == (method, status):
                return got
            heard.append(got.start)
        raise LabError(f"no {method} {status or ''} but {heard}")


class Pbx(End):
    """A registrar that does as the test says."""

    def __init__(self) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(PBX)
        super().__init__(sock, "UDP", INNER)

    def takes(self, method: str) -> Message:
        """The next request like this; it is busy."""
        got = self.next(method)
        self.send(reply_to(got, "486 Busy Here"))
        return got

    def told(self, uri: str) -> str:
        """What becomes of a request to a token."""
        self.send(self.request("INFO", uri, contact=""))
        while (got := self.receive()):
            if got.status and got.method == "INFO":
                return f"{got.status} {got.reason}"
        raise LabError("silence")

    def leads_to(self, uri: str, phone: "Phone") -> bool:
        """Does a request to a token reach this phone, as its first one?"""
        text = self.request("MESSAGE", uri)
        self.send(text)
        got = phone.asked()
        if got is None or got.header("call-id") != parse(
                text.encode()).header("call-id"):
            return False
        phone.send(reply_to(got, "200 OK"))
        self.next("MESSAGE", 200)
        return True


class Phone(End):
    """A phone's connection. call_id: of its REGISTERs."""

    def __init__(self, call_id: str = "", agent: str = "TestPhone/1.0"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection(TLS, 5)
        super().__init__(context.wrap_socket(raw), "TLS")
        self.call_id = call_id or word()
        self.agent = f"User-Agent: {agent}\r\n"
        self.cseq = 0

    def asked(self, timeout: float = 3) -> Optional[Message]:
        """The next request; None: there is none."""
        while (got := self.receive(timeout)):
            if not got.status and got.method != "ACK":
                return got
        return None

    def contact(self, params: str = "") -> str:
        return f"<sip:alice@{self.here};transport=tls>{params}"

    def asks(self, pbx: Pbx, contact: str = "", aor: str = ALICE,
             **given: Any) -> Message:
        """Its REGISTER as the PBX gets it."""
        self.cseq += 1
        self.send(self.request(
            "REGISTER", "sip:edge.test", self.agent, call_id=self.call_id,
            cseq=self.cseq, to=f"<{aor}>", contact=contact or self.contact(),
            **given))
        return pbx.next("REGISTER")

    def registers(self, pbx: Pbx, contact: str = "", aor: str = ALICE,
                  others: str = "", seconds: int = 60) -> str:
        """Its token at the PBX, which says yes and lists others as well."""
        got = self.asks(pbx, contact, aor)
        bound = re.sub(";expires=[0-9]+", "", got.header("contact"))
        self.granted(pbx, got, f"{bound};expires={seconds}{others}")
        return got.contact_uri

    def granted(self, pbx: Pbx, request: Message, contacts: str) -> Message:
        """The 2xx as it gets it."""
        extra = f"Contact: {contacts}\r\n" if contacts else ""
        pbx.send(reply_to(request, "200 OK", extra))
        return self.next("REGISTER", 200)

    def refused(self, pbx: Pbx, request: Message) -> None:
        pbx.send(reply_to(request, "401 Unauthorized"))
        self.next("REGISTER", 401)


class Site:
    """Kamailio, the PBX, and the phones of a test."""

    def __init__(self, server: Small):
        self.server, self.pbx = server, Pbx()
        self.phones: list[Phone] = []

    def phone(self, call_id: str = "", **given: str) -> Phone:
        self.phones.append(Phone(call_id, **given))
        return self.phones[-1]

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self.phones, self.pbx):
            one.close()

    def drop(self, phone: Phone) -> None:
        """Its connection closes, and the edge knows."""
        before = self.stats()["flows"]
        phone.close()
        wait_for(lambda: self.stats()["flows"] < before, 3, "a flow to go")

    def stats(self) -> dict[str, Any]:
        return self.server.rpc("tls_reuse.stats")[0]

    def flows(self) -> list[dict[str, Any]]:
        return self.server.rpc("tls_reuse.flows")


def start(where: Path, mode: str = "stateless", **params: Any) -> Small:
    routes = ROUTES.replace("SEND", MODES[mode]).replace("TOLD", TOLD)
    return Small("tls_reuse", where, routes, BEFORE, params=[
        ("tls_reuse", name, value) for name, value in params.items()])


@pytest.fixture(name="site", params=MODES)
def site_(request, tmp_path: Path) -> Iterator[Site]:
    with start(tmp_path, request.param) as server, Site(server) as made:
        yield made


# --- the same phone, on another connection --------------------------------

@pytest.mark.parametrize("instance", [
    "", ';+sip.instance="<urn:uuid:1>"',
    ';reg-id=1;+sip.instance="<urn:uuid:1>"'],
    ids=["Call-ID", "instance", "reg-id"])
def test_comes_back(site: Site, instance: str):
    """RFC 3261 s10.3: the very binding that it had, though its address is
    another one; what it is sent bears the URI that it has now."""
    old = site.phone()
    token = old.registers(site.pbx, old.contact(instance))
    assert site.pbx.leads_to(token, old)
    new = site.phone("" if instance else old.call_id)
    assert new.registers(site.pbx, new.contact(instance)) == token
    site.pbx.send(site.pbx.request("MESSAGE", token))
    got = new.next("MESSAGE")
    assert got.uri == f"sip:alice@{new.here};transport=tls"
    new.send(reply_to(got, "200 OK"))
    site.pbx.next("MESSAGE", 200)
    site.drop(old)
    assert site.pbx.leads_to(token, new)
    row, = site.flows()
    assert (row["aor"], row["registrations"]) == (ALICE, 1)


def test_gone_until_it_is_back(site: Site):
    """RFC 5626 s5.3: no connection, no request; then over the new one."""
    old = site.phone()
    token = old.registers(site.pbx)
    site.drop(old)
    assert site.pbx.told(token) == \
        "430 rc -2 the phone is not registered here"
    new = site.phone(old.call_id)
    got = new.asks(site.pbx)
    assert got.contact_uri == token
    assert site.pbx.told(token).startswith("430 "), "it only asked"
    new.granted(site.pbx, got, f"<{token}>;expires=60")
    assert site.pbx.leads_to(token, new)


def test_dead_connection_is_still_open(site: Site):
    """The edge does not know that the old connection is dead: the latest
    that registered wins."""
    old = site.phone()
    token = old.registers(site.pbx)
    new = site.phone(old.call_id)
    new.registers(site.pbx)
    assert site.pbx.leads_to(token, new)
    assert old.asked(0.1) is None
    assert [row["registrations"] for row in sorted(
        site.flows(), key=lambda row: row["age"])].count(1) == 1


def test_dialogs_of_both_directions(site: Site):
    """RFC 5626 s5.3.1-1, s5.3.2-1: its Contact in dialogs, as caller and as
    callee, leads over the new connection, with the URI that it has in that
    dialog."""
    old = site.phone()
    token = old.registers(site.pbx)
    old.send(old.request("INVITE", "sip:echo@edge.test",
                         contact="<sip:alice@here;ob>"))
    calling = site.pbx.takes("INVITE").contact_uri
    site.pbx.send(site.pbx.request("INVITE", token))
    got = old.next("INVITE")
    old.send(reply_to(got, "200 OK", "Contact: <sip:alice@there;ob>\r\n"))
    called = site.pbx.next("INVITE", 200).contact_uri
    new = site.phone(old.call_id)
    new.registers(site.pbx)
    site.drop(old)
    for uri, own in ((calling, "sip:alice@here;ob"),
                     (called, "sip:alice@there;ob")):
        site.pbx.send(site.pbx.request("BYE", uri))
        got = new.next("BYE")
        assert got.uri == own
        new.send(reply_to(got, "200 OK"))
        site.pbx.next("BYE", 200)


def test_dialogs_of_an_unregistered_phone(site: Site):
    """Without a registration a Contact leads to its connection, and ends
    with it."""
    phone = site.phone()
    phone.send(phone.request("INVITE", "sip:echo@edge.test"))
    uri = site.pbx.takes("INVITE").contact_uri
    assert site.pbx.leads_to(uri, phone)
    site.drop(phone)
    assert site.pbx.told(uri) == \
        "430 rc -2 the phone's connection has closed"


def test_unregistered_in_a_call(site: Site):
    """A phone that unregisters inside a call: that goes on."""
    phone = site.phone()
    phone.registers(site.pbx)
    phone.send(phone.request("INVITE", "sip:echo@edge.test"))
    uri = site.pbx.takes("INVITE").contact_uri
    request = phone.asks(site.pbx, phone.contact(";expires=0"))
    phone.granted(site.pbx, request, "")
    row, = site.flows()
    assert (row["registered"], row["registrations"], row["aor"]) == (0, 0, "")
    assert site.pbx.leads_to(uri, phone)


def test_several_accounts_over_one_connection(site: Site):
    """Each request belongs to the registration of the account that it names:
    when only that one has moved on, it leads there."""
    desk, mobile = site.phone(), None
    desk.registers(site.pbx, aor=ALICE)
    desk.registers(site.pbx, aor=BOB)
    assert site.flows()[0]["registrations"] == 2
    desk.send(desk.request("INVITE", "sip:echo@edge.test", sender=ALICE))
    uri = site.pbx.takes("INVITE").contact_uri
    assert site.pbx.told(uri).split()[3] == ALICE
    mobile = site.phone(desk.call_id)
    mobile.registers(site.pbx, aor=ALICE)
    assert site.pbx.leads_to(uri, mobile)


# --- what the phone sees in the 2xx ----------------------------------------

def test_its_own_binding_once(site: Site):
    """RFC 3261 s10.3: it recognises its own binding, and it alone; others
    are opaque, also one of its own from before that the PBX still has."""
    phone, other = site.phone(), site.phone()
    theirs = other.registers(site.pbx)
    before = site.phone("another one").registers(site.pbx)
    request = phone.asks(site.pbx)
    own = request.contact_uri
    got = phone.granted(site.pbx, request, ", ".join(
        f"<{uri}>;expires=60" for uri in (before, own, theirs)))
    listed = re.findall("<([^>]*)>", ", ".join(got.all("contact")))
    assert listed[1] == f"sip:alice@{phone.here};transport=tls"
    assert [uri.endswith("@127.0.0.1:15061;transport=tls")
            for uri in listed] == [True, False, True]


def test_the_answer_to_a_question(site: Site):
    """RFC 3261 s10.2.3: a REGISTER without Contact asks what there is, and
    changes nothing."""
    phone = site.phone()
    token = phone.registers(site.pbx)
    phone.cseq += 1
    phone.send(phone.request("REGISTER", "sip:edge.test", to=f"<{ALICE}>",
                             call_id=phone.call_id, cseq=phone.cseq,
                             contact=""))
    got = phone.granted(site.pbx, site.pbx.next("REGISTER"),
                        f"<{token}>;expires=50")
    assert got.contact_uri == f"sip:alice@{phone.here};transport=tls"
    assert site.flows()[0]["registered"] == 1


def test_pinned_twice(tmp_path: Path):
    """A script that applies the changes and pins again asks once."""
    routes = ROUTES.replace("SEND", MODES["stateless"]).replace(
        "$du = ", "msg_apply_changes(); tls_reuse_pin(); $du = ")
    before = BEFORE + 'loadmodule "textopsx.so"\n'
    with Small("tls_reuse", tmp_path, routes, before) as server, \
            Site(server) as site:
        phone = site.phone()
        token = phone.registers(site.pbx)
        assert site.stats()["pinned"] == 1
        assert site.pbx.leads_to(token, phone)


# --- who has no business there ----------------------------------------------

def test_asking_moves_nothing(site: Site):
    """A stranger who knows account, instance and Call-ID of a phone, but not
    its password, takes nothing: RFC 3261 s10.3, the PBX says no."""
    victim, thief = site.phone(), None
    params = ';+sip.instance="<urn:uuid:1>"'
    token = victim.registers(site.pbx, victim.contact(params))
    thief = site.phone(victim.call_id)
    request = thief.asks(site.pbx, thief.contact(params))
    assert request.contact_uri == token
    assert site.pbx.leads_to(token, victim)
    thief.refused(site.pbx, request)
    assert site.pbx.leads_to(token, victim)
    assert thief.asked(0.1) is None


def test_another_accounts_answer_moves_nothing(site: Site):
    """... nor by a 2xx that he gets for an account of his own, even if it
    lists the other's binding."""
    victim, thief = site.phone(), None
    token = victim.registers(site.pbx)
    thief = site.phone(victim.call_id)
    thief.refused(site.pbx, thief.asks(site.pbx))
    own = thief.registers(site.pbx, aor=BOB,
                          others=f", <{token}>;expires=60")
    assert own != token
    assert site.pbx.leads_to(token, victim)
    assert site.pbx.leads_to(own, thief)


def test_an_answer_without_the_binding_moves_nothing(site: Site):
    """... nor by a 2xx to the very REGISTER, if the binding is not in it."""
    victim, thief = site.phone(), None
    token = victim.registers(site.pbx)
    thief = site.phone(victim.call_id)
    thief.granted(site.pbx, thief.asks(site.pbx), "")
    assert site.pbx.leads_to(token, victim)


def test_the_same_instance_in_another_account(site: Site):
    """Two accounts never share a registration, whatever else is the same."""
    alice, bob = site.phone(), None
    params = ';+sip.instance="<urn:uuid:1>"'
    token = alice.registers(site.pbx, alice.contact(params))
    bob = site.phone(alice.call_id)
    other = bob.registers(site.pbx, bob.contact(params), BOB)
    assert other != token
    assert site.pbx.leads_to(token, alice)
    assert site.pbx.leads_to(other, bob)


def test_third_party(site: Site):
    """RFC 3261 s10.2: who registers for somebody else is judged by the PBX;
    the registration is To's."""
    boss, secretary = site.phone(), site.phone()
    own = boss.registers(site.pbx)
    request = secretary.asks(site.pbx, aor=ALICE, sender=BOB)
    secretary.granted(site.pbx, request,
                      f"{request.header('contact')};expires=60")
    assert site.pbx.leads_to(own, boss)
    assert site.pbx.leads_to(request.contact_uri, secretary)
    assert {row["aor"] for row in site.flows()} == {ALICE}


def test_contact_star(site: Site):
    """RFC 3261 s10.2.2: no binding is left; of the others over this
    connection and of other phones nothing changes before their time."""
    phone = site.phone()
    phone.registers(site.pbx, aor=BOB)
    token = phone.registers(site.pbx)
    assert site.flows()[0]["registrations"] == 2
    request = phone.asks(site.pbx, "*")
    assert request.header("contact") == "*"
    phone.granted(site.pbx, request, "")
    row, = site.flows()
    assert (row["aor"], row["registrations"]) == (BOB, 1)
    assert site.pbx.leads_to(token, phone), "what the PBX sends arrives"


def test_two_phones_of_one_account_with_one_call_id(site: Site):
    """RFC 3261 s8.1.1.4 forbids it: they are one to us, the latest wins."""
    one, two = site.phone("x"), site.phone("x")
    token = one.registers(site.pbx)
    assert two.registers(site.pbx) == token
    assert site.pbx.leads_to(token, two)


def test_somebody_elses_token_as_contact(site: Site):
    """A phone that writes another phone's token into its Contact, just as we
    would, is called by it, and not the other one."""
    victim, thief = site.phone(), site.phone()
    token = victim.registers(site.pbx)
    stolen = thief.registers(site.pbx, f"<{token}>")
    assert stolen != token
    assert site.pbx.leads_to(stolen, thief)
    assert victim.asked(0.1) is None


# --- bounds ------------------------------------------------------------------

def test_who_is_not_registered_gives_way(tmp_path: Path):
    """max_flows: of the connections without a registration the one that was
    used longest ago; if there is none, the new one is refused."""
    with start(tmp_path, max_flows=2) as server, \
            Site(server) as site:
        fixed, first, second = site.phone(), site.phone(), site.phone()
        token = fixed.registers(site.pbx)
        first.send(first.request("MESSAGE", "sip:echo@edge.test"))
        lost = site.pbx.takes("MESSAGE").contact_uri
        kept = second.registers(site.pbx)
        assert site.stats()["flows_evicted"] == 1
        assert site.pbx.told(lost).startswith("430 ")
        assert site.pbx.leads_to(token, fixed)
        assert site.pbx.leads_to(kept, second)
        first.send(first.request("MESSAGE", "sip:echo@edge.test"))
        assert first.next("MESSAGE", 480).reason == \
            FULL + "max_flows registered flows already"
        counts = site.stats()
        assert (counts["flows"], counts["registrations"]) == (2, 2)
        assert (counts["refused_full"], counts["flows_evicted"]) == (1, 1)
        fixed.registers(site.pbx)
        site.drop(second)
        first.registers(site.pbx)


def test_many_registrations(tmp_path: Path):
    """64 over one connection; who has them all can refresh them, not more;
    others have room."""
    with start(tmp_path) as server, \
            Site(server) as site:
        gateway = site.phone()
        tokens = [gateway.registers(site.pbx, aor=f"sip:p{n}@edge.test")
                  for n in range(64)]
        assert len(set(tokens)) == 64
        assert site.flows()[0]["registrations"] == 64
        gateway.cseq += 1
        gateway.send(gateway.request("REGISTER", "sip:edge.test",
                                     to="<sip:p64@edge.test>"))
        assert gateway.next("REGISTER", 480).reason == \
            FULL + "too many registrations already"
        assert gateway.registers(
            site.pbx, aor="sip:p3@edge.test") == tokens[3]
        site.phone().registers(site.pbx)
        assert site.stats()["registrations"] == 65


def test_time_is_up(tmp_path: Path):
    """10 s behind its time a registration counts no more; its phone is still
    reached, until another one needs the room."""
    with start(tmp_path, max_flows=1) as server, \
            Site(server) as site:
        phone = site.phone()
        token = phone.registers(site.pbx, seconds=1)
        wait_for(lambda: not site.flows()[0]["registrations"], 15,
                 "the registration to end")
        assert site.pbx.leads_to(token, phone)
        other = site.phone()
        other.registers(site.pbx)
        assert site.stats()["flows_evicted"] == 1
        assert site.pbx.told(token).startswith("430 ")


# --- what is told of it ------------------------------------------------------

def test_table_and_variables(site: Site):
    """tls_reuse.flows and $tls_reuse(x) of a request to a phone: its account
    and its device, over whatever connection it is there now."""
    old = site.phone(agent="Old/1")
    token = old.registers(site.pbx)
    new = site.phone(old.call_id, agent="New/2")
    new.registers(site.pbx, seconds=300)
    site.drop(old)
    uri = f"sip:alice@{new.here};transport=tls"
    told = site.pbx.told(token)
    assert told.startswith(f"200 to phones {ALICE} New/2 {uri} sip:127.0.0.1:")
    row, = site.flows()
    assert row["peer"] == new.here
    assert 295 <= row.pop("expires_in") <= 300
    assert {name: row[name] for name in row if name not in
            ("id", "peer", "age", "idle")} == {
                "aor": ALICE, "user_agent": "New/2", "registered": 1,
                "registrations": 1, "requests_in": 1, "requests_out": 1}
    assert site.stats()["registrations"] == 1


def test_edge_restarts(tmp_path: Path):
    """The table is lost, the tokens are not: the phone is reached by them
    once it has registered again, also inside a dialog."""
    given = {"flow_key": "0123456789abcdef0123456789abcdef"}
    tokens: list[str] = []
    for _ in range(2):
        with start(tmp_path, **given) as server, \
                Site(server) as site:
            phone = site.phone("the same")
            for uri in tokens:
                assert site.pbx.told(uri).startswith("430 ")
            token = phone.registers(site.pbx)
            for uri in tokens:
                assert site.pbx.leads_to(uri, phone)
            phone.send(phone.request("INVITE", "sip:echo@edge.test"))
            dialog = site.pbx.takes("INVITE").contact_uri
            tokens = tokens or [token, dialog]
            assert token == tokens[0]


def test_the_phone_is_at_another_edge(tmp_path: Path):
    """A token of an edge with the same key goes there over TCP, as it is:
    the edge that has the connection follows it."""
    key = "0123456789abcdef0123456789abcdef"
    token: Optional[str] = None
    for edge in ("127.0.0.9:5060", "127.0.0.8:5060"):
        with start(tmp_path, flow_key=key, edge=f"sip:{edge}") as server, \
                Site(server) as site:
            if token:
                assert site.pbx.told(token) == \
                    f"200 to edge <null> <null> {token} " \
                    "sip:127.0.0.9:5060;transport=tcp"
                assert site.stats()["followed_edge"] == 1
            else:
                token = site.phone().registers(site.pbx)


def test_bad_to(site: Site):
    """A REGISTER for no address of record is refused, not pinned."""
    phone = site.phone()
    phone.send(phone.request("REGISTER", "sip:edge.test",
                             to="<tel:+3222222>"))
    assert phone.next("REGISTER", 480).reason == \
        "rc -2 To has no address of record"
    assert site.pbx.receive(0.1) is None


# --- what a review tried -----------------------------------------------------

@pytest.mark.parametrize("ends", ["seen", "granted"])
def test_a_token_is_no_password(site: Site, ends: str):
    """Who knows another's token and instance asks for it, is refused, and
    shows the token in a REGISTER for himself, with the same Call-ID and CSeq:
    it is wrapped like any URI, and moves nothing."""
    victim = site.phone()
    params = ';+sip.instance="<urn:uuid:1>"'
    token = victim.registers(site.pbx, victim.contact(params))
    thief = site.phone(word())
    thief.refused(site.pbx, thief.asks(site.pbx, thief.contact(params)))
    thief.cseq -= 1
    if ends == "seen":
        got = thief.asks(site.pbx, f"<{token}>", aor=BOB)
        assert got.contact_uri != token
    else:
        thief.registers(site.pbx, f"<{token}>", aor=BOB)
        assert site.pbx.leads_to(token, victim)


def shared(site: Site) -> int:
    return site.server.rpc("core.shmmem")[0]["used"]


def test_what_is_refused_is_not_kept(site: Site):
    """A Contact that is too long costs us nothing."""
    phone = site.phone()
    phone.registers(site.pbx)
    before, count = shared(site), 60
    for number in range(count):
        phone.send(phone.request(
            "REGISTER", "sip:edge.test", call_id=word(), to=f"<{ALICE}>",
            contact=f"<sip:{number}{'a' * 3400}@h>"))
        phone.next("REGISTER", 480)
    assert shared(site) - before < 600 * count


def test_many_bindings_of_one_account(site: Site):
    """The 2xx lists them all: the phone's own counts as ever."""
    phone = site.phone()
    others = "".join(f", <sip:1{number}@10.0.0.{number}>;expires=60"
                     for number in range(40))
    got = phone.asks(site.pbx)
    phone.granted(site.pbx, got,
                  f"{got.header('contact')};expires=60{others}")
    assert site.pbx.leads_to(got.contact_uri, phone)
