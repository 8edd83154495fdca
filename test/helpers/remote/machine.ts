import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import Docker from "dockerode";
import execa from "execa";
import { create } from "tar";
import { contentHash, readContext } from "../../../images/contentHash";
import { checkout } from "../../../cli/paths";
import { buildImage } from "../buildImage";
import { execIn } from "../containers";
import { until } from "../until";

const CONTEXT = join(checkout, "test/remote");
const engine = new Docker();

/** Another machine with an engine of its own: a container in which Docker and sshd run. */
export interface RemoteMachine {
  /** Its alias in the ssh configuration of the test. */
  readonly alias: string;
  /** Alias of a server on the same machine that forbids to forward ports. */
  readonly closedAlias: string;
  /** Alias under which its host key is not known. */
  readonly unknownAlias: string;
  /** Variables by which everything uses the test's ssh configuration, and nothing of the person's. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of its usual ssh server on this machine. */
  readonly sshPort: number;
  /** Runs a command there, as root. @returns what it printed @throws Error when it fails */
  run(...command: string[]): Promise<string>;
  /** Processes of ssh on this machine that lead there, as command lines. */
  connections(): string[];
  /** Removes it with everything in it, and the keys. */
  remove(): Promise<void>;
}

/**
 * Makes a machine. One that a killed run has left is removed first.
 *
 * @param name - of container and volume
 * @param sshPort - on this machine's loopback address; the closed server has the next one
 */
export async function remoteMachine(name: string, sshPort: number): Promise<RemoteMachine> {
  const image = `mlflow-platform-test/machine:${contentHash(readContext(CONTEXT), []).slice(0, 12)}`;
  await buildImage(CONTEXT, image);
  await removeContainer(name);
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-ssh-"));
  const container = await engine.createContainer(options(name, image, sshPort));
  const files = join(folder, "there", "etc", "ssh", "test");
  mkdirSync(files, { recursive: true });
  for (const file of [join(files, "host_key"), join(folder, "key")])
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
  writeFileSync(join(files, "authorized_keys"), readFileSync(join(folder, "key.pub")));
  const archive = create({ cwd: join(folder, "there"), portable: true }, ["etc"]);
  await container.putArchive(archive as unknown as NodeJS.ReadableStream, { path: "/" });
  await container.start();
  const hostKey = readFileSync(join(files, "host_key.pub"), "utf8").split(" ").slice(0, 2).join(" ");
  const config = sshConfig(folder, sshPort, hostKey);
  const machine: RemoteMachine = {
    alias: "far-away",
    closedAlias: "far-away-closed",
    unknownAlias: "far-away-unknown",
    sshPort,
    env: { PATH: [await sshProgram(folder, config), process.env["PATH"] ?? ""].join(delimiter) },
    async run(...command) {
      const { exitCode, stdout, stderr } = await execIn(name, command);
      if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    connections: () => processes(config),
    async remove() {
      await removeContainer(name);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await until(async () => {
    const asked = await execa("ssh", ["far-away", "docker", "version"], { env: machine.env, reject: false });
    return !asked.failed;
  }, 60_000);
  return machine;
}

/**
 * All that an engine in a container needs. Not `Privileged`, which asks for more than a machine may have that is a
 * container itself.
 */
function options(name: string, image: string, sshPort: number): Docker.ContainerCreateOptions {
  return {
    name,
    Image: image,
    Labels: { "mlflow-platform-test": name },
    HostConfig: {
      CapAdd: ["ALL"],
      CapDrop: ["SYS_RESOURCE"],
      SecurityOpt: ["apparmor=unconfined", "seccomp=unconfined"],
      MaskedPaths: [],
      ReadonlyPaths: [],
      DeviceCgroupRules: ["a *:* rwm"],
      ...{ CgroupnsMode: "host" },
      Binds: ["/sys/fs/cgroup:/sys/fs/cgroup", `${name}:/var/lib/docker`],
      PortBindings: {
        "22/tcp": [{ HostIp: "127.0.0.1", HostPort: String(sshPort) }],
        "2222/tcp": [{ HostIp: "127.0.0.1", HostPort: String(sshPort + 1) }],
      },
    },
  };
}

async function removeContainer(name: string): Promise<void> {
  const notThere = (error: unknown): void => {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  };
  await engine.getContainer(name).remove({ force: true, v: true }).catch(notThere);
  await engine.getVolume(name).remove().catch(notThere);
}

/** The test's own ~/.ssh: ssh looks for the real one at the person's home, whatever HOME says. */
function sshConfig(folder: string, port: number, hostKey: string): string {
  const known = [port, port + 1].map((each) => `[127.0.0.1]:${each} ${hostKey}\n`);
  writeFileSync(join(folder, "known_hosts"), known.join(""));
  writeFileSync(join(folder, "nothing"), "");
  const hosts = { "far-away": port, "far-away-closed": port + 1, "far-away-unknown": port };
  const lines = Object.entries(hosts).flatMap(([alias, each]) => [
    `Host ${alias}`,
    "  HostName 127.0.0.1",
    `  Port ${each}`,
    ...(alias.endsWith("unknown") ? [`  UserKnownHostsFile ${join(folder, "nothing")}`] : []),
  ]);
  const config = join(folder, "config");
  writeFileSync(
    config,
    [
      ...lines,
      "Host *",
      "  User deploy",
      `  IdentityFile ${join(folder, "key")}`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${join(folder, "known_hosts")}`,
      "  GlobalKnownHostsFile /dev/null",
      "  StrictHostKeyChecking yes",
      "",
    ].join("\n"),
  );
  return config;
}

/** A program `ssh` that uses the test's configuration. @returns its folder */
async function sshProgram(folder: string, config: string): Promise<string> {
  const { stdout: ssh } = await execa("sh", ["-c", "command -v ssh"]);
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "ssh"), `#!/bin/sh\nexec ${ssh} -F ${config} "$@"\n`);
  chmodSync(join(bin, "ssh"), 0o755);
  return bin;
}

function processes(config: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return /^\S*ssh -F /.test(line) && line.includes(config) ? [line] : [];
    } catch {
      // No process, or gone by now.
      return [];
    }
  });
}
