"""The common form: what is taken, what is kept as malformed, and that no secret stays."""

import json
from typing import Any

import pytest
from audit_service.events import KEYS, MalformedError, check, encode, malformed
from audit_service.scrub import REMOVED, scrub

from conftest import CANARY, event

JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ2ZXJhIn0.{CANARY}"


def test_keeps_an_event_as_it_is_with_its_keys_in_order() -> None:
    shuffled = dict(reversed(event().items()))
    assert check(shuffled) == event()
    assert tuple(check(shuffled)) == KEYS


def test_gives_what_is_left_out_as_null_and_times_in_utc_with_milliseconds() -> None:
    least = {"time": "2026-01-31T13:00:00+01:00", "source": "warden", "event": "login", "status": "refused"}
    assert check(least) == {
        **dict.fromkeys(KEYS),
        "time": "2026-01-31T12:00:00.000Z",
        "source": "warden",
        "event": "login",
        "status": "refused",
        "detail": {},
    }


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([], "no JSON object"),
        ("text", "no JSON object"),
        (event(time="yesterday"), "time is not"),
        (event(time="2026-01-31T12:00:00"), "time is not"),
        (event(time=1769860800), "time is not"),
        (event(source="keycloak"), "source is none of mlflow, warden"),
        (event(source="minio"), "source is none of"),
        (event(source=["mlflow"]), "source is none of"),
        (event(event="Login"), "event is no dotted name"),
        (event(event="a" * 65), "event is no dotted name"),
        (event(event="write\n"), "event is no dotted name"),
        (event(status="ok"), "status is none of"),
        (event(actor=7), "actor is neither"),
        (event(detail="text"), "detail is no object"),
        (event(colour="red"), "unknown key colour"),
    ],
)
def test_refuses_what_is_not_of_the_form(wrong: Any, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        check(wrong)


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    line = encode(check(event(target="a\nb\u2028c\ud800", detail={"name": "größe"})))
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line)["detail"] == {"name": "größe"}


def test_is_bounded() -> None:
    taken = check(event(actor="v" * 9999, target="t" * 99999, detail={"big": "x" * 9000, "small": 1}))
    assert len(taken["actor"]) == 255 and len(taken["target"]) == 2048
    assert taken["detail"] == {"small": 1, "cut": "9023 bytes of detail are more than 8192"}


@pytest.mark.parametrize(
    "text",
    [
        f"got {JWT} from",
        f"Authorization: Bearer {CANARY}-token",
        f"authorization=basic {CANARY}Og==",
        f"https://s3/x?X-Amz-Signature={CANARY}&a=b",
        f"https://s3/x?a=b&X-Amz-Security-Token={CANARY}",
        f"grant_type=code&code={CANARY}",
        f"password={CANARY}&username=vera",
        f'{{"access_token": "{CANARY}"}}',
        f'{{"client_secret":"{CANARY}',
        f'"{{\\"refresh_token\\":\\"{CANARY}\\"}}"',
        f"postgresql://vera:{CANARY}@postgres/db",
    ],
)
def test_takes_secrets_out_of_any_text(text: str) -> None:
    assert CANARY not in scrub(text)
    assert REMOVED in scrub(text)
    assert CANARY not in json.dumps(check(event(target=text, detail={"list": [{"deep": text}]})))
    assert CANARY not in json.dumps(malformed("audit", "no JSON", text))


@pytest.mark.parametrize(
    "key", ["password", "access_token", "client-secret", "Authorization", "X-Amz-Signature", "code", "token"]
)
def test_takes_away_what_stands_under_the_name_of_a_secret(key: str) -> None:
    detail = check(event(detail={"a": {key: [CANARY]}, "tokenId": "7", "hasToken": True}))["detail"]
    assert detail == {"a": {key: REMOVED}, "tokenId": "7", "hasToken": True}


@pytest.mark.parametrize(
    "text", ["vera", "mlflow-vision/a=b/model.bin", "users/vera/groups/vision", "12:30 basic"]
)
def test_leaves_other_texts_alone(text: str) -> None:
    assert scrub(text) == text


def test_no_text_takes_long_to_search() -> None:
    # A pattern that backtracks without bound would need hours for these.
    for hostile in ("a" * 200_000, "eyJ" * 60_000, "token" * 40_000, "://:" * 50_000, '"token":"\\' * 20_000):
        malformed("audit", "no JSON", hostile)
        check(event(target=hostile, detail={"x": hostile}))


def test_malformed_keeps_how_it_began() -> None:
    kept = malformed("audit", "no JSON", "a" * 5000)
    assert (kept["event"], kept["status"], kept["source"]) == ("malformed", "failed", "audit")
    assert kept["detail"] == {"reason": "no JSON", "raw": "a" * 1024}
