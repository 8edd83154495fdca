#!/usr/bin/env bash
# The team's bucket with AWS's command line: its profile asks the client package for keys, which renews them by itself.
# boto3, pandas, DVC and others take the same profile by the variable AWS_PROFILE.
set -euo pipefail

mlflow-platform configure-aws # once on each machine; it adds the profile `mlflow-platform`
export AWS_PROFILE=mlflow-platform

printf 'petal,sepal\n1.4,5.1\n' | aws s3 cp - "s3://mlflow-$MLFLOW_WORKSPACE/examples/aws.csv"
aws s3 ls "s3://mlflow-$MLFLOW_WORKSPACE/examples/"

python - <<'PYTHON'
import os

import boto3

bucket = boto3.resource("s3").Bucket(f"mlflow-{os.environ['MLFLOW_WORKSPACE']}")
print(bucket.Object("examples/aws.csv").get()["Body"].read().decode(), end="")
PYTHON
