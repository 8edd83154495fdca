"""MinIO's entries: samples that a real server sent (minio_entries.jsonl), with canaries for what was secret."""

import json
from pathlib import Path
from typing import Any

from audit_service.events import encode
from audit_service.minio import MinioEvents

ENTRIES = [
    json.loads(line) for line in (Path(__file__).parent / "minio_entries.jsonl").read_text().splitlines()
]
USER = "service-account-vision-ci"
SUBJECT = "29ff1e69-18b6-451f-bd48-c499da0f4eab"


def entry(name: str, code: int = 200, **changes: Any) -> dict[str, Any]:
    """The first sample of an action; `changes` replace what is in it."""
    found = next(
        each for each in ENTRIES if each["api"]["name"] == name and each["api"]["statusCode"] == code
    )
    return {**found, **changes}


def taker() -> MinioEvents:
    return MinioEvents("platform-root", "mlflow-server")


def test_a_write_names_the_person_behind_the_credentials() -> None:
    (event,) = taker().take([entry("PutObject", accessKey="ABC", remotehost="198.51.100.7")])
    agent = event["detail"].pop("agent")
    assert event == {
        "time": "2026-11-21T16:42:19.323Z",
        "source": "minio",
        "event": "write",
        "actor": USER,
        "subject": SUBJECT,
        "client": "vision-ci",
        "ip": "198.51.100.7",
        "workspace": "vision",
        "target": "mlflow-vision/a/b.txt",
        "status": "success",
        "detail": {
            "action": "PutObject",
            "code": 200,
            "bytes": 5,
            "request": event["detail"]["request"],
            "accessKey": "ABC",
        },
    }
    assert agent.startswith("Boto3/") and len(agent) <= 200


def test_credentials_from_a_token_are_tied_to_their_key() -> None:
    (event,) = taker().take([entry("AssumeRoleSSOCommon")])
    assert (event["event"], event["status"], event["actor"], event["subject"]) == (
        "s3.credentials",
        "success",
        USER,
        SUBJECT,
    )
    assert event["detail"]["action"] == "AssumeRoleWithWebIdentity"
    assert event["detail"]["accessKey"] == "Q01C5557XM62G4SPUE9H"


def test_a_refused_token_is_believed_nothing() -> None:
    # The sample's token had a wrong signature, and MinIO names its claims all the same.
    forged = next(each for each in ENTRIES if each["api"]["statusCode"] == 400 and each.get("requestClaims"))
    (event,) = taker().take([forged])
    assert (event["event"], event["status"]) == ("s3.credentials", "refused")
    assert (event["actor"], event["subject"], event["client"]) == (None, None, None)
    assert event["detail"]["claimed"] == USER


def test_a_refused_request_names_who_signed_it_and_nobody_else() -> None:
    signed = entry("PutObject", 403)
    assert signed["accessKey"] != ""
    (event,) = taker().take([signed])
    assert (event["event"], event["status"], event["actor"]) == ("refused", "refused", USER)
    assert event["target"] == "mlflow-artifacts/x"
    unsigned = {key: value for key, value in signed.items() if key not in ("accessKey", "parentUser")}
    (event,) = taker().take([unsigned])
    assert (event["actor"], event["detail"]["claimed"]) == (None, USER)


def test_removing_many_names_all() -> None:
    (event,) = taker().take([entry("DeleteMultipleObjects")])
    assert event["event"] == "write"
    assert (event["detail"]["objects"], event["detail"]["objectCount"]) == (["q", "r"], 2)


def test_an_upload_in_parts_is_one_write() -> None:
    parts = [entry("NewMultipartUpload"), *[entry("PutObjectPart")] * 50, entry("CompleteMultipartUpload")]
    (event,) = taker().take(parts)
    assert (event["event"], event["detail"]["action"]) == ("write", "CompleteMultipartUpload")


def test_reads_are_summed_up() -> None:
    minio = taker()
    assert minio.take([entry("GetObject")] * 1000 + [entry("ListObjectsV2")] * 3) == []
    get, listing = minio.summary.flush()
    assert (get["event"], get["actor"], get["workspace"], get["target"]) == (
        "read",
        USER,
        "vision",
        "mlflow-vision",
    )
    assert get["detail"] == {"action": "GetObject", "code": 200, "count": 1000, "bytes": 5000}
    assert listing["detail"]["count"] == 3
    assert minio.summary.flush() == []


