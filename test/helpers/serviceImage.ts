import { join } from "node:path";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { CATALOGUE, type ImageName, buildContext, imageReference } from "../../images/catalogue";
import { buildImage, exists } from "./buildImage";

/**
 * The image of a service as this checkout builds it. What is missing is built: the files for it, the image it stands
 * on, and the image itself.
 *
 * @returns its reference
 * @throws Error with what the engine says when a build fails
 */
export async function serviceImage(name: ImageName): Promise<string> {
  const { reference } = imageReference(name);
  if (await exists(reference)) return reference;
  const { from } = CATALOGUE[name];
  const args: Record<string, string> = from === undefined ? {} : { BASE: await serviceImage(from) };
  await bootstrap({ reporter: silentReporter() });
  const context = join(__dirname, "../..", buildContext(name));
  await buildImage(context, reference, args);
  return reference;
}
