"""What is published is what Certbot has, whatever happens to either."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from certbot_job.runner import Outcome
from certbot_job.times import now

from bench import FAILED, Bench
from conftest import issue


@pytest.mark.parametrize("damage", ["missing", "foreign", "other release", "half written"])
def test_what_is_published_is_made_right_again_without_an_order(bench: Bench, damage: str) -> None:
    pair = issue()
    bench.store(pair)
    bench.renewal.round()
    current, release = bench.settings.published / "current", bench.settings.published / "releases/1"
    match damage:
        case "missing":
            shutil.rmtree(bench.settings.published / "releases")
            current.unlink()
        case "foreign":
            current.unlink()
            current.symlink_to("/etc/ssl")
        case "other release":
            bench.publisher.publish(issue())
        case "half written":
            (release / "fullchain.pem").write_bytes(pair.fullchain[:200])
    bench.renewal.round()
    assert bench.publisher.current() == pair
    assert bench.runs == [False]


def test_a_certificate_that_could_not_be_published_is_published_later_without_an_order(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = issue(), issue()
    bench.store(old)
    bench.renewal.round()

    def full(path: Path, content: bytes, mode: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("certbot_job.publish.write_file", full)
        bench.issues(new)
        bench.due_now()
        bench.renewal.round()
        assert bench.publisher.current() == old
        assert bench.renewal.publish_error == "No space left on device"
    bench.outcome = lambda force: Outcome(False, None)
    monkeypatch.setattr(bench.renewal, "_publish_from", now())
    bench.renewal.round()
    assert bench.publisher.current() == new
    assert bench.renewal.publish_error is None
    assert len(bench.runs) == 2


def test_a_certificate_for_former_names_is_not_published(bench: Bench) -> None:
    bench.store(issue("former.example.duckdns.org"))
    bench.outcome = lambda force: FAILED
    bench.renewal.round()
    assert bench.publisher.current() is None


def test_a_damaged_lineage_is_moved_aside_and_ordered_anew(bench: Bench) -> None:
    bench.store(issue())
    (bench.settings.state / "live/platform/privkey.pem").unlink()
    bench.issues()
    bench.renewal.round()
    assert bench.runs == [False]
    assert bench.publisher.current() is not None
    assert len(list((bench.settings.state / "damaged").iterdir())) == 1
