"""Takes the platform's address, the team and the account from a file named .env.

    npm run -s env -- --team vision --account vision-ci > .env
"""

from dotenv import find_dotenv, load_dotenv

# Before MLflow is used, which reads the environment. What is set already wins, so a pipeline can set its own values.
load_dotenv(find_dotenv(usecwd=True))

import mlflow

mlflow.set_experiment("example-dotenv")

with mlflow.start_run(run_name="from a .env file") as run:
    mlflow.log_metric("answer", 42)

print(f"logged in {mlflow.get_tracking_uri()} by {mlflow.get_run(run.info.run_id).info.user_id}")
