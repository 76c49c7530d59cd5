# SPDX-License-Identifier: GPL-2.0-or-later
"""Two edges, one key: a phone is called through whichever the PBX asks."""

import re
import socket
import time
from typing import Iterator

import pytest

from lab import client, net, tokens
from lab.client import Caller, Message, plain_answer
from lab.cluster import FIRST, KINDS, SECOND, Cluster, flow_key
from lab.proc import wait_for

INSIDE = re.compile(rb"10\.99\.[13]\.")
INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-4000-8000-%012x>"'


@pytest.fixture(scope="module", name="cluster_", params=KINDS)
def cluster_(request, laboratories) -> Iterator[Cluster]:
    laboratories.close()
    made = Cluster(request.param)
    try:
        yield made
        found = made.leaks()
        assert not found, "\n".join(map(str, found[:5]))
        assert made.lab.edge.alive() and made.second.edge.alive()
    finally:
        made.close()


@pytest.fixture(name="cluster")
def clean_cluster(cluster_: Cluster) -> Iterator[Cluster]:
    cluster_.wait_sees("A")
    yield cluster_
    cluster_.hang_up()


def heard(phone: Caller, method: str, timeout: float = 3) -> Message:
    """The next request that reaches the phone; nothing of the inside."""
    got = phone.receive(timeout)
    assert got and got.method == method and not got.status, got
    assert not INSIDE.search(got.raw), got.raw.decode()
    return got


def ringing(cluster: Cluster, phone: Caller, uri: str,
            **given: object) -> Message:
    """The PBX calls, by the first edge; what the phone is asked."""
    pbx = cluster.pbx
    pbx.send(pbx.to_phone("INVITE", uri, body=plain_answer(), **given))
    got = heard(phone, "INVITE")
    assert "RTP/SAVP " in got.body and "a=crypto:1 " in got.body
    return got


def answered(cluster: Cluster, phone: Caller, uri: str,
             **given: object) -> tuple[Message, Message]:
    """... and the phone answers: its INVITE, and the PBX's 200."""
    got = ringing(cluster, phone, uri, **given)
    phone.accept(got, extra=f"Contact: <sip:alice@{phone.here};"
                 "transport=tls>\r\n", body=client.offer())
    answer = cluster.pbx.wait(given["call_id"], "INVITE", 200)
    assert "RTP/AVP " in answer.body and "crypto" not in answer.body
    given["to"] = answer.header("to")
    pbx = cluster.pbx
    pbx.send(pbx.to_phone("ACK", answer.contact_uri, **given))
    heard(phone, "ACK")
    return got, answer


def stat(cluster: Cluster, name: str) -> tuple[int, int]:
    return cluster.stat(name), cluster.second.stat(name)


def test_call_through_the_other_edge(cluster):
    """The PBX asks the first edge for a phone of the second: that one does
    the media and the Contacts, the first only carries; the BYE of the PBX
    takes the same way."""
    phone, uri = cluster.at_second()
    assert uri.endswith(f"@{SECOND}")
    relays = cluster.lab.rtpengine, cluster.second.rtpengine
    marks, before = [r.mark() for r in relays], stat(cluster, "pinned")
    given = {"call_id": client.word(), "tag": "pbx"}
    got, answer = answered(cluster, phone, uri, **given)
    # two edges and each counts (RFC 3261 s16.6)
    assert got.header("max-forwards") == "68"
    assert answer.contact_uri.endswith(f"@{SECOND}")
    # the PBX's own Contact came to the second edge as the PBX wrote it
    token = tokens.read(flow_key(cluster.lab), got.contact_uri[4:]
                        .split("@")[0])
    assert token.uri == f"sip:101@{net.PBX}:5060".encode()
    given["to"] = answer.header("to")
    bye = cluster.pbx.to_phone("BYE", answer.contact_uri, cseq=2, **given)
    cluster.pbx.send(bye)
    phone.accept(heard(phone, "BYE"))
    cluster.pbx.wait(given["call_id"], "BYE", 200)
    told = [[word for _, word in relay.commands(mark)]
            for relay, mark in zip(relays, marks)]
    assert told == [[], ["offer", "answer", "delete"]]
    after = stat(cluster, "pinned")
    assert after[0] == before[0] and after[1] > before[1]


