"""What the tests of the certificate job share: settings in a folder of their own, certificates, and played services."""

import io
import json
import logging
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from certbot_job.logs import Scrubber, log_to_stdout
from certbot_job.pair import Pair, make_pair
from certbot_job.settings import Settings
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

CANARY = "canary-0f3b+9/secret=="
"""Looks different in a URL than in a file."""
SERVER = "https://ca.test/dir"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders and token lie below the test's own folder."""
    for name in ("state", "published", "runtime"):
        (tmp_path / name).mkdir()
    token = tmp_path / "DUCKDNS_TOKEN"
    token.write_text(CANARY + "\n")
    return Settings(
        server=SERVER,
        email="",
        challenge="dns-duckdns",
        names=("*.example.duckdns.org",),
        resolver="",
        duckdns_api="http://127.0.0.1:9",
        duckdns_domain="example",
        ipv4_lookup="",
        ipv6_lookup="",
        state=tmp_path / "state",
        published=tmp_path / "published",
        runtime=tmp_path / "runtime",
        token_file=token,
        extra_ca=tmp_path / "acme-ca.pem",
    )


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries of one call are tenacity's business, not these tests'."""
    monkeypatch.setattr("tenacity.sleep_using_event", lambda event: lambda seconds: None)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


_CA_KEY = ec.generate_private_key(ec.SECP256R1())


def _sign(
    subject: str, names: list[str], key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name("Test CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(_CA_KEY, hashes.SHA256())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key as Certbot writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issue(
    *names: str,
    lasts: timedelta = timedelta(days=90),
    age: timedelta = timedelta(0),
    chain: bytes | None = None,
) -> Pair:
    """A certificate with its key, signed by the tests' CA.

    Args:
        age: how long ago it became valid.
        chain: what follows the certificate instead of the CA's own.
    """
    start = datetime.now(UTC).replace(microsecond=0) - age
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _sign("leaf", list(names or ("*.example.duckdns.org",)), key, start, start + lasts)
    ca = _sign("Test CA", [], _CA_KEY, start - timedelta(days=1), start + timedelta(days=3650))
    rest = ca.public_bytes(Encoding.PEM) if chain is None else chain
    return make_pair(leaf.public_bytes(Encoding.PEM) + rest, key_pem(key))


def store_lineage(settings: Settings, pair: Pair, server: str = SERVER, ari: str | None = None) -> None:
    """Lay a certificate down as Certbot does."""
    archive, live = settings.state / "archive/platform", settings.state / "live/platform"
    for folder in (archive, live, settings.state / "renewal"):
        folder.mkdir(parents=True, exist_ok=True)
    number = len(list(archive.glob("fullchain*.pem"))) + 1
    for name, content in (("fullchain", pair.fullchain), ("privkey", pair.privkey)):
        (archive / f"{name}{number}.pem").write_bytes(content)
        (live / f"{name}.pem").unlink(missing_ok=True)
        (live / f"{name}.pem").symlink_to(f"../../archive/platform/{name}{number}.pem")
    text = f"version = 5.8.0\n[renewalparams]\nserver = {server}\nkey_type = ecdsa\n"
    if ari:
        text += f"[acme_renewal_info]\nari_retry_after = {ari}\n"
    (settings.state / "renewal/platform.conf").write_text(text)


@dataclass
class Service:
    """A played web service: DuckDNS, an address look-up, a CA's directory."""

    url: str = ""
    calls: list[dict[str, str]] = field(default_factory=list)
    """Queries, each with its path under `/`."""
    answer: Callable[[str, dict[str, str]], tuple[int, str]] = lambda path, query: (200, "OK")
    hang: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the test, so that an answer may wait for it."""


@pytest.fixture
def service() -> Iterator[Service]:
    """A web service on a port of its own."""
    played = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            played.calls.append({"/": parts.path, **query})
            status, body = played.answer(parts.path, query)
            if status == 0:
                played.hang.wait(30)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    yield played
    played.hang.set()
    server.shutdown()
    server.server_close()


@dataclass
class Zone:
    """A played DNS server: (name, type) to values. A name without an entry does not exist; None is SERVFAIL."""

    address: str = ""
    records: dict[tuple[str, str], list[str] | None] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def reply(self, wire: bytes) -> bytes:
        """The answer to a packet."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        key = (str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype))
        self.asked.append(key)
        response = dns.message.make_response(query)
        if key not in self.records:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif (values := self.records[key]) is None:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            text = [f'"{value}"' if key[1] == "TXT" else value for value in values]
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", key[1], *text))
        return response.to_wire()


@pytest.fixture
def zone() -> Iterator[Zone]:
    """A DNS server on a port of its own, by UDP and TCP."""
    played = Zone()

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request[1].sendto(played.reply(self.request[0]), self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.request.recv(2))
            reply = played.reply(self.request.recv(length))
            self.request.sendall(struct.pack("!H", len(reply)) + reply)

    udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Udp)
    port = udp.server_address[1]
    tcp = socketserver.ThreadingTCPServer(("127.0.0.1", port), Tcp)
    for server in (udp, tcp):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    played.address = f"127.0.0.1:{port}"
    yield played
    for server in (udp, tcp):
        server.shutdown()
        server.server_close()


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What the job has logged so far, scrubbed as in the container."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", output)
        log_to_stdout(Scrubber([CANARY]))
    yield output.getvalue
    root.handlers[:] = handlers
    root.setLevel(level)


def read_json(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text())


@pytest.fixture
def bench(settings: Settings, service: Service) -> Any:
    """A renewal with a played CA."""
    # Not at the top: it takes from this module.
    from bench import Bench

    return Bench(settings, service)
