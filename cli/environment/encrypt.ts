import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { bootstrap } from "../bootstrap";
import type { BootstrapReporter } from "../bootstrap/reporter";
import { explain } from "../engine/explain";
import { pulumi } from "../engine/pulumi";
import { NAMESPACE, openStack, settingsIn, type StackConfig } from "../engine/stack";
import { UserError } from "../errors";

/** A value as it stands in a stack's file, and what it takes to read it. */
export interface Encrypted {
  /** `{ secure: … }`. */
  readonly value: unknown;
  /** What stands beside `config`: the salt of a passphrase, or the name of another provider of secrets. */
  readonly encryption: Omit<StackConfig, "config">;
}

/**
 * Encrypts a setting for a stack that has no file yet, with the provider of secrets that its state has. The value goes
 * to Pulumi by standard input and comes back encrypted: it is on no disk and in no list of processes.
 *
 * Makes the stack's state where there is none, empty.
 *
 * @param name - of the stack
 * @param key - setting, without its namespace
 * @throws UserError when the tools, the state or the passphrase do not serve
 */
export async function encrypt(
  name: string,
  key: string,
  secret: string,
  reporter: BootstrapReporter,
): Promise<Encrypted> {
  const toolchain = await bootstrap({ reporter, only: ["toolchain"] });
  return reporter.step(`Encrypting ${key} for stack ${name}`, async (task) => {
    const stack = await openStack(name, toolchain, {}, { committed: { config: {} } });
    const { exitCode, stderr } = await pulumi(
      stack,
      ["config", "set", "--secret", NAMESPACE + key, "--config-file", stack.configFile],
      { input: secret },
    );
    if (exitCode !== 0) {
      const { cause, next } = explain([stderr.trim()], name);
      throw new UserError(`${key} could not be encrypted, so nothing was written.\n${cause}`, next);
    }
    const { config, ...encryption } = parse(readFileSync(stack.configFile, "utf8")) as StackConfig;
    const value = settingsIn({ config: config ?? {} })[key];
    // What is not encrypted must not reach a file that is committed.
    if (typeof value !== "object" || value === null || !("secure" in value)) {
      throw new Error(`Pulumi gave ${key} back unencrypted`);
    }
    task.result("by Pulumi");
    return { value, encryption };
  });
}
