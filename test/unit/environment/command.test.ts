import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command, CommanderError } from "commander";
import execa from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { type StackConfig, settingsIn } from "../../../cli/engine/stack";
import { UserError } from "../../../cli/errors";
import { checkout } from "../../../cli/paths";
import { register } from "../../../cli/verbs/newEnvironment";
import { parseSettings } from "../../../config/settings";
import type { CliResult } from "../../helpers/cli";
import { type Sandbox, sandbox } from "../../helpers/stackFile";

let place: Sandbox;

/** Runs the command in this process, where there is no terminal. */
async function run(...args: string[]): Promise<CliResult> {
  const program = new Command();
  register(program);
  const said: string[] = [];
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: (text) => said.push(text) });
  }
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => said.push(text));
  try {
    await program.parseAsync(["new-environment", ...args], { from: "user" });
    return { exitCode: 0, output: said.join("\n") };
  } catch (error) {
    if (error instanceof UserError) return { exitCode: error.exitCode, output: error.message };
    if (error instanceof CommanderError) return { exitCode: 2, output: said.join("\n") };
    throw error;
  } finally {
    log.mockRestore();
  }
}

/** Everything that lies in the folder of stack files. */
function files(): string[] {
  return readdirSync(dirname(place.file("x")));
}

/** Runs the command on a terminal, and types when a question is there. */
async function typed(question: string, keys: string, ...args: string[]): Promise<CliResult> {
  const command = ["node", join(checkout, "bin", "run.mjs"), "new-environment", ...args].join(" ");
  const child = execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    env: { ...place.env, TERM: "xterm" },
    all: true,
    reject: false,
  });
  let seen = "";
  let answered = false;
  child.all?.on("data", (chunk: Buffer) => {
    seen += chunk.toString();
    if (answered || !seen.includes(question)) return;
    answered = true;
    child.stdin?.write(keys);
  });
  const { exitCode } = await child;
  return { exitCode, output: seen };
}

// What needs a process of its own starts the whole CLI, which takes seconds on a busy machine.
describe("npm run new-environment", { timeout: 120_000 }, () => {
  beforeEach(() => {
    place = sandbox();
    vi.stubEnv("MLFLOW_PLATFORM_CONFIG_DIR", place.env["MLFLOW_PLATFORM_CONFIG_DIR"]);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    place.remove();
  });

  it("writes a file that the settings' own checks accept, and says what is next", async () => {
    place.configure("dev", { portBase: 28080 });
    const options = ["--ingress", "self-signed", "--domain", "one.example.com", "--artifacts", "direct"];
    const { exitCode, output } = await run("staging", ...options, "--https-port", "29443");
    expect([exitCode, output]).toEqual([0, expect.stringContaining("✓ Pulumi.staging.yaml is written")]);
    expect(output).toContain("https://mlflow.one.example.com:29443");
    expect(output).toContain("npm run preview -- --stack staging");
    const text = readFileSync(place.file("staging"), "utf8");
    const settings = parseSettings("staging", settingsIn(parse(text) as StackConfig));
    expect(settings).toMatchObject({ ingress: "self-signed", domain: "one.example.com", httpsPort: 29443 });
  });

  it("never writes over a file, and says so before it asks or does anything", async () => {
    writeFileSync(place.file("staging"), "config: {} # mine\n");
    const { exitCode, output } = await run("staging", "--ingress", "nonsense");
    expect(exitCode).toBe(2);
    expect(output).toContain("Pulumi.staging.yaml is there already; it was left as it is.");
    expect(readFileSync(place.file("staging"), "utf8")).toBe("config: {} # mine\n");
  });

  it("writes once of two at once, which both found no file", async () => {
    const runs = await Promise.all([
      run("twin", "--port-base", "21000"),
      run("twin", "--port-base", "22000"),
    ]);
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 2]);
    const written = runs[0].exitCode === 0 ? 21000 : 22000;
    expect(settingsIn(parse(readFileSync(place.file("twin"), "utf8")) as StackConfig)).toMatchObject({
      portBase: written,
    });
  });

  it("writes nothing when there is a fault", async () => {
    const { exitCode, output } = await run("prod", "--admin-username", "ada", "--domain", "UPPER");
    expect(exitCode).toBe(2);
    for (const option of ["--ingress", "--domain", "--admin-email"])
      expect(output).toContain(`  ${option}: `);
    expect(files()).toEqual([]);
  });

  it("needs a name, and takes the token of DuckDNS by no option", async () => {
    const [nameless, option, idle] = await Promise.all([
      run(),
      run("prod", "--duckdns-token", "x"),
      run("staging", "--duckdns-token-stdin"),
    ]);
    expect([nameless.exitCode, nameless.output]).toEqual([2, expect.stringContaining("needs a name")]);
    expect([option.exitCode, option.output]).toEqual([2, expect.stringContaining("unknown option")]);
    expect([idle.exitCode, idle.output]).toEqual([2, expect.stringContaining("--ingress acme only")]);
    expect(files()).toEqual([]);
  });

  it("notes ports that another environment has, and a file whose ports are not known", async () => {
    place.configure("dev", { portBase: 28080 });
    place.configure("broken", { portBase: "many" });
    const { exitCode, output } = await run("staging", "--port-base", "28070");
    expect(exitCode).toBe(0);
    expect(output).toContain("28080-28083 also in Pulumi.dev.yaml");
    expect(output).toContain("ports of Pulumi.broken.yaml are not known");
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("ends with %s at a question, exit code 130, nothing written", async (_key, key) => {
    const { exitCode, output } = await typed("How do people reach it?", key, "staging");
    expect(output).toContain("Interrupted: nothing was written.");
    expect([exitCode, files()]).toEqual([130, []]);
  });

  it("shows the file on a terminal and writes it when that is agreed to", async () => {
    const known = [
      "--ingress",
      "http",
      "--docker-host",
      "unix:///var/run/docker.sock",
      "--artifacts",
      "proxied",
    ];
    const admin = ["--admin-username", "ada", "--admin-email", "ada@example.com", "--admin-first-name", "A"];
    const args = ["staging", "--port-base", "28080", ...known, ...admin, "--admin-last-name", "B"];
    const refused = await typed("Write this to Pulumi.staging.yaml?", "n\r", ...args);
    expect(refused.output).toContain("✗ Nothing was written.");
    expect([refused.exitCode, existsSync(place.file("staging"))]).toEqual([2, false]);
    const agreed = await typed("Write this to Pulumi.staging.yaml?", "y\r", ...args);
    expect(agreed.output).toContain("mlflow-platform:portBase: 28080");
    expect([agreed.exitCode, existsSync(place.file("staging"))]).toEqual([0, true]);
  });
});
