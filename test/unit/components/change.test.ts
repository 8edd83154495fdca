import { describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { servicesOf } from "../../../lib/services";
import { record } from "../../helpers/harness";
import type { Recorded, Recording } from "../../helpers/recording";
import { TEAMS, USERS, sampleSettings } from "../../helpers/settings";

const deployed = (changed: Readonly<Record<string, unknown>> = {}, stack = "dev"): Promise<Recording> =>
  record(() => deploy(sampleSettings(changed, stack)), { stack });

/** Everything that the engine compares, by `Type name`. */
function byKey({ custom }: Recording): Map<string, Recorded> {
  return new Map(custom.map((resource) => [`${resource.type} ${resource.name}`, resource]));
}

/** What became of the resources, as an engine would see it. */
function difference(before: Recording, after: Recording): Record<"added" | "removed" | "changed", string[]> {
  const [olds, news] = [byKey(before), byKey(after)];
  const changed = [...olds].flatMap(([key, old]) => {
    const now = news.get(key);
    return now !== undefined && JSON.stringify(old.inputs) !== JSON.stringify(now.inputs) ? [key] : [];
  });
  return {
    added: [...news.keys()].filter((key) => !olds.has(key)),
    removed: [...olds.keys()].filter((key) => !news.has(key)),
    changed,
  };
}

describe("the same settings", () => {
  it("give the same resources, to the letter", async () => {
    expect(difference(await deployed(), await deployed())).toEqual({ added: [], removed: [], changed: [] });
  });
});

describe("running: false", () => {
  it("takes away the containers and nothing else", async () => {
    const { added, removed, changed } = difference(await deployed(), await deployed({ running: false }));
    expect({ added, changed }).toEqual({ added: [], changed: [] });
    // Each service with its companion.
    expect(removed).toHaveLength(2 * servicesOf("http").length);
    expect(removed.every((key) => key.startsWith("docker:index/container:Container "))).toBe(true);
  });

  it("leaves no container", async () => {
    expect((await deployed({ running: false })).ofType("Container")).toEqual([]);
  });
});

describe("another team", () => {
  const more = { name: "speech", members: [], serviceAccounts: ["speech-ci"] };

  it.each(["proxied", "direct"])(
    "only adds resources (%s artifacts), the same number for each team",
    async (artifacts) => {
      const two = await deployed({ artifacts });
      const three = await deployed({ artifacts, teams: [...TEAMS, more] });
      const four = await deployed({
        artifacts,
        teams: [...TEAMS, more, { name: "music", members: [], serviceAccounts: ["music-ci"] }],
      });
      const first = difference(two, three);
      expect({ removed: first.removed, changed: first.changed }).toEqual({ removed: [], changed: [] });
      const second = difference(three, four);
      expect({ removed: second.removed, changed: second.changed }).toEqual({ removed: [], changed: [] });
      expect(first.added).toHaveLength(second.added.length);
      expect(first.added.filter((key) => /docker:/.test(key))).toEqual([]);
      expect(first.added.every((key) => key.includes("speech"))).toBe(true);
    },
  );

  it("with people who are there already, in a team or in none, only adds to their groups", async () => {
    const { added, removed, changed } = difference(
      await deployed(),
      await deployed({ teams: [...TEAMS, { ...more, members: ["vera", "nora"] }] }),
    );
    expect({ removed, changed }).toEqual({ removed: [], changed: [] });
    expect(added.filter((key) => key.includes("people-vera") || key.includes("people-nora")).sort()).toEqual([
      "keycloak:index/userGroups:UserGroups identity-people-nora-groups",
      "keycloak:index/userGroups:UserGroups identity-people-nora-in-speech",
      "keycloak:index/userGroups:UserGroups identity-people-vera-in-speech",
    ]);
  });
});

describe("many teams", () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    name: `team-${index}`,
    members: [USERS[index % USERS.length]?.username],
    serviceAccounts: [`account-${index}`],
  }));

  it("are 100 declared within 25 seconds, each once, with the containers of two teams", async () => {
    const begin = performance.now();
    const recording = await deployed({ teams: many });
    expect(performance.now() - begin).toBeLessThan(25_000);
    expect(recording.ofType("Workspace")).toHaveLength(100);
    expect(recording.ofType("Container")).toHaveLength(2 * servicesOf("http").length);
    expect(recording.duplicates()).toEqual([]);
  });

  it("leave every policy small: none grows with the number of teams", async () => {
    const sizes = async (count: number): Promise<number[]> =>
      (await deployed({ teams: many.slice(0, count), artifacts: "direct" }))
        .ofType("IamPolicy")
        .map(({ inputs }) => String(inputs["policy"]).length);
    expect(Math.max(...(await sizes(90)))).toBe(Math.max(...(await sizes(11))));
  });
});

describe("an image of one's own", () => {
  const own = `registry.example/nginx:1.28@sha256:${"a".repeat(64)}`;

  it("is pulled by digest, not built; the others stay as they are", async () => {
    const recording = await deployed({ images: { nginx: own } });
    expect(recording.get("RemoteImage", "images-nginx").inputs).toEqual({ name: own, keepLocally: true });
    expect(recording.stackOutputs["images"]).toMatchObject({ nginx: own });
    const { added, removed, changed } = difference(await deployed(), recording);
    expect({ added, removed }).toEqual({ added: [], removed: [] });
    expect(changed).toEqual(["docker:index/remoteImage:RemoteImage images-nginx"]);
  });
});

describe("two stacks on one engine", () => {
  it("share no name of a container, volume, network, image, realm or cookie, and no port", async () => {
    const one = await deployed({ portBase: 8080 }, "dev");
    const two = await deployed({ portBase: 9080 }, "staging");
    const [first, second] = [taken(one), taken(two)];
    expect(first.size).toBe(second.size);
    const services = servicesOf("http").length;
    expect(first.size).toBe(2 * services + 3 + 1 + (services + 2) + 1 + 1 + 8);
    expect([...first].filter((name) => second.has(name))).toEqual([]);
  });
});

/** What a stack takes of what all stacks of a machine share. */
function taken(recording: Recording): Set<string> {
  const name = ({ type, inputs }: Recorded): string => `${type} ${String(inputs["name"])}`;
  const containers = recording.ofType("Container");
  const ports = containers.flatMap(({ inputs }) =>
    ((inputs["ports"] ?? []) as { external: number }[]).map(({ external }) => `port ${external}`),
  );
  const cookies = containers.flatMap(({ inputs }) =>
    ((inputs["envs"] ?? []) as string[]).filter((env) => env.startsWith("SESSION_COOKIE_NAME=")),
  );
  return new Set([
    ...containers.map(name),
    ...recording.ofType("Volume").map(name),
    ...recording.ofType("Network").map(name),
    ...recording.ofType("RemoteImage").map(name),
    ...recording.ofType("Realm").map(({ inputs }) => `realm ${String(inputs["realm"])}`),
    ...cookies,
    ...ports,
  ]);
}
