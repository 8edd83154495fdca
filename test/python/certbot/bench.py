"""A renewal with a played CA."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from certbot_job.http import Http
from certbot_job.ledger import Ledger
from certbot_job.lineage import LineageStore
from certbot_job.pair import Pair
from certbot_job.publish import Publisher
from certbot_job.renewal import Renewal
from certbot_job.runner import Outcome
from certbot_job.settings import Settings
from certbot_job.times import now

from conftest import Service, issue, store_lineage

DIRECTORY = '{"newOrder": "https://ca.test/order"}'
FAILED = Outcome(ordered=True, error="Detail: SERVFAIL")


class Bench:
    """A renewal with a played CA. `runs` is what Certbot was told: whether to order in any case."""

    def __init__(self, settings: Settings, service: Service) -> None:
        service.answer = lambda path, query: (200, DIRECTORY)
        self.settings = replace(settings, server=f"{service.url}/dir")
        self.runs: list[bool] = []
        self.outcome: Callable[[bool], Outcome] = lambda force: Outcome(False, None)
        self.publisher = Publisher(settings.published)
        self.renewal = self.restart()

    def restart(self) -> Renewal:
        self.renewal = Renewal(
            self.settings,
            Ledger.load(self.settings.state / "ledger.json"),
            LineageStore(self.settings.state),
            self.publisher,
            Http(),
            self._certbot,
        )
        return self.renewal

    def _certbot(self, force: bool) -> Outcome:
        self.runs.append(force)
        return self.outcome(force)

    def store(self, pair: Pair, server: str | None = None) -> None:
        store_lineage(self.settings, pair, server or self.settings.server)

    def issues(self, pair: Pair | None = None) -> None:
        def given(force: bool) -> Outcome:
            self.store(pair or issue(*self.settings.names))
            return Outcome(True, None)

        self.outcome = given

    def wait(self) -> timedelta:
        return self.renewal.next_attempt - now()

    def due_now(self) -> None:
        self.renewal.next_attempt = now()
