"""Writing that a crash, a kill or a full disk cannot leave half done."""

import os
from pathlib import Path


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a new file through to the disk. One that cannot be written whole is not left behind."""
    try:
        with open(path, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Replace a file by rename: readers see the old content or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    write_file(temporary, content, mode)
    os.replace(temporary, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
