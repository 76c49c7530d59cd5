# SPDX-License-Identifier: GPL-2.0-or-later
"""Each module by itself: check, start, every RPC, KEMI, stop."""

import re

import pytest

from lab import certs, sip
from lab.paths import PROJECT
from lab.proc import LabError

from small import SETS, Small

# Parameters for the RPC commands that want some.
WORDS = {
    "cert_match.peer": None,        # needs a connection: see below
    "tls_reuse.rekey": None,        # needs a file: test_keys.py
    "tls_reuse.close": None,        # needs a connection: test_close.py
    "cert_match.check": lambda: (str(certs.server("edge.test").cert),
                                 "edge.test"),
    "sdes_policy.check": lambda: ("phones",
                                  "tls",
                                  str(PROJECT / "test/module/offer.sdp")),
}

LUA = """
function ksr_request_route()
    local answers = { %s }
    for i = 1, #answers do answers[i] = tostring(answers[i]) end
    KSR.sl.send_reply(200, table.concat(answers, " "))
end
"""


@pytest.fixture(params=SETS)
def module(request):
    return request.param


def test_check(module, tmp_path):
    """`kamailio -c` accepts the smallest configuration."""
    assert "config file ok" in Small(module, tmp_path).check()


@pytest.mark.parametrize("allocator", ["qm", "fm"])
def test_start_every_rpc_stop(module, allocator, tmp_path):
    """It starts, answers each RPC it has, counts, and stops cleanly."""
    options = ("-X", allocator, "-x", allocator)
    with Small(module, tmp_path, options=options) as kamailio:
        methods = [name for name in kamailio.rpc("system.listMethods")
                   if str(name).startswith(module + ".")]
        assert len(methods) >= 2, methods
        for name in methods:
            words = WORDS.get(name, tuple)
            if words:
                kamailio.rpc(name, *words())
        numbers = kamailio.rpc("cnt.grp_get_all", module)
        assert numbers and isinstance(numbers[0], dict), numbers
        assert kamailio.end() == 0
        # the core's own words for processes that end before others
        text = re.sub(r"^.*receive_fd\(\): EOF on .*$", "",
                      kamailio.text(), flags=re.M)
        bad = re.findall(r"^.*(?:ERROR|CRITICAL|BUG|ABORT).*$", text, re.M)
        assert not bad, bad[:5]


@pytest.mark.parametrize("which, calls, want", [
    ("cert_match", 'KSR.cert_match.match("edge.test")', "-2"),
    ("tls_reuse", "KSR.tls_reuse.pin(), KSR.tls_reuse.follow()", "1 -1"),
    ("sdes_policy", 'KSR.sdes_policy.sdes_policy_in("phones"), '
     'KSR.sdes_policy.sdes_policy_out("pbx")', "2 2"),
])
def test_kemi(which, calls, want, tmp_path):
    """Every function can be called from Lua and answers as in a script."""
    script = tmp_path / "routes.lua"
    script.write_text(LUA % calls)
    before = ('loadmodule "app_lua.so"\n'
              f'modparam("app_lua", "load", "{script}")\n'
              'cfgengine "lua"\n')
    with Small(which, tmp_path, routes="", before=before) as kamailio:
        contact = "Contact: <sip:a@192.0.2.1>\r\n"
        if kamailio.tls:
            message = sip.request("OPTIONS", "sip:a@edge.test",
                                  "TLS 127.0.0.1:9", contact)
            answer = kamailio.ask(message)
        else:
            message = sip.request("OPTIONS", "sip:a@edge.test",
                                  "UDP 127.0.0.1:9", contact)
            answer = sip.ask(("127.0.0.1", 15060), message, timeout=2)
        assert answer.split(b"\r\n")[0] == f"SIP/2.0 200 {want}".encode()


@pytest.mark.parametrize("names, words", [
    (("cert_match", "tls"), 'loadmodule "tls.so" before'),
    (("tls", "tls_reuse", "cert_match"), 'loadmodule "cert_match.so" before'),
])
def test_order_of_loadmodule_lines(names, words, tmp_path):
    """A module before the one it needs: says which line goes where."""
    with pytest.raises(LabError) as refused:
        Small(names[-1], tmp_path, names=names).check()
    assert words in re.sub(r"\s+", " ", str(refused.value))
