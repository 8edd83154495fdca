import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Toolchain, bootstrap, silentReporter } from "../../cli/bootstrap";
import { findChromium } from "../../cli/bootstrap/chromium";
import { outputsOf } from "../../cli/engine/outputs";
import { pulumi } from "../../cli/engine/pulumi";
import { type State, exportState } from "../../cli/engine/recovery/state";
import { openStack } from "../../cli/engine/stack";
import { checkout } from "../../cli/paths";
import { type StackOutputs, parseOutputs, runSmoke } from "../../cli/smoke";
import { ChangeCollector, type ResourceChange } from "../../lib/changes/change";
import { redaction } from "../../lib/changes/secrets";
import { type CliResult, cli } from "./cli";
import { type Sandbox, type TestSettings, sandbox } from "./stackFile";

const statusSchema = z.object({
  healthy: z.boolean(),
  services: z.array(z.object({ service: z.string(), health: z.string() })),
  certificates: z.looseObject({
    mode: z.string(),
    issuer: z.string().nullable(),
    names: z.array(z.string()),
    notAfter: z.string().nullable(),
    daysLeft: z.number().nullable(),
    publishedSerial: z.string().nullable(),
    served: z.array(z.looseObject({ host: z.string(), serial: z.string().nullable() })).nullable(),
    renewal: z
      .looseObject({
        failures: z.number(),
        lastError: z.string().nullable(),
        nextAttempt: z.string().nullable(),
      })
      .nullable(),
    address: z
      .looseObject({
        ipv4: z.string().nullable(),
        ipv6: z.string().nullable(),
        lastError: z.string().nullable(),
      })
      .nullable(),
    alarms: z.array(z.looseObject({ problem: z.string() })),
  }),
});

/** What `status -- --json` says, as far as tests read it. */
export type Status = z.output<typeof statusSchema>;

/** A stack of a test, used by the verbs of the CLI as a person uses it. */
export class TestStack {
  /** Outputs of the last `up`. */
  public outputs!: StackOutputs;
  /** What each run of the CLI has printed. */
  public readonly printed: string[] = [];
  /** Settings that are encrypted, and the salt of their key. */
  private encrypted: { settings: TestSettings; salt: Readonly<Record<string, unknown>> } = {
    settings: {},
    salt: {},
  };

  private constructor(
    public readonly name: string,
    private readonly place: Sandbox,
    private readonly toolchain: Toolchain,
    private settings: TestSettings,
  ) {}

  /** Makes a place for the stack, and removes what a killed run may have left of it. */
  public static async open(name: string, settings: TestSettings): Promise<TestStack> {
    const place = sandbox();
    Object.assign(process.env, place.env);
    const toolchain = await bootstrap({ reporter: silentReporter() });
    const stack = new TestStack(name, place, toolchain, settings);
    stack.configure({});
    await stack.succeeds("down", "--delete-data", "--yes");
    return stack;
  }

  /** Changes settings; the next `up` carries them out. */
  public configure(changed: TestSettings): void {
    this.settings = { ...this.settings, ...changed };
    this.place.configure(this.name, { ...this.settings, ...this.encrypted.settings }, this.encrypted.salt);
  }

  /** Sets an encrypted setting, as `pulumi config set --secret` does. The value comes in by standard input. */
  public async setSecret(key: string, value: string): Promise<void> {
    const file = this.place.file(this.name);
    const args = ["config", "set", "--secret", `mlflow-platform:${key}`, "--config-file", file];
    const { exitCode, stderr } = await pulumi(await this.open(), args, { input: value });
    if (exitCode !== 0) throw new Error(`the setting ${key} could not be encrypted: ${stderr}`);
    const { config = {}, encryptionsalt } = parse(readFileSync(file, "utf8")) as {
      config?: Record<string, unknown>;
      encryptionsalt?: string;
    };
    this.encrypted = {
      settings: { ...this.encrypted.settings, [key]: config[`mlflow-platform:${key}`] },
      salt: { encryptionsalt },
    };
  }

  /** Brings the stack to its settings. @returns what the CLI printed */
  public async up(changed: TestSettings = {}, ...options: string[]): Promise<string> {
    this.configure(changed);
    const output = await this.succeeds("up", ...options);
    this.outputs = parseOutputs(await outputsOf(await this.open()), this.name);
    return output;
  }

  /** Runs a verb. */
  public async run(...args: string[]): Promise<CliResult> {
    const result = await cli([...args, "--stack", this.name], this.place.env);
    this.printed.push(result.output);
    return result;
  }

  /** Outputs as they are, also of another version of the program. Secrets in plain text. */
  public async rawOutputs(): Promise<unknown> {
    return outputsOf(await this.open());
  }

  /** The state, secrets in plain text. */
  public async openState(): Promise<State> {
    return exportState(await this.open(), true);
  }

  /** Runs a verb that has to succeed. @returns what it printed @throws Error with that, when it does not */
  public async succeeds(...args: string[]): Promise<string> {
    const { exitCode, output } = await this.run(...args);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with exit code ${exitCode}:\n${output}`);
    return output;
  }

  /** What `up` would change, as the engine says it. */
  public async changes(): Promise<readonly ResourceChange[]> {
    const collector = new ChangeCollector(redaction());
    const { exitCode, stderr } = await pulumi(await this.open(), ["preview", "--json"], {
      onEvent: (event) => collector.accept(event),
    });
    if (exitCode !== 0) throw new Error(`the preview ended with exit code ${exitCode}:\n${stderr}`);
    return collector.changes();
  }

  /** What `status` says to programs. */
  public async status(): Promise<Status> {
    const { output } = await this.run("status", "--json");
    return statusSchema.parse(JSON.parse(output));
  }

  /** The state as Pulumi exports it, secrets encrypted. */
  public async exported(): Promise<string> {
    return (await pulumi(await this.open(), ["stack", "export"])).stdout;
  }

  /**
   * Runs the smoke test, printed as it comes.
   *
   * @param ca - that is trusted, PEM. @default the stack's own
   * @returns the lines of what failed
   */
  public async smoke(ca?: string): Promise<string[]> {
    const lines: string[] = [];
    await runSmoke(this.outputs, {
      report: (line) => lines.push(line),
      chromium: findChromium() ?? "chromium",
      ca,
      resolve: "127.0.0.1",
    });
    console.log(lines.join("\n"));
    return lines.filter((line) => line.includes("✗"));
  }

  /** Removes the stack and the place. */
  public async remove(): Promise<void> {
    await this.succeeds("down", "--delete-data", "--yes");
    this.place.remove();
    // Pulumi reads outputs without the configuration file of the run, and leaves a salt for it.
    rmSync(join(checkout, `Pulumi.${this.name}.yaml`), { force: true });
  }

  private open(): ReturnType<typeof openStack> {
    return openStack(this.name, this.toolchain);
  }
}
