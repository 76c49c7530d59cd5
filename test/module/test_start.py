# SPDX-License-Identifier: GPL-2.0-or-later
"""A start with a broken configuration fails, says why, and before it
listens; a reload of something broken leaves what works.

Started as an operator starts it: tools/edge-start with an env file.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Optional

import pytest

from lab import certs, net
from lab.binrpc import RpcError
from lab.client import ScriptedPbx
from lab.core import Lab
from lab.edge import START
from lab.paths import PROJECT
from lab.proc import Process, wait_for

POLICY = (PROJECT / "cfg" / "sdes-policy.xml").read_text("utf-8")
REQUIRED = (
    "EDGE_DOMAIN EDGE_OUTER EDGE_OUTER_PORT EDGE_INNER EDGE_INNER_PORT "
    "PBX_ADDR PBX_PORT PBX_TRANSPORT EDGE_CERT EDGE_KEY EDGE_CA EDGE_POLICY "
    "EDGE_FLOW_KEY EDGE_RTPENGINE EDGE_RUN").split()


@pytest.fixture(scope="module", name="lab")
def lab_(laboratories):
    """Networks and settings; nothing is started."""
    laboratories.close()
    made = Lab(None, name="start")
    yield made
    made.stop()


@pytest.fixture(name="where")
def where_(lab, tmp_path):
    """An env file of good settings, to be spoilt, and its directory."""
    lab.edge.settings["EDGE_RUN"] = str(tmp_path)
    lab.edge.settings["EDGE_FLOW_KEY"] = str(tmp_path / "flow.key")
    return tmp_path


class Watch(threading.Thread):
    """Does anything listen at the edge's addresses, at any time?"""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[str, int]] = []
        self._end = threading.Event()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        while not self._end.wait(0.002):
            for place in ((net.EDGE_OUTER, 5061), (net.EDGE_INNER, 5060)):
                with socket.socket() as sock:
                    sock.settimeout(0.2)
                    if sock.connect_ex(place) == 0:
                        self.seen.append(place)


def _start(lab: Lab, spoilt: dict[str, Optional[str]], extra: str = "",
           *options: str) -> tuple[int, str]:
    """Start with other settings (None: without); status and words."""
    settings = {**lab.edge.settings, **spoilt}
    env_file = Path(settings["EDGE_RUN"] or "/tmp") / "edge.env" \
        if settings.get("EDGE_RUN") else lab.where / "edge.env"
    env_file.write_text("".join(
        f"{name}={value}\n" for name, value in settings.items()
        if value is not None) + extra)
    argv = [str(START), *options, str(env_file), "-DD", "-E", "-m", "64"]
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("EDGE_", "PBX_"))}
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, env=env,
                          stderr=subprocess.STDOUT, timeout=10, check=False)
    return done.returncode, done.stdout


def _fails(lab: Lab, spoilt: dict[str, Optional[str]], *words: str,
           extra: str = "") -> str:
    """It ends, with these words, and never listened."""
    with Watch() as watch:
        status, text = _start(lab, spoilt, extra)
    assert status != 0
    assert watch.seen == []
    for word in words:
        assert re.search(word, text), text[-2000:]
    return text


# --- edge.env ---------------------------------------------------------------

@pytest.mark.parametrize("name, value, words", [
    ("EDGE_OUTER_ADVERTIZE", "192.0.2.1", "there is no setting"),
    ("EDGE_DOMAIN", '"edge.test"', "write the bare value"),
    ("PBX_ADDR", "10.99.1.2 # asterisk", "write the bare value"),
    ("EDGE_DOMAIN", "sip:edge.test", "is no domain name"),
    ("EDGE_OUTER_PORT", "70000", "is no port"),
    ("EDGE_OUTER", "203.0.113.9", "is no address of this machine"),
    ("EDGE_OUTER", "0.0.0.0", "one IPv4 address"),
    ("EDGE_INNER", "edge.test", "one IPv4 address"),
    ("EDGE_RTPENGINE", "203.0.113.5:2223", "loopback only"),
    ("EDGE_RTPENGINE", "127.0.0.1", "127.0.0.1:PORT"),
    ("PBX_ADDR", "fd00::9", "only IPv4"),
    ("PBX_ADDR", "10.99.1", "is no address"),
    ("PBX_ADDR", "10.99.1.1", "are the edge's own"),
])
def test_setting_wrong(lab: Lab, where: Path, name: str, value: str,
                       words: str):
    """A value that cannot work is named, with what would."""
    _fails(lab, {name: value}, words)


