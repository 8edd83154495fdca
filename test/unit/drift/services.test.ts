import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serviceFindings } from "../../../cli/drift/services";
import type { State } from "../../../cli/engine/recovery/state";
import { type Stack, openStack } from "../../../cli/engine/stack";
import { ended, step, urn } from "../changes/events";

const CLIENT = "keycloak:openid/client:Client";
const BUCKET = "minio:index/s3Bucket:S3Bucket";
const PASSWORD = "generated-password-of-this-stack";
const client = { type: CLIENT, name: "identity-clients-mlflow" };
const state: State = {
  version: 3,
  deployment: {
    resources: [
      {
        urn: urn(CLIENT, client.name),
        type: CLIENT,
        inputs: {
          clientId: "mlflow",
          clientSecret: {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            plaintext: JSON.stringify(PASSWORD),
          },
        },
      },
      { urn: urn(BUCKET, "storage-mlflow-vision"), type: BUCKET, inputs: { bucket: "mlflow-vision" } },
    ],
  },
};

let folder: string;
let stack: Stack;

/** A Pulumi CLI that notes how it was called, prints events, and ends as it is told. */
function cli(events: readonly EngineEvent[], exitCode = 0): void {
  const program = join(folder, "pulumi");
  writeFileSync(join(folder, "events"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  writeFileSync(
    program,
    `#!/bin/sh\ncat > /dev/null\nfor arg in "$@"; do echo "$arg" >> ${folder}/args; done\ncat ${folder}/events\nexit ${exitCode}\n`,
  );
  chmodSync(program, 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlflow-platform-drift-"));
  stack = {
    name: "t",
    toolchain: { pulumi: join(folder, "pulumi"), env: {} },
    env: { PATH: process.env["PATH"] },
    configFile: join(folder, "config.yaml"),
    folder,
    known: true,
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

const findings = (without: readonly string[] = []) =>
  serviceFindings(stack, state, { without }, () => undefined);

describe("what services are asked", () => {
  it("is a refresh that is only a preview, without what is known to be amiss", async () => {
    cli([]);
    expect(await findings([urn(BUCKET, "storage-mlflow-vision")])).toEqual([]);
    const args = readFileSync(join(folder, "args"), "utf8").split("\n");
    // Behind the command stand the stack and its configuration.
    expect(args[0]).toBe("refresh");
    expect(args.slice(5, 9)).toEqual([
      ...["--preview-only", "--json"],
      ...["--exclude", urn(BUCKET, "storage-mlflow-vision")],
    ]);
  });

  it("gives the value by hand and the declared one, each where it belongs", async () => {
    const inputs = { validRedirectUris: ["https://a/callback"] };
    const outputs = { validRedirectUris: ["https://a/callback", "https://evil/*"] };
    const steps = {
      ...{ ...client, old: { inputs, outputs: inputs }, new: { inputs: outputs, outputs } },
      detailedDiff: { "validRedirectUris[1]": { diffKind: "add", inputDiff: false } },
    };
    cli([step({ ...client, op: "refresh" }), ended({ ...steps, op: "update" })]);
    expect(await findings()).toEqual([
      {
        urn: urn(CLIENT, client.name),
        what: "Keycloak client mlflow",
        kind: "changed",
        differences: [{ path: "validRedirectUris[1]", byHand: "https://evil/*" }],
      },
    ]);
  });

  it("names what an id stands for", async () => {
    const groups = { type: "keycloak:index/userGroups:UserGroups", name: "identity-people-vera-in-vision" };
    const id = "f9787641-db5d-4745-9904-6ef1dcc57a88";
    cli([
      step({ ...groups, op: "refresh" }),
      ended({
        ...{
          ...groups,
          op: "update",
          old: { outputs: { groupIds: [id] } },
          new: { outputs: { groupIds: [] } },
        },
        detailedDiff: { "groupIds[0]": { diffKind: "delete", inputDiff: false } },
      }),
    ]);
    const group = { urn: urn("keycloak:index/group:Group", "g"), type: "keycloak:index/group:Group", id };
    const known = { ...group, inputs: { name: "vision" } };
    const before = state.deployment.resources ?? [];
    const all = { ...state, deployment: { resources: [...before, known] } };
    expect(await serviceFindings(stack, all, { without: [] }, () => undefined)).toMatchObject([
      { differences: [{ path: "groupIds[0]", declared: "Keycloak group vision" }] },
    ]);
  });

  it("never gives a secret of the state, wherever it turns up", async () => {
    const steps = {
      ...{ ...client, old: { outputs: { description: "-" } } },
      new: { outputs: { description: `see ${PASSWORD}` } },
      detailedDiff: { description: { diffKind: "update", inputDiff: false } },
    };
    cli([step({ ...client, op: "refresh" }), ended({ ...steps, op: "update" })]);
    const found = await findings();
    expect(found[0]?.differences).toEqual([{ path: "description", byHand: "see [secret]", declared: "-" }]);
    expect(JSON.stringify(found)).not.toContain(PASSWORD);
  });

  it("shows what a resource of this program's own answers, which names no properties", async () => {
    const grant = { type: "pulumi-nodejs:dynamic/mlflow-platform:Grant", name: "access-vision-members" };
    const outputs = { __provider: "code", permission: "EDIT", holder: "vision" };
    const changed = { ...outputs, __provider: "other code", permission: "MANAGE" };
    cli([
      step({ ...grant, op: "refresh" }),
      ended({ ...grant, op: "update", old: { outputs }, new: { outputs: changed } }),
    ]);
    expect((await findings())[0]?.differences).toEqual([
      { path: "permission", byHand: "MANAGE", declared: "EDIT" },
    ]);
  });

  it("says of a bucket that is gone what is lost with it", async () => {
    const bucket = { type: BUCKET, name: "storage-mlflow-vision" };
    cli([step({ ...bucket, op: "refresh" }), ended({ ...bucket, op: "delete" })]);
    expect(await findings()).toEqual([
      {
        urn: urn(BUCKET, bucket.name),
        what: "Bucket mlflow-vision",
        kind: "gone",
        differences: [],
        lost: "bucket with its artifacts",
      },
    ]);
  });

  it("is no answer when the engine failed: the error says so, and what to do", async () => {
    cli([], 255);
    await expect(findings()).rejects.toMatchObject({
      message: expect.stringContaining("Stack t could not be compared. Nothing was changed.") as string,
      next: expect.stringContaining("npm run status -- --stack t") as string,
    });
  });
});

describe("a stack without state", () => {
  it("is an error and stays one: none is made, and no folder", async () => {
    writeFileSync(
      join(folder, "pulumi"),
      `#!/bin/sh\nfor arg in "$@"; do echo "$arg" >> ${folder}/args; done\necho "error: no stack named 'new' found" >&2\nexit 255\n`,
    );
    chmodSync(join(folder, "pulumi"), 0o755);
    writeFileSync(join(folder, "Pulumi.new.yaml"), "config: {}\n");
    process.env["MLFLOW_PLATFORM_CONFIG_DIR"] = folder;
    process.env["MLFLOW_PLATFORM_STATE_DIR"] = join(folder, "state");
    try {
      const opened = openStack("new", stack.toolchain, {}, { absent: "refuse" });
      await expect(opened).rejects.toThrow(/^There is no state of stack new at /);
      expect(readFileSync(join(folder, "args"), "utf8")).not.toContain("init");
      expect(existsSync(join(folder, "state", "stacks", "new"))).toBe(false);
    } finally {
      delete process.env["MLFLOW_PLATFORM_CONFIG_DIR"];
      delete process.env["MLFLOW_PLATFORM_STATE_DIR"];
    }
  });
});
