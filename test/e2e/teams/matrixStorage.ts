import { describe, expect, it } from "vitest";
import { http } from "../../../cli/smoke/http";
import { adminS3 } from "../../../cli/smoke/objects";
import { claimsOf } from "../../../cli/smoke/tokens";
import { STS_DURATION } from "../../../lib/minioEnv";
import {
  BUCKET_ACTIONS,
  BUCKET_RIGHTS,
  OBJECT,
  SHARED_BUCKETS,
  askSts,
  clientOf,
  endOf,
} from "../../helpers/matrix/storage";
import { STRANGERS } from "../../helpers/matrix/names";
import type { Stage } from "./matrix";

const MINUTES = 60_000;

/** Who asks for keys of the object store, and what they are to team A there. */
const HOLDERS = [
  ["reader", "reader"],
  ["member", "member"],
  ["service account", "member"],
  ["admin", "admin"],
  ["member of B", "outsider"],
  ["admin of B", "outsider"],
  ["service account of B", "outsider"],
] as const;

/** Callers whose tokens give no keys. Some strangers to MLflow have none that could be exchanged. */
const TOKENLESS = /personal token|anonymous/;
/** Tokens that the object store takes although MLflow does not, with the reason. */
const TAKEN: Readonly<Record<string, string>> = {
  "ID token": "the console exchanges its users' ID tokens; it names the same person with the same policies",
};

/** Tokens that live on for minutes: keys are given until then, but the warden has every request of their subject denied. */
const DENIED = ["disabled member"];

/** The object store itself, by STS keys, and its console. */
export function storage(stage: () => Stage): void {
  describe("the object store", () => {
    const token = async (name: string): Promise<string> => {
      const value = (await stage().cast.identities.get(name)?.authorization()) ?? "";
      return value.replace(/^Bearer /, "");
    };

    it.each(HOLDERS)(
      "%s: does with team A's bucket what the role %s allows",
      async (name, role) => {
        const { context, a } = stage();
        const client = await clientOf(context.outputs, await token(name));
        const wrong: string[] = [];
        for (const bucket of [a.bucket, ...SHARED_BUCKETS]) {
          const rights = bucket === a.bucket ? (BUCKET_RIGHTS[role] ?? []) : [];
          for (const [action, act] of Object.entries(BUCKET_ACTIONS)) {
            const expected = rights.includes(action) ? "allowed" : "AccessDenied";
            const got = await endOf(() => act(client, bucket));
            // A HEAD request has no body that could say more.
            const right =
              got === expected ||
              (expected === "AccessDenied" && /^(AccessDenied|Forbidden|S3Error)$/.test(got));
            if (!right) wrong.push(`${action} in ${bucket}: expected ${expected}, got ${got}`);
          }
        }
        const listed = (await client.listBuckets()).map(({ name: bucket }) => bucket);
        const own = role === "outsider" ? context.outputs.teams["language"]?.bucket : a.bucket;
        if (listed.join() !== own) wrong.push(`ListBuckets: ${listed.join()}`);
        expect(wrong).toEqual([]);
      },
      2 * MINUTES,
    );

    it("keeps team A's object as it was", async () => {
      const { context, a, canary } = stage();
      let text = "";
      for await (const piece of await adminS3(context.outputs).getObject(a.bucket, OBJECT))
        text += String(piece);
      expect(text).toBe(canary);
    });

    it.each(STRANGERS.filter((name) => !TOKENLESS.test(name)))("%s: gets no keys", async (name) => {
      const shown = await token(name);
      const lives = DENIED.includes(name) && Number(claimsOf(shown).exp) * 1000 > Date.now();
      const { status, text } = await askSts(stage().context.outputs, shown);
      if (name in TAKEN) expect(status).toBe(200);
      else if (lives) {
        const client = await clientOf(stage().context.outputs, shown);
        const ends = await Promise.all(
          Object.values(BUCKET_ACTIONS).map((act) => endOf(() => act(client, stage().a.bucket))),
        );
        expect(ends).not.toContain("allowed");
      } else expect([status, text.includes("<SecretAccessKey>")]).toEqual([400, false]);
    });

    it("gives no keys for nothing, and for no longer than a session, whatever is asked for", async () => {
      const { outputs } = stage().context;
      for (const nothing of ["", "x", "a.b.c"]) expect((await askSts(outputs, nothing)).status).toBe(400);
      for (const DurationSeconds of ["604800", "31536000", "999999999"]) {
        const { status, text } = await askSts(outputs, await token("member"), { DurationSeconds });
        if (status === 400) continue;
        const expires = Date.parse(/<Expiration>([^<]+)</.exec(text)?.[1] ?? "");
        expect((expires - Date.now()) / 3_600_000).toBeLessThanOrEqual(parseInt(STS_DURATION) + 0.1);
      }
      // A policy of the caller's own narrows what the keys may do, and cannot widen it.
      const wide = { Statement: [{ Effect: "Allow", Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] }] };
      const asked = { Policy: JSON.stringify({ Version: "2012-10-17", ...wide }) };
      const { text } = await askSts(outputs, await token("member of B"), asked);
      expect(text).not.toContain(stage().canary);
    });

    it.each([
      ["POST", "/api/v1/login"],
      ["GET", "/api/v1/buckets"],
      ["GET", "/api/v1/users"],
      ["GET", "/api/v1/policies"],
      ["GET", "/api/v1/service-accounts"],
      ["POST", "/api/v1/service-account-credentials"],
      ["GET", "/api/v1/buckets/mlflow-vision/objects"],
      ["GET", "/api/v1/admin/info"],
      ["GET", "/api/v1/configs"],
    ])("console: %s %s is refused without a session", async (method, path) => {
      const { outputs } = stage().context;
      const { accessKey, secretKey } = {
        accessKey: outputs.credentials.minioRoot.username,
        secretKey: outputs.credentials.minioRoot.password,
      };
      const answer = await http(`${outputs.urls.console}${path}`, {
        method,
        ...(method === "POST" ? { json: { accessKey, secretKey } } : {}),
      });
      expect([401, 403]).toContain(answer.status);
    });
  });
}
