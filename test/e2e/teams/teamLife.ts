import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { expectStatus, jsonOf } from "../../../cli/smoke/http";
import { MlflowApi, adminApi } from "../../../cli/smoke/mlflow";
import { type S3Keys, adminS3, listObjects, s3Client, webIdentityKeys } from "../../../cli/smoke/objects";
import { clientTokens } from "../../../cli/smoke/tokens";
import { containers } from "../../helpers/engine";
import { type GetScene, LANGUAGE, MINUTES, NAME, VISION } from "./scene";

/** The four lines, and what a team of them is called. */
const AUDIO = { name: "audio", members: ["nora"], serviceAccounts: ["audio-ci"], quotaGiB: 20 };
/** Seconds in which what the warden and the caches still hold has to end. */
const REVOKED_SECONDS = 30;

/** Which containers there are and since when: a restarted one has another time, a new one another id. */
async function running(): Promise<string[]> {
  const engine = new Docker();
  const all = await containers(NAME);
  return Promise.all(
    all.map(async ({ name }) => {
      const { Id, State } = await engine.getContainer(name).inspect();
      return `${name} ${Id} ${State.StartedAt}`;
    }),
  );
}

/** A team's whole life: made by four lines, used, given another secret, taken away and kept, taken away for good. */
export function teamLife(scene: GetScene): void {
  describe("a team in four lines", () => {
    const artifact = "the team's own bytes";
    let before: string[] = [];
    let keys: S3Keys;
    let runPath = "";

    const audio = (): MlflowApi => {
      const { credentials, oidc, urls } = scene().stack.outputs;
      const account = credentials.serviceAccounts["audio-ci"];
      if (account === undefined) throw new Error("there is no service account audio-ci");
      return new MlflowApi(urls.mlflow, clientTokens(oidc.issuer, account), "audio");
    };
    const status = async (api: MlflowApi): Promise<number> =>
      (await api.call("/api/2.0/mlflow/experiments/search", { method: "POST", json: { max_results: 1 } }))
        .status;
    const adminExperiments = (): Promise<readonly unknown[]> =>
      adminApi(scene().stack.outputs, "audio").experimentsBeginningWith("audio-");
    const versions = async (bucket: string, prefix: string): Promise<number> =>
      (await listObjects(adminS3(scene().stack.outputs), { bucket, prefix }, true)).length;

    it(
      "is seen in the preview: only creations, of its own things",
      async () => {
        const { stack } = scene();
        before = await running();
        stack.configure({ teams: [VISION, LANGUAGE, AUDIO] });
        const shown = await stack.succeeds("preview");
        const changes = shown.split("\n").filter((line) => /^ {2}\w+ \S/.test(line));
        expect(changes.length).toBeGreaterThan(10);
        expect(changes.filter((line) => !/^ {2}create .*(audio|nora)/.test(line))).toEqual([]);
      },
      3 * MINUTES,
    );

    it(
      "is made without a restart of any container, and works",
      async () => {
        const { stack } = scene();
        await stack.up();
        expect(await running()).toEqual(before);
        const api = audio();
        const made = await api.call("/api/2.0/mlflow/experiments/create", {
          method: "POST",
          json: { name: `audio-${randomUUID()}` },
        });
        const { experiment_id: experiment } = jsonOf(made, "an experiment") as { experiment_id: string };
        runPath = `workspaces/audio/${experiment}/some/artifacts/a.txt`;
        const put = await fetch(
          `${stack.outputs.urls.mlflow}/api/2.0/mlflow-artifacts/artifacts/${runPath}`,
          {
            method: "PUT",
            body: artifact,
            headers: { "X-MLFLOW-WORKSPACE": "audio", Authorization: `Bearer ${await token()}` },
          },
        );
        expect(put.status).toBe(200);
        expect(await versions("mlflow-artifacts", runPath)).toBe(1);
        keys = await webIdentityKeys(stack.outputs.urls.s3, await token());
        await s3().putObject("mlflow-audio", "notes.txt", artifact);
      },
      3 * MINUTES,
    );

    it(
      "gets another secret when its generation is raised; the old one is refused at once",
      async () => {
        const { stack } = scene();
        const old = stack.outputs.credentials.serviceAccounts["audio-ci"];
        const second = { ...AUDIO, serviceAccounts: [{ name: "audio-ci", generation: 2 }] };
        await stack.up({ teams: [VISION, LANGUAGE, second] });
        expect(await running()).toEqual(before);
        expect(stack.outputs.credentials.serviceAccounts["audio-ci"]?.clientSecret).not.toBe(
          old?.clientSecret,
        );
        if (old === undefined) throw new Error("there was no account");
        await expect(clientTokens(stack.outputs.oidc.issuer, old)()).rejects.toThrow(/401|Invalid client/);
        // The account is the same one, with its grants.
        expect(await status(audio())).toBe(200);
      },
      3 * MINUTES,
    );

    it(
      "loses all access when it is taken out, and keeps its data",
      async () => {
        const { stack } = scene();
        const api = audio();
        expect(await status(api)).toBe(200);
        const printed = await stack.up({ teams: [VISION, LANGUAGE] });
        expect(printed).toMatch(/Team audio is removed: nobody can reach .* everything in them is kept/);
        expect(printed).toContain("retain: false");
        expect(await running()).toEqual(before);
        // The token and the keys of before are still young: it is access that ended.
        await expect.poll(() => status(api), { timeout: REVOKED_SECONDS * 1000 }).toBeGreaterThanOrEqual(401);
        await expect(s3().getObject("mlflow-audio", "notes.txt")).rejects.toThrow(
          /Access.?Denied|InvalidAccessKey|does not exist/i,
        );
        expect(await versions("mlflow-audio", "notes.txt")).toBe(1);
        expect(await versions("mlflow-artifacts", runPath)).toBe(1);
        expect(await adminExperiments()).toHaveLength(1);
      },
      3 * MINUTES,
    );

    it(
      "comes back with its data, and goes with it once it need not be retained",
      async () => {
        const { stack } = scene();
        await stack.up({ teams: [VISION, LANGUAGE, { ...AUDIO, retain: false }] });
        expect(await adminExperiments()).toHaveLength(1);
        expectStatus(await audio().call("/api/3.0/mlflow/workspaces/audio"), "its own workspace", [200]);
        const printed = await stack.up({ teams: [VISION, LANGUAGE] });
        expect(printed).toMatch(/Team audio is removed with all runs, models and artifacts/);
        await expect(adminS3(stack.outputs).bucketExists("mlflow-audio")).resolves.toBe(false);
        const left = await listObjects(adminS3(stack.outputs), {
          bucket: "mlflow-artifacts",
          prefix: "workspaces/audio/",
        });
        expect(left).toEqual([]);
        const gone = await adminApi(stack.outputs, undefined).call("/api/3.0/mlflow/workspaces/audio");
        expect(gone.status).toBe(404);
        // Nothing is left over for the next run either.
        expect(await stack.succeeds("preview")).toContain("No changes");
      },
      5 * MINUTES,
    );

    async function token(): Promise<string> {
      const { credentials, oidc } = scene().stack.outputs;
      const account = credentials.serviceAccounts["audio-ci"];
      if (account === undefined) throw new Error("there is no service account audio-ci");
      return clientTokens(oidc.issuer, account)();
    }

    function s3(): ReturnType<typeof s3Client> {
      const { outputs } = scene().stack;
      return s3Client(outputs.urls.s3, outputs.s3.region, keys);
    }
  });
}
