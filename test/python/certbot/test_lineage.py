from datetime import datetime, timedelta

import pytest
from certbot_job.lineage import LineageStore
from certbot_job.pair import BadPair
from certbot_job.settings import Settings

from conftest import SERVER, issue, store_lineage

SIX_HOURS = timedelta(hours=6)


def stamp(settings: Settings) -> datetime | None:
    text = (settings.state / "renewal/platform.conf").read_text()
    lines = [line.split(" = ")[1] for line in text.splitlines() if line.startswith("ari_retry_after")]
    return datetime.fromisoformat(lines[0]) if lines else None


def test_there_may_be_none(settings: Settings) -> None:
    assert LineageStore(settings.state).read() is None


def test_reads_pair_and_server(settings: Settings) -> None:
    pair = issue()
    store_lineage(settings, pair)
    lineage = LineageStore(settings.state).read()
    assert lineage is not None
    assert (lineage.pair, lineage.server) == (pair, SERVER)


def test_damage_is_told_and_moved_aside_whole(settings: Settings) -> None:
    store = LineageStore(settings.state)
    for _ in range(2):
        store_lineage(settings, issue())
        (settings.state / "live/platform/privkey.pem").unlink()
        with pytest.raises(BadPair, match="privkey"):
            store.read()
        aside = store.set_aside()
        assert sorted(entry.name for entry in aside.iterdir()) == [
            "archive-platform",
            "live-platform",
            "renewal-platform.conf",
        ]
        assert store.read() is None
    assert len(list(aside.parent.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "[renewalparams]\n", "[renewalparams\nx", "\x00\xff"])
def test_a_renewal_file_without_server_is_damage(settings: Settings, text: str) -> None:
    store_lineage(settings, issue())
    (settings.state / "renewal/platform.conf").write_text(text)
    with pytest.raises(BadPair):
        LineageStore(settings.state).read()


def test_certbots_pause_before_it_asks_the_ca_again_ends_with_the_certificate_it_was_about(
    settings: Settings,
) -> None:
    store_lineage(settings, issue(), ari=(datetime.now() + SIX_HOURS).isoformat(timespec="seconds"))
    LineageStore(settings.state).hasten_ari(renewed=True)
    assert stamp(settings) is None
    lineage = LineageStore(settings.state).read()
    assert lineage is not None and lineage.server == SERVER


@pytest.mark.parametrize(
    ("lifetime", "most"),
    [
        (timedelta(seconds=90), timedelta(minutes=1)),
        (timedelta(hours=2), timedelta(minutes=10)),
        (timedelta(days=90), SIX_HOURS),
    ],
)
def test_and_is_never_longer_than_makes_sense_for_its_lifetime(
    settings: Settings, lifetime: timedelta, most: timedelta
) -> None:
    store_lineage(
        settings, issue(lasts=lifetime), ari=(datetime.now() + SIX_HOURS).isoformat(timespec="seconds")
    )
    LineageStore(settings.state).hasten_ari(renewed=False)
    found = stamp(settings)
    assert found is not None
    assert most - timedelta(seconds=5) < found - datetime.now() <= most


def test_forgotten_accounts_are_made_anew_and_the_last_kept(settings: Settings) -> None:
    store = LineageStore(settings.state)
    for text in ("first", "second"):
        (settings.state / "accounts").mkdir()
        (settings.state / "accounts/id").write_text(text)
        store.forget_accounts()
        assert not (settings.state / "accounts").exists()
    assert (settings.state / "accounts.former/id").read_text() == "second"
    store.forget_accounts()