def test_refusals_over_and_over_are_told_once_and_then_counted() -> None:
    minio = taker()
    anonymous = entry("GetObject", 403, accessKey="", requestClaims={})
    tries = [{**anonymous, "api": {**anonymous["api"], "object": f"guess-{n}"}} for n in range(500)]
    (first,) = minio.take(tries)
    assert first["target"] == "mlflow-artifacts/guess-0"
    (rest,) = minio.summary.flush()
    assert (rest["event"], rest["status"], rest["target"]) == ("refused", "refused", "mlflow-artifacts")
    assert rest["detail"]["count"] == 499


def test_who_varies_his_refusals_without_end_fills_no_memory() -> None:
    minio = taker()
    refused = entry("GetObject", 403, accessKey="", requestClaims={})
    for n in range(10_100):
        minio.take([{**refused, "remotehost": f"2001:db8::{n:x}"}])
    assert len(minio.summary.flush()) <= 10_001


def test_what_mlflow_does_with_its_own_key_is_told_by_mlflow_except_refusals() -> None:
    own = {"accessKey": "mlflow-server", "requestClaims": {}, "parentUser": ""}
    minio = taker()
    assert minio.take([entry("PutObject", **own), entry("GetObject", **own)]) == []
    assert minio.summary.flush() == []
    (event,) = minio.take([entry("PutObject", 403, **own)])
    assert (event["event"], event["actor"]) == ("refused", "mlflow-server")


def test_of_the_platforms_own_key_only_what_it_changes_is_kept() -> None:
    minio = taker()
    names = ["ListUsers", "ListBuckets", "ServerInfo", "AddUser", "AddCannedPolicy", "PutBucketVersioning"]
    own = [entry(name, accessKey="platform-root", requestClaims={}, parentUser="") for name in names]
    events = minio.take(own)
    assert [event["event"] for event in events] == [
        "admin.add-user",
        "admin.add-canned-policy",
        "admin.put-bucket-versioning",
    ]
    assert {event["actor"] for event in events} == {"platform-root"}
    assert [event["target"] for event in events] == ["mlflow-server", "team-vision", "mlflow-vision"]
    assert minio.summary.flush() == []


def test_who_is_given_a_policy_is_named_with_it() -> None:
    query = {"policyName": "team-vision", "userOrGroup": "vera", "isGroup": "false", "token": "canary"}
    (event,) = taker().take([entry("AddUser", requestQuery=query)])
    assert (event["target"], event["detail"]["policy"]) == ("vera", "team-vision")
    assert "canary" not in json.dumps(event)


def test_what_the_server_does_by_itself_is_left_out() -> None:
    assert taker().take([entry("PutObject", trigger="ilm:expiry")]) == []


def test_a_team_is_known_by_its_bucket_or_its_prefix() -> None:
    def workspace(bucket: str, name: str) -> Any:
        sample = entry("PutObject")
        (event,) = taker().take([{**sample, "api": {**sample["api"], "bucket": bucket, "object": name}}])
        return event["workspace"]

    assert workspace("mlflow-speech-lab", "x") == "speech-lab"
    assert workspace("mlflow-artifacts", "workspaces/vision/1/x") == "vision"
    assert workspace("mlflow-artifacts", "other/x") is None
    assert workspace("elsewhere", "x") is None


def test_what_is_no_entry_is_kept_as_malformed() -> None:
    wrong = ["text", 7, {}, entry("PutObject", time="?"), entry("PutObject", requestClaims="x")]
    events = taker().take(wrong)
    assert [event["event"] for event in events] == ["malformed"] * len(wrong)


def test_nothing_secret_of_the_samples_is_kept() -> None:
    assert sum("canary" in json.dumps(each) for each in ENTRIES) > 20
    minio = taker()
    wrong = [{**each, "time": None} for each in ENTRIES]
    kept = b"".join(map(encode, [*minio.take(ENTRIES), *minio.take(wrong), *minio.summary.flush()]))
    assert kept.count(b"\n") > 20
    assert b"canary" not in kept and b"eyJ" not in kept
