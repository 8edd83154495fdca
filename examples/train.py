"""Logs one run: parameters, a metric over time, a file.

Nothing here is about signing in or about teams. The environment says it: MLFLOW_TRACKING_AUTH=mlflow-platform makes
MLflow ask the client package for a token at each request, and MLFLOW_WORKSPACE names the team.
"""

import math

import mlflow

mlflow.set_experiment("example-script")

with mlflow.start_run(run_name="a plain script") as run:
    mlflow.log_params({"learning_rate": 0.1, "layers": 3})
    for step in range(10):
        mlflow.log_metric("loss", math.exp(-step / 3), step=step)
    mlflow.log_text("Any file can go with a run.\n", "notes.txt")

# What has been written can be read back the same way.
loss = mlflow.get_run(run.info.run_id).data.metrics["loss"]
notes = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt")
print(f"loss {loss:.4f}, notes: {notes.strip()}")
