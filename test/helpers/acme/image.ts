import { readdirSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { contentHash, readContext } from "../../../images/contentHash";
import { buildContext, imageReference } from "../../../images/catalogue";
import { makeOnce } from "../../../cli/bootstrap/complete";
import { goAtLeast, goBuild, goDirective, goVersion, moduleKey } from "../../../cli/bootstrap/go";
import { goInContainer } from "../../../cli/bootstrap/goContainer";
import { hostFacts } from "../../../cli/bootstrap/host";
import { putFile } from "../../../cli/bootstrap/putFile";
import { cacheDir, checkout } from "../../../cli/paths";

const engine = new Docker();
const CONTEXT = join(checkout, "test/acme");
const PEBBLE = join(CONTEXT, "pebble");
const PEBBLE_PACKAGE = "github.com/letsencrypt/pebble/v2/cmd/pebble";
const BASE = imageReference("base").reference;

/**
 * The image with the tests' ACME server, DuckDNS and TLS tools. Built where it is missing, which takes a minute or
 * two; it stays, like the images of the stacks.
 *
 * @returns its reference
 * @throws UserError without Go, Error when the engine cannot build it
 */
export async function acmeImage(): Promise<string> {
  const pebble = moduleKey(PEBBLE, hostFacts().goArch);
  const hash = contentHash(readContext(CONTEXT), [
    `base ${imageReference("base").contextHash}`,
    `pebble ${pebble}`,
  ]);
  const reference = `mlflow-platform-test/acme:${hash.slice(0, 12)}`;
  if (await has(reference)) return reference;
  const folder = join(cacheDir(), "artifacts", `pebble-${pebble}`);
  await makeOnce(folder, buildPebble);
  await putFile(join(folder, "pebble"), join(CONTEXT, ".artifacts/pebble"));
  if (!(await has(BASE))) await build(join(checkout, buildContext("base")), BASE);
  await build(CONTEXT, reference, { BASE });
  return reference;
}

async function has(reference: string): Promise<boolean> {
  try {
    await engine.getImage(reference).inspect();
    return true;
  } catch {
    return false;
  }
}

async function buildPebble(folder: string): Promise<void> {
  const file = join(folder, "pebble");
  const alternative = "leave out the tests of https: npm run test -- --only unit";
  const go = goDirective(PEBBLE);
  const version = await goVersion(PEBBLE);
  if (version !== undefined && goAtLeast(version, go)) {
    const module = { label: "Pebble", log: "build-pebble", module: PEBBLE, package: PEBBLE_PACKAGE };
    await goBuild({ ...module, output: file, alternative });
    return;
  }
  await goInContainer({
    ...{ file, source: PEBBLE, go, alternative, dockerHost: undefined, task: { progress: () => undefined } },
    command: ["go", "build", ...["-trimpath", "-ldflags", "-s -w", "-o", "/out/", PEBBLE_PACKAGE]],
  });
}

/** Builds a folder as an image. @throws Error with the engine's reason */
async function build(
  context: string,
  reference: string,
  buildargs: Record<string, string> = {},
): Promise<void> {
  const src = readdirSync(context);
  const stream = await engine.buildImage({ context, src }, { t: reference, buildargs });
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(stream, (error, steps: { error?: string }[]) => {
      const failed = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(`${reference} could not be built: ${failed}`));
    });
  });
}
