import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { create } from "tar";
import { checkout } from "../../../cli/paths";
import { type Ran, execIn } from "../containers";
import { workplaceImage } from "./image";

const engine = new Docker();
const LABEL = "mlflow-platform-test.workplace";

/** Lines `NAME=value`. */
export type Environment = readonly string[];

/** A data scientist's machine with the examples, in a container that reaches the platform as this machine does. */
export class Workplace {
  private constructor(private readonly container: Docker.Container) {}

  /** Builds the image if need be, and starts one. Those that killed runs have left are removed. */
  public static async open(): Promise<Workplace> {
    const image = await workplaceImage();
    const container = await engine.createContainer({
      Image: image,
      Labels: { [LABEL]: "true" },
      HostConfig: { NetworkMode: "host", Init: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"] },
    });
    await container.start();
    return new Workplace(container);
  }

  /** Copies the examples as they are in this checkout, and files beside them. @param files - content by name */
  public async copyExamples(files: Readonly<Record<string, string>>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-examples-"));
    try {
      const own = (path: string): boolean => !/\/(venv|\.env)$/.test(path);
      cpSync(join(checkout, "examples"), join(folder, "examples"), { recursive: true, filter: own });
      for (const [name, content] of Object.entries(files))
        writeFileSync(join(folder, "examples", name), content);
      const packed = Readable.from(create({ cwd: folder, portable: true }, ["examples"]));
      await this.container.putArchive(packed, { path: "/tmp" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await this.succeeds("cp -r /tmp/examples/. ~/examples/");
  }

  /**
   * Runs a shell command in the folder of the examples.
   *
   * @param env - what is in the environment besides PATH and HOME
   */
  public async run(script: string, env: Environment = []): Promise<Ran> {
    return execIn(this.container.id, ["bash", "-c", script], undefined, env);
  }

  /** Runs a shell command that has to succeed. @returns its standard output */
  public async succeeds(script: string, env: Environment = []): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(script, env);
    if (exitCode !== 0)
      throw new Error(`"${script}" ended with exit code ${exitCode}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Removes the machine with all that is on it. */
  public async close(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }
}

/** Removes machines that a killed run has left. */
export async function removeWorkplaces(): Promise<void> {
  for (const { Id } of await engine.listContainers({ all: true, filters: { label: [LABEL] } }))
    await engine.getContainer(Id).remove({ force: true, v: true });
}
