"""Points in time, always in UTC, as text always ISO 8601 with a Z; and waits with chance in them."""

import random
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def iso(time: datetime | None) -> str | None:
    """As text, to the second."""
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: object) -> datetime | None:
    """The reverse of `iso`; None for what is no time."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def jittered(wait: timedelta, low: float, high: float) -> timedelta:
    """A wait times a random factor, so that many jobs do not call at once."""
    return wait * random.uniform(low, high)


def spoken(duration: timedelta) -> str:
    """A duration in one unit, for people: `45 s`, `12 min`, `5 h`, `34 days`."""
    seconds = max(0, round(duration.total_seconds()))
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
