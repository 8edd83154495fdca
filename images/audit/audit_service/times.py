"""Points in time: always UTC, as text always ISO 8601 with milliseconds and a Z."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    """As text, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_ms(milliseconds: float) -> datetime:
    """Of a number of milliseconds since 1970.

    Raises:
        ValueError, OverflowError, OSError: no such time.
    """
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(time: datetime) -> int:
    """Milliseconds since 1970."""
    return int(time.timestamp() * 1000)


def parse(text: object) -> datetime | None:
    """A time with its zone; None for what is none."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None
