import { readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import type { Toolchain } from "../../cli/bootstrap";
import { outputsOf } from "../../cli/engine/outputs";
import { pulumi } from "../../cli/engine/pulumi";
import { NAMESPACE, openStack } from "../../cli/engine/stack";
import { type StackOutputs, parseOutputs } from "../../cli/smoke";
import { type Reach, reachOf } from "../../cli/smoke/reach";
import { cli } from "./cli";
import type { Sandbox, TestSettings } from "./stackFile";

/** An environment that `new-environment` makes, beside others of the same clone. */
export class Environment {
  /** Outputs of the last `up`. */
  public outputs!: StackOutputs;
  /** The way to it. */
  public reach!: Reach;

  public constructor(
    public readonly name: string,
    private readonly place: Sandbox,
    private readonly toolchain: Toolchain,
  ) {}

  /** Makes its settings. @param options - of `new-environment` */
  public async create(...options: readonly string[]): Promise<string> {
    return this.expectSuccess(["new-environment", this.name, ...options]);
  }

  /** Changes its file as a person does with an editor. */
  public edit(settings: TestSettings): void {
    const file = this.place.file(this.name);
    const document = parseDocument(readFileSync(file, "utf8"));
    for (const [key, value] of Object.entries(settings)) document.setIn(["config", NAMESPACE + key], value);
    writeFileSync(file, document.toString());
  }

  /** Brings it up. */
  public async up(): Promise<void> {
    await this.run("up");
    this.outputs = parseOutputs(await outputsOf(await this.open()), this.name);
    const named = this.outputs.certificates.mode !== "http";
    this.reach = await reachOf(this.outputs, named ? { resolve: "127.0.0.1" } : {});
  }

  /** Runs a verb on it, which has to succeed. @returns what it printed */
  public async run(verb: string, ...options: readonly string[]): Promise<string> {
    return this.expectSuccess([verb, "--stack", this.name, ...options]);
  }

  /** Runs the smoke test, printed when it is over. */
  public async smoke(): Promise<string> {
    const named = this.outputs.certificates.mode !== "http";
    const printed = await this.run("smoke", ...(named ? ["--resolve", "127.0.0.1"] : []));
    console.log(printed);
    return printed;
  }

  /** Its state as Pulumi exports it, secrets encrypted. */
  public async exported(): Promise<string> {
    return (await pulumi(await this.open(), ["stack", "export"])).stdout;
  }

  /** Removes it with its data. */
  public remove(): Promise<string> {
    return this.run("down", "--delete-data", "--yes");
  }

  private open(): ReturnType<typeof openStack> {
    return openStack(this.name, this.toolchain);
  }

  private async expectSuccess(args: readonly string[]): Promise<string> {
    const { exitCode, output } = await cli(args, this.place.env);
    if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with exit code ${exitCode}:\n${output}`);
    return output;
  }
}
