"""What stands around Certbot, against the Certbot that is installed."""

import inspect
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from acme import challenges, messages
from certbot import errors
from certbot._internal.auth_handler import AuthHandler
from certbot._internal.plugins.disco import PluginsRegistry
from certbot_job import certbot_main
from certbot_job.certbot_main import NONCE_ATTEMPTS, Watch, one_by_one, patient_with_nonces
from certbot_job.dns_view import NotVisible
from certbot_job.duckdns import DuckDnsError
from certbot_job.logs import Scrubber, scrub_records
from certbot_job.plugin import Authenticator
from certbot_job.settings import Settings

from conftest import CANARY


def test_certbot_finds_the_plugin() -> None:
    found = PluginsRegistry.find_all()["dns-duckdns"]
    assert found.plugin_cls is Authenticator


def test_the_wrapped_private_function_is_still_the_one_it_was() -> None:
    parameters = list(inspect.signature(AuthHandler.handle_authorizations).parameters)
    assert parameters == ["self", "orderr", "config", "best_effort", "max_retries", "max_time_mins"]


def test_challenges_of_an_order_are_handled_one_after_the_other() -> None:
    handled: list[list[str]] = []

    def handle(self: object, order: Any, *rest: object) -> list[str]:
        handled.append(order.authorizations)
        return order.authorizations

    order = messages.OrderResource(authorizations=["apex", "wildcard"])
    assert one_by_one(handle)(None, order, "config") == ["apex", "wildcard"]
    assert handled == [["apex"], ["wildcard"]]


class Nonces:
    """A client whose first posts are refused."""

    def __init__(self, refused: int, code: str = "badNonce") -> None:
        self.left, self.posts, self.code = refused, 0, code

    def post(self) -> str:
        self.posts += 1
        if self.left:
            self.left -= 1
            raise messages.Error.with_code(self.code)
        return "done"


def test_refused_nonces_are_tried_again() -> None:
    client = Nonces(NONCE_ATTEMPTS - 1)
    assert patient_with_nonces(Nonces.post)(client) == "done"


def test_but_not_for_ever_and_other_refusals_not_at_all() -> None:
    client = Nonces(99)
    with pytest.raises(messages.Error):
        patient_with_nonces(Nonces.post)(client)
    assert client.posts == NONCE_ATTEMPTS
    client = Nonces(1, "rateLimited")
    with pytest.raises(messages.Error):
        patient_with_nonces(Nonces.post)(client)
    assert client.posts == 1


def test_no_order_is_made_while_duckdns_is_dead(settings: Settings) -> None:
    orders: list[str] = []
    watch = Watch(settings)  # its API is a closed port
    with pytest.raises(errors.Error, match="No order was made: DuckDNS") as failure:
        watch.before_order(lambda csr: orders.append(csr))("csr")
    assert orders == [] and not watch.ordered
    assert CANARY not in str(failure.value)


def test_an_order_that_the_ca_refuses_counts_as_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certbot_main.DuckDns, "clear_txt", lambda self: None)
    watch = Watch(settings)

    def refused(csr: str) -> None:
        raise messages.Error.with_code("rateLimited")

    with pytest.raises(messages.Error):
        watch.before_order(refused)("csr")
    assert watch.ordered


class Steps:
    """Plays DuckDNS and the DNS for the plugin."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        self.steps: list[tuple[str, ...]] = []
        self.fail: dict[str, Exception] = {}
        steps = self

        def step(*what: str) -> None:
            steps.steps.append(what)
            if what[0] in steps.fail:
                raise steps.fail[what[0]]

        monkeypatch.setattr("certbot_job.plugin.from_environment", lambda: settings)
        monkeypatch.setattr("certbot_job.plugin.DuckDns.set_txt", lambda self, value: step("set", value))
        monkeypatch.setattr("certbot_job.plugin.DuckDns.clear_txt", lambda self: step("clear"))
        monkeypatch.setattr(
            "certbot_job.plugin.DnsView.wait_for_txt",
            lambda self, name, value, stop: step("seen", name, value),
        )


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Steps:
    return Steps(monkeypatch, settings)


@pytest.fixture
def plugin(steps: Steps) -> Authenticator:
    return Authenticator(SimpleNamespace(), "dns-duckdns")  # type: ignore[arg-type]


def challenge() -> Any:
    """As Certbot hands it over; a wildcard comes as its base name."""
    return SimpleNamespace(
        domain="example.duckdns.org",
        account_key="key",
        response=lambda key: "response",
        validation=lambda key: "value",
        validation_domain_name=lambda domain: f"_acme-challenge.{domain}",
    )


def test_the_plugin_answers_only_when_the_dns_shows_the_value(plugin: Authenticator, steps: Steps) -> None:
    assert plugin.perform([challenge()]) == ["response"]
    plugin.cleanup([challenge()])
    assert steps.steps == [
        ("set", "value"),
        ("seen", "_acme-challenge.example.duckdns.org", "value"),
        ("clear",),
    ]
    assert plugin.get_chall_pref("example.duckdns.org") == [challenges.DNS01]


@pytest.mark.parametrize(("step", "error"), [("set", DuckDnsError("KO")), ("seen", NotVisible("not seen"))])
def test_a_challenge_that_nobody_could_see_is_never_shown_to_the_ca(
    plugin: Authenticator, steps: Steps, step: str, error: Exception
) -> None:
    steps.fail[step] = error
    with pytest.raises(errors.PluginError, match=str(error)):
        plugin.perform([challenge()])


def test_two_challenges_at_once_are_refused_rather_than_overwritten(plugin: Authenticator) -> None:
    with pytest.raises(errors.PluginError, match="one by one"):
        plugin.perform([challenge(), challenge()])


def test_a_record_that_could_not_be_emptied_does_not_cost_the_certificate(
    plugin: Authenticator, steps: Steps
) -> None:
    steps.fail["clear"] = DuckDnsError("KO")
    plugin.cleanup([challenge()])


def test_certbots_own_log_holds_no_token(caplog: pytest.LogCaptureFixture) -> None:
    make: Callable[..., logging.LogRecord] = logging.getLogRecordFactory()
    try:
        scrub_records(Scrubber([CANARY]))
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("urllib3.connectionpool").debug('"GET /update?token=%s"', CANARY)
            logging.getLogger("acme").debug("saw %s", CANARY)
            logging.getLogger("acme").debug(f"saw {CANARY}")
        assert "canary" not in caplog.text
        assert caplog.text.count("saw [secret]") == 2
    finally:
        logging.setLogRecordFactory(make)