@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
@pytest.mark.parametrize("name", REQUIRED)
def test_setting_missing(lab: Lab, where: Path, name: str,
                         value: Optional[str]):
    """A setting that is not there is named, with where to read on."""
    _fails(lab, {name: value}, f"{name} is not set: add the line")


@pytest.mark.parametrize("line", [
    "EDGE_DOMAIN edge.test", "export EDGE_DOMAIN=x", "nonsense",
    "edge_domain=x"])
def test_line_of_another_form(lab: Lab, where: Path, line: str):
    """A line that is not NAME=value is shown."""
    _fails(lab, {}, f"'{line}' is not NAME=value", extra=line + "\n")


def test_no_env_file(where: Path):
    """Without its file edge-start says which it cannot read."""
    done = subprocess.run([str(START), str(where / "none")], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2
    assert f"cannot read {where}/none" in done.stderr


@pytest.mark.parametrize("name, value, words", [
    ("EDGE_OUTER_PORT", "sip", "EDGE_OUTER_PORT=sip is no port"),
    ("PBX_PORT", "506000", "PBX_PORT=506000 is no port"),
    ("EDGE_INNER_PORT", "-1", "EDGE_INNER_PORT=-1 is no port"),
    ("PBX_TRANSPORT", "tls", "PBX_TRANSPORT=tls: say udp or tcp")])
def test_value_wrong(lab: Lab, where: Path, name: str, value: str,
                     words: str):
    """A value that cannot be is shown, and what it should be."""
    _fails(lab, {name: value}, words)


# --- peers and old phones ---------------------------------------------------

@pytest.mark.parametrize("name, value, words", [
    ("EDGE_PEERS", "192.0.2.7", "is an address, and no certificate proves"),
    ("EDGE_PEERS", "*.example.org", "no wildcards, name each domain"),
    ("EDGE_PEERS", "peer.test,,other.test", "'' is no domain name"),
    ("EDGE_PEERS", "peer.test;other.test", "is no domain name: names with"),
    ("EDGE_PEERS", "p\u00e9er.test=192.0.2.7", "not ASCII as xn--"),
    ("EDGE_PEERS", "sip:peer.test", "is no domain name"),
    ("EDGE_PEERS", "peer.test,Edge.Test", "edge.test is our own domain"),
    ("EDGE_PEERS", "peer.test,PEER.test", "peer.test is there twice"),
    ("EDGE_PEERS", "peer.test=192.0.2.7:sip", "sip is no port"),
    ("EDGE_PEERS", "peer.test=", "say peer.test=ADDR:PORT"),
    ("EDGE_PEERS", "peer.test=sips:192.0.2.7", "say peer.test=ADDR:PORT"),
    ("EDGE_PEERS", "peer.test=192.0.2.7", "say peer.test=ADDR:PORT, or"),
    ("EDGE_PEERS", "peer.test=sip.peer.test:5061", "say peer.test=ADDR:PORT"),
    ("EDGE_PEERS", "peer.test=10.99.0.1:5061", "is this edge's own address"),
    ("EDGE_CLUSTER", "10.99.3.1", "'10.99.3.1': say ADDR:PORT"),
    ("EDGE_CLUSTER", "10.99.3.1:5060,", "'': say ADDR:PORT"),
    ("EDGE_CLUSTER", "two.edge.test:5060", "say ADDR:PORT, EDGE_INNER and"),
    ("EDGE_CLUSTER", "10.99.3.1:sip", "say ADDR:PORT"),
    ("EDGE_CLUSTER", "10.99.3.1:5060;10.99.3.2:5060", "say ADDR:PORT"),
    ("EDGE_CLUSTER", "10.99.3.1:5060,10.99.1.1:5060", "10.99.1.1:5060 is this"
     " edge's own EDGE_INNER: name the others"),
    ("EDGE_CLUSTER", "10.99.1.2:5062", "has the PBX's address, and nobody"),
    ("EDGE_CLUSTER", "10.99.3.1:5060,10.99.3.1:5062", "10.99.3.1 is there "
     "twice"),
    ("EDGE_PBX_OUTBOUND", "maybe", "EDGE_PBX_OUTBOUND=maybe: say yes or no"),
    ("EDGE_LEGACY", "10.99.0.1", "say ADDR:PORT"),
    ("EDGE_LEGACY", "10.99.0.1:none", "say ADDR:PORT"),
    ("EDGE_LEGACY", "10.99.0.1:5061", "is taken by EDGE_OUTER or EDGE_INNER"),
    ("EDGE_LEGACY", "10.99.1.1:5060", "is taken by EDGE_OUTER or EDGE_INNER"),
    ("EDGE_LEGACY", "203.0.113.9:5071", "is no address of this machine"),
    ("EDGE_LEGACY", "edge.test:5071", "one IPv4 address"),
    ("EDGE_LEGACY", "10.99.0.1:5071", "has no RSA key.*edge-cert server"),
])
def test_optional_setting_wrong(lab: Lab, where: Path, name: str, value: str,
                                words: str):
    """A peer or a listener for old phones that cannot be, and why."""
    _fails(lab, {name: value}, words)


PEERS = "peer.test=10.99.0.201:5061"


def test_peer_ca_wrong(lab: Lab, where: Path):
    """Peers' CAs that are not there, or are none."""
    _fails(lab, {"EDGE_PEERS": PEERS, "EDGE_PEER_CA": str(where / "none")},
           f"EDGE_PEER_CA: cannot read '{where}/none'")
    path = where / "ca.pem"
    path.write_text("nonsense\n")
    _fails(lab, {"EDGE_PEERS": PEERS, "EDGE_PEER_CA": str(path)},
           f"EDGE_PEER_CA: {path} holds no PEM certificate: name the file")
    leaf = certs.client("peer.test").cert
    _fails(lab, {"EDGE_PEERS": PEERS, "EDGE_PEER_CA": str(leaf)},
           f"EDGE_PEER_CA: {leaf} holds no CA's certificate")
    path.write_bytes(leaf.read_bytes() + lab.pair.ca.read_bytes())
    status, text = _start(lab, {"EDGE_PEERS": PEERS,
                                "EDGE_PEER_CA": str(path)}, "", "-c")
    assert status == 0, text


def test_legacy_pair_wrong(lab: Lab, where: Path):
    """The old phones' certificate has a key of its own."""
    pair = certs.server("edge.test", "--rsa", out="edge-rsa")
    _fails(lab, {"EDGE_LEGACY": "10.99.0.1:5071",
                 "EDGE_LEGACY_CERT": str(pair.cert)},
           f"EDGE_LEGACY_KEY: {lab.pair.key} is not the key of {pair.cert}")


def test_name_that_peers_need(lab: Lab, where: Path):
    """A certificate that is not for our domain is a warning with phones
    only, and an error with peers, who would not believe us; so is one that
    is not for the name that we advertise (RFC 5922 s6-1)."""
    pair = certs.server("other.test")
    spoilt = {"EDGE_CERT": str(pair.cert), "EDGE_KEY": str(pair.key)}
    status, text = _start(lab, spoilt, "", "-c")
    assert status == 0 and "warning: EDGE_CERT" in text
    _fails(lab, {**spoilt, "EDGE_PEERS": PEERS},
           "is not for edge.test .*: no peer will take us for it")
    _fails(lab, {"EDGE_OUTER_ADVERTISE": "sbc.edge.test",
                 "EDGE_PEERS": PEERS}, "is not for sbc.edge.test ")


def test_policy_without_peers(lab: Lab, where: Path):
    """A policy from before there were peers says nothing of them."""
    path = where / "policy.xml"
    path.write_text(re.sub(r"<side name=.peers.*", "", POLICY))
    _fails(lab, {"EDGE_POLICY": str(path), "EDGE_PEERS": PEERS},
           "has no side for EDGE_PEERS: put the line")
    status, text = _start(lab, {"EDGE_POLICY": str(path)}, "", "-c")
    assert status == 0, text


@pytest.mark.parametrize("what, value", [
    ("peers", {"EDGE_PEERS": PEERS}),
    ("legacy", {"EDGE_LEGACY": "10.99.0.1:5071"})])
def test_older_tls_cfg(lab: Lab, where: Path, what: str,
                       value: dict[str, str]):
    """An operator's own tls.cfg, kept from an earlier version, has no
    lines for what he now asks for."""
    shutil.copytree(PROJECT / "cfg", where / "cfg")
    path = where / "cfg" / "tls.cfg"
    path.write_text(re.sub(rf"(?m)^#{what}.*\n", "", path.read_text()))
    _fails(lab, {**value, "EDGE_CFG_DIR": str(where / "cfg")},
           rf"tls.cfg has no lines that begin with #{what}: it is from an "
           "older version")


def test_check_with_everything(lab: Lab, where: Path):
    """The control: all optional settings together, checked by Kamailio,
    too; of the old phones' listener it warns each time."""
    pair = certs.server("edge.test", "--rsa", out="edge-rsa")
    status, text = _start(lab, {
        "EDGE_PEERS": PEERS + ",other.test=192.0.2.7:5062,third.test",
        "EDGE_PEER_CA": str(lab.pair.ca), "EDGE_LEGACY": "10.99.0.1:5071",
        "EDGE_LEGACY_CERT": str(pair.cert),
        "EDGE_LEGACY_KEY": str(pair.key),
        "EDGE_CLUSTER": "10.99.3.1:5060,10.99.3.2:5062",
        "EDGE_PBX_OUTBOUND": "yes"}, "", "-c")
    assert status == 0, text[-2000:]
    assert "warning: EDGE_LEGACY: at 10.99.0.1:5071 phones may use TLS 1.0" \
        in text
    assert re.findall(r"warning: EDGE_PEERS: DNS has no address of (\S+) ",
                      text) == ["third.test"]


def test_no_dns_for_what_is_refused(lab: Lab, where: Path):
    """Nobody looks up, nor warns of, a name that is refused anyway."""
    status, text = _start(lab, {"EDGE_PEERS": "*.peer.test,edge.test,third"
                                ".test"}, "", "-c")
    assert status == 1
    assert re.findall(r"DNS has no address of (\S+) ", text) == ["third.test"]


def _own_tls_cfg(where: Path, line: str) -> dict[str, Optional[str]]:
    """An operator's own tls.cfg: this line more, for connections we open."""
    shutil.copytree(PROJECT / "cfg", where / "cfg", dirs_exist_ok=True)
    path = where / "cfg" / "tls.cfg"
    path.write_text((PROJECT / "cfg" / "tls.cfg").read_text("utf-8").replace(
        "[client:default]\n", f"[client:default]\n{line}\n"))
    return {"EDGE_CFG_DIR": str(where / "cfg")}


@pytest.mark.parametrize("what", [
    "crl", "ca_list", "ca_path", "certificate", "private_key"])
def test_file_that_tls_cfg_names(lab: Lab, where: Path, what: str):
    """A file that a line of tls.cfg names and that is not there; a comment
    names none."""
    spoilt = _own_tls_cfg(where, f'#{what} = /none\n{what} = "{where}/no" # x')
    text = _fails(lab, spoilt, f"tls.cfg: {what}: cannot read '{where}/no':")
    assert "/none" not in text and not (where / "tls.cfg").exists()
    (where / "no").touch()
    text = _start(lab, {**spoilt, "EDGE_PEERS": PEERS}, "", "-c")[1]
    assert "edge-start:" not in text


# --- certificates -----------------------------------------------------------

@pytest.mark.parametrize("name", ["EDGE_CERT", "EDGE_KEY", "EDGE_CA"])
def test_certificate_missing(lab: Lab, where: Path, name: str):
    """A file that is not there is named, and how to make one."""
    _fails(lab, {name: str(where / "none.pem")},
           f"{name}: cannot read '{where}/none.pem'", "edge-cert")


def test_certificate_expired(lab: Lab, where: Path):
    """An expired certificate: which, since when, what to do."""
    pair = certs.server("edge.test", "--expired", out="expired")
    _fails(lab, {"EDGE_CERT": str(pair.cert), "EDGE_KEY": str(pair.key)},
           f"EDGE_CERT: {pair.cert} expired, notAfter=.*: renew it")


def test_certificate_to_come(lab: Lab, where: Path):
    """One that is not valid yet: since when it is, and the clock."""
    pair = certs.server("edge.test", "--not-yet", out="not-yet")
    _fails(lab, {"EDGE_CERT": str(pair.cert), "EDGE_KEY": str(pair.key)},
           f"EDGE_CERT: {pair.cert} is not valid yet, notBefore=.*2090 GMT")


def test_certificate_is_none(lab: Lab, where: Path):
    """A file that holds no certificate."""
    path = where / "cert.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n"
                    "-----END CERTIFICATE-----\n")
    _fails(lab, {"EDGE_CERT": str(path)}, f"{path} holds no PEM certificate")


