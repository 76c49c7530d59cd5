# SPDX-License-Identifier: GPL-2.0-or-later
"""Which certificates end soon, and who is told? Our own, from files, and
peers', as they show them."""

import datetime
import os
import re
import socket
import ssl
from pathlib import Path
from typing import Any, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab import certs
from lab.proc import LabError, run, wait_for

from small import ROUTES, TLS, Small

ROUTE = """
loadmodule "xlog.so"
event_route[cert_match:expiry] {
    xlog("L_NOTICE", "TOLD $cert_match(event_owner) $cert_match(event_file) "
         "$cert_match(event_names) $cert_match(event_days_left) "
         "$cert_match(event_fingerprint)\\n");
}
"""
KEY = ec.generate_private_key(ec.SECP256R1())


def start(where: Path, *watched: object, routes: str = ROUTES + ROUTE,
          **params: Any) -> Small:
    """A Kamailio that watches these paths."""
    config = params.pop("tls_config", "")
    lines = [("cert_match", "watch", str(path)) for path in watched]
    lines += [("cert_match", name, value) for name, value in params.items()]
    return Small("cert_match", where, routes, params=lines,
                 tls_config=config)


def rows(kamailio: Small, *words: Any) -> list[dict]:
    return kamailio.rpc("cert_match.expiry", *words)


def stat(kamailio: Small, name: str) -> int:
    """As the module says it and as the core does: both are the same."""
    before = kamailio.rpc("cert_match.stats")[0][name]
    group = kamailio.rpc("cnt.grp_get_all", "cert_match")[0]
    value = kamailio.rpc("cert_match.stats")[0][name]
    assert int(group[name]) in (before, value), name
    return value


def lines(kamailio: Small, pattern: str) -> list[str]:
    return re.findall(f"^.*{pattern}.*$", kamailio.text(), re.M)


def fingerprint(cert: Path) -> str:
    """As openssl says it."""
    text = run(["openssl", "x509", "-in", str(cert), "-noout",
                "-fingerprint", "-sha256"])
    return text.strip().split("=")[1]


def end(cert: Path) -> str:
    return certs.load(cert).not_valid_after.isoformat() + "Z"


def ending(days: int, name: str, ca: bool = False) -> bytes:
    """A certificate with so many whole days left, and half a day more, so
    that no test waits for midnight.  A CA has a CN and no other name."""
    now = datetime.datetime.utcnow()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(
        issuer_name=subject, subject_name=subject, public_key=KEY.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=500),
        not_valid_after=now + datetime.timedelta(days=days, hours=12))
    if not ca:
        made = made.add_extension(x509.SubjectAlternativeName(
            [x509.DNSName(name)]), critical=False)
    return made.sign(KEY, hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM)


def key_text() -> bytes:
    return KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())


# --- our own -----------------------------------------------------------------

