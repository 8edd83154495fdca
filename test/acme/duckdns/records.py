"""What the stand-in knows: one domain with its addresses and its single TXT record."""

import threading
import time

SETTINGS = {
    "fault": "",
    "dnsFault": "",
    "delay": 0,
    "callerIpv4": "",
    "callerIpv6": "",
    "addressOf": "",
}
"""`fault`: see api.py. `dnsFault`: `servfail`, `servfail-tcp` (only over TCP, by which Pebble asks) or `silent`.
`delay`: seconds until a new TXT record is visible.
`callerIpv4`, `callerIpv6`: what the look-ups answer; empty is an error. `addressOf`: host whose address all names
below the domains have, instead of the one that was announced."""


class Records:
    """One domain of DuckDNS. Everything below it has the same address and the same TXT record, as there.

    Args:
        domain: label of the domain, such as `mlteam`
        token: the only one that may change it
    """

    def __init__(self, domain, token):
        self.domain = domain
        self.token = token
        self.settings = dict(SETTINGS)
        self.changed = threading.Event()
        """Set when settings change, so that requests without an answer end."""
        self._lock = threading.Lock()
        self._addresses = {"ip": "", "ipv6": ""}
        self._texts = [(0.0, "")]
        self._calls = []
        self._requests = 0

    def count(self):
        """Counts one request. Returns its number, from 1."""
        with self._lock:
            self._requests += 1
            return self._requests

    def update(self, fields):
        """Does what one call of /update asks. Returns the body of the answer."""
        names = fields.get("domains", "").split(",")
        if fields.get("token") != self.token or any(name != self.domain for name in names):
            return "KO"
        clear = fields.get("clear") == "true"
        with self._lock:
            if "txt" in fields:
                lines, changed = self._update_text("" if clear else fields["txt"])
            else:
                lines, changed = self._update_addresses(fields, clear)
        if fields.get("verbose") != "true":
            return "OK"
        return "\n".join(["OK", *lines, "UPDATED" if changed else "NOCHANGE"])

    def _update_text(self, value):
        changed = self._texts[-1][1] != value
        if changed:
            self._texts.append((time.monotonic() + self.settings["delay"], value))
        return [value], changed

    def _update_addresses(self, fields, clear):
        before = dict(self._addresses)
        if clear:
            self._addresses = {"ip": "", "ipv6": ""}
        else:
            given = {key: fields[key] for key in ("ip", "ipv6") if fields.get(key)}
            # With neither, the service takes the address that it was called from.
            self._addresses |= given or {"ip": self.settings["callerIpv4"]}
        return list(self._addresses.values()), before != self._addresses

    def text(self):
        """The TXT record that is visible now."""
        now = time.monotonic()
        with self._lock:
            return [value for since, value in self._texts if since <= now][-1]

    def address(self, family):
        """The announced address of a family, `ip` or `ipv6`; empty for none."""
        with self._lock:
            return self._addresses[family]

    def note(self, fields, answer):
        """Remembers a call for the tests; of the token only whether it was the right one."""
        shown = {key: value for key, value in fields.items() if key != "token"}
        right = fields.get("token") == self.token
        with self._lock:
            self._calls.append({"at": time.time(), "fields": shown, "tokenRight": right, "answer": answer})

    def change(self, settings):
        """Changes settings. Raises ValueError for one that is not known."""
        unknown = set(settings) - set(SETTINGS)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self.settings |= settings
        self.changed.set()
        self.changed.clear()

    def report(self):
        """Everything that tests may want to know."""
        text = self.text()
        with self._lock:
            record = {"ipv4": self._addresses["ip"], "ipv6": self._addresses["ipv6"], "txt": text}
            return {"settings": self.settings, "record": record, "calls": list(self._calls)}
