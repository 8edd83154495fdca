import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "../helpers/acme/world";
import { containers, leftovers } from "../helpers/engine";
import { logsOf } from "../helpers/containers";
import { TestStack } from "../helpers/testStack";
import { removeLoads } from "../helpers/load/load";
import { twoTeams } from "../helpers/stackFile";
import { failing } from "./acme/failing";
import { issuing } from "./acme/issuing";
import { renewing } from "./acme/renewing";
import { CAS, DOMAIN, HTTPS_PORT, HTTP_PORT, LABEL, MINUTES, NAME, PORT_BASE } from "./acme/scene";

/** Nothing else may ever hold this text. */
const TOKEN = randomUUID();

let stack: TestStack;
let world: World;
const scene = () => ({ stack, world });

describe("https with certificates of a CA", () => {
  beforeAll(async () => {
    await removeLoads();
    // Before the stack's removal: its network cannot go while a killed run's world is in it.
    world = await World.start({ stack: NAME, domain: LABEL, token: TOKEN, cas: CAS });
    const { duckdns } = world;
    // By http until the token is there: without it, what follows would be a fault.
    stack = await TestStack.open(NAME, { ...twoTeams(PORT_BASE), bindAddresses: ["127.0.0.1"] });
    await stack.setSecret("duckdnsToken", TOKEN);
    stack.configure({
      ...{ ingress: "acme", domain: DOMAIN, httpPort: HTTP_PORT, httpsPort: HTTPS_PORT },
      ...{ acmeEmail: "ada@example.com", acmeServer: world.pebble("pebble").directory },
      ...{ acmeCaBundle: world.ca.pem, acmeResolver: duckdns.resolver },
      ...{ duckdnsApi: duckdns.api, ipv4Lookup: duckdns.ipv4Lookup, ipv6Lookup: duckdns.ipv6Lookup },
    });
  }, 15 * MINUTES);

  afterAll(async () => {
    await world.close();
    await stack.remove();
    expect(await leftovers(NAME)).toEqual([]);
  }, 5 * MINUTES);

  issuing(scene);
  renewing(scene);
  failing(scene);

  it(
    "never shows DuckDNS's token, and gives no container the engine's socket",
    async () => {
      const shown = await containers(NAME);
      await stack.succeeds("preview");
      const seen: Record<string, string> = {
        inspect: JSON.stringify(shown),
        state: await stack.exported(),
        printed: stack.printed.join("\n"),
        calls: JSON.stringify(await world.duckdns.report()),
      };
      for (const { name, state } of shown) {
        seen[`log of ${name}`] = await logsOf(name);
        if (state !== "running") continue;
        seen[`processes of ${name}`] = JSON.stringify(await new Docker().getContainer(name).top());
      }
      expect(Object.keys(seen).length).toBeGreaterThan(15);
      expect(
        Object.entries(seen)
          .filter(([, text]) => text.includes(TOKEN))
          .map(([where]) => where),
      ).toEqual([]);
      expect(seen["inspect"]).not.toContain("docker.sock");
      // It was in use all the time: what is searched for is the right text.
      const { calls } = await world.duckdns.report();
      expect(calls.length).toBeGreaterThan(5);
      expect(calls.filter(({ tokenRight }) => !tokenRight)).toEqual([]);
    },
    2 * MINUTES,
  );
});
