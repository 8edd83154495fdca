import { describe, expect, it } from "vitest";
import { type AuditEvent, parseEvent } from "../../../cli/audit/event";
import { type Filter, matches, parseTime } from "../../../cli/audit/filter";
import { linesOf } from "../../../cli/audit/lines";
import { eventLine, eventTable, headLine } from "../../../cli/audit/words";
import { auditEnv, auditWebhookEnv } from "../../../lib/auditEnv";

const EVENT: AuditEvent = {
  time: "2026-01-31T12:00:00.123Z",
  source: "minio",
  event: "write",
  actor: "vera",
  subject: "11111111-1111-4111-8111-111111111111",
  client: "mlflow-cli",
  ip: "192.0.2.7",
  workspace: "vision",
  target: "mlflow-vision/model.bin",
  status: "success",
  detail: { action: "PutObject", code: 200 },
};
const EVERYTHING: Filter = { since: new Date(0), refused: false };

describe("what is asked for", () => {
  it.each<[string, Partial<Filter>, Partial<AuditEvent>, boolean]>([
    ["everything", {}, {}, true],
    ["from its very moment on", { since: new Date(EVENT.time) }, {}, true],
    ["not before", { since: new Date("2026-01-31T12:00:00.124Z") }, {}, false],
    ["up to, but without, the end", { until: new Date(EVENT.time) }, {}, false],
    ["before the end", { until: new Date("2026-01-31T12:00:01Z") }, {}, true],
    ["a user by name", { user: "vera" }, {}, true],
    ["a user by subject", { user: EVENT.subject ?? "" }, {}, true],
    ["a service account by its client", { user: "vision-ci" }, { actor: "service-account-vision-ci" }, true],
    ["no other whose name begins so", { user: "ver" }, {}, false],
    ["an event by its first part", { event: "login" }, { event: "login.refused" }, true],
    ["an event by all of its name", { event: "login.refused" }, { event: "login.refused" }, true],
    ["no other event that begins so", { event: "log" }, { event: "login" }, false],
    ["a source", { source: "keycloak" }, {}, false],
    ["a team", { workspace: "vision" }, {}, true],
    ["another team", { workspace: "language" }, {}, false],
    ["refusals: not what succeeded", { refused: true }, {}, false],
    ["refusals", { refused: true }, { status: "refused" }, true],
    ["all at once", { refused: true, user: "vera", workspace: "x" }, { status: "refused" }, false],
  ])("%s", (_what, filter, event, expected) => {
    expect(matches({ ...EVENT, ...event }, { ...EVERYTHING, ...filter })).toBe(expected);
  });
});

describe("a time", () => {
  const now = Date.parse("2026-02-01T00:00:00Z");

  it.each([
    ["90s", "2026-01-31T23:58:30.000Z"],
    ["24h", "2026-01-31T00:00:00.000Z"],
    ["7d", "2026-01-25T00:00:00.000Z"],
    ["2w", "2026-01-18T00:00:00.000Z"],
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["2026-01-31T12:30", "2026-01-31T12:30:00.000Z"],
    ["2026-01-31T12:30:15.5Z", "2026-01-31T12:30:15.500Z"],
    ["2026-01-31T12:30:15+01:00", "2026-01-31T11:30:15.000Z"],
  ])("may be %s", (text, expected) => {
    expect(parseTime(text, now)?.toISOString()).toBe(expected);
  });

  it.each(["", "yesterday", "24", "h", "-1h", "2026-13-01", "2026-01-31 12:00", "1e3s", "99999999d"])(
    "may not be '%s'",
    (text) => {
      expect(parseTime(text, now)).toBeUndefined();
    },
  );
});

describe("lines of a container", () => {
  const frame = (stream: number, text: string | Buffer): Buffer => {
    const body = Buffer.from(text);
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(body.length, 4);
    return Buffer.concat([header, body]);
  };
  const read = async (chunks: readonly Buffer[]): Promise<string[]> => {
    const lines: string[] = [];

    const output = (async function* () {
      yield* chunks;
    })();
    for await (const line of linesOf(output)) lines.push(line);
    return lines;
  };

  it("come whole, wherever the engine cuts: in headers, in characters, in lines", async () => {
    const umlaut = Buffer.from("größe\n");
    const all = Buffer.concat([
      frame(1, "one\ntw"),
      frame(2, "an error\n"),
      frame(1, "o\n\nfour\n"),
      // In the middle of a character.
      frame(1, umlaut.subarray(0, 3)),
      frame(1, umlaut.subarray(3)),
      frame(1, "not yet who"),
    ]);
    const expected = ["one", "two", "", "four", "größe"];
    expect(await read([all])).toEqual(expected);
    for (const size of [1, 3, 7, 11]) {
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
        all.subarray(n * size, (n + 1) * size),
      );
      expect(await read(chunks), `pieces of ${size}`).toEqual(expected);
    }
  });

  it("that are no event are passed over", () => {
    for (const line of ["", "null", "[]", "{}", '{"time":1,"event":"x"}', '{"time":"2026']) {
      expect(parseEvent(line)).toBeUndefined();
    }
    expect(parseEvent(JSON.stringify(EVENT))).toEqual(EVENT);
  });
});

describe("what people see", () => {
  it("is in order of time, and says who did what to what", () => {
    const text = eventTable([
      EVENT,
      { ...EVENT, time: "2026-01-31T11:59:59.000Z", actor: null, detail: { error: "user_not_found" } },
    ]);
    const [head, first, second] = text.split("\n");
    expect(head).toContain("Time (UTC)");
    expect(first).toMatch(/11:59:59.*11111111 .*user_not_found/);
    expect(second).toMatch(
      /2026-01-31 12:00:00 +write +success +vera +vision +PutObject mlflow-vision\/model\.bin by mlflow-cli +192\.0\.2\.7 +minio/,
    );
  });

  it("fits below the head where lines come one by one", () => {
    expect(eventLine(EVENT).indexOf("vera")).toBe(headLine().indexOf("User"));
  });

  it("gives a terminal no commands, whatever objects are called", () => {
    const hostile = "\u001b]0;owned\u0007\u009b31m\u202eevil\nrm -rf";
    const line = eventLine({ ...EVENT, target: hostile, actor: hostile, event: hostile });

    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(line).toContain("evil");
  });
});

describe("the environment of the audit service", () => {
  it("says where Keycloak is, what is left out, and how long it is kept; and no secret", () => {
    const env = auditEnv({
      keycloakUrl: "http://keycloak:8080",
      realm: "mlflow-dev",
      days: 30,
      storeRoot: "root",
      storeServer: "server",
    });
    expect(env).toEqual({
      KEYCLOAK_URL: "http://keycloak:8080",
      KEYCLOAK_REALM: "mlflow-dev",
      KEYCLOAK_CLIENT_ID: "mlflow-audit",
      AUDIT_DAYS: "30",
      MINIO_ROOT_USER: "root",
      MINIO_SERVER_USER: "server",
    });
  });

  it("has the object store keep what it could not tell, on its own volume", () => {
    const env = auditWebhookEnv();
    expect(env["MINIO_AUDIT_WEBHOOK_QUEUE_DIR_AUDIT"]).toMatch(/^\/data\/\./);
    expect(env["MINIO_AUDIT_WEBHOOK_ENDPOINT_AUDIT"]).toBe("http://audit:8091/minio");
    expect(Object.keys(env).join()).not.toMatch(/TOKEN|SECRET/);
  });
});
