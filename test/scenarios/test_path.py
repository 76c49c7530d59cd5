# SPDX-License-Identifier: GPL-2.0-or-later
"""What the edge adds to a registration when the PBX supports Path."""

from typing import Iterator

import pytest

from lab import client
from lab.bench import Bench, bench
from lab.client import Caller, Message
from lab.cluster import FIRST
from lab.core import MODES

ASKED = "Supported: path, outbound\r\n"
YES = [(mode, "yes") for mode in MODES]
IDS = (";reg-id=1;+sip.instance="
       '"<urn:uuid:00000000-0000-4000-8000-000000000001>"')


@pytest.fixture(scope="module", name="path_")
def path_(request, laboratories) -> Iterator[Bench]:
    laboratories.close()
    mode, supported = request.param
    yield from bench(mode, settings={"EDGE_PBX_OUTBOUND": supported})


@pytest.fixture(name="path")
def clean_path(path_: Bench) -> Iterator[Bench]:
    yield path_
    path_.hang_up()


def with_path(test):
    return pytest.mark.parametrize("path_", YES, indirect=True,
                                   ids="-".join)(test)


def passed(path: Bench, extra: str, **given: object) -> \
        tuple[Caller, Message]:
    """A phone, and its REGISTER as the PBX has it."""
    phone, call_id = path.caller(), client.word()
    phone.send(phone.request(
        "REGISTER", "sip:edge.test", to=f"<{phone.at('alice')}>",
        contact=f"<sip:alice@{phone.here};transport=tls>{IDS}",
        extra=extra, call_id=call_id, **given))
    return phone, path.pbx.wait(call_id)


@with_path
def test_no_outbound_at_the_first_hop(path):
    """439 First Hop Lacks Outbound Support is the phone's business."""
    phone, request = passed(path, ASKED)
    path.pbx.reply(request, "439 First Hop Lacks Outbound Support")
    got = phone.answer()
    assert (got.status, got.reason) == (
        439, "First Hop Lacks Outbound Support")


@with_path
@pytest.mark.parametrize("extra,supported", [
    (ASKED, ["path, outbound"]),
    ("Supported: outbound\r\n", ["outbound", "path"]),
    ("k: gruu\r\nk: path ,outbound\r\n", ["gruu", "path ,outbound"])],
    ids=["as it should", "no path", "compact"])
def test_path_of_the_phone(path, extra, supported):
    """RFC 5626 s5.1-1, s5.1-2, s5.1-4, s5.1-5: a phone that brings a Path of
    its own: only ours is there.  One that did not say so supports Path as
    well."""
    _, request = passed(path, extra + "Path: <sip:192.0.2.66;lr;ob>\r\n")
    token = request.contact_uri[4:].split("@")[0]
    assert request.all("path") == [f"<sip:{token}@{FIRST};lr;ob>"]
    assert [value for name, value in request.headers
            if name in ("supported", "k")] == supported


@with_path
@pytest.mark.parametrize("extra", [
    "", "Supported: gruu, path\r\n", "Supported: outbound-x, x-outbound\r\n"],
    ids=["nothing", "gruu", "alike"])
def test_no_path(path, extra):
    """Who does not ask for outbound gets no Path."""
    _, request = passed(path, extra)
    assert not request.all("path")


@with_path
def test_behind_another_proxy(path):
    """RFC 5626 s5.1-6: only the first hop says ;ob."""
    via = ("SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKone, SIP/2.0/UDP "
           "192.0.2.2;branch=z9hG4bKtwo")
    _, request = passed(path, ASKED, via=via)
    assert not request.all("path")


@with_path
def test_flow_timer(path):
    """RFC 5626 s5.4-3: with Require: outbound in the 2xx, and only then; it
    replaces the registrar's."""
    for require, status, want in (
            ("Require: outbound\r\nFlow-Timer: 25\r\n", "200 OK", ["90"]),
            ("Require: gruu, outbound\r\n", "200 OK", ["90"]),
            ("Require: gruu\r\n", "200 OK", []),
            ("Require: outbound\r\n", "423 Interval Too Brief", [])):
        phone, request = passed(path, ASKED)
        path.pbx.reply(request, status, extra=f"{require}Path: "
                       f"{request.header('path')}\r\nContact: "
                       f"{request.header('contact')};expires=60\r\n")
        got = phone.answer()
        assert got.all("flow-timer") == want and not got.all("path")
        path.hang_up()


@pytest.mark.parametrize("path_", [("stateless", "no"), ("tm", "no")],
                         indirect=True, ids="-".join)
def test_nothing_without_it(path):
    """EDGE_PBX_OUTBOUND=no: what the phone says of outbound passes as it
    is, with no Path, and what the PBX answers, too."""
    phone, request = passed(path, ASKED)
    assert not request.all("path")
    assert request.all("supported") == ["path, outbound"]
    assert "reg-id=1" in request.header("contact")
    path.pbx.reply(request, extra="Require: outbound\r\nContact: "
                   f"{request.header('contact')};expires=60\r\n")
    got = phone.answer()
    assert got.header("require") == "outbound"
    assert not got.all("flow-timer")
