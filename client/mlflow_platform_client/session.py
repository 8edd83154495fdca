"""A person's sign-in as it is kept between commands and shared by processes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from .clock import Moment
from .errors import PlatformError
from .grants import Grant
from .store import PrivateFile, folder


@dataclass(frozen=True)
class Session:
    """A sign-in.

    Attributes:
        taken_at: Wall clock, seconds since 1970, when the access token was asked for.
        life: Seconds that the access token is valid from then on.
        team: Chosen at sign-in.
    """

    address: str
    issuer: str
    refresh_token: str
    access_token: str
    taken_at: float
    life: float
    team: str | None = None

    def grant(self) -> Grant:
        """The tokens."""
        return Grant(self.access_token, self.life, Moment.at(self.taken_at), self.refresh_token)

    def renewed(self, grant: Grant) -> Session:
        """The same sign-in with new tokens; a refresh token that Keycloak has not replaced stays."""
        return replace(
            self,
            refresh_token=grant.refresh_token or self.refresh_token,
            access_token=grant.access_token,
            taken_at=grant.taken.wall,
            life=grant.life,
        )


def session_file(address: str) -> PrivateFile:
    """Where the sign-in of a platform is kept."""
    return PrivateFile("login", address)


def load(address: str) -> Session | None:
    """The sign-in of a platform; None when nobody is signed in."""
    file = session_file(address)
    held = file.read()
    if held is None:
        return None
    try:
        return Session(**held)
    except TypeError as error:
        raise PlatformError(
            f"{file.path} was written by another version of this package",
            "The sign-in in it is not used",
            f"mlflow-platform login {address}",
        ) from error


def save(session: Session) -> None:
    """Keeps a sign-in."""
    session_file(session.address).write(asdict(session))


def signed_in_addresses() -> list[str]:
    """Addresses of the platforms at which this user is signed in, by the files that can be read."""
    found = []
    for path in sorted(folder().glob("login-*.json")):
        file = PrivateFile("login", "")
        file.path = path
        try:
            held = file.read()
        except PlatformError:
            continue
        if held and isinstance(held.get("address"), str):
            found.append(held["address"])
    return found
