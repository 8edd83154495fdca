"""Temporary S3 keys for a token: AssumeRoleWithWebIdentity."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

import requests

from .discovery import Platform, discover
from .errors import PlatformError, RefusedError
from .refusals import server_time
from .sources import Credentials
from .store import PrivateFile
from .transport import call

#: Seconds that keys are asked for. The object store may give longer ones; they are not used for longer than this,
#: since a team that somebody has joined shows in new keys only.
DURATION = 3600
#: S3 refuses signatures of a clock that differs by more, in seconds.
_SKEW = 15 * 60
#: Kept keys are handed out as long as this much of their life is left, in seconds.
_LEFT = 10 * 60


@dataclass(frozen=True)
class S3Credentials:
    """Keys for the object store. `expiration` is ISO 8601 in UTC."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: str

    def seconds_left(self) -> float:
        """By this machine's clock."""
        return datetime.fromisoformat(self.expiration).timestamp() - time.time()


def assume_role(credentials: Credentials, *, patient: bool = False) -> S3Credentials:
    """Asks the object store for keys that are good for the buckets of the caller's teams.

    Raises:
        PlatformError: If there are none to be had, or this machine's clock is so far off that they were useless.
    """
    platform = discover(credentials.address, patient=patient)
    token = credentials.token()
    response = _ask(platform, token, patient)
    if response.status_code in (400, 401, 403) and (another := credentials.another(token)) != token:
        # As MLflow's 401: the token has ended on its way, or earlier than it said.
        response = _ask(platform, another, patient)
    fields = _fields(response.content)
    if response.status_code != 200 or "SecretAccessKey" not in fields:
        raise _refused(platform, credentials, fields.get("Message", f"HTTP {response.status_code}"))
    _check_clock(platform, server_time(response.headers.get("Date")))
    latest = datetime.now(timezone.utc) + timedelta(seconds=DURATION)
    given = datetime.fromisoformat(fields["Expiration"].replace("Z", "+00:00"))
    return S3Credentials(
        access_key_id=fields["AccessKeyId"],
        secret_access_key=fields["SecretAccessKey"],
        session_token=fields["SessionToken"],
        expiration=min(given, latest).replace(microsecond=0).isoformat(),
    )


def _ask(platform: Platform, token: str, patient: bool) -> requests.Response:
    return call(
        "The object store",
        "POST",
        platform.s3_endpoint,
        form={
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "DurationSeconds": str(DURATION),
            "WebIdentityToken": token,
        },
        patient=patient,
    )


def kept_credentials(credentials: Credentials) -> S3Credentials:
    """As `assume_role`, but keeps the keys in a private file until shortly before their end.

    For programs that are started anew for each use, such as an AWS `credential_process`.
    """
    file = s3_file(credentials)
    with file.lock():
        if held := file.read():
            kept = S3Credentials(**held)
            if kept.seconds_left() > min(_LEFT, DURATION / 6):
                return kept
        fresh = assume_role(credentials)
        file.write(asdict(fresh))
        return fresh


def s3_file(credentials: Credentials) -> PrivateFile:
    """Where the keys of an identity are kept."""
    return PrivateFile("s3", credentials.address, credentials.identity)


def _fields(content: bytes) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return {}
    return {element.tag.rpartition("}")[2]: (element.text or "") for element in root.iter()}


def _check_clock(platform: Platform, now: float | None) -> None:
    if now is not None and abs(time.time() - now) > _SKEW:
        raise PlatformError(
            f"This machine's clock differs from that of {platform.s3_endpoint} by {abs(time.time() - now):.0f} s;"
            f" S3 allows {_SKEW}",
            "Every signed request would be refused",
            "set the clock (`timedatectl set-ntp true`), and try again",
        )


def _refused(platform: Platform, credentials: Credentials, reason: str) -> PlatformError:
    return RefusedError(
        f"The object store at {platform.s3_endpoint} gives no keys for {credentials.source}: {reason}",
        "Nothing was read or written there",
        "mlflow-platform whoami shows your teams; without a team there are no keys",
    )
