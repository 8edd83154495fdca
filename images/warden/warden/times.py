"""Points in time, always in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    """As text, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_ms(milliseconds: int) -> datetime:
    """From Keycloak's form: milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