@pytest.mark.parametrize("kind", ["another's", "not a key"])
def test_key_of_another(lab: Lab, where: Path, kind: str):
    """A key that does not belong to the certificate."""
    key = certs.client("stranger@edge.test").key
    if kind == "not a key":
        key = where / "key.pem"
        key.write_text("nonsense\n")
    _fails(lab, {"EDGE_KEY": str(key)},
           f"EDGE_KEY: {key} is not the key of {lab.pair.cert}")


# --- the flow key -----------------------------------------------------------

@pytest.mark.parametrize("text, mode, words", [
    ("brief\n", 0o600, "line 1: the key has fewer than 16 octets"),
    ("", 0o600, "there is no key in it"),
    ("0123456789abcdef" * 4, 0o604, "everybody may read or write"),
    ("0123456789abcdef" * 4, 0o602, "everybody may read or write"),
    ("x" * 5000, 0o600, "is over 4096 octets")],
    ids=["short", "empty", "readable", "writable", "too long"])
def test_flow_key(lab: Lab, where: Path, text: str, mode: int, words: str):
    """A bad flow key: what is wrong with it and what to do; its text is
    not shown."""
    path = where / "bad.key"
    path.write_text(text)
    path.chmod(mode)
    said = _fails(lab, {"EDGE_FLOW_KEY": str(path)}, words)
    assert not text.strip() or text.strip() not in said


