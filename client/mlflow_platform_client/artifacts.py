"""Artifacts of `s3://mlflow-<team>/…`, for platforms whose clients write to the object store themselves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import mlflow
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

from . import settings
from .discovery import Platform, discover
from .errors import ConfigurationError
from .forks import renew_after_fork
from .sources import Credentials, credentials_for
from .sts import S3Credentials, assume_role

if TYPE_CHECKING:
    from botocore.credentials import RefreshableCredentials

_BUCKETS = "mlflow-"
#: Whoever sets one of these wants other keys than the platform's.
_OWN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN")


class PlatformS3ArtifactRepository(S3ArtifactRepository):
    """MLflow's own repository, with the platform's keys where they are wanted.

    That is when MLFLOW_TRACKING_AUTH is `mlflow-platform`, the bucket is one of a team, and neither other keys nor
    another S3 address are set. Everything else goes the way it goes without this package.
    """

    def _get_s3_client(self) -> Any:
        address = self._platform_address()
        if address is None:
            return super()._get_s3_client()  # type: ignore[no-untyped-call]
        platform = discover(address, patient=True)
        other = settings.value(settings.S3_ENDPOINT)
        if other is not None and settings.address_of(other) != settings.address_of(platform.s3_endpoint):
            return super()._get_s3_client()  # type: ignore[no-untyped-call]
        return _client(platform, credentials_for(address))

    def _platform_address(self) -> str | None:
        if settings.value(settings.TRACKING_AUTH) != settings.AUTH_NAME:
            return None
        if self._access_key_id or any(settings.value(name) for name in _OWN_KEYS):
            return None
        if not urlsplit(self.artifact_uri).netloc.startswith(_BUCKETS):
            return None
        tracking = str(getattr(self, "tracking_uri", None) or mlflow.get_tracking_uri())
        return settings.address_of(tracking) if tracking.startswith("http") else None


_clients: dict[Credentials, Any] = {}
_lock = threading.Lock()


@renew_after_fork
def _forget_clients() -> None:
    # Their connections are the parent's.
    global _lock
    _lock = threading.Lock()
    _clients.clear()


def _client(platform: Platform, credentials: Credentials) -> Any:
    """A client that renews its keys by itself, one for each identity: clients are made slowly and shared well."""
    with _lock:
        if credentials not in _clients:
            _clients[credentials] = _new_client(platform, credentials)
        return _clients[credentials]


def _new_client(platform: Platform, credentials: Credentials) -> Any:
    try:
        import boto3
        import botocore.session
        from botocore.config import Config
        from botocore.credentials import CredentialProvider
    except ImportError as error:
        raise ConfigurationError(
            "This experiment's artifacts are in the object store, and boto3 is not installed",
            "No artifact was transferred",
            "pip install 'mlflow-platform-client[s3]'",
        ) from error

    class Provider(CredentialProvider):  # type: ignore[misc, unused-ignore]
        """The platform, as the first place at which botocore looks for keys."""

        METHOD = settings.AUTH_NAME
        CANONICAL_NAME = settings.AUTH_NAME

        def load(self) -> RefreshableCredentials:
            return refreshable(credentials)

    session = botocore.session.Session()
    session.get_component("credential_provider").insert_before("env", Provider())
    trusted = settings.ca_bundle()
    return boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=platform.s3_endpoint,
        region_name=platform.s3_region,
        verify=trusted[0] if trusted else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "total_max_attempts": 8},
        ),
    )


def refreshable(credentials: Credentials) -> RefreshableCredentials:
    """Keys that botocore renews by itself, in any thread, ahead of their end."""
    from botocore.credentials import RefreshableCredentials

    def renew() -> dict[str, str]:
        return _metadata(assume_role(credentials, patient=True))

    first = assume_role(credentials, patient=True)
    left = first.seconds_left()
    return RefreshableCredentials.create_from_metadata(
        metadata=_metadata(first),
        refresh_using=renew,
        method=settings.AUTH_NAME,
        # botocore's own are 15 and 10 minutes, which keys of 15 minutes would never satisfy.
        advisory_timeout=int(left / 4),
        mandatory_timeout=int(left / 8),
    )


def _metadata(keys: S3Credentials) -> dict[str, str]:
    return {
        "access_key": keys.access_key_id,
        "secret_key": keys.secret_access_key,
        "token": keys.session_token,
        "expiry_time": keys.expiration,
    }
