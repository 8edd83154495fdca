import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { checkout } from "../../../cli/paths";
import { expectStatus } from "../../../cli/smoke/http";
import { MlflowApi, adminApi } from "../../../cli/smoke/mlflow";
import { s3Client, webIdentityKeys } from "../../../cli/smoke/objects";
import { claimsOf, clientTokens } from "../../../cli/smoke/tokens";
import { Workplace } from "../../helpers/workplace/workplace";
import { type GetScene, LANGUAGE, MINUTES, VISION } from "./scene";

const FOLDER = "examples/consumer";
const ACCOUNT = "vision-nightly";
const BUCKET = `mlflow-${VISION.name}`;
const DENIED = /Access Denied|AccessDenied/;

/** Commands of the consumer's README, by the heading that they stand under. */
function documented(heading: string): string[] {
  const readme = readFileSync(join(checkout, FOLDER, "README.md"), "utf8");
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return /```sh\n([^]+?)```/.exec(section)?.[1]?.trim().split("\n") ?? [];
}

const environment = z.object({
  MLFLOW_TRACKING_URI: z.url(),
  MLFLOW_WORKSPACE: z.literal(VISION.name),
  MLFLOW_PLATFORM_CLIENT_ID: z.literal(ACCOUNT),
  MLFLOW_PLATFORM_CLIENT_SECRET: z.string().min(40),
  MLFLOW_PLATFORM_BUCKET: z.literal(BUCKET),
  MLFLOW_PLATFORM_PREFIX: z.literal(`${ACCOUNT}/`),
});