def test_flow_key_cannot_be_made(lab: Lab, where: Path):
    """The place for the flow key is not there: named."""
    path = where / "none" / "flow.key"
    _fails(lab, {"EDGE_FLOW_KEY": str(path)},
           f"EDGE_FLOW_KEY: cannot write '{path}'")


# --- the policy -------------------------------------------------------------

BAD_POLICIES = {
    # what: (text, where in it, words)
    "empty": ("", r"", ""),
    "no XML": ("suites = all\n", r":1:\d+", ""),
    "torn": (POLICY[:POLICY.index("</suites>")], r":\d+:\d+", ""),
    "unknown element": (POLICY.replace(
        "<suites order=", "<magic/>\n  <suites order="),
        r":\d+:\d+", "no place here"),
    "unknown suite": (POLICY.replace(
        '"AEAD_AES_256_GCM"', '"ROT_13"'), r":\d+:\d+", "expected"),
    "unknown value": (POLICY.replace(
        'srtp="require"', 'srtp="perhaps"'), r":\d+:\d+", "expected"),
    "an entity": ('<!DOCTYPE x [<!ENTITY a "b">]>\n' + POLICY, r"", ""),
    "a side that is none": (POLICY.replace(
        'to="pbx"', 'to="moon"'), r":\d+:\d+", "names no side"),
}


