import socket, time
from test_to import *
from domains import *
@pytest.mark.parametrize("how", SEND)
def test_leak(how, tmp_path):
    with kamailio(tmp_path, TO + SEND[how] + ONSEND.replace("xlog", "#xlog").replace('#xlog("L_WARN", "SENT <$ci> rc=$var(rc) to=$tls_reuse(domain) "\n        "as=$tls_reuse(local_domain) reused=$tls_reuse(reused) "\n        "reason=$tls_reuse(reason)\\n");',''), before='loadmodule "kex.so"\n' if 0 else "") as server, Virtual(tmp_path/"ca", ["b.example","c.example"]) as peer:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(HERE); s.settimeout(3)
        def go(n):
            t=time.time()
            for i in range(n):
                s.send(request("b.example" if i%2 else "c.example")); s.recv(65535)
            return n/(time.time()-t)
        go(500); time.sleep(8)
        def pkg(): return {r["entry"] if "entry" in r else i: r["used"] for i,r in enumerate(server.rpc("pkg.stats"))}
        b=server.rpc("core.shmmem")[0]["real_used"]; p=pkg()
        r=go(4000); time.sleep(8)
        a=server.rpc("core.shmmem")[0]["real_used"]; q=pkg()
        print("LEAK", how, "rate", int(r), "shm", a-b, "pkg", {k:q[k]-p[k] for k in p if q[k]!=p[k]})
        assert 0
