/**
 * A file that a Dockerfile copies and that is not in git. It lies at `images/<name>/.artifacts/<file>`, where the
 * bootstrap puts it before the engine builds the image.
 */
export type Artifact = MavenArtifact | GoModuleArtifact | GoSourceArtifact | HostArtifact;

interface ArtifactFile {
  /** Name below `.artifacts`. */
  readonly file: string;
}

/** Downloaded from a Maven repository. */
export interface MavenArtifact extends ArtifactFile {
  readonly kind: "maven";
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
  readonly extension: string;
  /** SHA-256 of the file, 64 hex digits. */
  readonly sha256: string;
}

/** Built by `go install <package>@<version>`. */
export interface GoModuleArtifact extends ArtifactFile {
  readonly kind: "go-module";
  readonly package: string;
  readonly version: string;
}

/** Built by `go build` from Go source in this repository, pinned by its own go.sum. */
export interface GoSourceArtifact extends ArtifactFile {
  readonly kind: "go-source";
  /** Folder of the Go module, relative to the checkout. */
  readonly folder: string;
}

/**
 * How this host reaches its package index. Needed while the image is built, never part of it, and therefore not
 * part of its content hash either.
 */
export interface HostArtifact extends ArtifactFile {
  readonly kind: "host";
  /** `ca-bundle`: the host's trusted certificates, PEM. `pip-config`: its pip.conf, empty where there is none. */
  readonly source: "ca-bundle" | "pip-config";
}

/**
 * What an artifact's content depends on, as text for the image's content hash.
 *
 * @returns undefined where the image does not depend on it
 */
export function artifactPin(artifact: Artifact): string | undefined {
  switch (artifact.kind) {
    case "maven":
      return `${artifact.file} sha256:${artifact.sha256}`;
    case "go-module":
      return `${artifact.file} ${artifact.package}@${artifact.version}`;
    case "go-source":
      // The source lies in the image's own folder, whose files are hashed anyway.
      return `${artifact.file} ${artifact.folder}`;
    case "host":
      return undefined;
  }
}