@pytest.mark.parametrize("case", BAD_POLICIES, ids=lambda name: name)
def test_policy_bad(lab: Lab, where: Path, case: str):
    """A policy that is not one: its file, the line and column, and what
    was expected."""
    text, place, words = BAD_POLICIES[case]
    path = where / "policy.xml"
    path.write_text(text)
    _fails(lab, {"EDGE_POLICY": str(path)}, re.escape(str(path)) + place,
           words)


def test_policy_missing(lab: Lab, where: Path):
    """No policy file: its name, and what to copy there."""
    path = where / "none.xml"
    _fails(lab, {"EDGE_POLICY": str(path)},
           f"EDGE_POLICY: cannot read '{path}': copy cfg/sdes-policy.xml")


def test_policy_of_100_mb(lab: Lab, where: Path):
    """A huge policy file is not even read."""
    path = where / "policy.xml"
    with open(path, "wb") as file:
        file.truncate(100 * 2**20)
    _fails(lab, {"EDGE_POLICY": str(path)},
           re.escape(f"{path}: too large; expected a policy file of at most "
                     "1 MiB"))


@pytest.mark.parametrize("kind", ["directory", "FIFO", "device"])
def test_policy_is_no_file(lab: Lab, where: Path, kind: str):
    """What is no regular file does not hang the start."""
    path = where / "policy.xml"
    if kind == "directory":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    else:
        path = Path("/dev/zero")
    _fails(lab, {"EDGE_POLICY": str(path)},
           re.escape(f"{path}: not a regular file"))


