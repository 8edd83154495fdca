import type Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../cli/bootstrap";
import { expectStatus, http } from "../../cli/smoke/http";
import { MlflowApi } from "../../cli/smoke/mlflow";
import { webIdentityKeys } from "../../cli/smoke/objects";
import { clientTokens } from "../../cli/smoke/tokens";
import { realmName, sessionCookieName } from "../../lib/names";
import { containers, leftovers } from "../helpers/engine";
import { Environment } from "../helpers/environment";
import { secretsOf } from "../helpers/secretsOf";
import { sandbox, twoTeams } from "../helpers/stackFile";
import { keepVisiting } from "../helpers/visits";

const MINUTES = 60_000;
const place = sandbox();

/** Without certificates, and by https below a domain; the same people and teams in both. */
let plain: Environment;
let secure: Environment;

const ADMIN = [
  ...["--admin-username", "ada", "--admin-email", "ada@example.com"],
  ...["--admin-first-name", "Ada", "--admin-last-name", "Admin"],
];
const PLAIN = ["--ingress", "http", "--port-base", "9660", "--protect-data", "false", ...ADMIN];
const SECURE = [
  ...["--ingress", "self-signed", "--domain", "neighbour2.mlflow.test", "--bind-address", "127.0.0.1"],
  ...["--http-port", "9694", "--https-port", "9695", "--port-base", "9680", "--protect-data", "false"],
  ...ADMIN,
];

/** What the engine has of an environment, by kind. */
async function onEngine(stack: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = (await containers(stack)).map(({ inspected }) => inspected as Docker.ContainerInspectInfo);
  const bindings = found.flatMap(({ HostConfig }) =>
    Object.values((HostConfig.PortBindings ?? {}) as Docker.PortMap).flat(),
  );
  return {
    containers: found.map(({ Name }) => Name),
    // What was never started, as the containers that carry files, has a network's name and not yet its id.
    networks: found.flatMap(({ NetworkSettings }) =>
      Object.values(NetworkSettings.Networks).flatMap(({ NetworkID }) => NetworkID || []),
    ),
    volumes: found.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? [])),
    ports: bindings.flatMap(({ HostPort }) => HostPort ?? []),
  };
}

/** Cookies of somebody who goes to sign in, up to the form for the password: name and path. */
async function cookies({ outputs, reach }: Environment): Promise<string[]> {
  const set = new Map<string, string>();
  const kept = new Map<string, string>();
  for (let url: string | undefined = `${outputs.urls.mlflow}/login`; url !== undefined;) {
    const jar = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await http(url, { reach, headers: { Cookie: jar } });
    expectStatus(answer, url.split("?")[0] ?? "", [200, 302, 303, 307]);
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      kept.set(name, value);
      const path = /; *path=([^;]*)/i.exec(cookie)?.[1] ?? "/";
      set.set(`${name} ${path}`, value);
    }
    const next = answer.headers.get("location");
    url = next === null ? undefined : new URL(next, url).href;
  }
  return [...set.keys()];
}

function account({ outputs }: Environment): { readonly clientId: string; readonly clientSecret: string } {
  const found = outputs.credentials.serviceAccounts["vision-ci"];
  if (found === undefined) throw new Error("there is no service account vision-ci");
  return found;
}

/** Tokens of the team's service account. */
function tokens(environment: Environment): () => Promise<string> {
  const { outputs, reach } = environment;
  return clientTokens(outputs.oidc.issuer, account(environment), { reach });
}

/** What an environment's MLflow answers to a token. */
async function statusFor({ outputs, reach }: Environment, token: () => Promise<string>): Promise<number> {
  const api = new MlflowApi(outputs.urls.mlflow, token, "vision", { reach });
  return (await api.call("/api/2.0/mlflow/experiments/search", { query: { max_results: "1" } })).status;
}

function common<T>(one: readonly T[], other: readonly T[]): T[] {
  return one.filter((item) => other.includes(item));
}

