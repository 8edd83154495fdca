import { join } from "node:path";
import { type Artifact, artifactPin } from "./artifacts";
import { contentHash, readContext } from "./contentHash";

/** The services that run from an image of their own, in the order in which they start. */
export const SERVICES = [
  "postgres",
  "keycloak",
  "audit",
  "minio",
  "console",
  "mlflow",
  "warden",
  "nginx",
  "certbot",
] as const;
export type Service = (typeof SERVICES)[number];

/** Images that others stand on. */
export type BaseName = "base" | "python";

/** Every image of the platform. */
export type ImageName = Service | BaseName;

/** One image of the platform. */
export interface ImageEntry {
  /** Version of the main thing inside; first part of the tag. */
  readonly version: string;
  /** The image it stands on; undefined for Debian's own. */
  readonly from: BaseName | undefined;
  /** Files that the build copies and that are not in git. */
  readonly artifacts: readonly Artifact[];
}

const KEYCLOAK_VERSION = "26.7.5";

/** How the host reaches its package index, for the build stages that install from it. */
const PYTHON_INDEX: readonly Artifact[] = [
  { kind: "host", file: "ca-certificates.crt", source: "ca-bundle" },
  { kind: "host", file: "pip.conf", source: "pip-config" },
];

/**
 * All images with their pinned versions. Packages of Debian follow its stable release; images/README.md says how
 * each version is raised.
 */
export const CATALOGUE: Readonly<Record<ImageName, ImageEntry>> = {
  base: { version: "trixie", from: undefined, artifacts: [] },
  python: { version: "3.13", from: "base", artifacts: [] },
  postgres: { version: "17", from: "base", artifacts: [] },
  keycloak: {
    version: KEYCLOAK_VERSION,
    from: "base",
    artifacts: [
      {
        kind: "maven",
        file: "keycloak.zip",
        groupId: "org.keycloak",
        artifactId: "keycloak-quarkus-dist",
        version: KEYCLOAK_VERSION,
        extension: "zip",
        sha256: "30ef87fb7101c43d29688d1ae80c0588ff4a151b3330e9f664bf9692d398658a",
      },
    ],
  },
  audit: { version: "1.0.0", from: "python", artifacts: PYTHON_INDEX },
  minio: {
    version: "2026-02-12",
    from: "base",
    artifacts: [
      {
        // Source is all that the community server is published as. This commit holds the security fixes of 2025-10.
        kind: "go-module",
        file: "minio",
        package: "github.com/minio/minio",
        version: "v0.0.0-20260212201848-7aac2a2c5b7c",
      },
    ],
  },
  console: {
    version: "1.7.6",
    from: "base",
    artifacts: [{ kind: "go-source", file: "minio-console", folder: "images/console/src" }],
  },
  mlflow: { version: "3.17.2", from: "python", artifacts: PYTHON_INDEX },
  warden: { version: "1.0.0", from: "python", artifacts: PYTHON_INDEX },
  nginx: { version: "1.26", from: "base", artifacts: [] },
  certbot: { version: "5.8.0", from: "python", artifacts: PYTHON_INDEX },
};

/** How an image is called in the engine. */
export interface ImageReference {
  /** `<namespace>/<name>:<version>-<12 hex digits of the content hash>` */
  readonly reference: string;
  /** SHA-256 of all that decides the image, 64 hex digits. */
  readonly contextHash: string;
}

/**
 * The reference of an image as this checkout would build it. An edited file, a raised version or a changed base
 * image gives another one.
 *
 * @param namespace - first part of the name. Each stack has its own, so that none moves another's tag
 * @throws Error when the image's folder cannot be read
 */
export function imageReference(name: ImageName, namespace = "mlflow-platform"): ImageReference {
  const { version, artifacts, from } = CATALOGUE[name];
  const pins = artifacts.map(artifactPin).filter((pin) => pin !== undefined);
  const base = from === undefined ? [] : [`base ${imageReference(from).contextHash}`];
  const contextHash = contentHash(readContext(join(__dirname, name)), [...pins, ...base]);
  return { reference: `${namespace}/${name}:${version}-${contextHash.slice(0, 12)}`, contextHash };
}

/** Build context of an image, relative to the checkout. */
export function buildContext(name: ImageName): string {
  return `images/${name}`;
}