@pytest.fixture(scope="module", name="directory")
def directory_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of all ages, and what else lies in such a directory."""
    made = tmp_path_factory.mktemp("made")
    for name, days in (("old", -3), ("soon", 4), ("good", 299)):
        (made / f"{name}.pem").write_bytes(ending(days, f"{name}.test"))
    (made / "ca.pem").write_bytes(ending(3649, "Our CA", ca=True))
    old, soon, good, ca = [(made / f"{name}.pem").read_bytes()
                           for name in ("old", "soon", "good", "ca")]
    where = made / "etc"
    where.mkdir()
    run(["openssl", "x509", "-in", str(made / "old.pem"), "-outform", "DER",
         "-out", str(where / "old.cer")])
    for name, text in (
            ("soon.pem", soon), ("chain.crt", good + ca),
            ("both.pem", key_text() + good), ("key.pem", key_text()),
            ("junk.pem", b"no certificate\n"), ("notes.txt", old),
            ("broken.pem", soon.replace(b"\nM", b"\n*", 1) + soon),
            (".hidden.pem", ending(1, "hidden.test"))):
        (where / name).write_bytes(text)
    os.mkfifo(where / "fifo.pem")
    (where / "below.pem").mkdir()
    (where / "below.pem" / "deep.pem").write_bytes(ending(1, "deep.test"))
    return where


def told(kamailio: Small, count: int) -> list[str]:
    """What the event route wrote, once it wrote so often."""
    wait_for(lambda: len(lines(kamailio, "TOLD ")) >= count, 5,
             f"{count} events")
    found = [line.split("TOLD ")[1] for line in lines(kamailio, "TOLD ")]
    assert len(found) == count, found
    return found


class TestDirectory:
    """One Kamailio, one directory."""

    @pytest.fixture(scope="class", name="watching")
    def watching_(self, directory: Path,
                  tmp_path_factory: pytest.TempPathFactory
                  ) -> Iterator[Small]:
        with start(tmp_path_factory.mktemp("run"), directory) as kamailio:
            yield kamailio

    def test_own_soonest_first(self, watching, directory):
        """Each certificate of each file once, soonest first."""
        got = rows(watching)
        assert [(row["file"], row["names"], row["days_left"], row["state"])
                for row in got] == [
            (f"{directory}/old.cer", "old.test", -3, "expired"),
            # it stands in two files: the first by name counts
            (f"{directory}/broken.pem", "soon.test", 4, "expires soon"),
            (f"{directory}/both.pem", "good.test", 299, "ok"),
            (f"{directory}/chain.crt", "CN=Our CA", 3649, "ok")]
        assert {row["owner"] for row in got} == {"own"}
        for row, name in zip(got, ("old", "soon", "good", "ca")):
            made = directory.parent / f"{name}.pem"
            assert row["fingerprint"] == fingerprint(made)
            assert row["not_after"] == end(made)

    @pytest.mark.parametrize("words, want", [
        ((2,), ["old.test", "soon.test"]),
        ((2, 1), ["soon.test", "good.test"]),
        (("2", "3"), ["CN=Our CA"]),
        ((1, 4), []),
        (("soon",), ["soon.test"]),
        (("soon", "expired"), ["old.test", "soon.test"]),
        (("expired", "own", 5), ["old.test"]),
        ((1, "soon", 1), []),
        (("ok", 1, 1), ["CN=Our CA"]),
        (("peer",), []),
    ])
    def test_pages_and_filters(self, words, want, watching):
        assert [row["names"] for row in rows(watching, *words)] == want

    @pytest.mark.parametrize("words", [
        (0,), (10001,), (1, 2, 3), ("old",), (-1,), (1, -1), ("",), ("1x",),
        (99999999999999999999 % 2**31, "99999999999999999999"),
    ])
    def test_what_is_no_page(self, words, watching):
        """Refused, and the fault says how it is used."""
        with pytest.raises(Exception, match="usage: cert_match.expiry"):
            rows(watching, *words)

    def test_own_are_told_of(self, watching, directory):
        """WARN and ERROR, an event each, once; nothing of what is fine."""
        old, soon = directory / "old.cer", directory / "broken.pem"
        made = directory.parent
        assert told(watching, 2) == [
            f"own {old} old.test -3 {fingerprint(made / 'old.pem')}",
            f"own {soon} soon.test 4 {fingerprint(made / 'soon.pem')}"]
        warned = lines(watching, "our certificate .* expires in")
        assert len(warned) == 1 and "WARNING" in warned[0]
        assert f"{soon} (soon.test) expires in 4 days, on " \
            f"{end(made / 'soon.pem')}" in warned[0]
        failed = lines(watching, "our certificate .* has expired")
        assert len(failed) == 1 and "ERROR" in failed[0]
        assert f"{old} (old.test) has expired on {end(made / 'old.pem')}" \
            in failed[0]

    def test_own_are_counted(self, watching):
        assert stat(watching, "certificates_own") == 4
        assert stat(watching, "certificates_peer") == 0
        assert stat(watching, "certificates_expiring") == 1
        assert stat(watching, "certificates_expired") == 1
        assert stat(watching, "certificates_evicted") == 0

    @pytest.mark.parametrize("name, why", [
        ("junk.pem", "holds no certificate"),
        ("key.pem", "holds a private key and no certificate"),
        ("broken.pem", "1 of its certificates cannot be read"),
        ("fifo.pem", "no regular file"),
        ("below.pem", "no regular file"),
    ])
    def test_said_about_files(self, name, why, watching, directory):
        """One line names the file and what is wrong with it."""
        found = lines(watching, re.escape(f"{directory}/{name}: "))
        assert len(found) == 1 and "WARNING" in found[0]
        assert found[0].endswith(why)

    def test_no_key_material(self, watching, directory):
        """Files with private keys were read; nothing of them was written."""
        key = (directory / "key.pem").read_text().splitlines()[1:-1]
        assert key and not any(line in watching.text() for line in key)


# --- a change on disk --------------------------------------------------------

def read_again(kamailio: Small, cert: str) -> None:
    """Wait for a whole reading that begins after now."""
    def seen() -> str:
        return [row["last_seen"] for row in rows(kamailio)
                if row["names"] == cert][0]

    for _ in range(2):
        before = seen()
        wait_for(lambda: seen() > before, 5, "the files to be read again")


def replace(target: Path, text: bytes) -> None:
    """As tools that renew do it."""
    fresh = target.with_suffix(".new")
    fresh.write_bytes(text)
    fresh.rename(target)


def test_renewed(tmp_path):
    """The warning ends with the certificate; what is wrong is said once."""
    file, directory = tmp_path / "edge.pem", tmp_path / "more"
    directory.mkdir()
    file.write_bytes(ending(5, "edge.test"))
    (directory / "a.pem").write_bytes(ending(300, "other.test"))
    with start(tmp_path / "run", file, directory,
               watch_interval=1) as kamailio:
        told(kamailio, 1)
        assert stat(kamailio, "certificates_expiring") == 1

        fresh = ending(90, "edge.test")
        replace(file, fresh)
        wait_for(lambda: stat(kamailio, "certificates_expiring") == 0, 5,
                 "the renewed certificate")
        assert [(row["names"], row["days_left"]) for row in rows(kamailio)] \
            == [("edge.test", 90), ("other.test", 300)]
        assert lines(kamailio, "watched certificates of our own: 2, "
                     "of these 1 new; 1 are gone")

        # one that appears and one that goes
        replace(directory / "b.crt", ending(6, "third.test"))
        wait_for(lambda: len(rows(kamailio)) == 3, 5, "it to be found")
        assert " third.test 6 " in told(kamailio, 2)[1]
        (directory / "b.crt").unlink()
        wait_for(lambda: len(rows(kamailio)) == 2, 5, "it to be gone")

        # a file that is gone is no certificate that was renewed
        file.unlink()
        read_again(kamailio, "other.test")
        assert [row["names"] for row in rows(kamailio)] == \
            ["edge.test", "other.test"]
        read_again(kamailio, "other.test")
        gone = lines(kamailio, f"{file}: ")
        assert len(gone) == 1 and "WARNING" in gone[0]
        assert gone[0].endswith("No such file or directory")

        # it comes back, goes again, and is said again
        replace(file, fresh)
        read_again(kamailio, "edge.test")
        file.unlink()
        wait_for(lambda: len(lines(kamailio, f"{file}: ")) == 2, 5,
                 "the second complaint")
        assert len(lines(kamailio, "TOLD ")) == 2


def test_relative_to_the_configuration(tmp_path):
    """A name without a slash in front is beside kamailio.cfg; slashes at the
    end do not count."""
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "a.pem").write_bytes(
        ending(90, "edge.test"))
    with start(tmp_path, "certs//") as kamailio:
        assert [row["file"] for row in rows(kamailio)] == \
            [f"{tmp_path}/certs/a.pem"]


# --- what is refused at the start --------------------------------------------

def refused(kamailio: Small) -> str:
    """It does not start; its words."""
    with pytest.raises(LabError) as words:
        run(kamailio.command("-DD", "-E"))
    return str(words.value)


@pytest.mark.parametrize("name, text, why", [
    ("missing.pem", None, "No such file or directory"),
    ("empty.pem", "", "holds no certificate"),
    ("junk.pem", "junk\n", "holds no certificate"),
    ("key.pem", "-----BEGIN PRIVATE KEY-----\nMAA=\n"
     "-----END PRIVATE KEY-----\n", "holds a private key and no certificate"),
    ("cut.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n",
     "1 of its certificates cannot be read"),
    ("large.pem", " " * (1024 * 1024 + 1), "larger than 1 MB"),
], ids=lambda value: value and value[:20])
def test_unreadable_at_start(name, text, why, tmp_path):
    """No start without the file that is to be watched; the line names it."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    assert f"modparam watch: {path}: {why}" in refused(
        start(tmp_path / "run", path))


