import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { Workload, type WorkloadArgs } from "../../../components/workload";
import { SERVICES } from "../../../images/catalogue";
import { imageIdOf, record } from "../../helpers/harness";
import { TEST_BED, testBed } from "../../helpers/platform";
import type { Recorded, Recording } from "../../helpers/recording";
import { isSecret, opened } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

let platform: Recording;
let running: readonly Recorded[];

beforeAll(async () => {
  platform = await record(() =>
    // All services, the certificate job among them.
    deploy(sampleSettings({ ingress: "acme", domain: "team.duckdns.org", duckdnsToken: "token" })),
  );
  running = platform.ofType("Container").filter(({ name }) => name.endsWith("-container"));
});

interface Port {
  readonly ip: string;
  readonly protocol: string;
  readonly internal: number;
  readonly external: number;
}

/** A workload of its own, with nothing but what is asked for. */
function workload(args: Partial<WorkloadArgs>, running = true): Promise<Recording> {
  return record(() => {
    const { platform: facts, options } = testBed({ running });
    new Workload(
      "web",
      {
        platform: facts,
        service: "nginx",
        health: { test: ["true"], startPeriodSeconds: 90 },
        waitTimeoutSeconds: 10,
        memoryMiB: 64,
        cpus: 1,
        tmpfs: {},
        ...args,
      },
      options,
    );
  });
}

describe("every container that runs", () => {
  it("is one of the services, and every service has one", () => {
    expect(running.map(({ name }) => name).sort()).toEqual(
      SERVICES.map((service) => `${service}-container`).sort(),
    );
  });

  it.each(SERVICES)("%s is hardened", (service) => {
    expect(platform.get("Container", `${service}-container`).inputs).toMatchObject({
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      restart: "unless-stopped",
      mustRun: true,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      ulimits: [{ name: "nproc", soft: 8192, hard: 8192 }],
    });
  });

  it.each(SERVICES)("%s asks for nothing that would undo the hardening", (service) => {
    const { inputs } = platform.get("Container", `${service}-container`);
    for (const risky of ["privileged", "user", "devices", "pidMode", "ipcMode", "mounts", "hosts", "dns"]) {
      expect(inputs, risky).not.toHaveProperty(risky);
    }
    expect(inputs["capabilities"]).toEqual({ drops: ["ALL"] });
  });

  it.each(SERVICES)("%s has bounded memory without swap, and bounded processors", (service) => {
    const { inputs } = platform.get("Container", `${service}-container`);
    expect(inputs["memory"]).toBeGreaterThanOrEqual(128);
    expect(inputs["memory"]).toBeLessThanOrEqual(2048);
    expect(inputs["memorySwap"]).toBe(inputs["memory"]);
    expect(inputs["cpus"]).toMatch(/^(0\.5|[12]\.0)$/);
  });

  it.each(SERVICES)("%s is waited for until its own health check passes", (service) => {
    const { inputs } = platform.get("Container", `${service}-container`);
    const { tests, interval, timeout, retries, startPeriod } = inputs["healthcheck"] as Record<
      string,
      unknown
    >;
    expect(tests).toEqual([
      "CMD",
      expect.stringMatching(/^(http-ok|pg_isready|certbot-job|warden)$/),
      ...rest(tests),
    ]);
    expect({ interval, timeout, retries }).toEqual({ interval: "5s", timeout: "6s", retries: 12 });
    expect(startPeriod).toMatch(/^(\d+m)?\d+s$/);
    expect(inputs["wait"]).toBe(true);
    expect(inputs["waitTimeout"]).toBeGreaterThanOrEqual(60);
  });

  it.each(SERVICES)("%s uses the image by its id, the stack's network, and its own alias", (service) => {
    const { inputs } = platform.get("Container", `${service}-container`);
    expect(inputs).toMatchObject({
      name: `mlflow-platform-dev-${service}`,
      hostname: service,
      image: imageIdOf(`images-${service}`),
      networkMode: "mlflow-platform-dev",
      networksAdvanced: [{ name: "mlflow-platform-dev", aliases: [service] }],
    });
  });

  it.each(SERVICES)(
    "%s is replaced in place: the old one goes first, silent edits replace as well",
    (service) => {
      expect(platform.get("Container", `${service}-container`)).toMatchObject({
        deleteBeforeReplace: true,
        replaceOnChanges: expect.arrayContaining(["healthcheck", "tmpfs", "init"]) as unknown,
      });
    },
  );

  it("fits the smallest machine: 6 GiB for all together", () => {
    const total = running.reduce((sum, { inputs }) => sum + Number(inputs["memory"]), 0);
    expect(total).toBeLessThanOrEqual(6 * 1024);
  });

  it("publishes on the loopback address, but for what people open, which only NGINX publishes", () => {
    const published = running.flatMap(({ name, inputs }) =>
      ((inputs["ports"] ?? []) as Port[]).map((port) => ({ name, ...port })),
    );
    expect(published.every(({ protocol }) => protocol === "tcp")).toBe(true);
    expect(
      Object.fromEntries(
        published.map(({ name, external, internal, ip }) => [`${ip}:${external}`, [name, internal]]),
      ),
    ).toEqual({
      "0.0.0.0:80": ["nginx-container", 8080],
      "0.0.0.0:443": ["nginx-container", 8443],
      "127.0.0.1:8090": ["postgres-container", 5432],
      "127.0.0.1:8091": ["keycloak-container", 8080],
      "127.0.0.1:8092": ["minio-container", 9000],
      "127.0.0.1:8093": ["mlflow-container", 5000],
    });
    expect(published).toHaveLength(6);
  });

  it("publishes nothing beyond the loopback address by http", async () => {
    const http = await record(() => deploy(sampleSettings()));
    const ports = http.ofType("Container").flatMap(({ inputs }) => (inputs["ports"] ?? []) as Port[]);
    expect(ports).toHaveLength(8);
    expect(ports.map(({ ip }) => ip)).toEqual(ports.map(() => "127.0.0.1"));
  });
});

