"""An HTTP server on a local port, for what a test stands in for."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Site(ThreadingHTTPServer):
    """One HTTP server; requests go to `answer`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], None]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.date_offset = 0.0
        self.scheme = "http"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        # No name: in a forked child the C library's lock on names may be held by a thread that does not exist there.
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that go away are part of the tests.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Request(BaseHTTPRequestHandler):
    """One request, read whole."""

    protocol_version = "HTTP/1.1"
    server: Site
    body: bytes
    form: dict[str, str]

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
        self.form = {}
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            self.form = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        self.server.answer(self)

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    @property
    def route(self) -> str:
        return urlsplit(self.path).path

    @property
    def bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def reply(self, status: int, body: Any = b"", **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response_only(status)
        self.send_header("Date", formatdate(time.time() + self.server.date_offset, usegmt=True))
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def log_message(self, *args: object) -> None:
        pass
