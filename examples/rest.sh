#!/usr/bin/env bash
# MLflow's REST API with nothing but curl and jq: for programs in any language.
set -euo pipefail
experiment=example-rest

# By https with a CA of the platform's own, curl needs to know it as well.
if [ -n "${MLFLOW_TRACKING_SERVER_CERT_PATH:-}" ]; then
  export CURL_CA_BUNDLE=$MLFLOW_TRACKING_SERVER_CERT_PATH
fi

# Where to sign in. The platform tells everybody.
issuer=$(curl -fsS "$MLFLOW_TRACKING_URI/.well-known/mlflow-platform" | jq -r .issuer)

# A token for the service account, good for 5 minutes. The secret goes through a pipe: a program's arguments can be seen
# by everybody on the machine.
token=$(printf %s "$MLFLOW_PLATFORM_CLIENT_SECRET" |
  curl -fsS "$issuer/protocol/openid-connect/token" \
    --data-urlencode grant_type=client_credentials \
    --data-urlencode "client_id=$MLFLOW_PLATFORM_CLIENT_ID" \
    --data-urlencode client_secret@- |
  jq -r .access_token)

# Each request says who asks, and for which team.
headers=$(printf 'Authorization: Bearer %s\nX-MLFLOW-WORKSPACE: %s\n' "$token" "$MLFLOW_WORKSPACE")
mlflow() { # PATH [CURL'S OPTIONS…]
  curl -sS --fail-with-body "$MLFLOW_TRACKING_URI$1" -H @<(printf '%s\n' "$headers") "${@:2}"
}
post() { # PATH JSON
  mlflow "/api/2.0/mlflow/$1" -H "Content-Type: application/json" --data "$2"
}

# The experiment, made if it is not there.
filter=$(jq -n --arg name "$experiment" '{max_results: 1, filter: "name = '\''\($name)'\''"}')
id=$(post experiments/search "$filter" | jq -r '.experiments[0].experiment_id // empty')
if [ -z "$id" ]; then
  id=$(post experiments/create "$(jq -n --arg name "$experiment" '{$name}')" | jq -r .experiment_id)
fi

# A run with two parameters and a metric of three steps.
now=$(date +%s%3N)
run=$(post runs/create "$(jq -n --arg id "$id" --argjson now "$now" \
  '{experiment_id: $id, run_name: "curl", start_time: $now}')" | jq -r .run.info.run_id)
post runs/log-batch "$(jq -n --arg run "$run" --argjson now "$now" '{
  run_id: $run,
  params: [{key: "learning_rate", value: "0.1"}, {key: "layers", value: "3"}],
  metrics: [range(3) | {key: "loss", value: (1 / (. + 1)), timestamp: ($now + .), step: .}]
}')" >/dev/null

# A file. This is the way through MLflow; where artifacts go to the object store directly, see s3-curl.sh.
root=$(mlflow "/api/2.0/mlflow/runs/get?run_id=$run" | jq -r .run.info.artifact_uri)
case $root in
mlflow-artifacts:*)
  path=${root#mlflow-artifacts:} path=${path#/}
  echo "Written by curl." | mlflow "/api/2.0/mlflow-artifacts/artifacts/$path/notes.txt" --upload-file - >/dev/null
  ;;
esac

post runs/update "$(jq -n --arg run "$run" --argjson now "$(date +%s%3N)" \
  '{run_id: $run, status: "FINISHED", end_time: $now}')" >/dev/null

# And found again: the runs with a small loss, the latest first.
post runs/search "$(jq -n --arg id "$id" '{
  experiment_ids: [$id], filter: "metrics.loss < 0.5", order_by: ["attributes.start_time DESC"], max_results: 1
}')" | jq -r '.runs[0] | "run \(.info.run_id) by \(.info.user_id): \(.info.status), \(.data.metrics[0].key) \(.data.metrics[0].value)"'
