import { rmSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace, type OpMap, Stack as AutomationStack } from "@pulumi/pulumi/automation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { findChromium } from "../../cli/bootstrap/chromium";
import { nameOf } from "../../cli/engine/progress";
import { pulumi } from "../../cli/engine/pulumi";
import { removeStack } from "../../cli/engine/removal";
import { type Stack, openStack, readSettings } from "../../cli/engine/stack";
import { checkout } from "../../cli/paths";
import { parseOutputs, runSmoke } from "../../cli/smoke";
import { expectStatus } from "../../cli/smoke/http";
import { adminApi } from "../../cli/smoke/mlflow";
import { servicesOf } from "../../lib/services";
import { containers, freezeWhenStarted, leftovers, restartAll } from "../helpers/engine";
import { addMarker, readMarker } from "../helpers/marker";
import { secretsOf } from "../helpers/secretsOf";
import { sandbox, twoTeams } from "../helpers/stackFile";

const NAME = "e2e";
const PORT_BASE = 9200;
const MINUTES = 60_000;
const place = sandbox();
const settings = twoTeams(PORT_BASE);

/** Changed resources of an operation: `update access-vision`. */
type Changes = string[];

let stack: Stack;
let automation: AutomationStack;

async function configure(changed: Readonly<Record<string, unknown>> = {}): Promise<void> {
  place.configure(NAME, { ...settings, ...changed });
  stack = await openStack(NAME, stack.toolchain);
}

/** The summary of a preview, and what it would change. */
async function preview(refresh = false): Promise<{ summary: OpMap; changes: Changes }> {
  const changes: Changes = [];
  const { changeSummary } = await automation.preview({
    configFile: stack.configFile,
    refresh,
    onEvent: ({ resourcePreEvent }) => collect(changes, resourcePreEvent?.metadata),
  });
  return { summary: changeSummary, changes: changes.sort() };
}

async function up(): Promise<Changes> {
  const changes: Changes = [];
  await automation.up({
    configFile: stack.configFile,
    onEvent: ({ resourcePreEvent }) => collect(changes, resourcePreEvent?.metadata),
  });
  return changes.sort();
}

function collect(changes: Changes, metadata: { op: string; urn: string; type: string } | undefined): void {
  if (metadata === undefined || ["same", "refresh", "read"].includes(metadata.op)) return;
  if (metadata.type === "pulumi:pulumi:Stack" || metadata.type.startsWith("mlflow-platform:")) return;
  // Providers hold configuration in the state and nothing anywhere else.
  if (metadata.type.startsWith("pulumi:providers:")) return;
  changes.push(`${metadata.op} ${nameOf(metadata.urn)}`);
}

async function outputs() {
  const values = await automation.outputs();
  return parseOutputs(
    Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value as unknown])),
    NAME,
  );
}

async function smokeFails(): Promise<string[]> {
  const lines: string[] = [];
  await runSmoke(await outputs(), {
    report: (line) => lines.push(line),
    chromium: findChromium() ?? "chromium",
  });
  console.log(lines.join("\n"));
  return lines.filter((line) => line.includes("✗"));
}

