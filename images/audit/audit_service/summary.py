"""One event for many of the same kind, so that the stream stays small whatever somebody does over and over."""

from dataclasses import dataclass

from .events import Event, tidy

_MOST_KINDS = 10_000


@dataclass
class _Kind:
    event: Event
    count: int = 0
    bytes: int = 0


class Summary:
    """Counts events that differ in nothing that matters, until `flush`."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def count(self, event: Event, size: int = 0) -> None:
        """Count an event that is of interest in sum only."""
        kind = self._kind(event)
        kind.count += 1
        kind.bytes += size
        kind.event["time"] = event["time"]

    def first(self, event: Event) -> bool:
        """Whether an event is the first of its kind, to be stored as it is; the others are counted."""
        if _key(event) in self._kinds:
            self.count(event)
            return False
        self._kind(event)
        return True

    def flush(self) -> list[Event]:
        """What was counted, as one event per kind with the time of its last; then begin anew."""
        kinds, self._kinds = self._kinds.values(), {}
        events = []
        for kind in kinds:
            if kind.count == 0:
                continue
            detail = {**kind.event["detail"], "count": kind.count}
            if kind.bytes > 0:
                detail["bytes"] = kind.bytes
            events.append(tidy({**kind.event, "detail": detail}))
        return events

    def _kind(self, event: Event) -> _Kind:
        key = _key(event)
        if key not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            # Somebody varies what he does without end: who he is matters less then than that the stream survives.
            key = "others"
            event = {
                **event,
                "actor": None,
                "subject": None,
                "client": None,
                "ip": None,
                "detail": {"action": "others"},
            }
        if key not in self._kinds:
            common = {
                name: event["detail"][name]
                for name in ("action", "code", "claimed")
                if name in event["detail"]
            }
            bucket = (event["target"] or "").partition("/")[0] or None
            self._kinds[key] = _Kind({**event, "target": bucket, "detail": common})
        return self._kinds[key]


def _key(event: Event) -> str:
    parts = [event[name] for name in ("event", "actor", "subject", "client", "ip", "workspace", "status")]
    bucket = (event["target"] or "").partition("/")[0]
    return "\0".join(
        str(part) for part in (*parts, bucket, event["detail"].get("action"), event["detail"].get("code"))
    )