@pytest.mark.parametrize("name, value, why", [
    ("watch", "", "it names no file and no directory"),
    ("watch", "x" * 250, "is longer than 255 octets"),
    ("watch", "a\tb", "or has control characters"),
    ("expiry_warn_days", -1, "it must be 0 to 3650"),
    ("expiry_warn_days", 3651, "it must be 0 to 3650"),
    ("max_certificates", 0, "it must be 1 to 65536"),
    ("max_certificates", 65537, "it must be 1 to 65536"),
    ("watch_interval", 0, "it must be 1 to 86400"),
])
def test_parameters_out_of_bounds(name, value, why, tmp_path):
    words = refused(start(tmp_path, **{name: value}))
    assert f"modparam {name}" in words and why in words


def test_too_many_paths(tmp_path):
    assert "given too often, at most 64 times" in refused(
        start(tmp_path, *[tmp_path / str(n) for n in range(65)]))


def test_more_own_than_there_is_room_for(tmp_path):
    """256 are watched; the others are said to be not, and nothing breaks."""
    (tmp_path / "bundle.pem").write_bytes(
        b"".join(ending(n, f"ca {n}", ca=True) for n in range(100, 400)))
    (tmp_path / "edge.pem").write_bytes(ending(90, "edge.test"))
    with start(tmp_path / "run", tmp_path / "bundle.pem",
               tmp_path / "edge.pem") as kamailio:
        assert stat(kamailio, "certificates_own") == 256
        assert len(lines(kamailio, "bundle.pem: holds 44 certificates more "
                         "than the 256 that are looked at")) == 1
        assert len(lines(kamailio, "edge.pem: there is no room")) == 1
        assert [row["names"] for row in rows(kamailio, 20, 250)] == \
            [f"CN=ca {n}" for n in range(350, 356)]


