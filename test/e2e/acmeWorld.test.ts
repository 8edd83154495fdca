import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "../helpers/acme/world";
import { execIn } from "../helpers/containers";

const TOKEN = "7f3a-token";
const DUCKDNS = "mlflow-platform-test-world-duckdns";

/** The tests' own DuckDNS is as the real one: tests of the platform against it would show nothing otherwise. */
let world: World;
beforeAll(async () => {
  world = await World.start({
    ...{ stack: "world", domain: "mlteam", token: TOKEN, otherDomains: ["e2e.mlflow.test"] },
    cas: { pebble: {}, "pebble-short": { validitySeconds: 60 } },
  });
}, 300_000);
afterAll(() => world.close());

/** One call of /update: status and body. */
async function update(query: Record<string, string>, more: string[] = []): Promise<string> {
  const url = `https://localhost/update?${new URLSearchParams({ domains: "mlteam", token: TOKEN, ...query }).toString()}`;
  const { stdout, stderr } = await execIn(DUCKDNS, ["curl", "-sSk", "-w", " %{http_code}", ...more, url]);
  return stdout + stderr;
}

async function dig(name: string, kind: string, ...more: string[]): Promise<string> {
  const { stdout } = await execIn(DUCKDNS, ["dig", "@127.0.0.1", name, kind, "+tries=1", "+time=1", ...more]);
  return stdout;
}

const text = async (name: string): Promise<string> => (await dig(name, "TXT", "+short")).trim();

describe("DuckDNS", () => {
  it("refuses what is not this account's, with status 200", async () => {
    expect(await update({ token: "other", txt: "x" })).toBe("KO 200");
    expect(await update({ domains: "other", txt: "x" })).toBe("KO 200");
    expect(await update({ domains: "mlteam.duckdns.org", txt: "x" })).toBe("KO 200");
  });

  it("has one TXT record for a domain and everything below it", async () => {
    expect(await update({ txt: "one", verbose: "true" })).toBe("OK\none\nUPDATED 200");
    expect(await update({ txt: "one", verbose: "true" })).toBe("OK\none\nNOCHANGE 200");
    expect(await update({ txt: "two" })).toBe("OK 200");
    for (const name of ["mlteam", "_acme-challenge.mlteam", "_acme-challenge.mlflow.mlteam"]) {
      expect(await text(`${name}.duckdns.org`)).toBe('"two"');
      expect(await dig(`${name}.duckdns.org`, "TXT", "+short", "+tcp")).toBe('"two"\n');
    }
    expect(await update({ txt: "any", clear: "true" })).toBe("OK 200");
    expect(await text("mlteam.duckdns.org")).toBe('""');
  });

  it("shows a TXT record after a while, and the one before until then", async () => {
    await world.duckdns.change({ delay: 2 });
    expect(await update({ txt: "late" })).toBe("OK 200");
    expect(await text("mlteam.duckdns.org")).toBe('""');
    await expect.poll(() => text("mlteam.duckdns.org"), { timeout: 10_000 }).toBe('"late"');
    await world.duckdns.change({ delay: 0 });
  });

  it("takes addresses of both families, or the caller's, and gives them to all names", async () => {
    await world.duckdns.change({ callerIpv4: "203.0.113.9", callerIpv6: "2001:db8::9" });
    expect(await update({ ip: "203.0.113.7", ipv6: "2001:db8::7", verbose: "true" })).toBe(
      "OK\n203.0.113.7\n2001:db8::7\nUPDATED 200",
    );
    expect(await dig("s3.mlteam.duckdns.org", "A", "+short")).toBe("203.0.113.7\n");
    expect(await dig("s3.mlteam.duckdns.org", "AAAA", "+short")).toBe("2001:db8::7\n");
    expect(await update({})).toBe("OK 200");
    expect((await world.duckdns.report()).record).toMatchObject({ ipv4: "203.0.113.9" });
    const told = await execIn(DUCKDNS, ["curl", "-sSk", "https://localhost/ipv4", "https://localhost/ipv6"]);
    expect(told.stdout).toBe("203.0.113.92001:db8::9");
  });

  it("fails in every way that is asked for", async () => {
    const fault = (name: Parameters<typeof world.duckdns.change>[0]["fault"] & string) =>
      world.duckdns.change({ fault: name });
    await fault("ko");
    expect(await update({ txt: "x" })).toBe("KO 200");
    await fault("html");
    expect(await update({ txt: "x" })).toMatch(/^<!DOCTYPE html>[^]* 200$/);
    await fault("404");
    expect(await update({ txt: "x" })).toMatch(/^<!DOCTYPE html>[^]* 404$/);
    await fault("timeout");
    expect(await update({ txt: "x" }, ["--max-time", "1"])).toContain("timed out");
    await fault("flaky");
    const answers = [];
    for (let count = 0; count < 20; count += 1) answers.push(await update({ txt: "x" }));
    expect(answers.filter((answer) => answer !== "OK 200")).toHaveLength(6);
    await fault("");
    expect(await update({ txt: "x" })).toBe("OK 200");
    const { calls } = await world.duckdns.report();
    expect(JSON.stringify(calls)).not.toContain(TOKEN);
    expect(calls.filter(({ tokenRight }) => !tokenRight)).toHaveLength(1);
  });

  it("has a name server that knows its names only, and fails when it is asked to", async () => {
    expect(await dig("example.org", "A")).toContain("NXDOMAIN");
    await world.duckdns.change({ addressOf: "pebble" });
    expect(await dig("mlflow.e2e.mlflow.test", "A", "+short")).toMatch(/^[\d.]+\n$/);
    await world.duckdns.change({ dnsFault: "servfail" });
    expect(await dig("mlteam.duckdns.org", "TXT")).toContain("SERVFAIL");
    await world.duckdns.change({ dnsFault: "servfail-tcp" });
    expect(await dig("mlteam.duckdns.org", "TXT")).toContain("NOERROR");
    expect(await dig("mlteam.duckdns.org", "TXT", "+tcp")).toContain("SERVFAIL");
    await world.duckdns.change({ dnsFault: "silent" });
    expect(await dig("mlteam.duckdns.org", "TXT")).toContain("no servers could be reached");
    await world.duckdns.change({ dnsFault: "" });
  });
});

describe("a CA", () => {
  it("has a root and a directory of its own, by https of the test's CA", async () => {
    const [one, other] = [world.pebble("pebble"), world.pebble("pebble-short")];
    expect(await one.root()).toContain("BEGIN CERTIFICATE");
    expect(await one.root()).not.toBe(await other.root());
    expect([await one.orders(), await one.asked(), await one.issued()]).toEqual([0, 0, []]);
    const ca = Buffer.from(world.ca.pem).toString("base64");
    const ask = `echo ${ca} | base64 -d > /tmp/ca.pem && curl -sS --cacert /tmp/ca.pem ${other.directory}`;
    const { stdout, stderr } = await execIn(DUCKDNS, ["bash", "-c", ask]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ newOrder: "https://pebble-short:14000/order-plz" });
  });
});
