import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Cleanup } from "../../../cli/smoke/cleanup";
import { http } from "../../../cli/smoke/http";
import { KeycloakAdmin } from "../../../cli/smoke/keycloak";
import { PYTHONS, PythonMachine, type PythonName, removePythonMachines } from "../../helpers/client/python";
import { Person } from "../../helpers/matrix/identities/people";
import { smokeContext } from "../../helpers/smokeContext";
import { LANGUAGE, type GetScene, MINUTES, VISION } from "./scene";

const ACCOUNT = "vision-ci";
/** Where the command that signs in writes while it waits for the browser. */
const LOGIN = "/tmp/login.log";

/** What a training does: a run with an artifact through MLflow, and one in the team's bucket by keys of its own. */
const TRAIN = `
import json, os, sys
import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

with open("/tmp/artifact.txt", "w") as file:
    file.write("from the client")
mlflow.set_experiment(sys.argv[1])
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 0.5)
    mlflow.log_artifact("/tmp/artifact.txt")
path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="artifact.txt", dst_path="/tmp/back")
bucket = get_artifact_repository(f"s3://mlflow-vision/{sys.argv[1]}")
bucket.log_artifact("/tmp/artifact.txt")
print(json.dumps({
    "user": mlflow.get_run(run.info.run_id).info.user_id,
    "team": os.environ["MLFLOW_WORKSPACE"],
    "back": open(path).read(),
    "listed": [found.path for found in bucket.list_artifacts()],
}))
`;

const trainedSchema = z.object({
  user: z.string(),
  team: z.string(),
  back: z.string(),
  listed: z.array(z.string()),
});
const whoamiSchema = z.looseObject({ username: z.string(), team: z.string(), teams: z.array(z.string()) });
const sessionSchema = z.looseObject({ refresh_token: z.string() });

/** The client package against a real platform, on each Python and MLflow that it supports. */
export function client(scene: GetScene): void {
  describe.each(Object.keys(PYTHONS) as PythonName[])("the client package on %s", (name) => {
    const cleanup = new Cleanup();
    const experiment = `client-${name.toLowerCase()}-${Date.now().toString(36)}`;
    let machine: PythonMachine;
    let keycloak: KeycloakAdmin;
    let member: Person;

    const address = (): string => scene().stack.outputs.urls.mlflow;
    const auth = (): string[] => [
      `MLFLOW_TRACKING_URI=${address()}`,
      "MLFLOW_TRACKING_AUTH=mlflow-platform",
      "HOME=/home/tester",
    ];
    const account = (secret = accountSecret()): string[] => [
      ...auth(),
      `MLFLOW_PLATFORM_CLIENT_ID=${ACCOUNT}`,
      `MLFLOW_PLATFORM_CLIENT_SECRET=${secret}`,
    ];
    const accountSecret = (): string =>
      scene().stack.outputs.credentials.serviceAccounts[ACCOUNT]?.clientSecret ?? "";
    const train = async (env: readonly string[]): Promise<z.output<typeof trainedSchema>> =>
      trainedSchema.parse(
        JSON.parse(
          (await machine.succeeds(`python -W ignore /tmp/train.py ${experiment} | tail -n 1`, env)).trim(),
        ),
      );

    beforeAll(async () => {
      await removePythonMachines();
      const { outputs } = scene().stack;
      keycloak = new KeycloakAdmin(outputs);
      const context = smokeContext(outputs, cleanup, `${name.toLowerCase()}-${Date.now().toString(36)}`);
      member = await Person.make(context, keycloak, "client", [VISION.name, "mlflow-users"]);
      machine = await PythonMachine.open(name, "host");
      await machine.succeeds("cd /src/client && pip install -q --no-index --no-deps --no-build-isolation .");
      await machine.succeeds(`cat > /tmp/train.py <<'PYTHON'\n${TRAIN}\nPYTHON`);
    }, 15 * MINUTES);

    afterAll(async () => {
      await machine.close();
      await cleanup.run();
      await keycloak.close();
    }, MINUTES);

    it(
      "logs a run for a service account that knows the address and its secret, and no more",
      async () => {
        expect(await train(account())).toEqual({
          user: `service-account-${ACCOUNT}`,
          team: VISION.name,
          back: "from the client",
          listed: ["artifact.txt"],
        });
      },
      2 * MINUTES,
    );

    it(
      "says that a secret is wrong, and that a team is another's",
      async () => {
        const wrong = await machine.run("mlflow-platform whoami", account("wrong"));
        expect(wrong.exitCode).toBe(1);
        expect(wrong.stderr).toContain(
          `does not accept this client secret of the service account ${ACCOUNT}`,
        );
        const foreign = await machine.run(`python -W ignore /tmp/train.py ${experiment}`, [
          ...account(),
          `MLFLOW_WORKSPACE=${LANGUAGE.name}`,
        ]);
        expect(foreign.exitCode).not.toBe(0);
        expect(foreign.stderr).toContain("You are not in the team language; your teams: vision");
      },
      MINUTES,
    );

    it(
      "signs a person in by device code, logs a run under their name, and signs them out at Keycloak",
      async () => {
        await signIn();
        const who = whoamiSchema.parse(
          JSON.parse(await machine.succeeds("mlflow-platform whoami --json", auth())),
        );
        expect(who).toMatchObject({ username: member.username, team: VISION.name, teams: [VISION.name] });
        expect(await train(auth())).toMatchObject({ user: member.username, back: "from the client" });
        const kept = sessionSchema.parse(
          JSON.parse(await machine.succeeds("cat ~/.config/mlflow-platform/login-*.json", auth())),
        );
        expect(await machine.succeeds("mlflow-platform logout", auth())).toBe(
          `Signed out at ${address()}.\n`,
        );
        const { oidc } = scene().stack.outputs;
        const again = await http(`${oidc.issuer}/protocol/openid-connect/token`, {
          method: "POST",
          form: {
            grant_type: "refresh_token",
            client_id: oidc.cliClientId,
            refresh_token: kept.refresh_token,
          },
        });
        expect([again.status, again.text]).toEqual([400, expect.stringContaining("invalid_grant")]);
      },
      3 * MINUTES,
    );

    it(
      "tells a person whose account is disabled so, within a minute",
      async () => {
        await signIn();
        await member.disable();
        const told = async (): Promise<string> =>
          (await machine.run("mlflow-platform whoami", auth())).stderr;
        await expect
          .poll(told, { timeout: MINUTES, interval: 2000 })
          .toMatch(
            /^Error: (Your account is disabled at Keycloak|Your sign-in at \S+ has expired or was revoked)\./,
          );
      },
      3 * MINUTES,
    );

    /** Runs the command as a person does, and agrees in the person's browser. */
    async function signIn(): Promise<void> {
      const command = `mlflow-platform login --no-browser > ${LOGIN} 2>&1; echo "ended with $?" >> ${LOGIN}`;
      const ended = machine.run(command, [...auth(), "PYTHONUNBUFFERED=1"]);
      const page = async (): Promise<string> =>
        /^Open\s+(\S+)/m.exec((await machine.run(`cat ${LOGIN}`)).stdout)?.[1] ?? "";
      await expect.poll(page, { timeout: MINUTES, interval: 250 }).not.toBe("");
      await member.approve(await page());
      await ended;
      expect(await machine.succeeds(`cat ${LOGIN}; rm ${LOGIN}`)).toContain("ended with 0");
    }
  });
}
