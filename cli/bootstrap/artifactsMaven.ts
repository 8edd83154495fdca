import type { MavenArtifact } from "../../images/artifacts";
import type { CachedArtifact } from "./cachedArtifact";
import { download } from "./download";

/** Maven Central. */
const REPOSITORY = "https://repo1.maven.org/maven2";

/**
 * Address of an artifact in a Maven repository.
 * @param env - `MAVEN_REPOSITORY` names another repository, such as a company's mirror
 */
export function mavenUrl(
  artifact: Pick<MavenArtifact, "groupId" | "artifactId" | "version" | "extension">,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const { groupId, artifactId, version, extension } = artifact;
  const base = (env["MAVEN_REPOSITORY"] || REPOSITORY).replace(/\/+$/, "");
  return `${base}/${groupId.replaceAll(".", "/")}/${artifactId}/${version}/${artifactId}-${version}.${extension}`;
}

/** A file from a Maven repository, whose content is pinned. */
export function mavenFile(artifact: MavenArtifact): CachedArtifact {
  return {
    folder: `${artifact.artifactId}-${artifact.version}-${artifact.sha256.slice(0, 16)}`,
    make: async (file, _context, task) => {
      task.progress(`downloading ${artifact.file}`);
      await download({
        url: mavenUrl(artifact),
        to: file,
        sha256: artifact.sha256,
        label: artifact.file,
        progress: task.progress,
        next: "Run the same command again; MAVEN_REPOSITORY names another Maven repository, such as your company's mirror.",
      });
    },
  };
}
