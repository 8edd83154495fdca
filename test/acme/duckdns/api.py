"""The update API of DuckDNS, with the faults that the real one was seen to have.

Written after https://www.duckdns.org/spec.jsp: every answer has the status 200, and its body begins with OK or KO.
"""

import http.server
import json
import ssl
import urllib.parse

from records import Records

HTML = "<!DOCTYPE html>\n<html><head><title>Duck DNS</title></head><body><h1>Sorry</h1></body></html>\n"
FAULTS = ("ko", "html", "404", "timeout", "flaky")
"""`ko`: refuses everything. `html`, `404`: a web page instead of an answer, with 200 or 404. `timeout`: no answer at
all. `flaky`: three requests of ten end in one of these."""
FLAKY = {1: "ko", 4: "html", 8: "404"}
LONGEST_SILENCE = 300
"""Seconds after which a request that gets no answer is closed."""


class Quiet(http.server.BaseHTTPRequestHandler):
    """What both servers share: no log of requests, which would hold the token."""

    records: Records
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing."""

    def answer(self, status, body, kind="text/plain"):
        """Sends a whole answer."""
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Api(Quiet):
    """What the platform sees: /update, and /ipv4 and /ipv6, which tell the caller's public address."""

    def do_GET(self):
        """Answers one request."""
        parts = urllib.parse.urlsplit(self.path)
        fields = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        if parts.path in ("/ipv4", "/ipv6"):
            address = self.records.settings["callerIpv4" if parts.path == "/ipv4" else "callerIpv6"]
            self.answer(200, address) if address else self.answer(502, HTML, "text/html")
        elif parts.path == "/update":
            self.update(fields)
        else:
            self.answer(404, HTML, "text/html")

    def update(self, fields):
        """Does what was asked, unless a fault is switched on."""
        number = self.records.count()
        fault = self.records.settings["fault"]
        if fault == "flaky":
            fault = FLAKY.get(number % 10)
        if fault == "timeout":
            self.records.note(fields, "(no answer)")
            self.records.changed.wait(LONGEST_SILENCE)
            self.close_connection = True
        elif fault in ("html", "404"):
            self.records.note(fields, f"({fault})")
            self.answer(404 if fault == "404" else 200, HTML, "text/html")
        else:
            body = "KO" if fault == "ko" else self.records.update(fields)
            self.records.note(fields, body)
            self.answer(200, body)


class Control(Quiet):
    """What the tests see: GET tells everything, POST changes settings."""

    def do_GET(self):
        """Settings, records and calls so far, as JSON."""
        self.answer(200, json.dumps(self.records.report()), "application/json")

    def do_POST(self):
        """Changes the settings that the JSON body names."""
        try:
            self.records.change(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        except ValueError as error:
            self.answer(400, str(error))
        else:
            self.do_GET()


class TlsServer(http.server.ThreadingHTTPServer):
    """Serves over TLS. Hands are shaken in the connection's own thread, so that a silent caller holds up nobody."""

    daemon_threads = True

    def __init__(self, address, handler, chain, key):
        super().__init__(address, handler)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(chain, key)

    def finish_request(self, request, client_address):
        """Shakes hands, then answers."""
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            # The caller went away, or does not trust this server: its business.
            pass
