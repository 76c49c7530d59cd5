# SPDX-License-Identifier: GPL-2.0-or-later
"""The key of tokens changes while phones are registered and calls go on.

A phone over TLS, a PBX over UDP, both played by the test, and a script that
pins and follows. An INFO from the PBX is answered by the script: which process
it was, what tls_reuse_follow() returned, and why.
"""

import re
import socket
import ssl
import time
from pathlib import Path
from typing import Iterator, Optional

import pytest

from lab import binrpc, tokens
from lab.client import Message, Talker, reply_to, word
from lab.paths import PROJECT
from lab.proc import run

from small import TLS, Small

HERE, PBX = ("127.0.0.1", 15060), ("127.0.0.1", 16060)
INSIDE = "pbx.inside"
OLD, NEW = b"the old key of 16+", b"the new key of 16+"
NEWER = b"a newer key of 16+"
ROUTES = """
request_route {
    if(!tls_reuse_pin()) {
        sl_send_reply("400", "$tls_reuse(reason)");
        exit;
    }
    tls_reuse_follow();
    $var(rc) = $rc;
    if($rm == "INFO") {
        sl_send_reply("200", "by $pp $var(rc) $tls_reuse(reason)");
        exit;
    }
    if($var(rc) < -1) {
        sl_send_reply("430", "$tls_reuse(reason)");
        exit;
    }
    if(proto == TLS) $du = "sip:127.0.0.1:16060";
    forward();
    exit;
}
onreply_route { if(!tls_reuse_pin()) drop; }
onsend_route { tls_reuse_onsend(); }
"""


def write(path: Path, *keys: bytes) -> None:
    path.write_bytes(b"".join(key + b"\n" for key in keys))
    path.chmod(0o600)


class Edge(Small):
    """That Kamailio, with its key file."""

    def __init__(self, where: Path, *keys: bytes, params: tuple = (),
                 before: str = ""):
        where.mkdir(parents=True, exist_ok=True)
        self.key_file = where / "flow.key"
        write(self.key_file, *keys)
        super().__init__("tls_reuse", where, ROUTES, before, params=[
            ("tls_reuse", "flow_key", str(self.key_file)),
            ("tls_reuse", "hide_via", 1), ("tls_reuse", "inside", INSIDE),
            *params])

    def rekey(self, *keys: bytes) -> dict:
        write(self.key_file, *keys)
        return self.rpc("tls_reuse.rekey")[0]

    def stat(self, name: str) -> int:
        return self.rpc("tls_reuse.stats")[0][name]


