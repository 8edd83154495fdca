import type { Toolchain } from "../../cli/bootstrap";
import { type State, exportState, importState } from "../../cli/engine/recovery/state";
import { type Stack, openStack } from "../../cli/engine/stack";

/** Marks a value as Pulumi does in a state with secrets in clear. */
function secret(value: unknown): unknown {
  return {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  };
}

/** The secrets of a made state, in the places where the program's own lie. */
export const SECRETS = {
  password: "hunter2-made-password",
  inJson: "hunter2-in-a-json-text",
  inCode: "hunter2-in-serialized-code",
} as const;

/**
 * Makes the state of a stack without a container: real resources of Pulumi's format, whose secrets the engine encrypts
 * as it encrypts those of a run. What looks after states sees no difference, and it takes a second instead of minutes.
 *
 * @param name - of the stack; its settings have to be there
 */
export async function madeState(name: string, toolchain: Toolchain): Promise<Stack> {
  const stack = await openStack(name, toolchain);
  const empty = await exportState(stack);
  const made = {
    ...empty.deployment,
    manifest: { ...empty.deployment.manifest },
    resources: resources(name),
  };
  await importState(stack, { ...empty, deployment: made });
  return stack;
}

/** Resources of a made state, secrets in clear. */
export function resources(name: string): NonNullable<State["deployment"]["resources"]> {
  const urn = (type: string, of: string): string => `urn:pulumi:${name}::mlflow-platform::${type}::${of}`;
  const stack = urn("pulumi:pulumi:Stack", `mlflow-platform-${name}`);
  const random = urn("pulumi:providers:random", "default");
  const dynamic = urn("pulumi:providers:pulumi-nodejs", "default");
  const custom = { custom: true, parent: stack };
  return [
    {
      urn: stack,
      type: "pulumi:pulumi:Stack",
      outputs: { credentials: secret({ ada: { config: JSON.stringify({ key: SECRETS.inJson }) } }) },
    },
    {
      urn: random,
      type: "pulumi:providers:random",
      id: "6a7fd1b6-0000-4000-8000-000000000001",
      ...{ custom: true },
    },
    {
      urn: dynamic,
      type: "pulumi:providers:pulumi-nodejs",
      id: "6a7fd1b6-0000-4000-8000-000000000002",
      ...{ custom: true },
    },
    {
      ...custom,
      urn: urn("random:index/randomPassword:RandomPassword", "made"),
      type: "random:index/randomPassword:RandomPassword",
      id: "none",
      provider: `${random}::6a7fd1b6-0000-4000-8000-000000000001`,
      inputs: { length: 20 },
      outputs: { length: 20, result: secret(SECRETS.password) },
    },
    {
      ...custom,
      urn: urn("pulumi-nodejs:dynamic:Resource", "made"),
      type: "pulumi-nodejs:dynamic:Resource",
      id: "made",
      provider: `${dynamic}::6a7fd1b6-0000-4000-8000-000000000002`,
      inputs: { __provider: secret(`exports.handler = () => "${SECRETS.inCode}"`) },
      outputs: { __provider: secret(`exports.handler = () => "${SECRETS.inCode}"`) },
    },
  ];
}
