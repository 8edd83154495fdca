"""The environment variables that this package reads."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from .errors import ConfigurationError

TRACKING_URI = "MLFLOW_TRACKING_URI"
TRACKING_AUTH = "MLFLOW_TRACKING_AUTH"
WORKSPACE = "MLFLOW_WORKSPACE"
CLIENT_ID = "MLFLOW_PLATFORM_CLIENT_ID"
CLIENT_SECRET = "MLFLOW_PLATFORM_CLIENT_SECRET"
CLIENT_SECRET_FILE = "MLFLOW_PLATFORM_CLIENT_SECRET_FILE"
TOKEN_FILE = "MLFLOW_PLATFORM_TOKEN_FILE"
S3_ENDPOINT = "MLFLOW_S3_ENDPOINT_URL"

#: Name of the auth provider, the value of MLFLOW_TRACKING_AUTH.
AUTH_NAME = "mlflow-platform"

#: Where a CA may be named, in the order that counts: MLflow's own, requests', curl's, Python's.
CA_VARIABLES = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

_DEFAULT_PORTS = {"http": 80, "https": 443}


def value(name: str) -> str | None:
    """A variable, without surrounding space; None when it is unset or empty."""
    return os.environ.get(name, "").strip() or None


def address_of(url: str) -> str:
    """The platform that a URL belongs to: scheme, host and port in one spelling.

    Raises:
        ConfigurationError: If it is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _DEFAULT_PORTS or not host:
        raise ConfigurationError(
            f"{url!r} is not the address of an mlflow-platform",
            "No request was sent",
            f"give an address such as https://mlflow.example.com, as argument or in {TRACKING_URI}",
        )
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"


def ca_bundle() -> tuple[str, str] | None:
    """The CA file to trust and the variable that names it; None for those that requests trusts by itself."""
    for name in CA_VARIABLES:
        if path := value(name):
            return path, name
    return None
