import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import execa from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { readSettings } from "../../cli/engine/stack";
import { checkout } from "../../cli/paths";
import { cli } from "../helpers/cli";
import { sandbox } from "../helpers/stackFile";

const MINUTES = 60_000;
/** Of nobody. */
const TOKEN = "4e7a1b2c-aaaa-bbbb-cccc-0123456789ab";
const ACME = ["--ingress", "acme", "--domain", "team.duckdns.org"];
const place = sandbox();

/** Files of the place that hold the token as it was given. */
function filesWithToken(): string[] {
  const folder = dirname(dirname(place.file("x")));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(TOKEN));
}

/** The token as the stack decrypts it. */
async function decrypted(stack: string): Promise<string> {
  const args = ["pulumi", "config", "get", "mlflow-platform:duckdnsToken", "--stack", stack];
  return (await cli(args, place.env)).output;
}

/** Runs a verb that reads the token from standard input. */
async function piped(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const program = join(checkout, "bin", "run.mjs");
  const env = { ...place.env };
  const options = { cwd: checkout, env, all: true, reject: false, input: `${TOKEN}\n` };
  const { exitCode, all } = await execa("node", [program, ...args], options);
  return { exitCode, output: all ?? "" };
}

describe("the secret of an environment", { timeout: 5 * MINUTES }, () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    await bootstrap({ reporter: silentReporter() });
  }, 10 * MINUTES);
  afterAll(() => place.remove());

  it("comes by a variable and is written encrypted, in clear to no file and no output", async () => {
    const { exitCode, output } = await cli(["new-environment", "prod", ...ACME], {
      ...place.env,
      MLFLOW_PLATFORM_DUCKDNS_TOKEN: TOKEN,
    });
    expect([exitCode, output]).toEqual([0, expect.stringContaining("✓ Pulumi.prod.yaml is written")]);
    expect(output).not.toContain(TOKEN);
    const file = parse(readFileSync(place.file("prod"), "utf8")) as Record<string, Record<string, unknown>>;
    expect(file["config"]?.["mlflow-platform:duckdnsToken"]).toEqual({
      secure: expect.stringMatching(/^v1:/) as unknown,
    });
    expect(readSettings("prod").acme?.duckdns).toBeDefined();
    expect(await decrypted("prod")).toContain(TOKEN);
    expect(filesWithToken()).toEqual([]);
  });

  it("comes by standard input", async () => {
    const { exitCode, output } = await piped(["new-environment", "prod-2", ...ACME, "--duckdns-token-stdin"]);
    expect([exitCode, output]).toEqual([0, expect.stringContaining("✓ Pulumi.prod-2.yaml is written")]);
    expect(await decrypted("prod-2")).toContain(TOKEN);
    expect(filesWithToken()).toEqual([]);
  });

  it("leaves no file behind when it cannot be encrypted", async () => {
    rmSync(place.file("prod"));
    const { exitCode, output } = await cli(["new-environment", "prod", ...ACME], {
      ...place.env,
      ...{ MLFLOW_PLATFORM_DUCKDNS_TOKEN: TOKEN, PULUMI_CONFIG_PASSPHRASE: "another one" },
    });
    expect([exitCode, output]).toEqual([1, expect.stringContaining("The passphrase does not open")]);
    expect(output).not.toContain(TOKEN);
    expect(existsSync(place.file("prod"))).toBe(false);
  });

  it("is all that the committed example of production lacks, as its preview says", async () => {
    const [example, file] = [join(checkout, "Pulumi.prod.yaml"), place.file("prod")];
    copyFileSync(example, file);
    const before = await cli(["preview", "--stack", "prod"], place.env);
    expect(before.exitCode).toBe(2);
    expect(before.output).toContain("has 1 fault; nothing was changed");
    const set = "config set --secret mlflow-platform:duckdnsToken --stack prod";
    expect(before.output).toContain(`npm run pulumi -- ${set}`);

    const given = await piped(["pulumi", ...set.split(" ")]);
    expect([given.exitCode, given.output]).toEqual([0, expect.not.stringContaining(TOKEN)]);
    const comments = (text: string): string[] => text.split("\n").filter((line) => /^\s*#/.test(line));
    const kept = comments(readFileSync(file, "utf8"));
    expect(kept).toEqual(comments(readFileSync(example, "utf8")));
    expect(filesWithToken()).toEqual([]);

    const after = await cli(["preview", "--stack", "prod"], place.env);
    expect([after.exitCode, after.output]).toEqual([0, expect.stringContaining("to create")]);
  });
});
