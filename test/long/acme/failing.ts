import { describe, expect, it } from "vitest";
import {
  type GetScene,
  HTTPS_PORT,
  MINUTES,
  expectTrusted,
  failed,
  hosts,
  hurry,
  log,
  otherThan,
  serial,
} from "./scene";
import { served } from "../../helpers/tls/handshakes";

/** Most failed orders within an hour, so that no CA locks the account. */
const FAILED_ORDERS = 4;

/** CAs and a DNS that do not do what they should. */
export function failing(scene: GetScene): void {
  describe("while a CA is hostile", () => {
    it(
      "the old certificate goes on serving, to its end and beyond, and `status` gives the alarm",
      async () => {
        const { stack, world } = scene();
        const hostile = world.pebble("pebble-hostile");
        await stack.up({ acmeServer: hostile.directory });
        const before = await served(HTTPS_PORT, hosts[0] ?? "");
        await failed(/./, 2 * MINUTES);
        await expect
          .poll(() => Date.parse(before.notAfter) - Date.now(), { timeout: MINUTES, interval: 500 })
          .toBeLessThan(0);
        // The job writes its report every few seconds.
        await expect
          .poll(async () => (await stack.status()).certificates.alarms, { timeout: MINUTES, interval: 1000 })
          .toContainEqual(
            expect.objectContaining({ problem: expect.stringMatching(/expired|ended/) as unknown }),
          );
        expect(await serial()).toBe(before.serial);
        const { exitCode, output } = await stack.run("status");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/✗ .*certificate.*(expired|ended)/);
        expect(output).toMatch(/Renewal +last tried[^]*failed +\d+ in a row/);
        expect(await hostile.issued()).toEqual([]);
        expect(await hostile.asked()).toBeLessThanOrEqual(4 * FAILED_ORDERS);
      },
      5 * MINUTES,
    );

    it(
      "and is then gone altogether, nothing changes",
      async () => {
        const { stack, world } = scene();
        const before = await serial();
        await world.disconnect(["pebble-hostile"]);
        await hurry();
        await failed(/the CA cannot be reached/);
        expect((await stack.status()).certificates.renewal?.nextAttempt).not.toBeNull();
        expect(await serial()).toBe(before);
        await world.connect(["pebble-hostile"]);
      },
      3 * MINUTES,
    );
  });

  it(
    "orders nothing while DuckDNS gives pages instead of answers, and one certificate afterwards",
    async () => {
      const { stack, world } = scene();
      const pebble = world.pebble("pebble");
      const [before, orders] = [await serial(), await pebble.orders()];
      await world.duckdns.change({ fault: "html" });
      await stack.up({ acmeServer: pebble.directory });
      await failed(/a page instead of OK or KO/, 2 * MINUTES);
      await world.duckdns.change({ fault: "404" });
      await hurry();
      await failed(/HTTP status 404/);
      expect([await serial(), await pebble.orders()]).toEqual([before, orders]);
      await world.duckdns.change({ fault: "" });
      await hurry();
      await otherThan(before);
      await expectTrusted(await pebble.root());
      expect(await pebble.orders()).toBe(orders + 1);
    },
    5 * MINUTES,
  );

  it(
    "gets a certificate for each host by http, after the CA's DNS has failed for a while",
    async () => {
      const { stack, world } = scene();
      const pebble = world.pebble("pebble");
      const [before, orders] = [await serial(), await pebble.orders()];
      await world.duckdns.change({ dnsFault: "servfail", addressOf: "nginx" });
      await stack.up({ acmeChallenge: "http" });
      await failed(/SERVFAIL|DNS|looking up/i, 2 * MINUTES);
      expect(await serial()).toBe(before);
      await world.duckdns.change({ dnsFault: "" });
      await hurry();
      await otherThan(before);
      await expectTrusted(await pebble.root());
      expect([...(await served(HTTPS_PORT, hosts[0] ?? "")).names].sort()).toEqual([...hosts].sort());
      expect(await pebble.orders()).toBeLessThanOrEqual(orders + 1 + FAILED_ORDERS);
      const { certificates } = await stack.status();
      expect([...certificates.names].sort()).toEqual([...hosts].sort());
      expect(certificates.alarms).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    `makes no more than ${FAILED_ORDERS} failing orders an hour, however often it is started, and says so`,
    async () => {
      const { stack, world } = scene();
      const pebble = world.pebble("pebble");
      const [before, orders, issued] = [await serial(), await pebble.orders(), await pebble.issued()];
      // The CA alone sees nothing of the challenge, as with a name server that only some can reach.
      await world.duckdns.change({ dnsFault: "servfail-tcp", addressOf: "" });
      // The wildcard again: another name, so a new certificate is due at once.
      await stack.up({ acmeChallenge: "dns-duckdns" });
      const alarms = async (): Promise<string> => JSON.stringify((await stack.status()).certificates.alarms);
      const locked = /orders have failed within an hour/;
      for (let start = 0; start < FAILED_ORDERS && !locked.test(await alarms()); start += 1) {
        await failed(/retrieving TXT records/, 2 * MINUTES);
        await hurry();
      }
      await expect.poll(alarms, { timeout: MINUTES, interval: 1000 }).toMatch(locked);
      const made = await pebble.orders();
      expect(made).toBeGreaterThan(orders);
      expect(made - orders).toBeLessThanOrEqual(FAILED_ORDERS);
      await hurry();
      await expect
        .poll(() => log("certbot"), { timeout: MINUTES })
        .toMatch(/waiting until .*too many orders/);
      expect(await pebble.orders()).toBe(made);
      expect(await pebble.issued()).toEqual(issued);
      expect(await serial()).toBe(before);
    },
    6 * MINUTES,
  );
}
