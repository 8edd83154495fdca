import { join } from "node:path";
import type { Artifact } from "../../images/artifacts";
import { CATALOGUE, SERVICES, type Service } from "../../images/catalogue";
import { cacheDir, checkout } from "../paths";
import { goSource, goModule } from "./artifactsGo";
import { caBundle, pipConfig, putText } from "./artifactsHost";
import { mavenFile } from "./artifactsMaven";
import type { CachedArtifact } from "./cachedArtifact";
import { isComplete, makeOnce } from "./complete";
import type { BootstrapContext, Step } from "./context";
import { elapsed } from "./listrReporter";
import { putFile } from "./putFile";
import { otherRun } from "./pulumi";
import type { StepTask } from "./reporter";

/** Provides the files that image builds copy and that are not in git. */
export const artifactsStep: Step = {
  name: "artifacts",
  title: "Files for the images (Keycloak, MinIO, console, certificates)",
  async run(context, task) {
    const started = Date.now();
    const made: string[] = [];
    for (const service of SERVICES) {
      if (context.foreignImages.has(service)) continue;
      for (const artifact of CATALOGUE[service].artifacts)
        if (await provide(service, artifact, context, task)) made.push(artifact.file);
    }
    if (made.length === 0) task.unneeded("all there");
    else task.result(`${made.join(", ")} in ${elapsed(Date.now() - started)}`);
  },
};

/** Puts one file where the image's build expects it; returns whether it had to be made. */
async function provide(
  service: Service,
  artifact: Artifact,
  context: BootstrapContext,
  task: StepTask,
): Promise<boolean> {
  const to = join(checkout, "images", service, ".artifacts", artifact.file);
  if (artifact.kind === "host") {
    const text = artifact.source === "ca-bundle" ? await caBundle() : await pipConfig();
    return putText(text, to);
  }
  const cached = cachedArtifact(service, artifact, context);
  const folder = join(cacheDir(), "artifacts", cached.folder);
  let made = false;
  if (!(await isComplete(folder)))
    made = await makeOnce(folder, (dir) => cached.make(join(dir, artifact.file), context, task), {
      waiting: otherRun(task),
    });
  await putFile(join(folder, artifact.file), to);
  return made;
}

function cachedArtifact(
  service: Service,
  artifact: Exclude<Artifact, { kind: "host" }>,
  context: BootstrapContext,
): CachedArtifact {
  switch (artifact.kind) {
    case "maven":
      return mavenFile(artifact);
    case "go-module":
      return goModule(service, artifact, context.host.goArch);
    case "go-source":
      return goSource(service, artifact, context.host.goArch);
  }
}
