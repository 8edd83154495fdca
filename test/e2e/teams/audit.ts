import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type AuditEvent, parseEvent } from "../../../cli/audit/event";
import { fillSignIn, openWindow, visit } from "../../../cli/smoke/browser";
import { Cleanup } from "../../../cli/smoke/cleanup";
import type { SmokeContext } from "../../../cli/smoke/context";
import { expectStatus, http } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { type S3Keys, s3Client, webIdentityKeys } from "../../../cli/smoke/objects";
import { newRunId } from "../../../cli/smoke/names";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { clientTokens } from "../../../cli/smoke/tokens";
import { objectName } from "../../../lib/names";
import { execIn } from "../../helpers/containers";
import { Person } from "../../helpers/matrix/identities/people";
import { until } from "../../helpers/until";
import { smokeContext } from "../../helpers/smokeContext";
import { type GetScene, LANGUAGE, MINUTES, VISION } from "./scene";

const ACCOUNT = "vision-ci";
/** Keycloak is asked every 5 s, and its events have to be stored first. */
const ARRIVES = 30_000;

type Known = Partial<Record<keyof AuditEvent, unknown>>;

/** Everything that people and programs do stands in one stream, under the name that they have in Keycloak. */
export function audit(scene: GetScene): void {
  describe("the audit stream", () => {
    const cleanup = new Cleanup();
    /** What must be in no event. */
    const secrets = new Map<string, string>();
    /** Set when this part begins: others have used the same accounts before. */
    let began: Date;
    let outputs: StackOutputs;
    let keycloak: KeycloakAdmin;
    let context: SmokeContext;
    let person: Person;
    let service: Docker.Container;
    let token: string;

    const stream = async (): Promise<AuditEvent[]> => {
      const text = await scene().stack.succeeds("audit", "--json", "--since", began.toISOString());
      return text.split("\n").flatMap((line) => parseEvent(line) ?? []);
    };
    const found = (events: readonly AuditEvent[], known: Known): AuditEvent[] =>
      events.filter((event) =>
        Object.entries(known).every(([key, value]) => event[key as keyof AuditEvent] === value),
      );
    /** Waits for an event. @returns the first such */
    const told = async (known: Known): Promise<AuditEvent> => {
      let events: AuditEvent[] = [];
      await until(async () => (events = found(await stream(), known)).length > 0, ARRIVES);
      const [first] = events;
      if (first === undefined) throw new Error(`nothing tells of ${JSON.stringify(known)}`);
      return first;
    };
    const tokenOf = async (clientId: string): Promise<string> => {
      const account = outputs.credentials.serviceAccounts[clientId];
      if (account === undefined) throw new Error(`there is no service account ${clientId}`);
      secrets.set(`secret of ${clientId}`, account.clientSecret);
      const given = await clientTokens(outputs.oidc.issuer, account)();
      secrets.set(`token of ${clientId}`, given.slice(-40));
      return given;
    };
    const keysOf = async (bearer: string): Promise<S3Keys> => {
      const keys = await webIdentityKeys(outputs.s3.endpoint, bearer);
      secrets.set("secret key", keys.secretKey).set("session token", keys.sessionToken?.slice(-40) ?? "");
      return keys;
    };
    const put = async (keys: S3Keys, bucket: string, key: string): Promise<string> => {
      const client = s3Client(outputs.s3.endpoint, outputs.s3.region, keys);
      try {
        await client.putObject(bucket, key, "audited");
        return "stored";
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
    };

    beforeAll(async () => {
      began = new Date();
      ({ outputs } = scene().stack);
      keycloak = new KeycloakAdmin(outputs);
      context = smokeContext(outputs, cleanup, newRunId());
      service = new Docker().getContainer(objectName(outputs.settings.stack, "audit"));
      person = await Person.make(context, keycloak, "audit", [VISION.name, "mlflow-users"]);
      secrets.set("password", person.password);
      token = await tokenOf(ACCOUNT);
    }, 2 * MINUTES);

    afterAll(async () => {
      // A test that failed may have left it so.
      if (!(await service.inspect()).State.Running) await service.start();
      await cleanup.run();
      await keycloak.close();
    }, MINUTES);

    it(
      "names who signs in, with browser and terminal, and whom Keycloak refuses",
      async () => {
        const wrong = `${randomUUID()}-wrong`;
        secrets.set("wrong password", wrong);
        const window = await openWindow(context);
        await visit(window, `${outputs.urls.mlflow}/login`);
        await fillSignIn(window, outputs.oidc.issuer, person.username, wrong);
        await person.signIn();
        const { access_token: bearer } = await person.token();
        secrets.set("person's token", bearer.slice(-40));

        const refused = await told({ event: "login.refused", actor: person.username, source: "keycloak" });
        expect(refused).toMatchObject({ status: "refused", client: "mlflow" });
        expect(refused.detail).toMatchObject({ error: "invalid_user_credentials" });
        const login = await told({ event: "login", actor: person.username, source: "keycloak" });
        expect(login.subject).toBe((await keycloak.findUser(person.username))?.id);
        await until(async () => {
          const tokens = found(await stream(), { event: "token", subject: login.subject });
          const grants = tokens.map(({ detail }) => detail["grant"]);
          return (
            grants.includes("authorization_code") && grants.some((grant) => String(grant).includes("device"))
          );
        }, ARRIVES);
      },
      2 * MINUTES,
    );

    it(
      "keeps no name that nobody has, since people type passwords there",
      async () => {
        const typed = `typed-${randomUUID()}`;
        secrets.set("name that nobody has", typed);
        const window = await openWindow(context);
        await visit(window, `${outputs.urls.mlflow}/login`);
        await fillSignIn(window, outputs.oidc.issuer, typed, typed);
        await until(
          async () =>
            found(await stream(), { event: "login.refused", source: "keycloak" }).some(
              ({ detail }) => detail["error"] === "user_not_found",
            ),
          ARRIVES,
        );
      },
      MINUTES,
    );

    it(
      "tells of a client's token, and of the one that was refused",
      async () => {
        const wrong = `${randomUUID()}-wrong`;
        secrets.set("wrong secret", wrong);
        const form = { grant_type: "client_credentials", client_id: ACCOUNT, client_secret: wrong };
        const answer = await http(`${outputs.oidc.issuer}/protocol/openid-connect/token`, {
          method: "POST",
          form,
        });
        expectStatus(answer, "a wrong secret", [401]);
        expect(await told({ event: "token.refused", client: ACCOUNT })).toMatchObject({ status: "refused" });
        const given = await told({ event: "token", actor: `service-account-${ACCOUNT}` });
        expect(given).toMatchObject({ client: ACCOUNT, detail: { grant: "client_credentials" } });
      },
      MINUTES,
    );

    it(
      "joins each write to the bucket, and each refusal, to the Keycloak user of the credentials",
      async () => {
        const keys = await keysOf(token);
        const key = `audit/${context.id}`;
        expect(await put(keys, `mlflow-${VISION.name}`, key)).toBe("stored");
        expect(await put(keys, `mlflow-${LANGUAGE.name}`, key)).toBe("AccessDenied");

        const { subject } = await told({ event: "token", actor: `service-account-${ACCOUNT}` });
        const user = { actor: `service-account-${ACCOUNT}`, subject, client: ACCOUNT };
        const given = await told({ ...user, event: "s3.credentials" });
        expect(given.detail["accessKey"]).toBe(keys.accessKey);
        const write = await told({ ...user, event: "write", target: `mlflow-${VISION.name}/${key}` });
        expect(write).toMatchObject({ workspace: VISION.name, status: "success" });
        // The key ties it to the very token that the credentials were given for.
        expect(write.detail["accessKey"]).toBe(keys.accessKey);
        const denied = await told({ ...user, event: "refused", target: `mlflow-${LANGUAGE.name}/${key}` });
        expect(denied).toMatchObject({ workspace: LANGUAGE.name, status: "refused" });
        expect(denied.ip).toMatch(/^[\da-f.:]+$/);
      },
      MINUTES,
    );

    it(
      "believes no name in a token that MinIO has refused",
      async () => {
        const forged = `${token.slice(0, -6)}AAAAAA`;
        const form = { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", WebIdentityToken: forged };
        const answer = await http(outputs.s3.endpoint, { method: "POST", form });
        expect(answer.status).toBe(400);
        const event = await told({ event: "s3.credentials", status: "refused" });
        expect([event.actor, event.subject]).toEqual([null, null]);
      },
      MINUTES,
    );

    it(
      "joins what is written to MLflow to the user, and what MLflow refuses",
      async () => {
        const create = async (workspace: string): Promise<number> => {
          const answer = await http(`${outputs.urls.mlflow}/api/2.0/mlflow/experiments/create`, {
            method: "POST",
            headers: { Authorization: `Bearer ${token}`, "X-MLFLOW-WORKSPACE": workspace },
            json: { name: `audit-${context.id}` },
          });
          return answer.status;
        };
        expect(await create(VISION.name)).toBe(200);
        expect(await create(LANGUAGE.name)).toBe(403);
        const user = { source: "mlflow", actor: `service-account-${ACCOUNT}` };
        expect(await told({ ...user, event: "write", workspace: VISION.name })).toMatchObject({
          status: "success",
        });
        expect(await told({ ...user, event: "refused" })).toMatchObject({ status: "refused" });
      },
      MINUTES,
    );

    it(
      "tells of a personal token, and not the token",
      async () => {
        const { access_token: bearer } = await person.token();
        const answer = await http(`${outputs.urls.mlflow}/api/2.0/mlflow/users/current/tokens`, {
          method: "POST",
          headers: { Authorization: `Bearer ${bearer}` },
          json: { name: "notebook", expiration: new Date(Date.now() + 3_600_000).toISOString() },
        });
        expectStatus(answer, "a personal access token", [200, 201]);
        const { token: personal } = z.looseObject({ token: z.string() }).parse(JSON.parse(answer.text));
        secrets.set("personal token", personal);
        const made = { source: "mlflow", event: "account.token_create", actor: person.username };
        expect(await told(made)).toMatchObject({ status: "success" });
      },
      MINUTES,
    );

    it(
      "misses nothing and doubles nothing while its service is away, and nobody waits for it",
      async () => {
        await service.stop();
        const keys = await keysOf(await tokenOf(ACCOUNT));
        const key = `audit/${context.id}-away`;
        expect(await put(keys, `mlflow-${VISION.name}`, key)).toBe("stored");
        // Read by a container that is there for just that.
        const stopped = await stream();
        expect(found(stopped, { event: "audit.stopped" })).not.toEqual([]);
        expect(found(stopped, { target: `mlflow-${VISION.name}/${key}` })).toEqual([]);

        await service.start();
        await told({ event: "write", target: `mlflow-${VISION.name}/${key}` });
        await until(
          async () =>
            found(await stream(), { event: "token", client: ACCOUNT }).length >
            found(stopped, { event: "token", client: ACCOUNT }).length,
          ARRIVES,
        );
        const events = await stream();
        expect(found(events, { event: "write", target: `mlflow-${VISION.name}/${key}` })).toHaveLength(1);
        const ids = found(events, { source: "keycloak" }).map(({ detail }) => detail["id"]);
        expect(new Set(ids).size).toBe(ids.length);
      },
      2 * MINUTES,
    );

    it("holds no secret, and nothing that was no event", async () => {
      const events = await stream();
      expect(events.length).toBeGreaterThan(10);
      expect(found(events, { event: "malformed" })).toEqual([]);
      const text = JSON.stringify(events);
      expect(secrets.size).toBeGreaterThan(8);
      expect([...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
      expect(text).not.toMatch(/eyJ[\w-]{10,}\.|X-Amz-Signature/);
    });

    it("can be read by its service only, and takes nothing for MinIO from others", async () => {
      const name = objectName(outputs.settings.stack, "audit");
      const { stdout } = await execIn(name, ["stat", "-c", "%a %U", "/var/lib/audit"]);
      expect(stdout.trim()).toBe("700 audit");
      const { stdout: answer } = await execIn(objectName(outputs.settings.stack, "mlflow"), [
        "bash",
        "-c",
        'exec 3<>/dev/tcp/audit/8091; printf "POST /minio HTTP/1.0\\r\\nContent-Length: 2\\r\\n\\r\\n{}" >&3; head -1 <&3',
      ]);
      expect(answer).toContain(" 403 ");
    });
  });
}
