"""The files: nothing that was acknowledged is lost, nothing half written stays, and room is bounded."""

import asyncio
import gzip
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from audit_service.days import DayFiles
from audit_service.events import make
from audit_service.stream import Stream, StreamError, read_days

DAY = date(2026, 3, 10)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the stream's clock."""

    def set_to(time: datetime) -> None:
        monkeypatch.setattr("audit_service.stream.now", lambda: time)

    set_to(datetime(2026, 3, 10, 12, tzinfo=UTC))
    return set_to


def run(stream: Stream, work: Callable[[], Any]) -> Any:
    """Does something while the stream is written."""

    async def main() -> Any:
        writer = asyncio.create_task(stream.run())
        try:
            return await work()
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    return asyncio.run(main())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def files(tmp_path: Path, clock: object) -> DayFiles:
    return DayFiles(tmp_path, 30, 100)


def test_lines_are_on_the_disk_before_the_sender_hears_of_it(
    files: DayFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    echo = io.BytesIO()
    stream = Stream(files, echo)

    async def work() -> None:
        await stream.append([make("audit", "a"), make("audit", "b")])
        assert synced[-1] == (files.folder / "audit-2026-03-10.jsonl").stat().st_size > 0

    run(stream, work)
    assert [json.loads(line)["event"] for line in read_days(files, DAY)] == ["a", "b"]
    assert echo.getvalue() == b"".join(read_days(files, DAY))


def test_many_senders_share_few_writes_and_lose_nothing(
    files: DayFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: (syncs.append(1), real(descriptor))[1])
    stream = Stream(files)
    run(stream, lambda: asyncio.gather(*(stream.append([make("audit", f"n{n}")]) for n in range(500))))
    assert sorted(json.loads(line)["event"] for line in read_days(files, DAY)) == sorted(
        f"n{n}" for n in range(500)
    )
    assert len(syncs) < 50
    assert stream.stored == 500


def test_a_full_disk_is_told_and_leaves_no_half_line(
    files: DayFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(files)
    real = os.write

    def short(descriptor: int, data: Any) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return real(descriptor, bytes(data[: len(data) - 10]))

    async def work() -> None:
        await stream.append([make("audit", "before")])
        monkeypatch.setattr(os, "write", short)
        with pytest.raises(StreamError, match="No space left"):
            await stream.append([make("audit", "lost")])
        assert stream.error is not None
        monkeypatch.setattr(os, "write", real)
        await stream.append([make("audit", "after")])
        assert stream.error is None

    run(stream, work)
    assert [json.loads(line)["event"] for line in read_days(files, DAY)] == ["before", "after"]


def test_today_never_takes_more_than_all_may(files: DayFiles) -> None:
    stream = Stream(files)
    files.max_bytes = 500

    async def work() -> None:
        await stream.append([make("audit", "a", detail={"x": "y" * 600})])
        with pytest.raises(StreamError, match="today's events alone"):
            await stream.append([make("audit", "b")])

    run(stream, work)


@pytest.mark.parametrize("torn", [b'{"event":"torn', b"x" * 3_000_000])
def test_a_line_that_a_crash_cut_short_is_taken_away(files: DayFiles, torn: bytes) -> None:
    path = files.folder / "audit-2026-03-10.jsonl"
    path.write_bytes(b'{"event":"whole"}\n' + torn)
    stream = Stream(files)
    run(stream, lambda: stream.append([make("audit", "next")]))
    assert [json.loads(line)["event"] for line in path.read_bytes().splitlines()] == ["whole", "next"]


def test_each_day_has_a_file(files: DayFiles, clock: Callable[[datetime], None]) -> None:
    stream = Stream(files)

    async def work() -> None:
        await stream.append([make("audit", "a")])
        clock(datetime(2026, 3, 11, 0, 0, tzinfo=UTC))
        await stream.append([make("audit", "b")])

    run(stream, work)
    assert names(files.folder) == ["audit-2026-03-10.jsonl", "audit-2026-03-11.jsonl"]


def test_days_that_are_over_are_compressed_and_old_ones_deleted(files: DayFiles) -> None:
    for day in ("2026-02-06", "2026-02-08", "2026-03-09", "2026-03-10"):
        (files.folder / f"audit-{day}.jsonl").write_text(f'{{"event":"{day}"}}\n')
    (files.folder / "keycloak.json").write_text("{}")
    assert files.tidy(DAY) == []
    assert names(files.folder) == [
        "audit-2026-02-08.jsonl.gz",
        "audit-2026-03-09.jsonl.gz",
        "audit-2026-03-10.jsonl",
        "keycloak.json",
    ]
    assert [json.loads(line)["event"] for line in read_days(files, date(2026, 3, 9))] == [
        "2026-03-09",
        "2026-03-10",
    ]
    assert files.first_day() == date(2026, 2, 8)


@pytest.mark.parametrize(("left", "plain_left"), [("tmp", True), ("ready", True), ("ready", False)])
def test_compressing_may_be_interrupted_anywhere(files: DayFiles, left: str, plain_left: bool) -> None:
    plain = files.folder / "audit-2026-03-09.jsonl"
    plain.write_text('{"event":"once"}\n')
    # As a crash leaves it: half a packed file, or a whole one beside the plain one.
    packed = gzip.compress(plain.read_bytes())
    (files.folder / f"{plain.name}.{left}").write_bytes(packed if left == "ready" else packed[:10])
    if not plain_left:
        plain.unlink()
    files.tidy(DAY)
    assert names(files.folder) == ["audit-2026-03-09.jsonl.gz"]
    assert [json.loads(line)["event"] for line in read_days(files, date(2026, 3, 9))] == ["once"]


def test_a_day_that_comes_twice_keeps_both_parts(files: DayFiles) -> None:
    for part in ("first", "second"):
        (files.folder / "audit-2026-03-09.jsonl").write_text(f'{{"event":"{part}"}}\n')
        files.tidy(DAY)
    assert [json.loads(line)["event"] for line in read_days(files, date(2026, 3, 9))] == ["first", "second"]


def test_the_oldest_days_go_first_where_room_is_short(files: DayFiles) -> None:
    for day in range(1, 11):
        (files.folder / f"audit-2026-03-{day:02}.jsonl").write_bytes(os.urandom(300))
    files.max_bytes = 1500
    assert files.tidy(DAY) == [f"2026-03-{day:02}" for day in range(1, 7)]
    assert files.size <= 1500
    # Today's stays even where it alone is too much.
    files.max_bytes = 1
    files.tidy(DAY)
    assert names(files.folder) == ["audit-2026-03-10.jsonl"]
