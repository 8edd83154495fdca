"""The object store's administration, as far as the warden may use it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .http import Http, ServiceError
from .settings import Settings

Document = dict[str, Any]
"""A policy."""


def parent_of(subject: str, issuer: str) -> str:
    """The user below which the store keeps the temporary credentials of a subject, as the store derives it."""
    digest = hashlib.sha256(f"openid:{subject}:{issuer}".encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


class Store:
    """Policies and temporary credentials. Every method raises ServiceError."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = Http("MinIO")
        self._signer = SigV4Auth(
            Credentials(settings.minio_key, settings.minio_secret), "s3", settings.minio_region
        )

    def revoke(self, subject: str) -> None:
        """Delete all temporary credentials of a subject. They end at once."""
        parent = parent_of(subject, self._settings.issuer)
        self._call("POST", "/revoke-tokens/builtin", {"user": parent, "fullRevoke": "true"}, (200, 204))

    def policy(self, name: str) -> Document | None:
        """A policy; None if there is none of that name."""
        status, data = self._call("GET", "/info-canned-policy", {"name": name}, (200, 404))
        if status == 404:
            return None
        try:
            document = json.loads(data)
        except ValueError:
            raise ServiceError("MinIO", f"the policy {name} is no JSON") from None
        if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
            raise ServiceError("MinIO", f"the policy {name} has no statements")
        return document

    def put_policy(self, name: str, document: bytes) -> None:
        """Replace a policy. It holds for the next request already."""
        self._call("PUT", "/add-canned-policy", {"name": name}, (200,), document)

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        expected: tuple[int, ...],
        body: bytes = b"",
    ) -> tuple[int, bytes]:
        url = f"{self._settings.minio_url}/minio/admin/v3{path}?{urlencode(query)}"
        request = AWSRequest(
            method, url, data=body, headers={"X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest()}
        )
        self._signer.add_auth(request)
        status, data = self._http.send(method, url, headers=dict(request.headers), body=body)
        if status not in expected:
            raise ServiceError("MinIO", f"{method} {path} answered {status}", status)
        return status, data
