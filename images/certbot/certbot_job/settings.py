"""What the job is told, by environment and mounted files. The names are the component's contract with the image."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHALLENGES = ("dns-duckdns", "http")


class SettingsError(Exception):
    """A setting that the job cannot work with. The text names cause, consequence and next step."""


@dataclass(frozen=True)
class Settings:
    """All settings. Paths differ from their defaults in tests only."""

    server: str
    """ACME directory URL."""
    email: str
    """Contact of the account; empty for none."""
    challenge: str
    """One of `CHALLENGES`."""
    names: tuple[str, ...]
    """What the certificate is for, as the CA gets it."""
    resolver: str
    """DNS server `address[:port]` that is asked whether a challenge is visible; empty for the system's."""
    duckdns_api: str
    """Base URL without a slash at the end."""
    duckdns_domain: str
    """Label below duckdns.org; empty when DuckDNS is not used."""
    ipv4_lookup: str
    """URL that answers with the caller's IPv4 address as text; empty when not looked up."""
    ipv6_lookup: str
    state: Path = Path("/var/lib/certbot")
    """Account, lineages and ledger; private to the job."""
    published: Path = Path("/certificates")
    """What NGINX reads."""
    runtime: Path = Path("/tmp/certbot-job")
    """Gone with the container: heartbeat, Certbot's logs."""
    token_file: Path = Path("/run/platform/secrets/DUCKDNS_TOKEN")
    extra_ca: Path = Path("/run/platform/config/acme-ca.pem")
    """CA of the ACME server's own https; trusted besides the system's where it exists."""

    def token(self) -> str:
        """The DuckDNS token. Read at each use and held by nobody, least of all by the environment."""
        try:
            token = self.token_file.read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{self.token_file} cannot be read ({error.strerror}); DuckDNS cannot be used. Set duckdnsToken as a "
                "secret of the stack and run `npm run up`."
            ) from None
        if not token:
            raise SettingsError(
                f"{self.token_file} is empty; DuckDNS would refuse every call. Set duckdnsToken as a secret of the "
                "stack and run `npm run up`."
            )
        return token

    def secrets(self) -> tuple[str, ...]:
        """What must be in no log."""
        try:
            return (self.token(),) if self.duckdns_domain else ()
        except SettingsError:
            return ()


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one is missing or contradicts another.
    """
    server = _url(env, "ACME_SERVER")
    if not server:
        raise SettingsError(
            "ACME_SERVER is not set; nobody can be asked for a certificate. Set the directory URL."
        )
    challenge = env.get("ACME_CHALLENGE", "")
    if challenge not in CHALLENGES:
        raise SettingsError(
            f"ACME_CHALLENGE is '{challenge}'; the job knows {' and '.join(CHALLENGES)}. Set one of them."
        )
    names = tuple(
        dict.fromkeys(
            name.strip().lower() for name in env.get("CERTIFICATE_NAMES", "").split(",") if name.strip()
        )
    )
    if not names:
        raise SettingsError(
            "CERTIFICATE_NAMES is empty; there is nothing to obtain a certificate for. Set a comma-separated list."
        )
    wildcards = [name for name in names if name.startswith("*.")]
    if challenge == "http" and wildcards:
        raise SettingsError(
            f"CERTIFICATE_NAMES has {wildcards[0]}, and no CA gives a wildcard for an http challenge. List the hosts, "
            "or set ACME_CHALLENGE=dns-duckdns."
        )
    domain = env.get("DUCKDNS_DOMAIN", "").strip().lower().removesuffix(".duckdns.org")
    if challenge == "dns-duckdns" and not domain:
        raise SettingsError(
            "ACME_CHALLENGE is dns-duckdns and DUCKDNS_DOMAIN is empty; no challenge could be answered. Set the label "
            "below duckdns.org."
        )
    settings = Settings(
        server=server,
        email=env.get("ACME_EMAIL", "").strip(),
        challenge=challenge,
        names=names,
        resolver=env.get("ACME_RESOLVER", "").strip(),
        duckdns_api=(_url(env, "DUCKDNS_API") or "https://www.duckdns.org").rstrip("/"),
        duckdns_domain=domain,
        ipv4_lookup=_url(env, "IPV4_LOOKUP"),
        ipv6_lookup=_url(env, "IPV6_LOOKUP"),
    )
    if domain:
        settings.token()
    return settings


def _url(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise SettingsError(
            f"{name} is '{value}', which is no http or https URL; the job does not start. Correct it."
        )
    return value
