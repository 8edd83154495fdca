import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { bootstrap, listrReporter, silentReporter } from "../bootstrap";
import { findChromium } from "../bootstrap/chromium";
import { readOutputs } from "../engine/outputs";
import { readSettings } from "../engine/stack";
import { reachStack } from "../engine/tunnel";
import { messageOf, UserError } from "../errors";
import { stateDir } from "../paths";
import { type CheckResult, parseOutputs, runSmoke } from "../smoke";
import { certificatesOf } from "../smoke/trustStore";
import { type StackOptions, stackOption } from "./options";

interface SmokeVerbOptions extends StackOptions {
  readonly json: boolean;
  readonly ca?: string;
  readonly resolve?: string;
}

/** `smoke`: proves the deployed stack as its people and programs use it. */
export function register(program: Command): void {
  program
    .command("smoke")
    .description(
      "Prove that the deployed stack does its job: sign-in, runs, artifacts, isolation. Removes what it made.",
    )
    .addOption(stackOption())
    .addOption(new Option("--json", "one JSON document instead of lines").default(false))
    .option(
      "--ca <file>",
      "PEM file of a CA to trust besides the system's; a stack's own CA is trusted anyway",
    )
    .option("--resolve <address>", "address that the stack's host names lead to, as with curl")
    .action(async (options: SmokeVerbOptions) => {
      process.exitCode = (await smoke(options)) ? 0 : 1;
    });
}

async function smoke({ stack, json, ...options }: SmokeVerbOptions): Promise<boolean> {
  const ca = options.ca === undefined ? undefined : readCa(options.ca);
  const outputs = parseOutputs(await readOutputs(stack), stack);
  await reachStack(readSettings(stack), "everything");
  await bootstrap({ reporter: json ? silentReporter() : listrReporter(), only: ["chromium"] });
  // The step before has made sure that there is one.
  const chromium = findChromium() ?? "chromium";
  const interruption = new AbortController();
  const interrupt = (): void => {
    console.error("Interrupted: removing what was made. Once more to leave it behind.");
    interruption.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  // The second signal finds no listener and ends the process as usual.
  for (const signal of signals) process.once(signal, interrupt);
  const started = performance.now();
  const checks: CheckResult[] = [];
  try {
    const ok = await runSmoke(outputs, {
      report: (line) => {
        if (!json) console.log(line);
      },
      onResult: (result) => checks.push(result),
      chromium,
      signal: interruption.signal,
      pictures: join(stateDir(), "smoke"),
      ca,
      resolve: options.resolve,
    });
    if (json) {
      const seconds = (performance.now() - started) / 1000;
      console.log(JSON.stringify({ stack, ok, seconds, checks }, undefined, 2));
    }
    return ok;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

function readCa(file: string): string {
  const next = "npm run smoke -- --ca FILE, with the certificate of the CA: -----BEGIN CERTIFICATE----- …";
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`The CA cannot be read: ${messageOf(error)}`, next, 2);
  }
  if (certificatesOf(pem).length === 0) throw new UserError(`${file} holds no certificate.`, next, 2);
  return pem;
}
