#!/bin/sh
# Installs MLflow, the platform's client and what the examples use into a virtual environment, without a C compiler.
#
#   sh install.sh [FOLDER OF THE VIRTUAL ENVIRONMENT]      by default venv, beside this file
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/venv}

python3 -m venv "$venv"
# Wheels only: pip fails at once where it would have to compile, instead of asking for gcc in the middle of a build.
# The hashes make sure that everybody has the very same files.
"$venv/bin/pip" install --only-binary :all: --require-hashes --requirement "$here/requirements.txt"
# The client is pure Python. Its build uses nothing but what the line above has brought.
"$venv/bin/pip" install --no-index --no-deps --no-build-isolation "$here/../client"

"$venv/bin/mlflow-platform" --version
