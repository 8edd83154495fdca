import { describe, expect, it } from "vitest";
import { asVolumeOwner, loseVolumes } from "./volumes";
import {
  DOMAIN,
  type GetScene,
  HTTPS_PORT,
  HTTP_PORT,
  MINUTES,
  asJob,
  container,
  expectTrusted,
  failed,
  hosts,
  hurry,
  log,
  otherThan,
  serial,
} from "./scene";
import { ask } from "../../helpers/tls/ask";
import { served } from "../../helpers/tls/handshakes";
import { headerFaults } from "../../helpers/tls/surface";

/** The first certificate, and what must not lead to another one. */
export function issuing(scene: GetScene): void {
  describe("a first certificate", () => {
    it(
      "is not needed for `up`: all is healthy, behind a temporary one",
      async () => {
        const { stack } = scene();
        const output = await stack.up();
        expect(output).toContain("is up");
        expect((await served(HTTPS_PORT, hosts[0] ?? "")).issuer).toContain("temporary");
        await failed(/cannot be reached/);
        const { healthy, certificates } = await stack.status();
        expect(healthy).toBe(true);
        expect(certificates).toMatchObject({ mode: "acme", issuer: null, publishedSerial: null });
        expect(certificates.renewal?.lastError).toContain("pebble");
      },
      8 * MINUTES,
    );

    it(
      "is not to be had while DuckDNS refuses, which `status` tells without the token",
      async () => {
        const { stack, world } = scene();
        await world.duckdns.change({ fault: "ko" });
        await world.connect();
        await hurry();
        await failed(/KO/);
        const { certificates } = await stack.status();
        expect(certificates.renewal?.failures).toBe(1);
        expect(await world.pebble("pebble").issued()).toEqual([]);
      },
      2 * MINUTES,
    );

    it(
      "comes for all hosts, though DuckDNS loses three requests of ten and shows records late",
      async () => {
        const { stack, world } = scene();
        await world.duckdns.change({
          fault: "flaky",
          delay: 3,
          callerIpv4: "203.0.113.7",
          callerIpv6: "2001:db8::7",
        });
        const before = await serial();
        await hurry();
        await otherThan(before);
        await expectTrusted(await world.pebble("pebble").root());
        const { certificates } = await stack.status();
        expect(certificates).toMatchObject({ names: [`*.${DOMAIN}`], daysLeft: 89, alarms: [] });
        expect(certificates.publishedSerial).toBe(await serial());
        await world.duckdns.change({ fault: "", delay: 0 });
        await expect
          .poll(async () => (await world.duckdns.report()).record.txt, { timeout: MINUTES })
          .toBe("");
      },
      3 * MINUTES,
    );

    it(
      "comes together with the domain's address, in both families",
      async () => {
        const { world, stack } = scene();
        const { duckdns } = world;
        await expect
          .poll(async () => (await duckdns.report()).record, { timeout: 2 * MINUTES })
          .toMatchObject({ ipv4: "203.0.113.7", ipv6: "2001:db8::7" });
        await expect
          .poll(async () => (await stack.status()).certificates.address, { timeout: MINUTES, interval: 1000 })
          .toMatchObject({ ipv4: "203.0.113.7", ipv6: "2001:db8::7", lastError: null });
      },
      4 * MINUTES,
    );

    it(
      "serves what the platform is for, for programs and for a browser",
      async () => {
        const { stack, world } = scene();
        expect(await stack.smoke(await world.pebble("pebble").root())).toEqual([]);
      },
      5 * MINUTES,
    );

    it("leaves http for challenges and the way to https only", async () => {
      const [host = ""] = hosts;
      const moved = await ask(`http://${host}:${HTTP_PORT}/a?b`);
      expect([moved?.status, moved?.headers.location]).toEqual([308, `https://${host}:${HTTPS_PORT}/a?b`]);
      const none = await ask(`http://${host}:${HTTP_PORT}/.well-known/acme-challenge/none`);
      expect([none?.status, none && headerFaults(none, true)]).toEqual([404, []]);
    });
  });

  describe("a certificate that is there", () => {
    it(
      "is not ordered again by a restart, a new container, or another `up`",
      async () => {
        const { stack, world } = scene();
        const [before, orders] = [await serial(), await world.pebble("pebble").orders()];
        const updates = (await world.duckdns.report()).calls.filter(({ fields }) => "ip" in fields).length;
        await hurry();
        await container("certbot").remove({ force: true });
        expect(await stack.up({}, "--refresh")).toContain("is up");
        await expect.poll(() => log("certbot"), { timeout: MINUTES }).toMatch(/not due/);
        await container("nginx").restart({ t: 10 });
        await expect.poll(serial, { timeout: MINUTES }).toBe(before);
        expect(await stack.succeeds("preview")).toContain("No changes");
        expect(await world.pebble("pebble").orders()).toBe(orders);
        const { calls } = await world.duckdns.report();
        expect(calls.filter(({ fields }) => "ip" in fields)).toHaveLength(updates);
      },
      5 * MINUTES,
    );

    it(
      "goes on serving while its files are half written or no certificate at all, also over a restart",
      async () => {
        const before = await serial();
        // As a broken job would: a release that is not whole, and the link to it. Ours would repair it at once.
        await container("certbot").pause();
        try {
          const broken = [
            "mkdir -p /certificates/releases/90 && cd /certificates",
            "head -c 300 current/fullchain.pem > releases/90/fullchain.pem",
            "cp current/privkey.pem releases/90/privkey.pem && chmod 640 releases/90/privkey.pem",
            "ln -s releases/90 next && mv -T next current",
          ];
          await asVolumeOwner(broken.join(" && "));
          await expect
            .poll(() => log("nginx"), { timeout: MINUTES })
            .toMatch(/refused the certificate in .*whole/);
          expect(await serial()).toBe(before);
          await asVolumeOwner("echo garbage > /certificates/releases/90/fullchain.pem");
          await container("nginx").restart({ t: 10 });
          await expect.poll(serial, { timeout: MINUTES }).toBe(before);
        } finally {
          await container("certbot").unpause();
        }
        await expect
          .poll(() => asJob("readlink /certificates/current"), { timeout: MINUTES })
          .not.toContain("releases/90");
        expect(await serial()).toBe(before);
      },
      3 * MINUTES,
    );

    it(
      "is ordered once more, and only once, when the volumes are lost",
      async () => {
        const { stack, world } = scene();
        const [before, orders] = [await serial(), await world.pebble("pebble").orders()];
        await loseVolumes(["certificates-data", "certbot-data"]);
        await stack.up({}, "--refresh");
        await otherThan(before);
        await expect
          .poll(async () => (await stack.status()).certificates.daysLeft, { timeout: MINUTES })
          .toBe(89);
        await hurry();
        await expect.poll(() => log("certbot"), { timeout: MINUTES }).toMatch(/not due/);
        expect(await world.pebble("pebble").orders()).toBe(orders + 1);
      },
      5 * MINUTES,
    );
  });
}
