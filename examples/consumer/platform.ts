import * as pulumi from "@pulumi/pulumi";

/** The outputs that this program was written for: this major version, and this minor one or a later. */
const NEEDS = { major: 1, minor: 0 };

/** What this program reads of the platform's outputs, and nothing more; docs/outputs.md describes all. */
export interface PlatformOutputs {
  readonly urls: { readonly mlflow: string; readonly s3: string };
  readonly oidc: {
    readonly issuer: string;
    readonly realm: string;
    readonly usersGroup: string;
    readonly scopes: { readonly mlflow: string; readonly groups: string };
  };
  readonly teams: Readonly<Record<string, Team>>;
  readonly s3: {
    readonly region: string;
    readonly audience: string;
    readonly policyClaim: string;
    readonly revokedPolicy: string;
  };
  readonly certificates: { readonly ca?: string | undefined };
  readonly providerEndpoints: { readonly keycloak: string; readonly minio: string };
}

/** A team of the platform. */
export interface Team {
  readonly group: string;
  readonly workspace: string;
  readonly bucket: string;
}

/** The two administrators that this program acts as. Secret; README.md says why these. */
export interface Credentials {
  readonly keycloakAdmin: { readonly username: string; readonly password: string };
  readonly minioRoot: { readonly username: string; readonly password: string };
}

/** A deployed platform. */
export interface Platform {
  readonly outputs: PlatformOutputs;
  /** Secret. */
  readonly credentials: pulumi.Output<Credentials>;
}

/**
 * Reads a platform's outputs. They are known in previews as well, so providers can be configured by them.
 *
 * @param stack - such as `organization/mlflow-platform/dev`
 * @throws RunError when it was deployed with outputs of a version that this program does not know
 */
export async function readPlatform(stack: string): Promise<Platform> {
  const reference = new pulumi.StackReference(stack);
  const version: unknown = (await reference.getOutputDetails("outputsVersion")).value;
  checkVersion(stack, version);
  const read = async (name: keyof PlatformOutputs): Promise<unknown> =>
    (await reference.getOutputDetails(name)).value;
  const outputs = {
    urls: await read("urls"),
    oidc: await read("oidc"),
    teams: await read("teams"),
    s3: await read("s3"),
    certificates: await read("certificates"),
    providerEndpoints: await read("providerEndpoints"),
  };
  return {
    // The platform's contract holds their types within a major version.
    outputs: outputs as PlatformOutputs,
    credentials: reference.requireOutput("credentials") as pulumi.Output<Credentials>,
  };
}

/** Outputs of another major version may mean something else; of an older minor one, something may be missing. */
function checkVersion(stack: string, version: unknown): void {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(typeof version === "string" ? version : "") ?? [];
  const needed = `${NEEDS.major}.${NEEDS.minor}`;
  if (major === undefined || minor === undefined) {
    throw new pulumi.RunError(
      `${stack} has no output outputsVersion: it was never deployed, or by a program older than this one, which needs ` +
        `outputs ${needed}. Deploy it anew from a current checkout (npm run up), then try again.`,
    );
  }
  if (Number(major) > NEEDS.major) {
    throw new pulumi.RunError(
      `${stack} has outputs ${major}.${minor}, newer than the ${needed} that this program was written for. Read in the ` +
        `platform's CHANGELOG.md what "Outputs ${Number(major)}.0" changed, adapt platform.ts, then raise NEEDS in it.`,
    );
  }
  if (Number(major) < NEEDS.major || Number(minor) < NEEDS.minor) {
    throw new pulumi.RunError(
      `${stack} has outputs ${major}.${minor}, older than the ${needed} that this program needs. Deploy it anew from a ` +
        "current checkout (npm run up), or use the version of this program that fits.",
    );
  }
}

/**
 * A team of the platform.
 *
 * @throws RunError for one that it does not have, naming those that it has
 */
export function teamOf({ teams }: PlatformOutputs, name: string): Team {
  const team = Object.hasOwn(teams, name) ? teams[name] : undefined;
  if (team === undefined) {
    const known = Object.keys(teams).sort().join(", ") || "none";
    throw new pulumi.RunError(
      `The platform has no team ${name}; it has: ${known}. Name one of them: pulumi config set team <name>`,
    );
  }
  return team;
}