describe("the companion that holds a service's files", () => {
  it.each(SERVICES)("%s: never starts, has no network, and is only a volume for the service", (service) => {
    const files = platform.get("Container", `${service}-files`);
    expect(files.inputs).toMatchObject({
      name: `mlflow-platform-dev-${service}-files`,
      start: false,
      mustRun: false,
      restart: "no",
      networkMode: "none",
      volumes: [{ containerPath: "/run/platform" }],
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
    });
    expect(files.inputs).not.toHaveProperty("ports");
    expect(files.inputs).not.toHaveProperty("envs");
    expect(files.deleteBeforeReplace).toBe(true);
    const { volumes } = platform.get("Container", `${service}-container`).inputs;
    expect(volumes).toContainEqual({ fromContainer: `id-of-${service}-files` });
  });

  it("holds secrets and configuration as files that the service can read and not change, in a fixed order", async () => {
    const { get } = await workload({
      secrets: { B_KEY: "b", A_KEY: "a" },
      config: { "web.conf": "text" },
    }).then((recording) => ({ get: recording.get.bind(recording) }));
    expect(opened(get("Container", "web-files").inputs["uploads"])).toEqual([
      { file: "/run/platform/secrets/A_KEY", content: "a", permissions: "0444" },
      { file: "/run/platform/secrets/B_KEY", content: "b", permissions: "0444" },
      { file: "/run/platform/config/web.conf", content: "text", permissions: "0444" },
    ]);
  });

  it("is secret where it holds a secret", () => {
    const uploads = (service: string): unknown =>
      platform.get("Container", `${service}-files`).inputs["uploads"];
    for (const service of ["postgres", "keycloak", "audit", "minio", "console", "mlflow"]) {
      expect(isSecret(uploads(service)), service).toBe(true);
    }
    // NGINX has none, so its configuration stays readable in a preview.
    expect(isSecret(uploads("nginx"))).toBe(false);
  });
});

describe("a workload", () => {
  it("without files has no companion", async () => {
    const recording = await workload({});
    expect(recording.list()).toEqual(["Container web-container", ...TEST_BED].sort());
    expect(recording.get("Container", "web-container").inputs).toMatchObject({
      volumes: [],
      ports: [],
      envs: [],
    });
  });

  it("that does not run declares neither container", async () => {
    const recording = await workload({ secrets: { KEY: "k" } }, false);
    expect(recording.list()).toEqual(TEST_BED);
  });

  it("writes environment, ports and times as the engine gives them back, whatever their order in the code", async () => {
    const recording = await workload({ env: { B: "2", A: "1" }, loopbackPorts: { 9001: 1, 9000: 2 } });
    expect(recording.get("Container", "web-container").inputs).toMatchObject({
      envs: ["A=1", "B=2"],
      ports: [
        { internal: 9000, external: 2 },
        { internal: 9001, external: 1 },
      ],
      cpus: "1.0",
      healthcheck: { startPeriod: "1m30s" },
    });
  });
});

function rest(tests: unknown): unknown[] {
  return Array.isArray(tests) ? tests.slice(2) : [];
}
