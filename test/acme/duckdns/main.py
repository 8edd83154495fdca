"""A stand-in for DuckDNS: its update API (443), its name server (53), and a control API for tests (8080).

Environment: DOMAIN (label, such as `mlteam`), TOKEN, ZONE (`duckdns.org`), OTHER_DOMAINS (comma list: names that
have an address, and are not DuckDNS's), CHAIN and KEY (PEM of the pair for https).
"""

import http.server
import os
import signal
import sys
import tempfile
import threading

import api
import names
from records import Records

records = Records(os.environ["DOMAIN"], os.environ["TOKEN"])
api.Quiet.records = records
others = [other for other in os.environ.get("OTHER_DOMAINS", "").split(",") if other]
# Python's TLS reads files only.
with tempfile.TemporaryDirectory() as folder:
    paths = []
    for name in ("CHAIN", "KEY"):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "w", encoding="ascii") as file:
            file.write(os.environ[name])
    secure = api.TlsServer(("", 443), api.Api, *paths)
servers = (
    secure,
    http.server.ThreadingHTTPServer(("", 8080), api.Control),
    *names.servers(names.Names(records, os.environ["ZONE"], others), 53),
)
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
signal.pause()
