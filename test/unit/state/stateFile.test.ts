import { describe, expect, it } from "vitest";
import { faultsOf } from "../../../cli/state/import";
import {
  fingerprint,
  ownersOf,
  parseStateFile,
  providerInWords,
  secretsIn,
  writtenAt,
} from "../../../cli/state/stateFile";
import { resource, stateOf } from "../recovery/state";

const MARK = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const CLOSED = { ...MARK, ciphertext: "v1:nonce:text" };
const CLEAR = { ...MARK, plaintext: '"hunter2"' };

describe("a state file", () => {
  it("is an export or a checkpoint of a backend", () => {
    const { version, deployment } = stateOf([resource("a:b:C", "one")]);
    expect(parseStateFile(JSON.stringify({ version, deployment }))).toEqual({ version, deployment });
    const checkpoint = { version, checkpoint: { stack: "dev", latest: deployment } };
    expect(parseStateFile(JSON.stringify(checkpoint))).toEqual({ version, deployment });
  });

  it("keeps what a newer engine notes beside the version", () => {
    const text = JSON.stringify({ version: 4, features: ["views"], deployment: {} });
    expect(parseStateFile(text)).toEqual({ version: 4, features: ["views"], deployment: {} });
  });

  it.each([
    ["", /JSON/],
    ["[]", /no JSON object/],
    ["{}", /neither a deployment nor a checkpoint/],
    ['{"deployment":{}}', /names no version/],
    ['{"version":3,"deployment":{"resources":[{}]}}', /have no URNs/],
  ])("that is %j says what it lacks", (text, said) => {
    expect(() => parseStateFile(text)).toThrow(said);
  });

  it("names the stacks that its resources are of", () => {
    const other = { urn: "urn:pulumi:prod::else::a:b:C::one", type: "a:b:C" };
    expect(ownersOf(stateOf([resource("a:b:C", "one"), resource("a:b:C", "two"), other]))).toEqual([
      { stack: "dev", project: "mlflow-platform" },
      { stack: "prod", project: "else" },
    ]);
  });

  it("tells secrets in clear from encrypted ones, wherever they lie", () => {
    expect(secretsIn({ a: [CLOSED, { b: CLOSED }], c: CLEAR })).toEqual({ total: 3, clear: 1 });
    expect(secretsIn({ a: "b", c: [1, null] })).toEqual({ total: 0, clear: 0 });
  });

  it("says when it was written", () => {
    const at = (time?: string) => ({
      version: 3,
      deployment: { manifest: time === undefined ? {} : { time } },
    });
    expect(writtenAt(at("2026-11-22T04:00:00Z"))).toBe(Date.UTC(2026, 10, 22, 4));
    expect(writtenAt(at())).toBeUndefined();
    expect(writtenAt(at("soon"))).toBeUndefined();
  });

  it("says what keeps its secrets", () => {
    expect(providerInWords({ type: "passphrase", state: { salt: "v1:" } })).toBe("a passphrase");
    expect(providerInWords({ type: "cloud", state: { url: "hashivault://key" } })).toBe("hashivault://key");
    expect(providerInWords({ type: "service" })).toBe("Pulumi Cloud");
    expect(providerInWords(undefined)).toContain("nothing yet");
  });
});

describe("a fingerprint", () => {
  const of = (outputs: Record<string, unknown>) =>
    fingerprint(stateOf([resource("a:b:C", "one", { outputs })]));

  it("is that of what the state says, in whatever order", () => {
    expect(of({ a: 1, b: { c: 2, d: 3 } })).toBe(of({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it("changes with any value, and with the order of resources", () => {
    expect(of({ a: 1 })).not.toBe(of({ a: 2 }));
    const [one, two] = [resource("a:b:C", "one"), resource("a:b:C", "two")];
    expect(fingerprint(stateOf([one, two]))).not.toBe(fingerprint(stateOf([two, one])));
  });
});

describe("what is wrong with a state for a stack", () => {
  it("is nothing for its own", async () => {
    expect(await faultsOf(stateOf([resource("a:b:C", "one")]), "dev", "")).toEqual([]);
  });

  it("is said at once: stack, project, and who keeps the secrets", async () => {
    const foreign = { urn: "urn:pulumi:prod::else::a:b:C::one", type: "a:b:C", outputs: { CLOSED } };
    expect(await faultsOf(stateOf([foreign]), "dev", "")).toEqual([
      "it is the state of stack prod, not of dev",
      "it is the state of project else, not of mlflow-platform",
      "it holds secrets and does not say what encrypts them",
    ]);
  });

  it("is nothing that only a key service can tell", async () => {
    const state = stateOf([resource("a:b:C", "one", { outputs: { CLOSED } })]);
    const provider = { type: "cloud", state: { url: "hashivault://key" } };
    const deployment = { ...state.deployment, secrets_providers: provider };
    expect(await faultsOf({ ...state, deployment }, "dev", "")).toEqual([]);
  });
});
