"""The three places that tokens come from, and which one is used."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from . import settings
from .discovery import discover
from .errors import ConfigurationError, NotSignedInError
from .forks import renew_after_fork
from .grants import Grant, client_credentials, refresh
from .session import load, save, session_file
from .tokens import Holder, due


class Credentials(Protocol):
    """Tokens of one identity at one platform.

    Attributes:
        address: The platform.
        identity: Tells identities apart, without secrets.
        source: Where the tokens come from, for people.
        team: The team chosen with this identity.
        renews: Whether this package itself gets the next token.
    """

    address: str
    identity: str
    source: str
    renews: bool

    @property
    def team(self) -> str | None: ...

    def token(self) -> str:
        """A token that is valid now."""

    def another(self, refused: str) -> str:
        """Another token than a refused one; the same one if there is no other."""


class TokenFile:
    """A token that somebody else writes into a file, as Kubernetes does. Read again whenever the file changes."""

    team = None
    renews = False

    def __init__(self, address: str, path: str) -> None:
        self.address = address
        self.identity = f"file {path}"
        self.source = f"the file {path} ({settings.TOKEN_FILE})"
        self._path = Path(path)
        self._read: tuple[tuple[int, int, int], str] | None = None

    def token(self) -> str:
        try:
            status = self._path.stat()
            version = (status.st_ino, status.st_size, status.st_mtime_ns)
            held = self._read
            if held is None or held[0] != version:
                held = self._read = (version, self._path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            raise _unusable(f"{self._path}, named by {settings.TOKEN_FILE}, cannot be read: {error}") from error
        if not held[1] or any(character.isspace() for character in held[1]):
            raise _unusable(f"{self._path}, named by {settings.TOKEN_FILE}, does not hold one token and no more")
        return held[1]

    def another(self, refused: str) -> str:
        # Within the resolution of the file system's clock a file may change and look the same.
        self._read = None
        return self.token()


class ServiceAccount:
    """Client credentials of a pipeline. Its tokens are never written to disk."""

    team = None
    renews = True

    def __init__(self, address: str, client_id: str, secret: str | None, secret_file: str | None) -> None:
        self.address = address
        self.identity = f"client {client_id}"
        self.source = f"the service account {client_id} ({settings.CLIENT_ID})"
        self._client_id = client_id
        self._secret = secret
        self._secret_file = secret_file
        self._holder = Holder(self)

    def token(self) -> str:
        return self._holder.get().access_token

    def another(self, refused: str) -> str:
        return self._holder.renew(refused).access_token

    def fetch(self, refused: str | None, patient: bool) -> Grant:
        platform = discover(self.address, patient=patient)
        return client_credentials(platform, self._client_id, self._read_secret(), patient=patient)

    def _read_secret(self) -> str:
        if self._secret is not None:
            return self._secret
        # Read for each token, so that a rotated secret is used by processes that run already.
        path = Path(self._secret_file or "")
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise _unusable(f"{path}, named by {settings.CLIENT_SECRET_FILE}, cannot be read: {error}") from error
        if not secret:
            raise _unusable(f"{path}, named by {settings.CLIENT_SECRET_FILE}, is empty")
        return secret


class DeviceLogin:
    """A person who has signed in by `mlflow-platform login`.

    The tokens are shared by all processes of the user through a file: one of them renews, under a lock, the others
    take what it has written. So a refresh token that serves only once does no harm either.
    """

    renews = True

    def __init__(self, address: str) -> None:
        self.address = address
        self.identity = "login"
        self.source = f"your sign-in kept in {session_file(address).path}"
        self._holder = Holder(self)

    @property
    def team(self) -> str | None:
        session = load(self.address)
        return session.team if session else None

    def token(self) -> str:
        return self._holder.get().access_token

    def another(self, refused: str) -> str:
        return self._holder.renew(refused).access_token

    def fetch(self, refused: str | None, patient: bool) -> Grant:
        platform = discover(self.address, patient=patient)
        with session_file(self.address).lock():
            session = load(self.address)
            if session is None:
                raise NotSignedInError(
                    f"Nobody is signed in at {self.address}",
                    "MLflow was not called",
                    f"mlflow-platform login {self.address} (people), or set {settings.CLIENT_ID} and"
                    f" {settings.CLIENT_SECRET_FILE} (pipelines)",
                )
            if session.issuer != platform.issuer:
                raise NotSignedInError(
                    f"{self.address} has changed its sign-in from {session.issuer} to {platform.issuer}",
                    "The old refresh token was not sent there",
                    f"mlflow-platform login {self.address}",
                )
            grant = session.grant()
            if grant.access_token != refused and not due(grant):
                return grant
            fresh = refresh(platform, session.refresh_token, patient=patient)
            save(session.renewed(fresh))
            return fresh


_known: dict[tuple[str, ...], Credentials] = {}
_lock = threading.Lock()


@renew_after_fork
def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


def credentials_for(address: str) -> Credentials:
    """The tokens to use at a platform, as the environment says now. The same object for the same answer.

    Raises:
        ConfigurationError: If variables contradict each other or one is missing.
    """
    token_file = settings.value(settings.TOKEN_FILE)
    client_id = settings.value(settings.CLIENT_ID)
    secret, secret_file = settings.value(settings.CLIENT_SECRET), settings.value(settings.CLIENT_SECRET_FILE)
    key: tuple[str, ...]
    if token_file:
        key = (address, "file", token_file)
    elif client_id:
        if (secret is None) == (secret_file is None):
            raise ConfigurationError(
                f"{settings.CLIENT_ID} is set, and {'both' if secret else 'neither'} of"
                f" {settings.CLIENT_SECRET} and {settings.CLIENT_SECRET_FILE}",
                "No token was asked for",
                f"set exactly one of the two; or unset {settings.CLIENT_ID} to use your own sign-in",
            )
        key = (address, "client", client_id, secret or "", secret_file or "")
    elif secret or secret_file:
        raise ConfigurationError(
            f"{settings.CLIENT_SECRET if secret else settings.CLIENT_SECRET_FILE} is set without {settings.CLIENT_ID}",
            "No token was asked for",
            f"set {settings.CLIENT_ID} to the name of the service account, or unset the secret",
        )
    else:
        key = (address, "login")
    with _lock:
        if key not in _known:
            _known[key] = (
                TokenFile(address, token_file)
                if token_file
                else ServiceAccount(address, client_id, secret, secret_file)
                if client_id
                else DeviceLogin(address)
            )
        return _known[key]


def forget(address: str) -> None:
    """Drops what is held in memory for a platform, after signing in or out."""
    with _lock:
        for key in [key for key in _known if key[0] == address]:
            del _known[key]


def _unusable(cause: str) -> ConfigurationError:
    return ConfigurationError(cause, "MLflow was not called", "correct the variable or the file")