# --- what is good -----------------------------------------------------------

def test_check_only(lab: Lab, where: Path):
    """The control: the same settings, nothing spoilt, pass edge-start -c,
    which does not listen either."""
    with Watch() as watch:
        status, text = _start(lab, {}, "", "-c")
    assert status == 0, text[-2000:]
    assert watch.seen == []


def test_several_complaints(lab: Lab, where: Path):
    """All that is wrong is told in one go."""
    _fails(lab, {"EDGE_DOMAIN": None, "PBX_ADDR": None},
           "EDGE_DOMAIN is not set", "PBX_ADDR is not set")


# --- reloads ----------------------------------------------------------------

@pytest.fixture(scope="module", name="running")
def running_(laboratories, tmp_path_factory):
    """An edge that runs with a policy and certificates of its own."""
    laboratories.close()
    where = tmp_path_factory.mktemp("running")
    pair = certs.server("edge.test")
    for name, source in (("cert.pem", pair.cert), ("key.pem", pair.key)):
        (where / name).write_bytes(source.read_bytes())
    (where / "policy.xml").write_text(POLICY)
    made = Lab(None, name="reload", settings={
        "EDGE_CERT": str(where / "cert.pem"),
        "EDGE_KEY": str(where / "key.pem"),
        "EDGE_POLICY": str(where / "policy.xml")})
    pbx = ScriptedPbx()
    try:
        made.start()
        yield made
        assert made.edge.alive()
    finally:
        pbx.close()
        made.stop()


def test_watch(running: Lab):
    """The control of all of the above: what listens would be seen."""
    with Watch() as watch:
        wait_for(lambda: len(set(watch.seen)) == 2, 3, "both addresses")


def _policy(lab: Lab) -> dict[str, object]:
    shown = lab.rpc("sdes_policy.show")[0]
    assert isinstance(shown, dict)
    return {name: value for name, value in shown.items() if name != "age"}


@pytest.mark.parametrize("case", BAD_POLICIES, ids=lambda name: name)
def test_reload_of_a_bad_policy(running: Lab, case: str):
    """The reload is refused with file, line and column, and the old
    policy stays in force."""
    text, place, words = BAD_POLICIES[case]
    path = Path(running.edge.settings["EDGE_POLICY"])
    before = _policy(running)
    path.write_text(text)
    try:
        with pytest.raises(RpcError) as refused:
            running.rpc("sdes_policy.reload")
    finally:
        path.write_text(POLICY)
    assert "the old policy stays" in refused.value.reason
    assert re.search(re.escape(str(path)) + place, refused.value.reason)
    assert words in refused.value.reason
    assert _policy(running) == before


