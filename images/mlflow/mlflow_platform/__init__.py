"""What the platform adds to MLflow's server."""
