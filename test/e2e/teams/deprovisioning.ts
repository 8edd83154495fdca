import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Cleanup } from "../../../cli/smoke/cleanup";
import type { SmokeContext } from "../../../cli/smoke/context";
import { expectStatus, http, jsonOf } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { listObjects, s3Client, webIdentityKeys } from "../../../cli/smoke/objects";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { clientTokens } from "../../../cli/smoke/tokens";
import { objectName } from "../../../lib/names";
import { logsOf } from "../../helpers/containers";
import { Person } from "../../helpers/matrix/identities/people";
import { until } from "../../helpers/until";
import { smokeContext } from "../../helpers/smokeContext";
import { type GetScene, LANGUAGE, MINUTES, VISION } from "./scene";

/** What the platform promises. */
const PROMISED = 60_000;
const OPEN = "open";
const GATE = "mlflow-users";

const workspacesSchema = z.object({ workspaces: z.array(z.object({ name: z.string() })).default([]) });
const patSchema = z.looseObject({ token: z.string() });
const clientSchema = z.array(z.looseObject({ id: z.string(), enabled: z.boolean() })).length(1);

/** One way in, with credentials that it was given once; `open`, or how it is refused. */
type Way = () => Promise<string>;
type Ways = Readonly<Record<string, Way>>;

/** MLflow by a header; with a workspace, whether that one is there. */
function byHeader(outputs: StackOutputs, authorization: string, workspace?: string): Way {
  return async () => {
    const answer = await http(`${outputs.urls.mlflow}/api/3.0/mlflow/workspaces`, {
      headers: { Authorization: authorization },
    });
    if (answer.status !== 200) return String(answer.status);
    if (workspace === undefined) return OPEN;
    const { workspaces } = workspacesSchema.parse(JSON.parse(answer.text));
    return workspaces.some(({ name }) => name === workspace) ? OPEN : "no workspace";
  };
}

function bySession({ page }: Person, { urls }: StackOutputs): Way {
  return async () => {
    const url = `${urls.mlflow}/ajax-api/3.0/mlflow/workspaces`;
    const status = (await page.request.get(url, { maxRedirects: 0 })).status();
    return status === 200 ? OPEN : String(status);
  };
}

/** A bucket, by temporary keys that are fetched now. */
async function byKeys(outputs: StackOutputs, token: string, team: string): Promise<Way> {
  const keys = await webIdentityKeys(outputs.s3.endpoint, token);
  const client = s3Client(outputs.s3.endpoint, outputs.s3.region, keys);
  return async () => {
    try {
      await listObjects(client, { bucket: `mlflow-${team}`, prefix: "" });
      return OPEN;
    } catch (error) {
      return String((error as { code?: unknown }).code);
    }
  };
}

/** How each way is. */
async function how(ways: Ways): Promise<Record<string, string>> {
  const answers = await Promise.all(
    Object.entries(ways).map(async ([name, way]) => [name, await way()] as const),
  );
  return Object.fromEntries(answers);
}

const all = (ways: Ways, word: string): Record<string, string> =>
  Object.fromEntries(Object.keys(ways).map((name) => [name, word]));

/** Waits until every way is as wanted, and says how long that took. */
async function within(what: string, ways: Ways, wanted: (answer: string) => boolean): Promise<void> {
  const began = Date.now();
  const took = new Map<string, number>();
  await until(async () => {
    for (const [name, answer] of Object.entries(await how(ways))) {
      if (!wanted(answer)) took.delete(name);
      else if (!took.has(name)) took.set(name, Date.now() - began);
    }
    return took.size === Object.keys(ways).length;
  }, PROMISED);
  const seconds = [...took].map(([name, time]) => `${name} ${(time / 1000).toFixed(1)} s`);
  console.log(`${what}: ${seconds.join(", ")}`);
}

const refused = (answer: string): boolean => answer !== OPEN;
const open = (answer: string): boolean => answer === OPEN;

