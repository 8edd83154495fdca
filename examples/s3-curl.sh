#!/usr/bin/env bash
# The team's bucket with nothing but curl: temporary keys for a token (STS), then S3 requests that curl signs itself.
set -euo pipefail
bucket=mlflow-$MLFLOW_WORKSPACE

# The object store's address, and a token of whoever the environment says: a service account, or the person who has
# done `mlflow-platform login`. rest.sh shows how to get a token without the client.
platform=$(curl -fsS "$MLFLOW_TRACKING_URI/.well-known/mlflow-platform")
endpoint=$(jq -r .s3.endpoint <<<"$platform")
region=$(jq -r .s3.region <<<"$platform")

# Keys for an hour. They open the buckets of the caller's teams, and nothing else. Token and keys never are arguments
# of a program, which everybody on the machine could see.
keys=$(mlflow-platform token | tr -d '\n' | curl -sS --fail-with-body "$endpoint" \
  --data Action=AssumeRoleWithWebIdentity --data Version=2011-06-15 --data DurationSeconds=3600 \
  --data-urlencode WebIdentityToken@-)
field() {
  sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p" <<<"$keys"
}
s3() { # CURL'S OPTIONS…
  curl -sS --fail-with-body --aws-sigv4 "aws:amz:$region:s3" --config <(
    printf 'user = "%s:%s"\n' "$(field AccessKeyId)" "$(field SecretAccessKey)"
    printf 'header = "x-amz-security-token: %s"\n' "$(field SessionToken)"
  ) "$@"
}

data=$(mktemp)
trap 'rm -f "$data"' EXIT
printf 'petal,sepal\n1.4,5.1\n' >"$data"

s3 --upload-file "$data" "$endpoint/$bucket/examples/curl.csv"
s3 "$endpoint/$bucket/examples/curl.csv" | diff - "$data"
s3 "$endpoint/$bucket?list-type=2&prefix=examples%2Fcurl" | grep -o '<Key>[^<]*' | sed 's:<Key>:in the bucket\: :'