# --- peers -------------------------------------------------------------------

def server(where: Path, trusted: list[Path]) -> str:
    """These certificates are trusted, and nobody is sent away."""
    pair = certs.server("edge.test")
    ca = where / "trusted.pem"
    ca.write_text("".join(path.read_text() for path in trusted))
    return f"""
[server:default]
method = TLSv1.2+
certificate = {pair.cert}
private_key = {pair.key}
verify_client = optional_no_ca
ca_list = {ca}
"""


def show(pair: Path, source: str) -> None:
    """Connect with this certificate, until the edge has seen it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(pair)
    with socket.create_connection(TLS, 5, (source, 0)) as plain:
        with context.wrap_socket(plain) as tls:
            tls.sendall(b"OPTIONS sip:edge.test SIP/2.0\r\n"
                        b"Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\n"
                        b"From: <sip:a@edge.test>;tag=1\r\n"
                        b"To: <sip:edge.test>\r\nCall-ID: 1\r\n"
                        b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
            assert tls.recv(4096).startswith(b"SIP/2.0 200 ")


def test_peers(tmp_path):
    """Six peers, room for four: the two not seen for the longest are gone,
    our own is not; what nobody vouches for never was there."""
    own = tmp_path / "own.pem"
    own.write_bytes(ending(31, "edge.test"))
    peers = []
    for n, days in enumerate([9, 300, 7, -2, 300, 8]):
        peers.append(tmp_path / f"p{n}.pem")
        peers[n].write_bytes(key_text() + ending(days, f"p{n}.test"))
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(key_text() + ending(-3, "p5.test"))
    with start(tmp_path / "run", own, expiry_warn_days=20,
               max_certificates=4,
               tls_config=server(tmp_path, peers)) as kamailio:
        show(stranger, "127.13.0.77")
        for n in (0, 1, 2, 3):
            show(peers[n], f"127.13.0.{n + 1}")
        # 0 was seen before 1, but is seen again
        show(peers[0], "127.13.0.99")
        show(peers[4], "127.13.0.5")
        show(peers[5], "127.13.0.6")
        got = rows(kamailio, "peer")
        assert [(row["names"], row["peer"], row["direction"], row["times"],
                 row["state"]) for row in got] == [
            ("p3.test", "127.13.0.4", "in", 1, "expired"),
            ("p5.test", "127.13.0.6", "in", 1, "expires soon"),
            ("p0.test", "127.13.0.99", "in", 2, "expires soon"),
            ("p4.test", "127.13.0.5", "in", 1, "ok")]
        assert got[1]["fingerprint"] == fingerprint(peers[5])
        assert got[1]["not_after"] == end(peers[5])
        assert got[2]["first_seen"] <= got[2]["last_seen"]
        assert [row["names"] for row in rows(kamailio)] == [
            "p3.test", "p5.test", "p0.test", "edge.test", "p4.test"]
        for name, want in (("own", 1), ("peer", 4), ("expiring", 2),
                           ("expired", 1), ("evicted", 2)):
            assert stat(kamailio, f"certificates_{name}") == want, name
        _peers_are_told(kamailio)
        # shown once more, the expired one is no news on the same day; the
        # one that was forgotten is, which shows that the next look was taken
        before = len(lines(kamailio, "TOLD .* p2.test "))
        show(peers[3], "127.13.0.4")
        show(peers[2], "127.13.0.3")
        wait_for(lambda: len(lines(kamailio, "TOLD .* p2.test ")) > before,
                 5, "the peer that came back to be told of")
        _peers_are_told(kamailio)


def _peers_are_told(kamailio: Small) -> None:
    """An event for each that ends, once; a line in the log for all."""
    def events() -> dict:
        found = {}
        for line in lines(kamailio, "TOLD peer "):
            words = line.split("TOLD peer ")[1].split()
            found.setdefault(words[1], []).append((words[0], int(words[2])))
        return found

    wait_for(lambda: {"p0.test", "p3.test", "p5.test"} <= events().keys(), 5,
             "the peers' events")
    got = events()
    assert got["p5.test"] == [("127.13.0.6", 8)]
    assert got["p3.test"] == [("127.13.0.4", -2)]
    assert "p1.test" not in got and "p4.test" not in got
    summary = lines(kamailio, "peers' certificates seen: ")
    assert len(summary) == 1 and "WARNING" in summary[0]
    assert not lines(kamailio, "our certificate")
