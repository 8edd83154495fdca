"""scikit-learn with autolog: one line, and each fit becomes a run with its parameters, metrics and model."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODEL = "example-wine"

mlflow.set_experiment("example-autolog")
# Each run also adds a version to this model in the team's registry. Other teams may use the same name for theirs.
# skops is a format that holds no code: a pickle, MLflow's default, could run anything when it is loaded.
mlflow.sklearn.autolog(registered_model_name=MODEL, serialization_format="skops")

features, kinds = load_wine(as_frame=True, return_X_y=True)
train_features, test_features, train_kinds, test_kinds = train_test_split(features, kinds, random_state=0)

with mlflow.start_run(run_name="logistic regression") as run:
    classifier = make_pipeline(StandardScaler(), LogisticRegression()).fit(train_features, train_kinds)
    # Autolog notes this as a metric too, by the name of the data that it was taken of.
    classifier.score(test_features, test_kinds)

# Whoever uses the model needs its name only. An alias says which version is meant.
[version] = MlflowClient().search_model_versions(f"run_id = '{run.info.run_id}'")
MlflowClient().set_registered_model_alias(MODEL, "latest-example", version.version)
model = mlflow.sklearn.load_model(f"models:/{MODEL}@latest-example")
print(f"{MODEL} version {version.version} is right in {model.score(test_features, test_kinds):.0%} of the cases")
