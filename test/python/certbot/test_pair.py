from datetime import timedelta

import pytest
from certbot_job.pair import BadPair, make_pair, require_names

from conftest import issue


def test_reads_what_is_in_the_certificate() -> None:
    pair = issue("*.a.org", "a.org", lasts=timedelta(days=6))
    assert pair.names == {"*.a.org", "a.org"}
    assert pair.issuer == "Test CA"
    assert pair.lifetime == timedelta(days=6)
    assert int(pair.serial, 16) == pair.certificate.serial_number


def test_refuses_what_is_broken() -> None:
    good, other = issue(), issue()
    leaf = good.fullchain[: good.fullchain.index(b"-----END CERTIFICATE-----") + 26]
    broken = {
        "no sequence of PEM certificates": (b"nonsense", good.privkey),
        "in the middle of a certificate": (good.fullchain[:-60], good.privkey),
        "no PEM key": (good.fullchain, good.privkey[:80]),
        "not that of the certificate": (good.fullchain, other.privkey),
        "the chain is broken": (leaf + leaf, good.privkey),
    }
    for says, (fullchain, privkey) in broken.items():
        with pytest.raises(BadPair, match=says):
            make_pair(fullchain, privkey)


def test_no_error_shows_a_part_of_the_key() -> None:
    good = issue()
    with pytest.raises(BadPair) as failure:
        make_pair(good.fullchain, good.privkey[:-40])
    body = good.privkey.splitlines()[1].decode()
    assert body[:8] not in str(failure.value)
    assert failure.value.__suppress_context__


def test_names_must_be_the_same_not_only_among_them() -> None:
    pair = issue("a.org", "b.org")
    require_names(pair, ["b.org", "a.org"])
    for names in (["a.org"], ["a.org", "b.org", "c.org"]):
        with pytest.raises(BadPair, match=r"for a\.org, b\.org, not for"):
            require_names(pair, names)