def test_bye_of_the_phone(cluster):
    """What the phone sends in that call its own edge takes to the PBX."""
    phone, uri = cluster.at_second()
    given = {"call_id": client.word(), "tag": "pbx"}
    got, answer = answered(cluster, phone, uri, **given)
    phone.send(phone.request(
        "BYE", got.contact_uri, call_id=given["call_id"], to=got.header(
            "from"), sender="sip:alice@edge.test",
        tag=answer.header("to").split("tag=")[1], contact=""))
    bye = cluster.pbx.wait(given["call_id"], "BYE")
    assert bye.uri == f"sip:101@{net.PBX}:5060"
    with cluster.pbx_at():
        cluster.pbx.reply(bye)
    assert phone.answer().status == 200


def test_in_dialog_straight(cluster):
    """A PBX that sends in-dialog requests to where the Contact says reaches
    the second edge itself; the phone sees no difference."""
    phone, uri = cluster.at_second()
    given = {"call_id": client.word(), "tag": "pbx"}
    _, answer = answered(cluster, phone, uri, **given)
    given["to"] = answer.header("to")
    with cluster.pbx_at():
        cluster.pbx.send(cluster.pbx.to_phone(
            "INFO", answer.contact_uri, cseq=2, **given))
        phone.accept(heard(phone, "INFO"))
        cluster.pbx.wait(given["call_id"], "INFO", 200)
    bye = cluster.pbx.to_phone("BYE", answer.contact_uri, cseq=3, **given)
    cluster.pbx.send(bye)
    phone.accept(heard(phone, "BYE"))
    cluster.pbx.wait(given["call_id"], "BYE", 200)


def test_cancel(cluster):
    """A CANCEL takes the way of its INVITE and shows the phone no more of
    the inside; the 487 comes back."""
    phone, uri = cluster.at_second()
    pbx, call_id = cluster.pbx, client.word()
    via = f"SIP/2.0/UDP {pbx.here};branch=z9hG4bK{client.word()};rport"
    given = {"call_id": call_id, "tag": "pbx", "via": via}
    invite = ringing(cluster, phone, uri, **given)
    phone.send(client.reply_to(invite, "180 Ringing"))
    pbx.wait(call_id, "INVITE", 180)
    pbx.send(pbx.to_phone("CANCEL", uri, contact="", **given))
    cancel = heard(phone, "CANCEL")
    assert cancel.uri == invite.uri
    # RFC 3261 s9.2: by the branch of the INVITE it is found
    branch = re.compile(r"branch=([^;]+)")
    assert branch.search(cancel.header("via"))[1] == \
        branch.search(invite.header("via"))[1]
    phone.accept(cancel)
    pbx.wait(call_id, "CANCEL", 200)
    phone.accept(invite, "487 Request Terminated")
    pbx.wait(call_id, "INVITE", 487)


def test_body_of_the_inside(cluster):
    """An address of the PBX in a body that is no SDP: the second edge knows
    whose it is, though it was the first that asked it."""
    phone, uri = cluster.at_second()
    pbx = cluster.pbx
    pbx.send(pbx.to_phone("NOTIFY", uri, kind="text/plain",
                          extra="Event: message-summary\r\n",
                          body=f"Message-Account: sip:9@{pbx.here}\r\n"))
    got = heard(phone, "NOTIFY")
    assert got.body == "Message-Account: sip:9@edge.test\r\n"
    phone.accept(got)


