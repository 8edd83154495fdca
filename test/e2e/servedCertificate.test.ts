import { type PeerCertificate, connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HTTPS_LISTEN, HTTP_LISTEN, SITES, endpointsOf } from "../../lib/endpoints";
import { nginxConfig } from "../../lib/nginx/config";
import { type NginxUnderTest, startNginx } from "../helpers/nginxContainer";
import { until } from "../helpers/until";

/** The real NGINX and its entry point, with certificates as the job publishes them. */
let nginx: NginxUnderTest;

const endpoints = endpointsOf({
  ingress: "acme",
  portBase: 8080,
  domain: "team.duckdns.org",
  httpPort: 80,
  httpsPort: 443,
  bindAddresses: ["127.0.0.1"],
});
const config = nginxConfig({ endpoints, realm: "mlflow-prod", challenges: "/certificates/challenges" });
const HOST = "mlflow.team.duckdns.org";

beforeAll(async () => {
  nginx = await startNginx(config, () => ({ body: "from the service" }), {
    env: ["TLS_FOLDER=/certificates/current"],
    volumes: ["/certificates"],
  });
}, 300_000);

afterAll(() => nginx.close());

/** The certificate of a handshake; undefined when it is refused. */
function served(host: string | undefined = HOST): Promise<PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect(
      // Whether it is trusted is not asked here: who it is, is.
      { host: "127.0.0.1", port: nginx.port(HTTPS_LISTEN), servername: host, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      },
    );
    socket.on("error", () => resolve(undefined));
  });
}

async function name(): Promise<string> {
  const subject = (await served())?.subject;
  return subject?.CN === undefined ? "none" : String(subject.CN);
}

/** The user of the certificate job, and the group through which NGINX reads what it publishes. */
const JOB = "10002:101";

/** Runs a script as the certificate job, which shares the volume with NGINX. */
async function script(text: string): Promise<string> {
  const { exitCode, output } = await nginx.run(["bash", "-ec", `cd /certificates\n${text}`], JOB);
  expect(exitCode, output).toBe(0);
  return output;
}

