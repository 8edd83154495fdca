import { join } from "node:path";
import { contentHash, readContext } from "../../../images/contentHash";
import { imageReference } from "../../../images/catalogue";
import { makeOnce } from "../../../cli/bootstrap/complete";
import { goAtLeast, goBuild, goDirective, goVersion, moduleKey } from "../../../cli/bootstrap/go";
import { goInContainer } from "../../../cli/bootstrap/goContainer";
import { hostFacts } from "../../../cli/bootstrap/host";
import { putFile } from "../../../cli/bootstrap/putFile";
import { cacheDir, checkout } from "../../../cli/paths";
import { buildImage, exists } from "../buildImage";
import { serviceImage } from "../serviceImage";

const CONTEXT = join(checkout, "test/acme");
const PEBBLE = join(CONTEXT, "pebble");
const PEBBLE_PACKAGE = "github.com/letsencrypt/pebble/v2/cmd/pebble";

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
  if (await exists(reference)) return reference;
  const folder = join(cacheDir(), "artifacts", `pebble-${pebble}`);
  await makeOnce(folder, buildPebble);
  await putFile(join(folder, "pebble"), join(CONTEXT, ".artifacts/pebble"));
  await buildImage(CONTEXT, reference, { BASE: await serviceImage("base") });
  return reference;
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