class Ends:
    """A phone and a PBX."""

    def __init__(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(TLS, 5)
        self.phone = Talker(context.wrap_socket(plain), "TLS")
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(PBX)
        self.pbx = Talker(sock, "UDP", HERE)
        self.register_id = word()

    def close(self) -> None:
        self.phone.close()
        self.pbx.close()

    def register(self) -> str:
        """The token that the phone is registered with at the PBX."""
        self.phone.send(self.phone.request(
            "REGISTER", "sip:edge.test", call_id=self.register_id,
            to="<sip:alice@edge.test>"))
        request = heard(self.pbx, "REGISTER")
        self.pbx.send(reply_to(request, "200 OK", "Contact: "
                               f"{request.header('contact')};expires=60\r\n"))
        assert heard(self.phone).status == 200
        return request.contact_uri

    def from_pbx(self, uri: str, call_id: str, method: str = "INVITE",
                 number: int = 1) -> Message:
        """A request for a phone's token; what the phone makes of it."""
        self.pbx.send(self.pbx.request(
            method, uri, call_id=f"{call_id}@{INSIDE}", cseq=number,
            sender="sip:101@pbx.inside"))
        return self.phone.receive()

    def from_phone(self, uri: str, method: str = "OPTIONS") -> Message:
        """... for a PBX's; what the PBX hears."""
        self.phone.send(self.phone.request(method, uri))
        return heard(self.pbx, method)

    def refused(self, uri: str) -> Message:
        """What the PBX is answered who presents this."""
        self.pbx.send(self.pbx.request("MESSAGE", uri))
        return heard(self.pbx)


def heard(who: Talker, method: str = "") -> Message:
    got = who.receive()
    assert got is not None, "silence"
    assert not method or got.start.startswith(method), got.start
    return got


def user_of(uri: str) -> str:
    return uri.split(":", 1)[1].split("@")[0]


def made_with(uri: str) -> bytes:
    return tokens.key_of([OLD, NEW, NEWER], user_of(uri))


@pytest.fixture
def ends() -> Iterator[list[Ends]]:
    """Ends that a test makes once there is an edge, closed behind it."""
    made: list[Ends] = []
    yield made
    for one in made:
        one.close()


def meet(ends: list[Ends]) -> Ends:
    ends.append(Ends())
    return ends[0]


# --- as the manual says --------------------------------------------------

STEPS = [
    # file, key of new tokens, key of Call-IDs: all that was made before holds
    ((OLD, NEW), OLD, OLD),
    ((NEW, OLD), NEW, OLD),
]


def test_change(ends, tmp_path):
    """A registration and calls of the old key's time go on until the old key
    is taken away; then they are gone, and known to be of another key."""
    with Edge(tmp_path, OLD) as edge:
        both = meet(ends)
        phones = both.register()
        assert made_with(phones) == OLD
        call, call_id = both.from_pbx(phones, "one"), "one"
        outside = call.header("call-id")
        assert outside.startswith("tc1-")
        pbxs = call.contact_uri
        assert made_with(pbxs) == OLD
        for number, (keys, making, names) in enumerate(STEPS, 2):
            said = edge.rekey(*keys)
            assert said == {"keys": len(keys),
                            "making": tokens.key_id(making).hex(),
                            "call_ids": tokens.key_id(names).hex()}
            # inside the call, both ways
            got = both.from_pbx(phones, call_id, "BYE", number)
            assert got.header("call-id") == outside
            assert both.from_phone(pbxs).uri.startswith("sip:alice@127.0.0.1")
            # and what is new
            new = both.from_pbx(phones, f"new-{number}", "MESSAGE")
            assert made_with(new.contact_uri) == making
            assert made_with(both.register()) == making
        assert edge.stat("unknown_key") == 0
        assert edge.rekey(NEW)["call_ids"] == tokens.key_id(NEW).hex()
        assert both.refused(phones).start == \
            "SIP/2.0 430 the token was made with another key"
        both.phone.send(both.phone.request("OPTIONS", pbxs))
        assert heard(both.phone).status == 430
        assert edge.stat("unknown_key") == 2
        assert edge.stat("forged") == 0
        # the phone's next REGISTER mends it
        assert both.from_pbx(both.register(), "two").method == "INVITE"


def manual(edge: Edge) -> list[str]:
    """The commands of docs/tls_reuse.md, "Changing the key", for here."""
    text = (PROJECT / "docs" / "tls_reuse.md").read_text()
    text = text.split("## Changing the key\n")[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n)+", text, re.M)
    assert len(blocks) == 5
    return [block.replace("/etc/tls-edge", str(edge.where)).replace(
        "kamcmd", f"kamcmd -s unix:{edge.control}") for block in blocks]


def typed(edge: Edge, block: str) -> tuple[str, ...]:
    """What the operator is answered: keys, making, call_ids."""
    said = run(["sh", "-euc", f"cd {edge.where}\n{block}"])
    assert edge.key_file.stat().st_mode & 0o777 == 0o600
    return tuple(re.findall(r": (\w+)$", said, re.M))


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["no newline", "newline"])
def test_as_the_manual_says(end, tmp_path):
    """What it tells to type does what it says."""
    with Edge(tmp_path, OLD) as edge:
        here, away, add, again, move = manual(edge)
        edge.key_file.write_bytes(OLD + end)
        old = tokens.key_id(OLD).hex()
        keys, new, names = typed(edge, here)
        assert (keys, names) == ("2", old) and new != old
        assert typed(edge, away) == ("1", new, new)
        assert typed(edge, add) == ()
        assert typed(edge, again) == ("2", new, new)
        keys, newer, names = typed(edge, move)
        assert (keys, names) == ("2", new) and newer not in (new, old)
        assert typed(edge, away) == ("1", newer, newer)


def test_a_reply_finds_its_way(ends, tmp_path):
    """What was asked before the change is answered behind it."""
    with Edge(tmp_path, OLD) as edge:
        both = meet(ends)
        phones = both.register()
        both.phone.send(both.phone.request("OPTIONS", "sip:echo@edge.test"))
        asked = heard(both.pbx, "OPTIONS")
        call = both.from_pbx(phones, "one", "MESSAGE")
        assert len(asked.all("via")) == len(call.all("via")) == 1
        edge.rekey(NEW, OLD)
        both.pbx.send(reply_to(asked, "200 OK"))
        assert heard(both.phone).status == 200
        both.phone.send(reply_to(call, "200 OK"))
        assert heard(both.pbx).header("call-id") == f"one@{INSIDE}"
        assert edge.stat("via_forged") == 0


