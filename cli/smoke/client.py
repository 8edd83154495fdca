"""What a team's job does with MLflow, run in a container of the stack's own MLflow image.

Reads one JSON line from standard input before this file runs (see python.ts), which fills JOB and the
environment, and writes one JSON line per step to standard output.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import warnings
import xml.etree.ElementTree as ElementTree

warnings.filterwarnings("ignore")

job = globals()["JOB"]
ARTIFACT_BYTES = 20 * 1024 * 1024
started = time.monotonic()
# MLflow prints links and progress; standard output is for the protocol alone.
protocol, sys.stdout = sys.stdout, sys.stderr


def emit(**line):
    """Writes one line of the protocol."""
    print(json.dumps({**line, "at": round(time.monotonic() - started, 2)}), file=protocol, flush=True)


def take_s3_keys():
    """Exchanges the sign-on token for temporary S3 keys, as a client that writes to S3 itself must."""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "DurationSeconds": "3600",
        "WebIdentityToken": os.environ["MLFLOW_TRACKING_TOKEN"],
    }
    request = urllib.request.Request(job["s3"], urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        tree = ElementTree.fromstring(answer.read())
    fields = {element.tag.rpartition("}")[2]: element.text for element in tree.iter()}
    os.environ["AWS_ACCESS_KEY_ID"] = fields["AccessKeyId"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = fields["SecretAccessKey"]
    os.environ["AWS_SESSION_TOKEN"] = fields["SessionToken"]


def sha256(path):
    """Digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if job["artifacts"] == "direct":
    take_s3_keys()
    emit(step="temporary S3 keys")

import mlflow  # noqa: E402  (after the environment is complete)

emit(step="client loaded", version=mlflow.__version__)


class Doubler(mlflow.pyfunc.PythonModel):
    """The smallest model whose answer can be checked."""

    def predict(self, context, model_input: list[int]) -> list[int]:
        return [2 * value for value in model_input]


experiment_id = mlflow.create_experiment(job["experiment"], tags={"mlflow-platform.smoke": "true"})
mlflow.set_experiment(experiment_id=experiment_id)
emit(step="experiment", experimentId=experiment_id)

with tempfile.TemporaryDirectory() as folder:
    original = os.path.join(folder, "artifact.bin")
    with open(original, "wb") as file:
        file.write(os.urandom(ARTIFACT_BYTES))
    digest = sha256(original)

    with mlflow.start_run(run_name=job["experiment"]) as run:
        mlflow.log_params({"learning_rate": 0.1, "layers": 3})
        for step in range(3):
            mlflow.log_metrics({"loss": 1 / (step + 1)}, step=step)
        emit(step="params and metrics", runId=run.info.run_id)
        mlflow.log_artifact(original, "data")
        emit(step="artifact written")
        model = mlflow.pyfunc.log_model(
            name="model", python_model=Doubler(), pip_requirements=[], registered_model_name=job["model"]
        )
        emit(step="model registered")

    seen = mlflow.get_run(run.info.run_id)
    if seen.data.params != {"learning_rate": "0.1", "layers": "3"} or seen.data.metrics["loss"] != 1 / 3:
        sys.exit(f"the run came back with other values: {seen.data.params} {seen.data.metrics}")

    copy = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="data/artifact.bin", dst_path=os.path.join(folder, "copy")
    )
    if sha256(copy) != digest:
        sys.exit("the artifact came back with other content")
    emit(step="artifact read back")

    answer = mlflow.pyfunc.load_model(f"models:/{job['model']}/1").predict([1, 2])
    if list(answer) != [2, 4]:
        sys.exit(f"the registered model answers {answer} instead of [2, 4]")
    emit(step="model loaded")

emit(
    step="done",
    experimentId=experiment_id,
    runId=run.info.run_id,
    artifactUri=seen.info.artifact_uri,
    sha256=digest,
    bytes=ARTIFACT_BYTES,
    version=mlflow.__version__,
)