/** Publishes a release as the job does: whole, by renaming a link. */
const publish = (release: string, make: string): string => `
mkdir -p releases/${release} && cd releases/${release}
${make}
cd ../.. && ln -sfn releases/${release} next && mv -T next current`;
const pair = (cn: string): string =>
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=${cn} -keyout privkey.pem -out fullchain.pem 2>&1; chmod 640 privkey.pem`;

/** Waits until the log has grown by a refusal, so that what is served afterwards is no accident. */
async function refusal(cause: string, injected: string): Promise<void> {
  const before = (await nginx.log()).split("refused the certificate").length;
  await script(injected);
  await until(async () => {
    const parts = (await nginx.log()).split("refused the certificate");
    return parts.length > before && (parts.at(-1) ?? "").includes(cause);
  }, 20_000);
}

describe("the configuration for https", () => {
  it("is accepted by the NGINX of the image without a warning", async () => {
    const { exitCode, output } = await nginx.run(["nginx", "-t", "-c", "/run/platform/config/nginx.conf"]);
    expect(output).not.toMatch(/\[(warn|emerg|alert|error)\]/);
    expect(exitCode, output).toBe(0);
  });

  it.each([
    ["self-signed", { domain: "team.example.org" }],
    ["of a bare address", { domain: "203.0.113.7" }],
    ["of a bare IPv6 address", { domain: "2001:db8::7" }],
  ])("%s is accepted as well", async (_what, { domain }) => {
    const other = endpointsOf({
      ingress: "self-signed",
      portBase: 8080,
      domain,
      httpPort: 80,
      httpsPort: 8443,
      bindAddresses: ["127.0.0.1"],
    });
    const text = nginxConfig({ endpoints: other, realm: "mlflow-prod" });
    const { exitCode, output } = await nginx.run([
      "bash",
      "-c",
      'printf %s "$0" > /tmp/other.conf && nginx -t -c /tmp/other.conf',
      text,
    ]);
    expect(output).not.toMatch(/\[(warn|emerg|alert|error)\]/);
    expect(exitCode, output).toBe(0);
  });
});

describe("the served certificate", () => {
  it("is a temporary one before there is another", async () => {
    expect(await name()).toBe("temporary certificate");
  });

  it("is taken over when the job publishes it, without a reload", async () => {
    const workers = (await nginx.run(["pgrep", "-f", "nginx: worker"])).output;
    await script(publish("1", pair("first")));
    await until(async () => (await name()) === "first", 10_000);
    await until(
      async () => /certificate [0-9A-F]+ of CN=first is now served, until \d{4}-/.test(await nginx.log()),
      10_000,
    );
    expect((await nginx.run(["pgrep", "-f", "nginx: worker"])).output).toBe(workers);
  });

  it("goes on when half a pair is published, a foreign key, or nonsense; each is told once", async () => {
    await refusal("no whole certificate", publish("2", `${pair("second")}; truncate -s 200 fullchain.pem`));
    expect(await name()).toBe("first");
    await refusal(
      "belongs to another",
      publish("3", `${pair("third")}; cp fullchain.pem x; ${pair("y")}; mv x fullchain.pem`),
    );
    expect(await name()).toBe("first");
    await refusal("no whole key", publish("4", `${pair("fourth")}; echo nonsense > privkey.pem`));
    await refusal("cannot be read", publish("5", `${pair("fifth")}; rm privkey.pem`));
    expect(await name()).toBe("first");
    const refusals = (await nginx.log()).match(/refused the certificate/g);
    expect(refusals).toHaveLength(4);
  });

  it("is the last whole one after a restart, though the newest is nonsense", async () => {
    await nginx.restart();
    expect(await name()).toBe("first");
  });

  it("changes to the next whole one", async () => {
    await script(publish("6", pair("sixth")));
    await until(async () => (await name()) === "sixth", 10_000);
  });

  it("is never a mixture while releases follow each other as fast as they can be made", async () => {
    await script(`${publish("7", pair("seventh"))}; ${publish("8", pair("eighth"))}`);
    await until(async () => (await name()) === "eighth", 10_000);
    const swapping = nginx.run(
      [
        "bash",
        "-c",
        "cd /certificates; for ((i = 0; i < 400; i++)); do ln -sfn releases/$((7 + i % 2)) next && mv -T next current; sleep 0.02; done",
      ],
      JOB,
    );
    const during = { ended: false };
    void swapping.finally(() => (during.ended = true));
    const seen = new Set<string>();
    while (!during.ended) seen.add(await name());
    expect((await swapping).exitCode).toBe(0);
    expect([...seen].filter((who) => who !== "seventh" && who !== "eighth")).toEqual([]);
  }, 60_000);
});

describe("names", () => {
  it.each(SITES)("%s gets a handshake", async (site) => {
    expect(await served(endpoints.sites[site].host)).toBeDefined();
  });

  it.each(["evil.example", "team.duckdns.org", undefined])("%s gets none", async (host) => {
    expect(await served(host ?? "")).toBeUndefined();
  });

  it("lead from http to https, and closes on unknown ones", async () => {
    const port = "mlflow";
    expect(HTTP_LISTEN).toBe(8080);
    for (const site of SITES) {
      const { host, url } = endpoints.sites[site];
      const moved = await nginx.ask(port, "/a?b=c", { host });
      expect([moved?.status, moved?.headers.location]).toEqual([308, `${url}/a?b=c`]);
    }
    expect(await nginx.ask(port, "/", { host: "evil.example" })).toBeUndefined();
  });

  it("answer challenges of a CA, and show nothing else of the volume", async () => {
    await script(
      "mkdir -p challenges/.well-known/acme-challenge && echo -n key-of-token > challenges/.well-known/acme-challenge/token",
    );
    const answer = await nginx.ask("mlflow", "/.well-known/acme-challenge/token", { host: HOST });
    expect([answer?.status, answer?.body]).toEqual([200, "key-of-token"]);
    for (const path of [
      "/.well-known/acme-challenge/../../../current/privkey.pem",
      "/.well-known/acme-challenge/%2e%2e/%2e%2e/status.json",
      "/current/privkey.pem",
    ]) {
      const answered = await nginx.ask("mlflow", path, { host: HOST });
      expect(answered?.body ?? "", path).not.toContain("PRIVATE KEY");
      expect([308, 400, 404], path).toContain(answered?.status);
    }
  });
});