describe("two environments of one clone on one engine", () => {
  beforeAll(async () => {
    Object.assign(process.env, place.env);
    const toolchain = await bootstrap({ reporter: silentReporter() });
    plain = new Environment("neighbour", place, toolchain);
    secure = new Environment("neighbour2", place, toolchain);
    await plain.create(...PLAIN);
    await secure.create(...SECURE);
    const { users, teams } = twoTeams(0);
    for (const environment of [plain, secure]) {
      environment.edit({ users, teams });
      // What a run that was killed before may have left.
      await environment.remove();
    }
  }, 10 * MINUTES);
  afterAll(async () => {
    await plain.remove();
    await secure.remove();
    place.remove();
  }, 10 * MINUTES);

  it(
    "come up beside each other",
    async () => {
      // Not at once: two that start need all of a small machine, and are not waited for without end.
      await plain.up();
      await secure.up();
      expect([plain, secure].map(({ outputs }) => outputs.certificates.mode)).toEqual([
        "http",
        "self-signed",
      ]);
    },
    20 * MINUTES,
  );

  it(
    "do their job at the same time",
    async () => {
      for (const printed of await Promise.all([plain.smoke(), secure.smoke()])) {
        expect(printed).not.toContain("✗");
      }
    },
    15 * MINUTES,
  );

  it("share nothing on the engine", async () => {
    const [one, other] = await Promise.all([onEngine(plain.name), onEngine(secure.name)]);
    for (const [kind, names] of Object.entries(one)) {
      const others = other[kind] ?? [];
      expect([names.length > 0, others.length > 0], kind).toEqual([true, true]);
      expect(common(names, others), kind).toEqual([]);
    }
  });

  it("share no cookie: one browser may be signed in to both", async () => {
    const [one, other] = await Promise.all([cookies(plain), cookies(secure)]);
    expect(one).toContain(`${sessionCookieName(plain.name)} /`);
    expect(other).toContain(`${sessionCookieName(secure.name)} /`);
    expect(one.some((cookie) => cookie.includes(realmName(plain.name)))).toBe(true);
    expect(common(one, other)).toEqual([]);
  });

  it("share no realm and no secret", () => {
    expect(plain.outputs.oidc.realm).toBe(realmName(plain.name));
    expect(secure.outputs.oidc.realm).toBe(realmName(secure.name));
    const [one, other] = [secretsOf(plain.outputs), secretsOf(secure.outputs)];
    // Keycloak's administrator, three people, two service accounts, provisioner, two roots.
    expect([new Set(one).size, new Set(other).size]).toEqual([9, 9]);
    expect(common(one, other)).toEqual([]);
  });

  it("keep states of their own, which do not know each other", async () => {
    const [one, other] = await Promise.all([plain.exported(), secure.exported()]);
    expect(one).toContain("urn:pulumi:neighbour::");
    expect(other).toContain("urn:pulumi:neighbour2::");
    expect(one).not.toContain("neighbour2");
    expect(other.match(/neighbour(?!2)/g)).toBeNull();
  });

  it("refuse each other's service accounts and tokens, though they are called alike", async () => {
    for (const [own, foreign] of [
      [plain, secure],
      [secure, plain],
    ] as const) {
      expect(await statusFor(own, tokens(own))).toBe(200);
      expect(await statusFor(own, tokens(foreign))).toBe(401);
      const { urls, oidc } = own.outputs;
      const caller = { reach: own.reach };
      const borrowed = clientTokens(oidc.issuer, account(foreign), caller);
      await expect(borrowed()).rejects.toThrow("got 401");
      expect((await webIdentityKeys(urls.s3, await tokens(own)(), caller)).sessionToken).toBeTruthy();
      await expect(webIdentityKeys(urls.s3, await tokens(foreign)(), caller)).rejects.toThrow(/got 40[013]/);
    }
  });

  it(
    "let one go while the other serves every request",
    async () => {
      const { outputs, reach } = secure;
      const { urls, oidc } = outputs;
      const token = tokens(secure);
      const page = (url: string) => async (): Promise<void> =>
        expectStatus(await http(url, { reach }), url, [200]);
      const stop = keepVisiting([
        async () => expect(await statusFor(secure, token)).toBe(200),
        page(`${oidc.issuer}/.well-known/openid-configuration`),
        page(`${urls.s3}/minio/health/live`),
        page(`${urls.console}/`),
      ]);
      const printed = await plain.remove();
      const { rounds, failure } = await stop();
      expect(printed).toContain("✓ Stack neighbour is gone");
      expect(await leftovers(plain.name)).toEqual([]);
      console.log(`${rounds} rounds of 4 requests while ${plain.name} was removed`);
      expect(failure).toBeUndefined();
      expect(rounds).toBeGreaterThan(10);
    },
    10 * MINUTES,
  );

  it(
    "leave the other as it was: it does its job, and there is nothing to change",
    async () => {
      expect(await secure.smoke()).not.toContain("✗");
      expect(await secure.run("preview")).toContain("No changes");
      expect(await secure.run("preview", "--refresh")).toContain("No changes");
    },
    15 * MINUTES,
  );
});
