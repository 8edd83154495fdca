import { describe, expect, it } from "vitest";
import { Secret } from "@pulumi/policy";
import { secretsPreservingProxy } from "@pulumi/policy/secret";
import * as proxies from "@pulumi/policy/proxy";
import { engineResource, marks, plain } from "../../policy/engine";
import { UNKNOWN } from "../../policy/values";

/** The library's own wrappers, which its types do not show. */
const { unknownCheckingProxy, unknownStringValue } = proxies as unknown as {
  readonly unknownCheckingProxy: (inputs: unknown) => Record<string, unknown>;
  readonly unknownStringValue: string;
};

describe("what the engine hands to a pack", () => {
  it("becomes plain, with what is not known yet marked as such", () => {
    const props = {
      a: unknownStringValue,
      list: ["x", unknownStringValue],
      map: { b: 1, c: unknownStringValue },
    };
    const proxied = unknownCheckingProxy(props);
    expect(plain(proxied)).toEqual({ a: UNKNOWN, list: ["x", UNKNOWN], map: { b: 1, c: UNKNOWN } });
  });

  it("shows which values are secret, below all its wrappers", () => {
    const raw = {
      a: new Secret("x"),
      list: ["y", new Secret("z")],
      map: { b: { c: new Secret(1) } },
      plain: "w",
    };
    const proxied = unknownCheckingProxy(secretsPreservingProxy(raw));
    expect(marks(proxied)).toEqual(["a", "list.1", "map.b.c"]);
    expect(marks({ a: "x" })).toEqual([]);
  });

  it("becomes a resource of the rules", () => {
    const urn = "urn:pulumi:dev::mlflow-platform::a:b:C$docker:index/volume:Volume::data";
    const opts = { protect: true, ignoreChanges: [], aliases: [], additionalSecretOutputs: [] };
    const customTimeouts = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };
    const type = "docker:index/volume:Volume";
    const provider = { type: "pulumi:providers:docker", props: {}, urn: "", name: "docker" };
    expect(
      engineResource({ type, name: "data", urn, props: {}, opts: { ...opts, customTimeouts }, provider }, [
        "x",
      ]),
    ).toEqual({
      ...{ type, name: "data", urn, chain: "a:b:C$docker:index/volume:Volume", props: {} },
      ...{ secrets: ["x"], provider: "docker", protect: true, retainOnDelete: undefined },
    });
  });
});
