"""`python -m mlflow_platform_client`, for where the command is not on PATH."""

from .cli import main

main()
