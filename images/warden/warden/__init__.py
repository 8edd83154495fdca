"""The warden of the platform: what Keycloak takes away ends in MLflow and in the object store, too.

It follows the realm (`keycloak`, `directory`), changes MLflow's accounts (`mlflow`, `accounts`) and ends credentials of
the object store (`store`, `revocations`). `rounds` puts that together; `report` says what was done and how things stand.
"""
