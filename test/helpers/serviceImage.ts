import { readdirSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { type ImageName, buildContext, imageReference } from "../../images/catalogue";

/**
 * The image of a service as this checkout builds it. What is missing is built: the files for it, the image it stands
 * on, and the image itself.
 *
 * @returns its reference
 * @throws Error with what the engine says when a build fails
 */
export async function serviceImage(engine: Docker, name: ImageName): Promise<string> {
  const { reference } = imageReference(name);
  const there = await engine
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (there) return reference;
  const base = name === "base" ? [] : [await serviceImage(engine, "base")];
  await bootstrap({ reporter: silentReporter() });
  const context = join(__dirname, "../..", buildContext(name));
  const stream = await engine.buildImage(
    { context, src: readdirSync(context) },
    { t: reference, buildargs: Object.fromEntries(base.map((image) => ["BASE", image])) },
  );
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(stream, (error, steps: { error?: string }[]) => {
      const failed = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(`${reference} could not be built: ${failed}`));
    });
  });
  return reference;
}