/** Whoever is disabled, deleted or leaves a team in Keycloak loses what follows from it, within a minute. */
export function deprovisioning(scene: GetScene): void {
  describe("what Keycloak takes away", () => {
    const cleanup = new Cleanup();
    let outputs: StackOutputs;
    let keycloak: KeycloakAdmin;
    let context: SmokeContext;

    beforeAll(() => {
      ({ outputs } = scene().stack);
      keycloak = new KeycloakAdmin(outputs);
      context = smokeContext(outputs, cleanup);
    });

    afterAll(async () => {
      await cleanup.run();
      await keycloak.close();
    });

    const idOf = async (person: Person): Promise<string> => {
      const user = await keycloak.findUser(person.username);
      if (user === undefined) throw new Error(`Keycloak does not know ${person.username}`);
      return user.id;
    };
    const enable = async (person: Person, enabled: boolean): Promise<void> => {
      const answer = await keycloak.call(`/users/${await idOf(person)}`, {
        method: "PUT",
        json: { enabled },
      });
      expectStatus(answer, `changing ${person.username}`, [204]);
    };
    const patOf = async (person: Person): Promise<string> => {
      const { access_token: token } = await person.token();
      const answer = await http(`${outputs.urls.mlflow}/api/2.0/mlflow/users/current/tokens`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        json: { name: randomUUID(), expiration: new Date(Date.now() + 24 * 3_600_000).toISOString() },
      });
      const pat = patSchema.parse(jsonOf(answer, "a personal access token", [200, 201])).token;
      return `Basic ${Buffer.from(`${person.username}:${pat}`).toString("base64")}`;
    };
    /** A person with everything that one can hold. */
    const signedIn = async (role: string, teams: readonly string[]): Promise<[Person, Ways]> => {
      const person = await Person.make(context, keycloak, role, [...teams, GATE]);
      await person.signIn();
      const { access_token: token } = await person.token();
      const ways = {
        session: bySession(person, outputs),
        bearer: byHeader(outputs, `Bearer ${token}`),
        "personal token": byHeader(outputs, await patOf(person)),
        S3: await byKeys(outputs, token, VISION.name),
      };
      expect(await how(ways)).toEqual(all(ways, OPEN));
      return [person, ways];
    };

    it(
      "closes every door to a person who is disabled, and opens them again to new tokens",
      async () => {
        const [person, ways] = await signedIn("disabled", [VISION.name]);
        const { access_token: before } = await person.token();
        await enable(person, false);
        await within("disabled", ways, refused);
        // The token is valid for minutes yet, and the object store gives keys for it: they open nothing.
        expect(await (await byKeys(outputs, before, VISION.name))()).toBe("AccessDenied");
        const log = await logsOf(objectName(outputs.settings.stack, "warden"));
        expect(log).toMatch(new RegExp(`"account.deactivated".*"${person.username}"`));

        await enable(person, true);
        person.forget();
        await person.signIn();
        const { access_token: token } = await person.token();
        const again = {
          bearer: byHeader(outputs, `Bearer ${token}`, VISION.name),
          S3: await byKeys(outputs, token, VISION.name),
        };
        await within("enabled", again, open);
        // Personal tokens are gone for good, as after a theft.
        expect(await ways["personal token"]?.()).toBe("401");
      },
      3 * MINUTES,
    );

    it(
      "closes every door to a person who is deleted",
      async () => {
        const [person, ways] = await signedIn("deleted", [VISION.name]);
        const answer = await keycloak.call(`/users/${await idOf(person)}`, { method: "DELETE" });
        expectStatus(answer, `deleting ${person.username}`, [204]);
        await within("deleted", ways, refused);
      },
      2 * MINUTES,
    );

    it(
      "takes one team away and leaves the other",
      async () => {
        const [person] = await signedIn("leaver", [VISION.name, LANGUAGE.name]);
        const { access_token: token } = await person.token();
        const pat = await patOf(person);
        const left = {
          bearer: byHeader(outputs, `Bearer ${token}`, VISION.name),
          "personal token": byHeader(outputs, pat, VISION.name),
          S3: await byKeys(outputs, token, VISION.name),
        };
        const kept = {
          bearer: byHeader(outputs, `Bearer ${token}`, LANGUAGE.name),
          "personal token": byHeader(outputs, pat, LANGUAGE.name),
        };
        expect(await how({ ...left })).toEqual(all(left, OPEN));
        const groups = jsonOf(
          await keycloak.call("/groups", { query: { search: VISION.name, exact: "true" } }),
          "groups",
        ) as { id: string; name: string }[];
        const group = groups.find(({ name }) => name === VISION.name)?.id ?? "";
        const gone = await keycloak.call(`/users/${await idOf(person)}/groups/${group}`, {
          method: "DELETE",
          json: {},
        });
        expectStatus(gone, `taking ${person.username} out of the team`, [204]);
        await within("left", left, refused);
        expect(await how(kept)).toEqual(all(kept, OPEN));
        // New keys, of the old token too: the other team's bucket, and not this one's.
        expect(await (await byKeys(outputs, token, VISION.name))()).toBe("AccessDenied");
        expect(await (await byKeys(outputs, token, LANGUAGE.name))()).toBe(OPEN);
      },
      2 * MINUTES,
    );

    it(
      "closes every door to a service account whose client is disabled, and opens them again",
      async () => {
        const account = outputs.credentials.serviceAccounts["vision-ci"];
        if (account === undefined) throw new Error("the stack has no service account vision-ci");
        const token = await clientTokens(outputs.oidc.issuer, account)();
        const ways = {
          bearer: byHeader(outputs, `Bearer ${token}`, VISION.name),
          S3: await byKeys(outputs, token, VISION.name),
        };
        expect(await how(ways)).toEqual(all(ways, OPEN));
        const found = await keycloak.call("/clients", { query: { clientId: account.clientId } });
        const [client] = clientSchema.parse(jsonOf(found, "the client"));
        const change = async (enabled: boolean): Promise<void> => {
          const json = { ...client, enabled };
          const answer = await keycloak.call(`/clients/${client?.id ?? ""}`, { method: "PUT", json });
          expectStatus(answer, "changing the client", [204]);
        };
        cleanup.add("client vision-ci", async () => {
          await change(true);
          return undefined;
        });
        await change(false);
        await within("service account disabled", ways, refused);
        await change(true);
        const fresh = await clientTokens(outputs.oidc.issuer, account)();
        const again = {
          bearer: byHeader(outputs, `Bearer ${fresh}`, VISION.name),
          S3: await byKeys(outputs, fresh, VISION.name),
        };
        await within("service account enabled", again, open);
      },
      2 * MINUTES,
    );
  });
}
