import { expect, it } from "vitest";
import { acmeImage } from "../../helpers/acme/image";
import type { Issued } from "../../helpers/acme/pebble";
import { Load, type LoadResult } from "../../helpers/load/load";
import { ask } from "../../helpers/tls/ask";
import { SerialWatch } from "../../helpers/tls/handshakes";
import {
  type GetScene,
  HTTPS_PORT,
  MINUTES,
  type Scene,
  TAKEOVER_SECONDS,
  hosts,
  log,
  otherThan,
  serial,
} from "./scene";

/** So many renewals are to pass under load. */
const RENEWALS = 5;
const PER_SECOND = 20;

/** Renewals while people work. */
export function renewing(scene: GetScene): void {
  it(
    "moves to another CA by its setting, as from staging to production",
    async () => {
      const { stack, world } = scene();
      const before = await serial();
      const short = world.pebble("pebble-short");
      await stack.up({ acmeServer: short.directory });
      await otherThan(before);
      const answer = await ask(`https://${hosts[0] ?? ""}:${HTTPS_PORT}/health`, { ca: await short.root() });
      expect(answer?.status).toBe(200);
    },
    3 * MINUTES,
  );

  it(
    `renews ${RENEWALS} times under load, and nobody notices`,
    async () => {
      const { world } = scene();
      const short = world.pebble("pebble-short");
      const loads = await startLoads(scene());
      const watch = new SerialWatch(HTTPS_PORT, hosts[0] ?? "");
      const results: LoadResult[] = [];
      const started = Date.now();
      let changes: Awaited<ReturnType<SerialWatch["stop"]>>;
      try {
        await expect
          .poll(() => watch.changes.length, { timeout: 6 * MINUTES, interval: 500 })
          .toBeGreaterThan(RENEWALS);
      } finally {
        changes = await watch.stop();
        for (const load of loads) results.push(await load.stop());
      }
      const delays = delaysOf(changes.slice(1), await short.issued());
      const seconds = (Date.now() - started) / 1000;
      console.log(
        `${changes.length - 1} renewals in ${seconds.toFixed(0)} s; served after ${delays.join(", ")} s`,
      );
      for (const [index, { options }] of loads.entries()) {
        const { requests, failed, perSecond, slowest } = results[index] as LoadResult;
        console.log(
          `  ${options.kind} at ${options.perSecond}/s: ${requests} requests (${perSecond}/s), ${failed.length} failed, slowest ${slowest} s`,
        );
      }
      expect(results.flatMap(({ failed }) => failed)).toEqual([]);
      // A load that hardly asked would prove nothing.
      expect(results[0]?.perSecond).toBeGreaterThan(PER_SECOND * 0.9);
      expect(Math.max(...delays)).toBeLessThan(TAKEOVER_SECONDS);
      expect(await log("nginx")).not.toMatch(/reloading|refused the certificate in \/certificates/);
    },
    8 * MINUTES,
  );
}

/** Seconds from each certificate's issue until it was served. @throws Error when it was never issued */
function delaysOf(changes: readonly { serial: string; at: number }[], issued: readonly Issued[]): number[] {
  return changes.map(({ serial, at }) => {
    const origin = issued.find((candidate) => candidate.serial.replace(/^0+/, "") === serial);
    if (origin === undefined) throw new Error(`certificate ${serial} was not issued by this CA`);
    return Math.round((at - origin.at) / 100) / 10;
  });
}

async function startLoads({ stack, world }: Scene): Promise<Load[]> {
  const { urls, images, clientEnv, teams } = stack.outputs;
  const ca = await world.pebble("pebble-short").root();
  const health = `${urls.mlflow}/health`;
  const env = {
    ...clientEnv,
    ...{ MLFLOW_TRACKING_TOKEN: await token(stack, ca), MLFLOW_WORKSPACE: teams["vision"]?.workspace ?? "" },
    ...{ MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" },
  };
  const [tools, mlflow] = [await acmeImage(), images.mlflow];
  return [
    await Load.start({ kind: "curl", image: tools, perSecond: PER_SECOND, url: health, ca }),
    await Load.start({ kind: "keepalive", image: tools, perSecond: PER_SECOND, url: health, ca }),
    // Its connection is idle most of the time: the moment at which a reload would close it.
    await Load.start({ kind: "keepalive", image: tools, perSecond: 0.2, url: health, ca }),
    await Load.start({ kind: "mlflow", image: mlflow, perSecond: PER_SECOND, url: urls.mlflow, ca, env }),
  ];
}

/** A token of a service account; it lives five minutes. */
async function token({ outputs }: Scene["stack"], ca: string): Promise<string> {
  const account = outputs.credentials.serviceAccounts["vision-ci"];
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: account?.clientId ?? "",
    client_secret: account?.clientSecret ?? "",
  });
  const answer = await ask(`${outputs.oidc.issuer}/protocol/openid-connect/token`, {
    ...{ ca, method: "POST", body: form.toString() },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
  return (JSON.parse(answer?.body ?? "{}") as { access_token: string }).access_token;
}
