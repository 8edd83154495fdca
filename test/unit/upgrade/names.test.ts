import * as random from "@pulumi/random";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { record } from "../../helpers/harness";
import { type DeclaredResource, declaredResources, isKept, MODES } from "../../helpers/upgrade/names";
import { lastRelease, released } from "../../helpers/upgrade/release";
import { urnsOf } from "../../helpers/upgrade/urns";
import { REMOVED } from "./removed";

const { release, resources } = released();
/** What this checkout declares, by the way in. */
const declared = new Map<string, readonly DeclaredResource[]>();

beforeAll(async () => {
  // One after the other: Pulumi's mocks are global.
  for (const mode of Object.keys(MODES)) declared.set(mode, await declaredResources(mode));
}, 120_000);

const declaredIn = (mode: string): readonly DeclaredResource[] => declared.get(mode) ?? [];

/** What the engine would make anew or take away at an upgrade, in words with what to do. */
function broken(now: readonly DeclaredResource[], mode: string, removed = REMOVED): string[] {
  const byUrn = new Map(now.flatMap((one) => one.urns.map((urn) => [urn, one] as const)));
  return Object.entries(resources).flatMap(([urn, { modes, fixed }]) => {
    if (!modes.split(" ").includes(mode)) return [];
    const name = urn.split("::").slice(2).join("::");
    const found = byUrn.get(urn);
    if (found === undefined) {
      if (!isKept(urn) && removed.some(({ resource }) => name.endsWith(resource))) return [];
      return [
        `${name} of ${release.version} is not declared any more, so an upgrade removes it. Renamed or moved: give it ` +
          `\`aliases\` with the former name, type or parent. ` +
          (isKept(urn)
            ? "It holds data or opens some: it must not go."
            : "Meant to go: say so in test/unit/upgrade/removed.ts."),
      ];
    }
    return JSON.stringify(found.fixed) === JSON.stringify(fixed)
      ? []
      : [
          `${name} was made with ${JSON.stringify(fixed)} in ${release.version} and would be replaced, now that it is ` +
            `${JSON.stringify(found.fixed)}: give those inputs their former values.`,
        ];
  });
}

describe("an upgrade from the last release", () => {
  it.each(Object.keys(MODES))("finds everything under its name, with ingress %s", (mode) => {
    expect(declaredIn(mode).length).toBeGreaterThan(100);
    expect(broken(declaredIn(mode), mode)).toEqual([]);
  });

  it("is held to the last release, not to an older one", async () => {
    expect(
      release,
      "record the release's resources, see Releasing in CONTRIBUTING.md: npx tsx test/helpers/upgrade/record.ts <tag>",
    ).toEqual(await lastRelease());
  });

  it("lets nothing go without a reason, and no reason stay that is none any more", () => {
    const there = new Set([...declared.values()].flat().flatMap(({ urns }) => urns));
    for (const { resource, why } of REMOVED) {
      expect(why.length, resource).toBeGreaterThan(10);
      const gone = Object.keys(resources).filter((urn) => urn.endsWith(resource));
      expect(gone.length, `${resource} is not in ${release.version}: take it out of removed.ts`).toBe(1);
      expect(gone.filter((urn) => there.has(urn))).toEqual([]);
    }
  });
});

describe("the guard", () => {
  it("sees what is gone, and names what to do", () => {
    const without = declaredIn("http").filter(({ urns: [urn] }) => !urn.endsWith("::minio-data"));
    expect(broken(without, "http")).toEqual([
      expect.stringMatching(/::minio-data of v\S+ is not declared any more.*`aliases`.*must not go/),
    ]);
  });

  it("lets go what is said to go, unless it holds data", () => {
    const without = declaredIn("http").filter(({ urns: [urn] }) => !/::(minio-data|nginx-files)$/.test(urn));
    const said = ["::minio-data", "::nginx-files"].map((resource) => ({ resource, why: "for this test" }));
    expect(broken(without, "http", said)).toEqual([expect.stringContaining("::minio-data of ")]);
  });

  it("sees what keeps its name and would be replaced all the same", () => {
    const changed = declaredIn("http").map((one) =>
      one.urns[0].endsWith("::identity-realm") ? { ...one, fixed: { realm: "another" } } : one,
    );
    expect(broken(changed, "http")).toEqual([
      expect.stringMatching(/::identity-realm was made with \{"realm":"mlflow-team"\}.*"another"/),
    ]);
  });
});

class Room extends pulumi.ComponentResource {
  public constructor(type: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    super(`mlflow-platform:${type}`, name, {}, opts);
    this.registerOutputs();
  }
}

/** URNs of the one password of a program, from the project's name on. */
async function namesOf(program: () => void): Promise<string[]> {
  const recording = await record(program);
  const [password] = recording.ofType("RandomPassword");
  if (password === undefined) throw new Error("nothing was declared");
  return urnsOf(recording, password, "dev").map((urn) =>
    urn.replace("urn:pulumi:dev::mlflow-platform::", ""),
  );
}

const PASSWORD = "random:index/randomPassword:RandomPassword";
function secret(name: string, opts: pulumi.CustomResourceOptions): void {
  new random.RandomPassword(name, { length: 44 }, opts);
}

describe("names that a resource is found by", () => {
  it("hold all types above it", async () => {
    const names = await namesOf(() => {
      const inner = new Room("b:Inner", "inner", { parent: new Room("a:Outer", "outer") });
      secret("inner-key", { parent: inner });
    });
    expect(names).toEqual([`mlflow-platform:a:Outer$mlflow-platform:b:Inner$${PASSWORD}::inner-key`]);
  });

  it("are the former ones as well, where it was renamed with an alias", async () => {
    const names = await namesOf(() =>
      secret("key", { parent: new Room("a:Outer", "outer"), aliases: [{ name: "old" }] }),
    );
    expect(names).toEqual([
      `mlflow-platform:a:Outer$${PASSWORD}::key`,
      `mlflow-platform:a:Outer$${PASSWORD}::old`,
    ]);
  });

  it("follow a parent that was renamed or got another type", async () => {
    const names = await namesOf(() => {
      const aliases = [{ name: "was", type: "mlflow-platform:a:Was" }];
      secret("outer-key", { parent: new Room("a:Outer", "outer", { aliases }) });
    });
    expect(names).toEqual([
      `mlflow-platform:a:Outer$${PASSWORD}::outer-key`,
      `mlflow-platform:a:Was$${PASSWORD}::was-key`,
    ]);
  });

  it("know where it lay before: below another parent, below none, or by a whole URN", async () => {
    const urn = `urn:pulumi:dev::mlflow-platform::x:y:Z$${PASSWORD}::any`;
    const names = await namesOf(() => {
      const former = new Room("a:Former", "former");
      secret("key", {
        parent: new Room("a:Outer", "outer"),
        aliases: [{ parent: former }, { parent: pulumi.rootStackResource }, { parent: undefined }, urn],
      });
    });
    expect(names).toEqual([
      `mlflow-platform:a:Outer$${PASSWORD}::key`,
      `mlflow-platform:a:Former$${PASSWORD}::key`,
      `${PASSWORD}::key`,
      `x:y:Z$${PASSWORD}::any`,
    ]);
  });
});