def test_moved_phone(cluster):
    """A phone that registers at the first edge instead of the second gets a
    binding there.  At the old one, which a registrar without outbound
    keeps, it is not found any more: 430."""
    contact = f"<sip:alice@192.0.2.1;transport=tls>;{INSTANCE % 1};reg-id=1"
    phone, old = cluster.at_second(contact=contact)
    phone.close()
    moved = cluster.caller()
    new = cluster.pbx.register(moved, contact=contact)
    assert old.endswith(f"@{SECOND}") and new.endswith(f"@{FIRST}")
    pbx = cluster.pbx
    wait_for(lambda: pbx.ask(pbx.to_phone("MESSAGE", old)).status == 430, 3,
             "the second edge to know that the phone has gone")
    pbx.send(pbx.to_phone("MESSAGE", new))
    moved.accept(heard(moved, "MESSAGE"))
    # and by the other edge
    with cluster.pbx_at():
        pbx.send(pbx.to_phone("MESSAGE", new))
        moved.accept(heard(moved, "MESSAGE"))


def test_edge_killed(cluster):
    """An edge that crashes is known to be down at once.  When it is back and
    the phone has registered again the PBX reaches it, by the URI that it has
    already."""
    contact = f"<sip:alice@192.0.2.1;transport=tls>;{INSTANCE % 2};reg-id=1"
    phone, uri = cluster.at_second(contact=contact)
    pbx, call_id = cluster.pbx, client.word()
    cluster.second.edge.kill()
    begin = time.monotonic()
    text = pbx.to_phone("INVITE", uri, body=plain_answer(), call_id=call_id)
    # as a PBX does over UDP; one that left before the news is lost
    wait_for(lambda: pbx.send(text) or pbx.about(call_id), 1, "an answer")
    took = time.monotonic() - begin
    got = pbx.about(call_id)[-1]
    assert got.status == 430 and SECOND in got.reason, got.start
    assert took < 1
    cluster.second.edge.start()
    phone.close()
    phone, again = cluster.at_second(contact=contact)
    assert again == uri
    # it has said itself that it is back
    pbx.send(pbx.to_phone("MESSAGE", uri))
    phone.accept(heard(phone, "MESSAGE"))


def test_edge_switched_off(cluster):
    """An edge that ends, and its machine with it: its connections have
    closed, and nobody is there to refuse a new one."""
    _, uri = cluster.at_second()
    cluster.second.edge.stop()
    with net.dropping(f"ip saddr {net.SECOND_INNER}"):
        begin = time.monotonic()
        got = cluster.pbx.ask(cluster.pbx.to_phone("MESSAGE", uri))
        assert got.status == 430 and time.monotonic() - begin < 0.5
    cluster.second.edge.start()


def test_edge_back_after_long(cluster):
    """The same when the probes have found it dead before."""
    cluster.second.edge.kill()
    cluster.wait_sees("I")
    cluster.second.edge.start()
    phone, uri = cluster.at_second()
    cluster.pbx.send(cluster.pbx.to_phone("MESSAGE", uri))
    phone.accept(heard(phone, "MESSAGE"))


def test_edge_not_answering(cluster):
    """An edge that is not reached any more, without a word: until the probes
    have found out requests are lost, then there is a 430 at once; when it is
    reached again so is its phone."""
    phone, uri = cluster.at_second()
    pbx = cluster.pbx
    with net.dropping(f"ip saddr {net.SECOND_INNER}"):
        took = cluster.wait_sees("I")
        assert took < 12
        begin = time.monotonic()
        got = pbx.ask(pbx.to_phone("MESSAGE", uri))
        assert got.status == 430 and time.monotonic() - begin < 0.5
    cluster.wait_sees("A", 30)
    pbx.send(pbx.to_phone("MESSAGE", uri))
    phone.accept(heard(phone, "MESSAGE"))


# --- what is refused ---------------------------------------------------------

def made_token(cluster: Cluster, ip: str, port: int = 5060) -> str:
    """A phone's token as only one of the edges makes it."""
    return tokens.make(flow_key(cluster.lab), tokens.Token(
        tokens.PHONE, tokens.address(ip, port), b"\0\0\0\1\0\0\0\1",
        b"sip:alice@192.0.2.1"))


