import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alarmsOf } from "../../../cli/certificates/alarms";
import { observeCertificates } from "../../../cli/certificates/observe";
import { factsOf, parseCertificate } from "../../../cli/tls/certificate";
import type { Settings } from "../../../config/settings";
import { type FakeEngine, fakeEngine } from "../../helpers/fakeEngine";
import { sampleSettings } from "../../helpers/settings";
import { type Pair, testCa, type TestCa } from "../../helpers/testCa";
import { sampleReport } from "./fixtures";

const WRITTEN = new Date("2026-05-06T07:08:09.000Z");
const HOSTS = ["mlflow", "auth", "s3", "console"].map((site) => `${site}.ml.example`);

let ca: TestCa;
let engine: FakeEngine;
let nginx: Server;
let served: Pair;
let published: Pair;

beforeAll(async () => {
  ca = testCa();
  engine = await fakeEngine();
  // Nothing for the console, as after a change of names.
  served = ca.issue(
    HOSTS.slice(0, 3).map((host) => `DNS:${host}`),
    2,
  );
  published = ca.issue(
    HOSTS.map((host) => `DNS:${host}`),
    2,
  );
  nginx = createServer(served);
  await new Promise<void>((resolve) => void nginx.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  nginx.close();
  engine.close();
  ca.remove();
});

function settings(stack: string, changed: Readonly<Record<string, unknown>>): Settings {
  return sampleSettings(
    {
      domain: "ml.example",
      acmeChallenge: "http",
      httpsPort: (nginx.address() as AddressInfo).port,
      bindAddresses: ["127.0.0.1"],
      dockerHost: engine.address,
      ...changed,
    },
    stack,
  );
}

function serialOf({ cert }: Pair): string {
  const certificate = parseCertificate(cert);
  if (certificate === undefined) throw new Error("no certificate");
  return factsOf(certificate).serial;
}

describe("looking at the certificates of a stack", () => {
  it("finds none by plain http", async () => {
    const plain = sampleSettings({ dockerHost: engine.address });
    expect(await observeCertificates(plain, true)).toBeUndefined();
  });

  it("sees what each host serves, and what the stack has made", async () => {
    engine.put("mlflow-platform-own-nginx", "/run/platform/secrets/fullchain.pem", published.cert, WRITTEN);
    const seen = await observeCertificates(settings("own", { ingress: "self-signed" }), true);
    expect(seen).toMatchObject({
      mode: "self-signed",
      publishedAt: WRITTEN.toISOString(),
      published: { serial: serialOf(published), names: HOSTS },
      job: undefined,
      unreadable: [],
    });
    expect(seen?.served?.map(({ host, covers }) => [host, covers])).toEqual([
      [HOSTS[0], true],
      [HOSTS[1], true],
      [HOSTS[2], true],
      [HOSTS[3], false],
    ]);
    for (const { certificate } of seen?.served ?? []) expect(certificate?.serial).toBe(serialOf(served));
  });

  it("reads what the job has published and says, with its chain", async () => {
    const container = "mlflow-platform-public-nginx";
    engine.put(container, "/certificates/current/fullchain.pem", published.cert + ca.pem, WRITTEN);
    engine.put(container, "/certificates/status.json", JSON.stringify(sampleReport()), WRITTEN);
    const seen = await observeCertificates(settings("public", { ingress: "acme" }), true);
    expect(seen).toMatchObject({
      published: { serial: serialOf(published), issuer: "Test CA, Tests" },
      job: sampleReport(),
    });
  });

  it("knows nothing before the job has said anything", async () => {
    const seen = await observeCertificates(settings("young", { ingress: "acme" }), true);
    expect(seen).toMatchObject({ published: undefined, job: undefined, unreadable: [] });
    expect(seen && alarmsOf(seen, Date.now())).toEqual([]);
  });

  it("tells a report that cannot be read, and goes on", async () => {
    engine.put("mlflow-platform-odd-nginx", "/certificates/status.json", '{"version":2}', WRITTEN);
    const seen = await observeCertificates(settings("odd", { ingress: "acme" }), true);
    expect(seen?.unreadable).toEqual([
      expect.stringMatching(/report \/certificates\/status\.json cannot be read: version: /),
    ]);
    expect(seen?.served).toHaveLength(4);
  });

  it("makes no handshake where NGINX does not run", async () => {
    const down = await observeCertificates(settings("own", { ingress: "self-signed" }), false);
    expect(down).toMatchObject({ served: undefined, unseen: "NGINX does not run" });
    expect(down?.published?.serial).toBe(serialOf(published));
  });

  it("goes by what is published on another machine", async () => {
    const remote = await fakeEngine("127.0.0.2");
    remote.put("mlflow-platform-own-nginx", "/run/platform/secrets/fullchain.pem", published.cert, WRITTEN);
    const changed = { ingress: "self-signed", dockerHost: remote.address };
    const seen = await observeCertificates(settings("own", changed), true);
    remote.close();
    expect(seen).toMatchObject({ served: undefined, unseen: "the engine is on another machine" });
    expect(seen?.published?.serial).toBe(serialOf(published));
  });

  it("says why a host gave no handshake", async () => {
    const closed = settings("own", { ingress: "self-signed", httpsPort: 1 });
    const seen = await observeCertificates(closed, true);
    expect(seen?.served?.[0]).toEqual({
      url: "https://mlflow.ml.example:1",
      host: HOSTS[0],
      port: 1,
      failure: "connect ECONNREFUSED 127.0.0.1:1",
    });
  });
});
