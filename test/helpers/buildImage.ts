import { readdirSync } from "node:fs";
import Docker from "dockerode";

const engine = new Docker();

/**
 * Builds a folder as an image, unless the engine has it.
 *
 * @param context - absolute path of the folder
 * @param reference - name and tag; the tag must follow the content
 * @throws Error with the engine's reason
 */
export async function buildImage(
  context: string,
  reference: string,
  buildargs: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (await exists(reference)) return;
  const stream = await engine.buildImage(
    { context, src: readdirSync(context) },
    { t: reference, buildargs: { ...buildargs } },
  );
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(stream, (error, steps: { error?: string }[]) => {
      const failed = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(`${reference} could not be built: ${failed}`));
    });
  });
}

/** Whether the engine has an image. */
export async function exists(reference: string): Promise<boolean> {
  try {
    await engine.getImage(reference).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
