import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../cli/paths";
import { objectName } from "../../lib/names";
import { servicesOf } from "../../lib/services";
import { leftovers } from "../helpers/engine";
import { type RemoteMachine, remoteMachine } from "../helpers/remote/machine";
import { secretsOf } from "../helpers/secretsOf";
import { twoTeams } from "../helpers/stackFile";
import { TestStack } from "../helpers/testStack";
import { until } from "../helpers/until";

const NAME = "remote";
const PORT_BASE = 9760;
const SSH_PORT = 9790;
const MINUTES = 60_000;

let machine: RemoteMachine;
let stack: TestStack;
/** Verbs that were started and may still go on. */
const running: ChildProcess[] = [];

/** Names of what the other machine's engine holds of the stack. */
async function there(): Promise<string[]> {
  const lists = await Promise.all([
    machine.run("docker", "ps", "-a", "--format", "{{.Names}}"),
    machine.run("docker", "volume", "ls", "--format", "{{.Name}}"),
    machine.run("docker", "network", "ls", "--format", "{{.Name}}"),
  ]);
  return lists.flatMap((list) => list.split("\n")).filter((name) => name.startsWith("mlflow-platform-"));
}

/** A verb that goes on until it is ended, and what it has printed. */
function background(...args: string[]) {
  const child = spawn("node", [join(checkout, "bin", "run.mjs"), ...args, "--stack", NAME], {
    cwd: checkout,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const pipe of [child.stdout, child.stderr])
    pipe.setEncoding("utf8").on("data", (text: string) => (said += text));
  running.push(child);
  return { child, said: () => said, ended: once(child, "close") };
}

/** Whether a tunnel leads to the machine. */
function tunnelled(): boolean {
  return machine.connections().some((line) => line.includes(" -N "));
}

async function noConnections(): Promise<void> {
  await until(async () => machine.connections().length === 0, 15_000);
}

describe("a stack on another machine, by ssh", () => {
  beforeAll(async () => {
    machine = await remoteMachine("mlflow-platform-test-remote", SSH_PORT);
    Object.assign(process.env, machine.env);
    const settings = { ...twoTeams(PORT_BASE), dockerHost: `ssh://${machine.alias}` };
    stack = await TestStack.open(NAME, settings);
  }, 15 * MINUTES);

  afterAll(async () => {
    await stack.remove();
    await machine.remove();
  }, 10 * MINUTES);

  // A verb that a failed test has left would pass for the next one's.
  afterEach(() => {
    for (const child of running.splice(0)) child.kill();
  });

  it.each([
    ["a host key that nobody knows", () => `ssh://${machine.unknownAlias}`, "compare the fingerprint"],
    [
      "a user outside the group docker",
      () => `ssh://stranger@${machine.alias}`,
      "usermod -aG docker stranger",
    ],
    ["a machine that does not answer", () => `ssh://${machine.alias}:9`, "has to succeed"],
    [
      "a server that forbids to forward ports",
      () => `ssh://${machine.closedAlias}`,
      "AllowTcpForwarding yes",
    ],
  ])(
    "refuses %s, with the next command",
    async (_what, dockerHost, next) => {
      stack.configure({ dockerHost: dockerHost() });
      const { exitCode, output } = await stack.run("preview");
      expect(output).toContain(next);
      expect(exitCode).toBe(3);
      stack.configure({ dockerHost: `ssh://${machine.alias}` });
    },
    4 * MINUTES,
  );

  it(
    "tells a port of this machine that the tunnel needs and another program has",
    async () => {
      const server = createServer().listen(PORT_BASE + 11, "127.0.0.1");
      await once(server, "listening");
      const { exitCode, output } = await stack.run("preview");
      server.close();
      expect(output).toMatch(
        new RegExp(`port ${PORT_BASE + 11} \\(configuring keycloak\\): in use by .*${process.pid}`),
      );
      expect(exitCode).toBe(3);
    },
    4 * MINUTES,
  );

  it(
    "comes up there, images and all, and nothing of it here",
    async () => {
      const started = performance.now();
      expect(await stack.up()).toContain(`npm run tunnel -- --stack ${NAME}`);
      console.log(`up by ssh, images built there: ${Math.round((performance.now() - started) / 1000)} s`);
      const states = await machine.run("docker", "ps", "--format", "{{.Names}} {{.Status}}");
      expect(states.match(/\(healthy\)/g)).toHaveLength(servicesOf("http").length);
      expect(await leftovers(NAME)).toEqual([]);
      await noConnections();
    },
    40 * MINUTES,
  );

  it(
    "has its configuration and secrets as files there, and no secret in what its engine shows",
    async () => {
      const nginx = await machine.run(
        "docker",
        "exec",
        objectName(NAME, "nginx"),
        "cat",
        "/run/platform/config/nginx.conf",
      );
      expect(nginx).toContain("server {");
      const secrets = await machine.run(
        "docker",
        "exec",
        objectName(NAME, "mlflow"),
        "ls",
        "/run/platform/secrets",
      );
      expect(secrets.trim().split("\n").length).toBeGreaterThan(2);
      const values = secretsOf(stack.outputs);
      // Keycloak's administrator, three people, two service accounts, provisioner, two roots.
      expect(new Set(values).size).toBe(9);
      const ids = (await machine.run("docker", "ps", "-aq")).trim().split("\n");
      const shown = await machine.run("docker", "inspect", ...ids);
      expect(values.filter((value) => shown.includes(value))).toEqual([]);
    },
    MINUTES,
  );

  it(
    "has nothing to change afterwards, also compared with what is really there",
    async () => {
      const started = performance.now();
      expect(await stack.succeeds("up")).toMatch(/is up \(\d+ unchanged\)/);
      console.log(`up without changes: ${Math.round((performance.now() - started) / 1000)} s`);
      expect(await stack.succeeds("preview")).toContain("No changes");
      expect(await stack.succeeds("preview", "--refresh")).toContain("No changes");
    },
    6 * MINUTES,
  );

  it(
    "does its job through the tunnel",
    async () => {
      const output = await stack.succeeds("smoke");
      console.log(output);
      expect(output).not.toContain("✗");
      await noConnections();
    },
    6 * MINUTES,
  );

  it(
    "is told by `status` and `audit`, also by DOCKER_HOST instead of the setting",
    async () => {
      expect(await stack.succeeds("status")).toContain(`Stack ${NAME} is healthy`);
      expect(await stack.succeeds("audit")).toContain("login");
      stack.configure({ dockerHost: "" });
      process.env["DOCKER_HOST"] = `ssh://${machine.alias}`;
      try {
        expect(await stack.succeeds("status")).toContain(`Stack ${NAME} is healthy`);
      } finally {
        delete process.env["DOCKER_HOST"];
        stack.configure({ dockerHost: `ssh://${machine.alias}` });
      }
    },
    3 * MINUTES,
  );

  it(
    "takes another spelling of the same machine as a new way to it, and replaces nothing",
    async () => {
      stack.configure({ dockerHost: `ssh://deploy@127.0.0.1:${SSH_PORT}` });
      const output = await stack.succeeds("preview");
      console.log(output);
      expect(output).not.toMatch(/^ +(create|delete|replace)/m);
      stack.configure({ dockerHost: `ssh://${machine.alias}` });
    },
    3 * MINUTES,
  );

  it(
    "is brought here by `tunnel` until that is ended, for people and for other commands",
    async () => {
      const held = background("tunnel");
      await until(async () => held.said().includes("Open until Ctrl-C"), 60_000);
      const answer = await fetch(`${stack.outputs.urls.mlflow}/health`);
      expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
      expect(await stack.succeeds("preview")).toContain("held open by process");
      held.child.kill("SIGTERM");
      expect(await held.ended).toEqual([0, null]);
      await noConnections();
      await expect(fetch(`${stack.outputs.urls.mlflow}/health`)).rejects.toThrow();
    },
    3 * MINUTES,
  );

  it(
    "leaves no tunnel open when a run is killed, and the next run goes on",
    async () => {
      const killed = background("up");
      await until(async () => tunnelled(), 60_000);
      // The command itself, not what has started it: nothing is left that could close anything.
      const children = readFileSync(`/proc/${killed.child.pid}/task/${killed.child.pid}/children`, "utf8");
      const [cli = 0] = children.split(" ").map(Number);
      // 0 would be this test's own process group.
      expect(cli).toBeGreaterThan(0);
      process.kill(cli, "SIGKILL");
      await killed.ended;
      await until(async () => !tunnelled(), 5_000);
      expect(await stack.succeeds("up")).toContain(`Stack ${NAME} is up`);
      await noConnections();
    },
    6 * MINUTES,
  );

  it(
    "leaves nothing behind there, and no connection here",
    async () => {
      await stack.succeeds("down");
      const kept = ["", "-audit-data", "-minio-data", "-postgres-data"];
      expect((await there()).sort()).toEqual(kept.map((part) => `mlflow-platform-${NAME}${part}`));
      await stack.succeeds("down", "--delete-data", "--yes");
      expect(await there()).toEqual([]);
      await noConnections();
    },
    8 * MINUTES,
  );
});
