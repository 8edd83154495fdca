import subprocess
import sys

import pytest
from certbot_job.settings import SettingsError, from_environment

GOOD = {
    "ACME_SERVER": "https://ca.test/dir",
    "ACME_CHALLENGE": "http",
    "CERTIFICATE_NAMES": "mlflow.a.org, AUTH.a.org,mlflow.a.org",
}


def test_reads_names_once_and_small() -> None:
    assert from_environment(GOOD).names == ("mlflow.a.org", "auth.a.org")


def test_duckdns_has_its_public_address_unless_told_otherwise() -> None:
    assert from_environment(GOOD).duckdns_api == "https://www.duckdns.org"
    assert from_environment(GOOD | {"DUCKDNS_API": "http://duck:8000/"}).duckdns_api == "http://duck:8000"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ACME_SERVER": ""}, "ACME_SERVER"),
        ({"ACME_SERVER": "ca.test/dir"}, "ACME_SERVER"),
        ({"ACME_CHALLENGE": "tls"}, "ACME_CHALLENGE"),
        ({"CERTIFICATE_NAMES": " , "}, "CERTIFICATE_NAMES"),
        ({"CERTIFICATE_NAMES": "*.a.org"}, "wildcard"),
        ({"ACME_CHALLENGE": "dns-duckdns"}, "DUCKDNS_DOMAIN"),
        ({"IPV4_LOOKUP": "ftp://a"}, "IPV4_LOOKUP"),
        ({"DUCKDNS_DOMAIN": "example"}, "duckdnsToken"),
    ],
)
def test_refuses_what_cannot_work(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        from_environment(GOOD | change)


def test_the_command_names_the_setting_and_ends_with_2() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from certbot_job.cli import main; main()"],
        env={},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "ACME_SERVER" in ended.stderr and "Traceback" not in ended.stderr
