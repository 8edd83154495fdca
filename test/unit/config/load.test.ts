import { afterEach, beforeAll, describe, expect, it } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { loadSettings } from "../../../config/load";
import { parseSettings } from "../../../config/settings";
import { ada } from "./fixtures";

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
    "mlflow-platform",
    "staging",
  );
});
afterEach(() => pulumi.runtime.setAllConfig({}));

/** Loads from what the CLI hands over: text only, lists and objects as JSON. */
function load(config: Readonly<Record<string, string>>): ReturnType<typeof loadSettings> {
  pulumi.runtime.setAllConfig({ ...config });
  return loadSettings();
}

describe("the stack's configuration", () => {
  it("is read from text: numbers, truth values, lists and objects", () => {
    const teams = [{ name: "vision", members: ["ada"], serviceAccounts: ["ci"], quotaGiB: 3 }];
    expect(
      load({
        "mlflow-platform:ingress": "http",
        "mlflow-platform:portBase": "9080",
        "mlflow-platform:running": "false",
        "mlflow-platform:protectData": "auto",
        "mlflow-platform:users": JSON.stringify([ada]),
        "mlflow-platform:teams": JSON.stringify(teams),
        "mlflow-platform:dockerHost": "ssh://me@there",
      }),
    ).toEqual(
      parseSettings("staging", {
        portBase: 9080,
        running: false,
        users: [ada],
        teams,
        dockerHost: "ssh://me@there",
      }),
    );
  });

  it("may have the defaults of Pulumi.yaml, which are empty text, list and object", () => {
    expect(
      load({
        "mlflow-platform:dockerHost": "",
        "mlflow-platform:users": "[]",
        "mlflow-platform:images": "{}",
      }),
    ).toEqual(parseSettings("staging", {}));
  });

  it("of other namespaces is nobody's business here", () => {
    expect(load({ "pulumi:disable-default-providers": '["docker"]', "docker:host": "x" })).toEqual(
      parseSettings("staging", {}),
    );
  });

  it("with faults is refused in a form that Pulumi shows without a stack trace", () => {
    const refuse = (): unknown => load({ "mlflow-platform:portBase": "80", "mlflow-platform:colour": "red" });
    expect(refuse).toThrow(pulumi.RunError);
    expect(refuse).toThrow(/stack staging has 2 faults[^]*portBase[^]*colour/);
  });

  it("that is no YAML is a fault of its key, not a crash", () => {
    const refuse = (): unknown => load({ "mlflow-platform:users": "[{", "mlflow-platform:portBase": "9080" });
    expect(refuse).toThrow(pulumi.RunError);
    expect(refuse).toThrow(/1 fault[^]*mlflow-platform:users: .*expected array/);
  });

  it("that holds a number where text is wanted is a fault as well", () => {
    expect(() => load({ "mlflow-platform:users": JSON.stringify([{ ...ada, firstName: 7 }]) })).toThrow(
      /users\[0\]\.firstName/,
    );
  });
});
