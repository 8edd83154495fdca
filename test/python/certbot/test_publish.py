import errno
import os
import threading
import time
from pathlib import Path

import pytest
from certbot_job import files
from certbot_job.publish import Publisher

from conftest import issue


def _slow(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let readers look between any two steps of a publication."""
    real = getattr(os, step)

    def slow(*args: object, **kwargs: object) -> object:
        if threading.current_thread() is threading.main_thread():
            time.sleep(0.001)
        return real(*args, **kwargs)

    monkeypatch.setattr(os, step, slow)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "certificates"


def test_publishes_as_the_contract_says(root: Path) -> None:
    pair = issue()
    assert Publisher(root).publish(pair) == 1
    assert os.readlink(root / "current") == "releases/1"
    release = root / "releases/1"
    assert {file.name for file in release.iterdir()} == {"fullchain.pem", "privkey.pem"}
    assert (root / "current/fullchain.pem").read_bytes() == pair.fullchain
    assert (root / "current/privkey.pem").read_bytes() == pair.privkey
    assert oct((release / "fullchain.pem").stat().st_mode & 0o777) == "0o644"
    assert oct((release / "privkey.pem").stat().st_mode & 0o777) == "0o640"


def test_keeps_the_last_three(root: Path) -> None:
    publisher = Publisher(root)
    assert [publisher.publish(issue()) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert sorted(entry.name for entry in (root / "releases").iterdir()) == ["3", "4", "5"]
    assert os.readlink(root / "current") == "releases/5"


def test_a_reader_sees_a_whole_pair_at_every_moment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NGINX reads: resolves the link once, then reads both files."""
    for step in ("link", "mkdir", "open", "rename", "replace", "symlink", "unlink"):
        _slow(monkeypatch, step)
    publisher = Publisher(root)
    publisher.publish(issue())
    done, has_read = threading.Event(), threading.Event()
    torn: list[str] = []
    seen: set[str] = set()

    def reader() -> None:
        while not done.is_set():
            try:
                folder = root / os.readlink(root / "current")
                if b"END CERTIFICATE" not in (folder / "fullchain.pem").read_bytes():
                    torn.append("half a chain")
                if b"END PRIVATE KEY" not in (folder / "privkey.pem").read_bytes():
                    torn.append("half a key")
                seen.add(folder.name)
            except FileNotFoundError as error:
                torn.append(str(error))
            has_read.set()

    thread = threading.Thread(target=reader)
    thread.start()
    pairs = [issue() for _ in range(3)]
    for number in range(30):
        # A reader may be slow, but not slower than the two publications for which its release stays.
        has_read.clear()
        publisher.publish(pairs[number % 3])
        assert has_read.wait(30)
    done.set()
    thread.join()
    assert torn == []
    assert len(seen) > 10


@pytest.mark.parametrize("file", ["fullchain.pem", "privkey.pem"])
def test_a_full_disk_leaves_the_old_certificate_and_nothing_half(
    root: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    old = issue()
    Publisher(root).publish(old)
    write = files.write_file

    def full(path: Path, content: bytes, mode: int) -> None:
        if path.name == file:
            path.write_bytes(content[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content, mode)

    monkeypatch.setattr("certbot_job.publish.write_file", full)
    with pytest.raises(OSError, match="No space"):
        Publisher(root).publish(issue())
    assert Publisher(root).current() == old
    assert [entry.name for entry in (root / "releases").iterdir()] == ["1"]


def test_a_disk_that_lies_is_found_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = issue()
    Publisher(root).publish(old)
    monkeypatch.setattr(
        "certbot_job.publish.write_file", lambda path, content, mode: path.write_bytes(content[:-99])
    )
    with pytest.raises(OSError, match="did not reach the disk"):
        Publisher(root).publish(issue())
    assert Publisher(root).current() == old


def test_what_a_killed_publication_left_is_removed(root: Path) -> None:
    (root / "releases/.new-1").mkdir(parents=True)
    (root / "releases/.new-1/fullchain.pem").write_text("half")
    (root / ".current.new").symlink_to("nowhere")
    assert Publisher(root).publish(issue()) == 1
    assert [entry.name for entry in (root / "releases").iterdir()] == ["1"]
    assert not os.path.lexists(root / ".current.new")


def test_missing_broken_or_foreign_is_not_current(root: Path) -> None:
    publisher = Publisher(root)
    publisher.publish(issue())
    current = root / "current"
    current.unlink()
    assert publisher.current() is None
    current.symlink_to("releases/77")
    assert publisher.current() is None
    current.unlink()
    current.symlink_to("/etc/ssl")
    assert publisher.current() is None


def test_a_foreign_folder_in_the_place_of_current_gives_way_and_is_kept(root: Path) -> None:
    (root / "current").mkdir(parents=True)
    (root / "current/mine.txt").write_text("keep me")
    pair = issue()
    Publisher(root).publish(pair)
    assert Publisher(root).current() == pair
    assert (root / "current.foreign-1/mine.txt").read_text() == "keep me"
