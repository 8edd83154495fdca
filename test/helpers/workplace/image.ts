import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { caBundle, pipConfig, putText } from "../../../cli/bootstrap/artifactsHost";
import { checkout } from "../../../cli/paths";
import { contentHash, readContext } from "../../../images/contentHash";
import { buildImage } from "../buildImage";
import { serviceImage } from "../serviceImage";

const REPOSITORY = "mlflow-platform-test/workplace";
/** What of the examples is installed; the examples themselves come in when they are run. */
const INSTALLED = ["examples/install.sh", "examples/requirements.txt"];
/** What of the client the installation takes; its tests make no other image. */
const CLIENT = ["client/mlflow_platform_client", "client/pyproject.toml", "client/README.md"];

/**
 * The image of a machine on which examples/install.sh has been run, with the client of this checkout. Built where it is
 * missing, in about two minutes, or half of one when only the client has changed. Older ones are removed.
 *
 * @returns its reference
 * @throws Error with the engine's reason
 */
export async function workplaceImage(): Promise<string> {
  const engine = new Docker();
  const base = await serviceImage("base");
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-workplace-"));
  try {
    const clean = (path: string): boolean => !/__pycache__|_cache$/.test(path);
    cpSync(join(__dirname, "Dockerfile"), join(folder, "Dockerfile"));
    for (const path of [...INSTALLED, ...CLIENT])
      cpSync(join(checkout, path), join(folder, path), { recursive: true, filter: clean });
    const hash = contentHash(readContext(folder), [base]);
    const reference = `${REPOSITORY}:${hash.slice(0, 12)}`;
    await putText(await caBundle(), join(folder, ".artifacts/ca-certificates.crt"));
    await putText(await pipConfig(), join(folder, ".artifacts/pip.conf"));
    await buildImage(folder, reference, { BASE: base });
    await removeOthers(engine, reference);
    return reference;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function removeOthers(engine: Docker, kept: string): Promise<void> {
  const found = await engine.listImages({ filters: { reference: [REPOSITORY] } });
  for (const tag of found.flatMap(({ RepoTags }) => RepoTags ?? [])) {
    // One that another run is using stays until the next time.
    if (tag !== kept)
      await engine
        .getImage(tag)
        .remove()
        .catch(() => undefined);
  }
}
