import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { create } from "tar";
import { caBundle, pipConfig, putText } from "../../../cli/bootstrap/artifactsHost";
import { checkout } from "../../../cli/paths";
import { contentHash, readContext } from "../../../images/contentHash";
import { buildImage } from "../buildImage";
import { type Ran, execIn } from "../containers";
import { serviceImage } from "../serviceImage";

const engine = new Docker();
const CONTEXT = join(checkout, "test/client");
const REPOSITORY = "mlflow-platform-test/client";
const LABEL = "mlflow-platform-test.client";
/** What of the package's folder people's machines leave behind. */
const LEFT = /__pycache__|_cache$|\.egg-info$/;

/**
 * Where the client is tested. MLflow 3.17 installs on Python 3.10 to 3.14: it wants pyarrow before 26, and those have no
 * wheels for 3.15. The client knows MLflow from 3.10 on, the first with workspaces. `tests` is what test-package is told.
 */
export const PYTHONS = {
  oldest: {
    ...{ release: "jammy", requirements: "requirements.txt", python: "3.10", mlflow: "3.17.2" },
    tests: "",
  },
  newest: {
    ...{ release: "resolute", requirements: "requirements.txt", python: "3.14", mlflow: "3.17.2" },
    tests: "lint",
  },
  oldestMlflow: {
    ...{ release: "jammy", requirements: "requirements-oldest.txt", python: "3.10", mlflow: "3.10.0" },
    // Those in which MLflow takes part; the others do not depend on it.
    tests: "test_auth.py test_artifacts.py test_login.py test_tls.py",
  },
} as const;

export type PythonName = keyof typeof PYTHONS;

/**
 * The image of a Python with MLflow and without a C compiler. Built where it is missing, in about two minutes, from the
 * packages of Ubuntu; UBUNTU_MIRROR says where they are.
 *
 * @returns its reference
 * @throws Error with the engine's reason
 */
export async function pythonImage(name: PythonName): Promise<string> {
  const base = await serviceImage("base");
  const { release, requirements } = PYTHONS[name];
  await putText(await caBundle(), join(CONTEXT, ".artifacts/ca-certificates.crt"));
  await putText(await pipConfig(), join(CONTEXT, ".artifacts/pip.conf"));
  const hash = contentHash(readContext(CONTEXT), [base, release, requirements]);
  const reference = `${REPOSITORY}:${name.toLowerCase()}-${hash.slice(0, 12)}`;
  const mirror = process.env["UBUNTU_MIRROR"];
  await buildImage(CONTEXT, reference, {
    BASE: base,
    RELEASE: release,
    REQUIREMENTS: requirements,
    ...(mirror && { UBUNTU_MIRROR: mirror }),
  });
  return reference;
}

/** A container with a Python and the client's sources in /src/client. */
export class PythonMachine {
  private constructor(private readonly container: Docker.Container) {}

  /** Starts one. @param network - `none`, or `host` for one that reaches the platform as this machine does */
  public static async open(name: PythonName, network: "none" | "host"): Promise<PythonMachine> {
    const container = await engine.createContainer({
      Image: await pythonImage(name),
      Cmd: ["sleep", "infinity"],
      Labels: { [LABEL]: "true" },
      HostConfig: {
        NetworkMode: network,
        Init: true,
        CapDrop: ["ALL"],
        CapAdd: ["CHOWN", "DAC_OVERRIDE"],
        SecurityOpt: ["no-new-privileges"],
        Memory: 2 ** 31,
      },
    });
    await container.start();
    const machine = new PythonMachine(container);
    await machine.copyClient();
    return machine;
  }

  /** Runs a shell command. @param env - lines `NAME=value` */
  public async run(script: string, env: readonly string[] = [], user = "tester"): Promise<Ran> {
    return execIn(this.container.id, ["sh", "-c", script], user, env);
  }

  /** Runs a shell command that has to succeed. @returns its standard output */
  public async succeeds(script: string, env: readonly string[] = [], user = "tester"): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(script, env, user);
    if (exitCode !== 0)
      throw new Error(`"${script}" ended with exit code ${exitCode}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Removes it with all that is in it. */
  public async close(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  private async copyClient(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-client-"));
    try {
      cpSync(join(checkout, "client"), join(folder, "src/client"), {
        recursive: true,
        filter: (path) => !LEFT.test(path),
      });
      await this.container.putArchive(Readable.from(create({ cwd: folder, portable: true }, ["src"])), {
        path: "/",
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await this.succeeds("chown -R tester /src /opt/venv", [], "root");
  }
}

/** Removes machines that a killed run has left. */
export async function removePythonMachines(): Promise<void> {
  for (const { Id } of await engine.listContainers({ all: true, filters: { label: [LABEL] } }))
    await engine.getContainer(Id).remove({ force: true, v: true });
}