@pytest.mark.parametrize("ip,port", [
    ("10.99.1.77", 5060), (net.PBX, 5060), (net.SECOND_INNER, 5070),
    (net.EDGE_INNER, 5070), ("192.0.2.1", 5071), ("127.0.0.1", 2223)])
def test_to_no_edge_of_ours(cluster, ip, port):
    """A token that our key sealed, of an address that EDGE_CLUSTER does not
    name: 430, and nothing is sent there."""
    capture = cluster.lab.capture("inner", f"none-{ip}-{port}",
                                  f"tcp and dst host {ip} and port {port}")
    got = cluster.pbx.ask(cluster.pbx.to_phone(
        "MESSAGE", f"sip:{made_token(cluster, ip, port)}@{FIRST}"))
    assert got.status == 430
    assert f"No Edge {ip}:{port} In EDGE_CLUSTER" in got.reason
    assert not list(capture.packets())
    capture.stop()


def test_forged(cluster):
    """An altered token of the other edge: 403, by the first edge already."""
    _, uri = cluster.at_second()
    at = uri.index("@") - 3
    broken = uri[:at] + ("A" if uri[at] != "A" else "B") + uri[at + 1:]
    before = cluster.stat("forged")
    got = cluster.pbx.ask(cluster.pbx.to_phone("MESSAGE", broken))
    assert got.status == 403 and cluster.stat("forged") == before + 1


def test_presented_by_a_phone(cluster):
    """A phone of one edge has no use for the token of a phone of another."""
    victim, uri = cluster.at_second()
    other = cluster.caller()
    for host in (SECOND, FIRST, f"{net.EDGE_OUTER}:5061"):
        got = other.ask(other.request(
            "MESSAGE", f"{uri.split('@')[0]}@{host}"))
        assert got.status == 403
    assert victim.receive(0.3) is None


class Inside(client.Talker):
    """Somebody inside who talks to the second edge over TCP."""

    def __init__(self, address: str):
        sock = socket.create_connection((net.SECOND_INNER, 5060), 3,
                                        (address, 0))
        super().__init__(sock, "TCP")

    def ask(self, uri: str) -> Message:
        self.send(self.request("MESSAGE", uri, contact=""))
        got = self.receive()
        assert got
        return got


def test_loop_ends(cluster):
    """What comes from an edge is for a phone that is here.  A token of a
    third edge, or of the one that asks, goes no further: 482."""
    with Inside(net.EDGE_INNER) as edge:
        for ip in ("10.99.1.77", net.EDGE_INNER):
            got = edge.ask(f"sip:{made_token(cluster, ip)}@{SECOND}")
            assert got.status == 482
        assert edge.ask(f"sip:101@{SECOND}").status == 404


def test_nobody_else_inside(cluster):
    """From any other address inside there is no answer at all."""
    net.ip(f"addr replace 10.99.1.39/24 dev {net.INNER_DEV}")
    phone, uri = cluster.at_second()
    with Inside("10.99.1.39") as nobody:
        nobody.send(nobody.request("MESSAGE", uri, contact=""))
        cluster.second.edge.wait_log("MESSAGE from tcp:10.99.1.39:.* dropped")
        assert nobody.receive(0.3) is None
    assert phone.receive(0.3) is None


def test_hops_end(cluster):
    """Each edge counts: with one hop left the second has none."""
    _, uri = cluster.at_second()
    pbx = cluster.pbx
    assert pbx.ask(pbx.to_phone("MESSAGE", uri, hops=0)).status == 483
    assert pbx.ask(pbx.to_phone("MESSAGE", uri, hops=1)).status == 483


def test_key_is_new(cluster):
    """The edge that made the key says that the others need it, too."""
    says = "EDGE_FLOW_KEY: .*flow.key is new: copy it to the other edges"
    assert re.search(says, cluster.second.edge.log.read_text())
    assert not re.search(says, cluster.lab.edge.log.read_text())