describe("a stack of its own, from nothing to nothing", () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    place.configure(NAME, settings);
    const toolchain = await bootstrap({ reporter: silentReporter() });
    process.env["PATH"] = toolchain.env["PATH"];
    stack = await openStack(NAME, toolchain);
    // What a run that was killed before may have left.
    await removeStack(stack, readSettings(NAME), silentReporter());
    stack = await openStack(NAME, toolchain);
    const workspace = await LocalWorkspace.create({ workDir: checkout, envVars: strings(stack.env) });
    automation = await AutomationStack.select(NAME, workspace);
  }, 10 * MINUTES);

  afterAll(async () => {
    await removeStack(await openStack(NAME, stack.toolchain), readSettings(NAME), silentReporter());
    place.remove();
    // The Automation API reads outputs without the configuration file of the run, and leaves a salt for it.
    rmSync(join(checkout, `Pulumi.${NAME}.yaml`), { force: true });
  }, 5 * MINUTES);

  it(
    "comes up, though Keycloak is frozen for 20 seconds while it starts",
    async () => {
      const thaw = freezeWhenStarted(`mlflow-platform-${NAME}-keycloak`, 20_000);
      await up();
      expect(await thaw).toBe("frozen and thawed");
      expect(
        (await containers(NAME)).filter(({ state }) => state === "running").map(({ health }) => health),
      ).toEqual(servicesOf("http").map(() => "healthy"));
    },
    8 * MINUTES,
  );

  it(
    "does its job",
    async () => {
      expect(await smokeFails()).toEqual([]);
    },
    4 * MINUTES,
  );

  it(
    "has nothing to change afterwards, also compared with what is really there",
    async () => {
      expect((await preview()).changes).toEqual([]);
      expect((await preview(true)).changes).toEqual([]);
    },
    3 * MINUTES,
  );

  it(
    "keeps secrets out of what the engine shows and out of the plain state",
    async () => {
      const secrets = secretsOf(await outputs());
      // Keycloak's administrator, three people, two service accounts, provisioner, two roots.
      expect(new Set(secrets).size).toBe(9);
      const shown =
        JSON.stringify(await containers(NAME)) + (await pulumi(stack, ["stack", "export"])).stdout;
      expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    },
    MINUTES,
  );

  it(
    "sees a grant that somebody took away by hand, and gives it back",
    async () => {
      const path = "/api/3.0/mlflow/permissions/workspaces/vision/groups/vision";
      const removed = await adminApi(await outputs(), undefined).call(path, { method: "DELETE" });
      expectStatus(removed, "removing the grant", [200, 204]);
      expect((await preview(true)).changes).toEqual(["create access-vision-members"]);
      await automation.up({ configFile: stack.configFile, refresh: true });
      expect((await preview(true)).changes).toEqual([]);
    },
    3 * MINUTES,
  );

  it(
    "adds a team by creating, and touches no container",
    async () => {
      const audio = { name: "audio", members: ["vera"], serviceAccounts: ["audio-ci"] };
      await configure({ teams: [...(settings["teams"] as unknown[]), audio] });
      const { changes } = await preview();
      expect(changes.filter((change) => !change.startsWith("create "))).toEqual([]);
      expect(await up()).toEqual(changes);
      expect((await preview(true)).changes).toEqual([]);
    },
    4 * MINUTES,
  );

  it(
    "changes exactly what the artifacts' mode decides, and does its job in direct mode",
    async () => {
      await configure({ artifacts: "direct" });
      const changes = (await preview()).changes.filter((change) => !change.includes("audio"));
      expect(changes).toEqual([
        "update access-language",
        "update access-vision",
        "update storage-policy-mlflow-server",
      ]);
      await up();
      expect(await adminApi(await outputs(), undefined).workspaces()).not.toContain("audio");
      expect(await smokeFails()).toEqual([]);
    },
    6 * MINUTES,
  );

  it(
    "serves the same data after its containers were stopped and started in another order",
    async () => {
      const marker = await addMarker(await outputs());
      await restartAll(NAME);
      expect(await readMarker(await outputs(), marker)).toBe(marker.value);
      expect((await preview(true)).changes).toEqual([]);
    },
    6 * MINUTES,
  );

  it(
    "keeps data, users and secrets over `down` and `up`",
    async () => {
      const before = await outputs();
      const marker = await addMarker(before);
      await configure({ artifacts: "direct", running: false });
      await up();
      expect(await containers(NAME)).toEqual([]);
      await configure({ artifacts: "direct" });
      await up();
      expect((await outputs()).credentials).toEqual(before.credentials);
      expect(await readMarker(await outputs(), marker)).toBe(marker.value);
    },
    6 * MINUTES,
  );

  it(
    "leaves nothing behind when it is removed",
    async () => {
      await removeStack(stack, readSettings(NAME), silentReporter());
      expect(await leftovers(NAME)).toEqual([]);
    },
    4 * MINUTES,
  );
});

function strings(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
