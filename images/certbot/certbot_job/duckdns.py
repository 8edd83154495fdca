"""DuckDNS' one call, `/update`. It answers OK or KO in the body; the status says nothing."""

from collections.abc import Callable
from threading import Event

import tenacity

from .http import Http

ATTEMPTS = 6
"""Tries of one call before it counts as failed: with every third answer lost, one call in 1400 still fails."""


class DuckDnsError(Exception):
    """DuckDNS did not do what it was asked. The text says why and never holds the token."""


class DuckDns:
    """The records of one domain."""

    def __init__(
        self, api: str, domain: str, token: Callable[[], str], http: Http, stop: Event | None = None
    ) -> None:
        """Args:
        api: base URL without a slash at the end.
        domain: label below duckdns.org.
        token: read anew for each call.
        stop: ends waits between tries.
        """
        self._api, self._domain, self._token, self._http = api, domain, token, http
        self._sleep = tenacity.sleep_using_event(stop or Event())

    def update(self, ipv4: str | None, ipv6: str | None) -> None:
        """Set the addresses that are known; the other record stays. At least one must be given, since DuckDNS
        would take the caller's own instead."""
        known = {key: value for key, value in (("ip", ipv4), ("ipv6", ipv6)) if value}
        if not known:
            raise ValueError("no address given")
        answer = self._call("the address", known | {"verbose": "true"})
        # Verbose answers are OK, IPv4, IPv6, UPDATED or NOCHANGE, one per line.
        shown = answer.split()[1:]
        missing = [value for value in known.values() if len(shown) >= 2 and value not in shown]
        if missing:
            raise DuckDnsError(f"DuckDNS said OK, but kept another address than {' and '.join(missing)}")

    def set_txt(self, value: str) -> None:
        """Set the one TXT record, which holds for all names at and below the domain."""
        self._call("the TXT record", {"txt": value})

    def clear_txt(self) -> None:
        """Empty the TXT record. Changes nothing else, so it also shows whether DuckDNS works."""
        self._call("the empty TXT record", {"txt": "", "clear": "true"})

    def _call(self, what: str, parameters: dict[str, str]) -> str:
        retry = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5),
            retry=tenacity.retry_if_exception_type(DuckDnsError),
            sleep=self._sleep,
            reraise=True,
        )
        return retry(self._call_once, what, parameters)

    def _call_once(self, what: str, parameters: dict[str, str]) -> str:
        try:
            response = self._http.get(
                f"{self._api}/update", {"domains": self._domain, "token": self._token(), **parameters}
            )
        except OSError as error:
            problem = str(error)
        else:
            body = response.text.strip()
            if response.status_code == 200 and body.split("\n")[0].strip() == "OK":
                return body
            if response.status_code == 200 and body.startswith("KO"):
                problem = (
                    f"it answered KO, which means that token and domain do not belong together; compare duckdnsToken "
                    f"and the domain {self._domain} with the DuckDNS page"
                )
            elif response.status_code != 200:
                problem = f"it answered with HTTP status {response.status_code}"
            else:
                problem = "it answered with a page instead of OK or KO"
        raise DuckDnsError(f"DuckDNS did not take {what}: {problem}")