def test_listed_twice(ends, tmp_path):
    """A registrar keeps the binding of the old key until its time has run
    out; the phone recognises one, the one that it has just made."""
    with Edge(tmp_path, OLD) as edge:
        both = meet(ends)
        before = both.register()
        edge.rekey(NEW, OLD)
        both.phone.send(both.phone.request(
            "REGISTER", "sip:edge.test", call_id=both.register_id,
            to="<sip:alice@edge.test>", cseq=2))
        request = heard(both.pbx, "REGISTER")
        now = request.contact_uri
        assert (made_with(before), made_with(now)) == (OLD, NEW)
        both.pbx.send(reply_to(request, "200 OK", (
            f"Contact: <{before}>;expires=30, <{now}>;expires=60\r\n")))
        listed = heard(both.phone).header("contact")
        own = f"<sip:alice@{both.phone.here};transport=tls>"
        assert listed.count(own) == 1 and f"{own};expires=60" in listed
        assert listed.count(tokens.PREFIX) == 1
        for uri in (before, now):
            assert both.from_pbx(uri, word(), "MESSAGE")


def burst(pbx: Talker, uri: str, count: int = 30) -> list[tuple[int, str]]:
    """INFOs all at once: the process, and what it made of the token."""
    for _ in range(count):
        pbx.send(pbx.request("INFO", uri, contact=""))
    found = []
    for _ in range(count):
        words = heard(pbx).reason.split(" ", 2)
        found.append((int(words[1]), words[2]))
    return found


def test_all_processes_at_once(ends, tmp_path):
    """From the RPC's answer on nobody uses the old keys."""
    with Edge(tmp_path, OLD) as edge:
        both = meet(ends)
        phones = both.register()
        for keys, want in [((OLD,), "1 the phone is connected"),
                           ((NEW,), "-2 the token was made with another key"),
                           ((NEW, OLD), "1 the phone is connected"),
                           ((NEWER,), "-2 the token was made with another "
                                      "key")]:
            edge.rekey(*keys)
            asked: set[int] = set()
            end = time.monotonic() + 10
            while len(asked) < 2:
                assert time.monotonic() < end, "only one process was asked"
                for process, said in burst(both.pbx, phones):
                    assert said == want, keys
                    asked.add(process)


# --- files that are refused ----------------------------------------------

BAD_FILES = {
    # what: (text, mode, words)
    "short": (OLD + b"\nnew\n", 0o600,
              "line 2: the key has fewer than 16 octets"),
    "twice": (b"# mine\n" + OLD + b"\n\n" + OLD + b" \n", 0o600,
              "line 4: the same key as in a line before"),
    "five": (b"".join(b"%d: one key of 16\n" % i for i in range(5)), 0o600,
             "line 5: there may be four keys, no more"),
    "binary": (OLD + b"\n" + bytes(range(20)) + b"\n", 0o600,
               "line 2: a control character"),
    "empty": (b"", 0o600, "there is no key in it"),
    "comments": (b"# " + OLD + b"\n", 0o600, "there is no key in it"),
    "for everybody": (NEW + b"\n", 0o644, "everybody may read or write"),
    "too long": (b"x" * 5000, 0o600, "is over 4096 octets"),
    "gone": (None, 0o600, "cannot open"),
}


def _write_bad(path: Path, text: Optional[bytes], mode: int) -> None:
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text)
        path.chmod(mode)


def test_a_bad_file_changes_nothing(ends, tmp_path):
    """It is said what is wrong, and where; no key is shown."""
    with Edge(tmp_path, OLD) as edge:
        both = meet(ends)
        phones = both.register()
        for about, (text, mode, words) in BAD_FILES.items():
            _write_bad(edge.key_file, text, mode)
            with pytest.raises(binrpc.RpcError) as refused:
                edge.rpc("tls_reuse.rekey")
            assert refused.value.code == 500, about
            assert "nothing was changed" in refused.value.reason, about
            assert words in refused.value.reason, (about, refused.value)
            assert both.register() == phones, about
            assert both.from_pbx(phones, word(), "MESSAGE"), about
        for secret in (OLD, NEW):
            assert secret.decode() not in edge.text()


@pytest.mark.parametrize("about", BAD_FILES)
def test_a_bad_file_at_start(about, tmp_path):
    text, mode, words = BAD_FILES[about]
    edge = Edge(tmp_path, OLD)
    _write_bad(edge.key_file, text, mode)
    with pytest.raises(Exception, match=re.escape(words)) as refused:
        with edge:
            pass
    assert OLD.decode() not in str(refused.value)