def test_reload_of_a_missing_and_a_huge_policy(running: Lab):
    """The same for a file that is gone, or has 100 MB."""
    path = Path(running.edge.settings["EDGE_POLICY"])
    before = _policy(running)
    path.unlink()
    with pytest.raises(RpcError, match="No such file"):
        running.rpc("sdes_policy.reload")
    with open(path, "wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(RpcError, match="too large"):
        running.rpc("sdes_policy.reload")
    path.write_text(POLICY)
    assert _policy(running) == before


def test_reload_of_a_good_policy(running: Lab):
    """The control: a good one is in force at once."""
    path = Path(running.edge.settings["EDGE_POLICY"])
    path.write_text(POLICY.replace('<suites order="offer">',
                                   '<suites order="policy">'))
    running.rpc("sdes_policy.reload")
    assert _policy(running)["suite_order"] == "policy"
    path.write_text(POLICY)
    running.rpc("sdes_policy.reload")
    assert _policy(running)["suite_order"] == "offer"


def _serial(lab: Lab) -> int:
    with lab.tls_socket() as sock:
        shown = sock.getpeercert()
    assert shown
    return int(shown["serialNumber"], 16)


@pytest.mark.parametrize("kind", ["expired", "of another key", "missing"])
def test_reload_of_a_bad_certificate(running: Lab, kind: str):
    """edge-start -r complains, and phones are still shown the old one."""
    cert = Path(running.edge.settings["EDGE_CERT"])
    good, before = cert.read_bytes(), _serial(running)
    if kind == "expired":
        cert.write_bytes(certs.server("edge.test", "--expired",
                                      out="expired").cert.read_bytes())
    elif kind == "of another key":
        cert.write_bytes(certs.client("stranger@edge.test"
                                      ).cert.read_bytes())
    else:
        cert.unlink()
    done = subprocess.run([str(START), "-r", str(running.edge.env_file)],
                          capture_output=True, text=True, check=False)
    cert.write_bytes(good)
    assert done.returncode != 0
    assert "EDGE_CERT" in done.stderr or "EDGE_KEY" in done.stderr
    assert _serial(running) == before


def test_reload_of_a_good_certificate(running: Lab):
    """The control: a renewed one is shown to the next phone."""
    pair = certs.server("edge.test", out="renewed")
    for name, source in (("EDGE_CERT", pair.cert), ("EDGE_KEY", pair.key)):
        Path(running.edge.settings[name]).write_bytes(source.read_bytes())
    before = _serial(running)
    done = subprocess.run([str(START), "-r", str(running.edge.env_file)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _serial(running) == certs.load(pair.cert).serial_number != before


def _reload(lab: Lab, where: Path, line: str) -> tuple[int, str]:
    """edge-start -r with a tls.cfg that has this line more."""
    env_file = where / "other.env"
    env_file.write_text("".join(
        f"{name}={value}\n" for name, value in {
            **lab.edge.settings, **_own_tls_cfg(where, line)}.items()))
    done = subprocess.run([str(START), "-r", str(env_file)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.returncode, done.stdout


def test_reload_that_is_not_taken(running: Lab, tmp_path: Path):
    """What kamcmd says of a reload that failed is passed on, with status 1;
    phones connect as before.  A file that is missing is found earlier."""
    before = _serial(running)
    status, text = _reload(running, tmp_path, "cipher_list = NONSENSE")
    assert status == 1
    assert "error: 500 - " in text
    assert "edge-start: the new TLS configuration was not taken; the old " \
        "one stays; see the log" in text
    assert _serial(running) == before
    status, text = _reload(running, tmp_path, f"crl = {tmp_path}/none.pem")
    assert status == 1
    assert f"tls.cfg: crl: cannot read '{tmp_path}/none.pem'" in text
    assert _reload(running, tmp_path, "# nothing")[0] == 0


# --- a second start ---------------------------------------------------------

def _files(where: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in where.iterdir() if path.name != "kamailio.log"}


@pytest.mark.parametrize("pid_file", ["as it is", "elsewhere"])
def test_start_while_it_runs(running: Lab, pid_file: str):
    """A second start says that there is one, which goes on as it was, also
    when the service's -P put the pid file elsewhere."""
    own = running.edge.run_dir / "kamailio.pid"
    pid = own.read_text("ascii").strip()
    if pid_file == "elsewhere":
        own.unlink()
    before = _files(running.edge.run_dir)
    done = subprocess.run([str(START), str(running.edge.env_file), "-DD"],
                          capture_output=True, text=True, check=False,
                          timeout=10)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"edge-start: the edge is running (pid {pid}): systemctl restart "
        "kamailio, or edge-start -r ")
    assert _files(running.edge.run_dir) == before
    own.write_text(pid + "\n")
    assert running.rpc("core.version")


def test_start_after_a_crash(running: Lab):
    """A crash leaves pid file and sockets, and the pid may be another
    program's by now: the next start does not mind."""
    running.edge.kill()
    assert (running.edge.run_dir / "kamailio_ctl").exists()
    (running.edge.run_dir / "kamailio.pid").write_text(f"{os.getpid()}\n")
    process = Process("kamailio", running.edge.command(),
                      running.edge.where / "crashed.log")
    try:
        running.edge.wait_rpc("core.version")
        assert process.alive()
    finally:
        process.stop()
        running.edge.start()
