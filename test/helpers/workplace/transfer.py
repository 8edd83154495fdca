"""One direction of a large artifact, as a program does it: by log_artifact, by download_artifacts.

transfer.py upload EXPERIMENT BYTES    makes a file, logs it in a new run, prints {"run", "sha256", "seconds"}
transfer.py download RUN               gets it again, prints {"bytes", "sha256", "seconds"}

The seconds are those of MLflow's call alone. Files go as soon as they are not needed.
"""

import hashlib
import json
import os
import sys
import tempfile
import time

import mlflow

NAME = "large.bin"
PIECE = 64 * 2**20


def make(path: str, size: int) -> str:
    """Writes a file that cannot be made smaller and in which every piece is another one. Returns its SHA-256."""
    digest = hashlib.sha256()
    noise = os.urandom(PIECE)
    with open(path, "wb") as file:
        for start in range(0, size, PIECE):
            # The place stands in the piece, so that exchanged or repeated pieces would show.
            piece = (start.to_bytes(8, "big") + noise[8:])[: size - start]
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def upload(experiment: str, size: int) -> dict[str, object]:
    mlflow.set_experiment(experiment)
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as folder:
        path = os.path.join(folder, NAME)
        sha256 = make(path, size)
        with mlflow.start_run() as run:
            started = time.monotonic()
            mlflow.log_artifact(path)
            seconds = time.monotonic() - started
    return {"run": run.info.run_id, "sha256": sha256, "seconds": seconds}


def download(run: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as folder:
        started = time.monotonic()
        path = mlflow.artifacts.download_artifacts(run_id=run, artifact_path=NAME, dst_path=folder)
        seconds = time.monotonic() - started
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": os.path.getsize(path), "sha256": sha256, "seconds": seconds}


if __name__ == "__main__":
    done = upload(sys.argv[2], int(sys.argv[3])) if sys.argv[1] == "upload" else download(sys.argv[2])
    print(json.dumps(done))