/** The example of a Pulumi program of a team's own, as its README says; and people who have no Pulumi. */
export function consumer(scene: GetScene): void {
  describe("a team's own program", () => {
    let folder: string;
    let workplace: Workplace;
    let env: z.output<typeof environment>;
    let token: () => Promise<string>;

    /** Runs a command of the README, on this stack and in the copy. @returns what it printed */
    async function follow(command: string): Promise<string> {
      const words = command
        .replaceAll(FOLDER, folder)
        .replace("organization/mlflow-platform/dev", `organization/mlflow-platform/${scene().stack.name}`)
        .replace(/^npm run (-s )?pulumi -- /, "")
        .split(" ");
      // Where a person would be asked.
      const yes = ["up", "destroy", "rm"].some((word) => words.includes(word)) ? ["--yes"] : [];
      return scene().stack.succeeds("pulumi", ...words, ...yes);
    }

    const mlflow = (workspace: string): MlflowApi => new MlflowApi(env.MLFLOW_TRACKING_URI, token, workspace);

    beforeAll(async () => {
      // Beside the platform and not in it, with the checkout's packages instead of those of `npm ci`.
      folder = mkdtempSync(join(tmpdir(), "mlflow-platform-consumer-"));
      cpSync(join(checkout, FOLDER), folder, { recursive: true });
      symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
      workplace = await Workplace.open();
      await workplace.copyExamples({});
    }, 10 * MINUTES);

    afterAll(async () => {
      await workplace.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it(
      "is deployed as its README says, and changes nothing the second time",
      async () => {
        const commands = documented("Make it");
        expect(commands).toHaveLength(5);
        for (const command of commands) await follow(command);
        expect(
          await follow(`npm run pulumi -- -C ${FOLDER} preview --refresh --expect-no-changes`),
        ).toContain("unchanged");
      },
      5 * MINUTES,
    );

    it(
      "leaves nothing to change in the platform",
      async () => {
        expect(await scene().stack.succeeds("preview", "--refresh")).toContain("No changes");
      },
      3 * MINUTES,
    );

    it(
      "gives its account's environment, with the secret encrypted in its state",
      async () => {
        const [read = "", use = ""] = documented("Use it");
        expect(use).toBe("bash examples/rest.sh");
        const output = /\$\((.+)\)/.exec(read)?.[1] ?? "";
        const shell = await follow(output);
        const seen = await workplace.succeeds(
          `set -a; eval "$TEXT"; set +a; python3 -c '
import json, os
print(json.dumps(dict(os.environ)))'`,
          [`TEXT=${shell}`],
        );
        env = environment.parse(JSON.parse(seen));
        const { issuer } = scene().stack.outputs.oidc;
        token = clientTokens(issuer, { clientId: ACCOUNT, clientSecret: env.MLFLOW_PLATFORM_CLIENT_SECRET });
        const state = await follow(`npm run -s pulumi -- -C ${FOLDER} stack export`);
        expect(state).toContain(ACCOUNT);
        for (const secret of [
          env.MLFLOW_PLATFORM_CLIENT_SECRET,
          scene().stack.outputs.credentials.keycloakAdmin.password,
          scene().stack.outputs.credentials.minioRoot.password,
        ])
          expect(state).not.toContain(secret);
      },
      MINUTES,
    );

    it(
      "has an account that logs a run in its team",
      async () => {
        const output = await workplace.succeeds(
          "bash rest.sh",
          Object.entries(env).map(([name, value]) => `${name}=${value}`),
        );
        const api = adminApi(scene().stack.outputs, VISION.name);
        const [run] = /[0-9a-f]{32}/.exec(output) ?? [];
        const answer = await api.call("/api/2.0/mlflow/runs/get", { query: { run_id: run ?? "" } });
        expectStatus(answer, "the account's run", [200]);
        expect(JSON.parse(answer.text)).toMatchObject({
          run: { info: { status: "FINISHED", user_id: `service-account-${ACCOUNT}` } },
        });
      },
      MINUTES,
    );

    it("has an account that the other team refuses", async () => {
      expect(await mlflow(VISION.name).workspaces()).toEqual([VISION.name]);
      const search = { method: "POST", json: { max_results: 1 } };
      const own = await mlflow(VISION.name).call("/api/2.0/mlflow/experiments/search", search);
      expectStatus(own, "its own team", [200]);
      const other = await mlflow(LANGUAGE.name).call("/api/2.0/mlflow/experiments/search", search);
      expectStatus(other, "the other team", [403]);
      const made = await mlflow(LANGUAGE.name).call("/api/2.0/mlflow/experiments/create", {
        method: "POST",
        json: { name: "not-theirs" },
      });
      expectStatus(made, "the other team", [403]);
    });

    it("has an account with its own prefix of the bucket, and nothing else of it", async () => {
      const { urls, s3 } = scene().stack.outputs;
      const keys = await webIdentityKeys(urls.s3, await token());
      const client = s3Client(urls.s3, s3.region, keys);
      await client.putObject(BUCKET, `${ACCOUNT}/result.csv`, "1,2\n");
      const found = await client.listObjectsV2(BUCKET, `${ACCOUNT}/`, true).toArray();
      expect(found).toMatchObject([{ name: `${ACCOUNT}/result.csv` }]);
      await expect(client.putObject(BUCKET, "elsewhere.csv", "1,2\n")).rejects.toThrow(DENIED);
      await expect(client.putObject(`mlflow-${LANGUAGE.name}`, "x", "1")).rejects.toThrow(DENIED);
      await expect(client.listObjectsV2(BUCKET, "", true).toArray()).rejects.toThrow(DENIED);
      await expect(client.removeObject(BUCKET, `${ACCOUNT}/result.csv`)).rejects.toThrow(DENIED);
    });

    it("has tokens for what it needs, and none by a password or a browser", async () => {
      const claims = claimsOf(await token());
      expect([claims.aud].flat().sort()).toEqual(["minio", "mlflow-api"]);
      expect(claims["policy"]).toBe(`service-account-${ACCOUNT},revoked`);
      expect([claims["groups"]].flat().sort()).toEqual(["mlflow-users", VISION.name]);
      const { issuer } = scene().stack.outputs.oidc;
      const byPassword = await fetch(`${issuer}/protocol/openid-connect/token`, {
        method: "POST",
        body: new URLSearchParams({
          ...{ grant_type: "password", client_id: ACCOUNT, username: "vera", password: "x" },
          client_secret: env.MLFLOW_PLATFORM_CLIENT_SECRET,
        }),
      });
      expect(await byPassword.json()).toMatchObject({ error: "unauthorized_client" });
    });

    it(
      "says what to do for a team that is not there, and for a stack without outputs",
      async () => {
        const pulumi = (...args: string[]): ReturnType<typeof follow> =>
          scene()
            .stack.run("pulumi", "-C", folder, ...args)
            .then(({ output }) => output);
        await pulumi("config", "set", "team", "audio");
        expect(await pulumi("preview")).toContain("has no team audio; it has: language, vision.");
        await pulumi("config", "set", "team", VISION.name);
        await pulumi("config", "set", "platform", "organization/mlflow-consumer/nightly");
        expect(await pulumi("preview")).toContain("has no output outputsVersion");
        await pulumi("config", "set", "platform", `organization/mlflow-platform/${scene().stack.name}`);
      },
      2 * MINUTES,
    );

    it(
      "is removed as its README says, and the platform is as before",
      async () => {
        const commands = documented("Remove it");
        expect(commands).toHaveLength(2);
        for (const command of commands) await follow(command);
        expect(await scene().stack.succeeds("preview", "--refresh")).toContain("No changes");
        const { issuer } = scene().stack.outputs.oidc;
        const client = { clientId: ACCOUNT, clientSecret: env.MLFLOW_PLATFORM_CLIENT_SECRET };
        await expect(clientTokens(issuer, client)()).rejects.toThrow(/invalid_client|401/);
      },
      5 * MINUTES,
    );
  });

  describe("people without Pulumi", () => {
    const ACCOUNT_OF_SETTINGS = "vision-ci";
    let workplace: Workplace;

    beforeAll(async () => {
      workplace = await Workplace.open();
      await workplace.copyExamples({});
    }, 10 * MINUTES);

    afterAll(async () => {
      await workplace.close();
    });

    it(
      "read all outputs as JSON, without a secret",
      async () => {
        const { outputs, run } = { outputs: scene().stack.outputs, run: scene().stack };
        const printed = await run.succeeds("outputs", "--json");
        const { credentials, ...open } = outputs;
        expect(JSON.parse(printed)).toEqual(open);
        for (const { clientSecret } of Object.values(credentials.serviceAccounts))
          expect(printed).not.toContain(clientSecret);
        expect(JSON.parse(await run.succeeds("outputs", "--json", "--show-secrets"))).toEqual(outputs);
      },
      MINUTES,
    );

    it(
      "read a table",
      async () => {
        const printed = await scene().stack.succeeds("outputs");
        expect(printed).toMatch(/ {2}mlflow +http:\/\/localhost:\d+/);
        expect(printed).toContain("secret; --show-secrets shows it");
      },
      MINUTES,
    );

    it.each(["python", "curl"])(
      "log in with plain %s and the environment of their team",
      async (program) => {
        const flags = ["--team", VISION.name, "--account", ACCOUNT_OF_SETTINGS, "--env", "--show-secrets"];
        const text = await scene().stack.succeeds("outputs", ...flags);
        const script = snippet(program === "python" ? "python" : "sh", "MLFLOW_PLATFORM_TOKEN_URL");
        const command = program === "python" ? "python3 -I /dev/stdin" : "bash -s";
        const output = await workplace.succeeds(
          `set -a; eval "$TEXT"; set +a; ${command} <<'END'\n${script}\nEND`,
          [`TEXT=${text}`],
        );
        expect(output).toContain(VISION.name);
        expect(output).not.toContain(LANGUAGE.name);
      },
      2 * MINUTES,
    );

    it(
      "are told what there is when they ask for something else",
      async () => {
        const { exitCode, output } = await scene().stack.run("outputs", "--team", "audio");
        expect(exitCode).toBe(2);
        expect(output).toContain("no team audio; there are: language, vision.");
      },
      MINUTES,
    );
  });
}

/** The block of docs/outputs.md in a language that holds a word. */
function snippet(language: string, word: string): string {
  const page = readFileSync(join(checkout, "docs/outputs.md"), "utf8");
  const blocks = [...page.matchAll(/```(\w+)\n([^]+?)```/g)];
  const found = blocks.find(([, kind, text]) => kind === language && text?.includes(word))?.[2];
  if (found === undefined) throw new Error(`docs/outputs.md has no ${language} with ${word}`);
  return found;
}