@pytest.mark.parametrize("value", ["", OLD.decode()],
                         ids=["random", "in the configuration"])
def test_no_file(value, tmp_path):
    """Then there is nothing to read again."""
    with Small("tls_reuse", tmp_path, ROUTES, params=[
            ("tls_reuse", "flow_key", value)]) as edge:
        with pytest.raises(binrpc.RpcError) as refused:
            edge.rpc("tls_reuse.rekey")
    assert refused.value.code == 400
    assert "flow_key is not a file" in refused.value.reason


# --- what is in a token --------------------------------------------------

def hours(ago: float) -> bytes:
    return int(time.time() / 3600 - ago).to_bytes(3, "big")


def test_a_token_in_full(ends, tmp_path):
    """As docs/tls_reuse.md draws it."""
    with Edge(tmp_path, OLD, params=(
            ("tls_reuse", "edge", "[2001:db8::7]:5070"),)) as edge:
        both = meet(ends)
        found = tokens.read(OLD, user_of(both.register()))
        assert found.edge == tokens.address("2001:db8::7", 5070)
        assert found.kind in (tokens.PHONE, tokens.REGISTERED)
        call = both.from_pbx(both.register(), "one")
        theirs = tokens.read(OLD, user_of(call.contact_uri))
        assert theirs.kind == tokens.PBX and theirs.edge == b""
        assert theirs.who in (hours(0), hours(0.1))
        assert theirs.uri == f"sip:alice@{both.pbx.here}".encode()
        assert edge.alive()


AGES = [
    # token_lifetime, hours ago, is it followed?
    (86400, 0, True),
    (86400, 23, True),
    (86400, 26, False),
    (86400, -3, False),
    (0, 9000, True),
    (0, -3, False),
    (3600, 3, False),
]


@pytest.mark.parametrize("lifetime, ago, good", AGES)
def test_a_token_of_the_pbxs_ends(lifetime, ago, good, ends, tmp_path):
    with Edge(tmp_path, OLD, params=(
            ("tls_reuse", "token_lifetime", lifetime),)) as edge:
        both = meet(ends)
        uri = f"sip:echo@127.0.0.1:{PBX[1]}"
        made = tokens.make(OLD, tokens.Token(tokens.PBX, b"", hours(ago),
                                             uri.encode()))
        both.phone.send(both.phone.request("OPTIONS", f"sip:{made}@edge.test"))
        if good:
            assert heard(both.pbx, "OPTIONS").uri == uri
        else:
            assert heard(both.phone).start == \
                "SIP/2.0 430 the token is older than token_lifetime, " \
                "or of the future"
        assert edge.stat("expired") == (not good)
        assert edge.stat("forged") == 0


# --- the parameters ------------------------------------------------------

EDGES = [
    # inner, edge, the address in tokens (None: it does not start)
    ("sip:127.0.0.1:15060", None, tokens.address("127.0.0.1", 15060)),
    ("sip:127.0.0.1", None, tokens.address("127.0.0.1", 5060)),
    ("sip:[::1]:15060;transport=tcp", None, tokens.address("::1", 15060)),
    ("sip:edge.inside:15060", None, b""),
    ("sip:edge.inside:15060", "10.0.0.9", tokens.address("10.0.0.9", 5060)),
    ("sip:127.0.0.1:15060", "sip:10.0.0.9:5070;transport=udp",
     tokens.address("10.0.0.9", 5070)),
    ("sip:127.0.0.1:15060", "edge-2.inside", None),
    ("sip:127.0.0.1:15060", "0.0.0.0", None),
    ("sip:127.0.0.1:15060", "10.0.0.9:x", None),
]


@pytest.mark.parametrize("inner, own, want", EDGES,
                         ids=[f"{row[0]} {row[1]}" for row in EDGES])
def test_own_address(inner, own, want, ends, tmp_path):
    """An IP address or none: tokens name no host that must be looked up."""
    params = [("tls_reuse", "inner", inner)]
    params += [("tls_reuse", "edge", own)] if own else []
    edge = Edge(tmp_path, OLD, params=tuple(params))
    if want is None:
        with pytest.raises(Exception, match=f'edge "{re.escape(own)}"'):
            with edge:
                pass
        return
    with edge:
        both = meet(ends)
        assert tokens.read(OLD, user_of(both.register())).edge == want


def test_no_lifetime(tmp_path):
    with pytest.raises(Exception, match="token_lifetime is -1"):
        with Edge(tmp_path, OLD, params=(
                ("tls_reuse", "token_lifetime", -1),)):
            pass
