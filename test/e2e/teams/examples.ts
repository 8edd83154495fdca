import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fillSignIn, visit } from "../../../cli/smoke/browser";
import { agree } from "../../../cli/smoke/checks/device";
import { makePerson } from "../../../cli/smoke/checks/people";
import { Cleanup } from "../../../cli/smoke/cleanup";
import { expectStatus, jsonOf } from "../../../cli/smoke/http";
import { type MlflowApi, adminApi } from "../../../cli/smoke/mlflow";
import { adminS3 } from "../../../cli/smoke/objects";
import { text } from "node:stream/consumers";
import { documentedCommands, withoutChance } from "../../helpers/workplace/readme";
import { Workplace, removeWorkplaces } from "../../helpers/workplace/workplace";
import { smokeContext } from "../../helpers/smokeContext";
import { type GetScene, MINUTES, VISION } from "./scene";

const ACCOUNT = "vision-ci";
const ACCOUNT_USER = `service-account-${ACCOUNT}`;
const BUCKET = `mlflow-${VISION.name}`;
/** What the person's own command writes to while it waits for the browser. */
const LOGIN_LOG = "/tmp/login.log";
const NO_SECRET = "--team vision, no account";

const runSchema = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: z.string(),
    user_id: z.string(),
    status: z.string(),
    start_time: z.number(),
    artifact_uri: z.string(),
  }),
  data: z.object({
    params: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
    metrics: z
      .array(z.object({ key: z.string(), value: z.number(), step: z.number().default(0) }))
      .default([]),
    tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  }),
});
const versionSchema = z.object({ version: z.string(), status: z.string(), run_id: z.string() });

type Run = z.output<typeof runSchema>;

const valueOf = <T>(entries: readonly { key: string; value: T }[], key: string): T | undefined =>
  entries.find((entry) => entry.key === key)?.value;

/** The examples, run as their README says, on a machine of their own; and what they have left in the platform. */
export function examples(scene: GetScene): void {
  describe("the examples", () => {
    let workplace: Workplace;
    let dotenv: string[];
    let began: number;
    const printed = new Map<string, string>();

    const api = (): MlflowApi => adminApi(scene().stack.outputs, VISION.name);

    beforeAll(async () => {
      await removeWorkplaces();
      workplace = await Workplace.open();
      const { stack } = scene();
      const env = await stack.succeeds("env", "--team", VISION.name, "--account", ACCOUNT);
      const person = await stack.succeeds("env", "--team", VISION.name);
      dotenv = env.trim().split("\n");
      expect(person, NO_SECRET).not.toMatch(/SECRET|CLIENT_ID/);
      await workplace.copyExamples({ ".env": env, "person.env": person });
      began = Date.now();
    }, 10 * MINUTES);

    afterAll(async () => {
      await workplace.close();
    });

    it("are installed where there is no C compiler, from wheels only", async () => {
      const found = await workplace.succeeds(
        "find / -xdev -type f -regextype posix-extended -regex '.*/(cc1|[a-z0-9_-]*(gcc|g\\+\\+|clang|tcc)(-[0-9.]+)?)' 2>/dev/null; " +
          "for name in cc c99 gcc g++ c++ clang tcc ld make; do command -v $name; done; true",
      );
      expect(found).toBe("");
      // The search would find one: Python is where it is looked for.
      expect(await workplace.succeeds("command -v python3")).toContain("python3");
      expect(await workplace.succeeds("pip check")).toContain("No broken requirements");
      expect(await workplace.succeeds("mlflow-platform --version")).toMatch(/^mlflow-platform, version /);
    });

    it.each(documentedCommands())(
      "$command prints what the README says",
      async ({ command, prints }) => {
        // from_dotenv.py is there to do without the shell's help.
        const load = command.includes("dotenv") ? "" : "set -a; . ./.env; set +a; ";
        const output = await workplace.succeeds(`${load}${command}`);
        printed.set(command, output);
        expect(output.split("\n").map(withoutChance)).toEqual(
          expect.arrayContaining(prints.map(withoutChance)),
        );
      },
      3 * MINUTES,
    );

    it("are all of them in the README", () => {
      expect(documentedCommands()).toHaveLength(7);
    });

    it(
      "work in a container that is given the .env file by its engine",
      async () => {
        const before = Date.now();
        await workplace.succeeds("python train.py", dotenv);
        expect((await latestRun("example-script")).info.start_time).toBeGreaterThanOrEqual(before);
      },
      MINUTES,
    );

    it("left the script's run, with its metric, parameters and file", async () => {
      const run = await latestRun("example-script");
      expectOwned(run, ACCOUNT_USER);
      expect(run.data.params).toEqual(
        expect.arrayContaining([
          { key: "layers", value: "3" },
          { key: "learning_rate", value: "0.1" },
        ]),
      );
      expect(valueOf(run.data.metrics, "loss")).toBeCloseTo(Math.exp(-3));
      expect(await artifact(run, "notes.txt")).toBe("Any file can go with a run.\n");
    });

    it("left autolog's run, and its model under an alias", async () => {
      const run = await latestRun("example-autolog");
      expectOwned(run, ACCOUNT_USER);
      expect(valueOf(run.data.params, "logisticregression__C")).toBe("1.0");
      expect(valueOf(run.data.metrics, "training_accuracy_score")).toBeGreaterThan(0.9);
      const answer = await api().call("/api/2.0/mlflow/registered-models/alias", {
        query: { name: "example-wine", alias: "latest-example" },
      });
      const { model_version: version } = z
        .object({ model_version: versionSchema })
        .parse(jsonOf(answer, "the model's version"));
      expect(version).toMatchObject({ status: "READY", run_id: run.info.run_id });
    });

    it("left the notebook's three runs, the best one with a figure", async () => {
      const runs = (await runsOf("example-notebook")).filter(({ info }) => info.start_time >= began);
      expect(runs.map(({ info }) => info.run_name).sort()).toEqual(["C=0.01", "C=0.1", "C=1.0"]);
      for (const run of runs) {
        expectOwned(run, ACCOUNT_USER);
        expect(valueOf(run.data.metrics, "test_accuracy")).toBeGreaterThan(0.9);
      }
      const figures = await Promise.all(runs.map((run) => artifact(run, "accuracy.png")));
      const drawn = figures.filter((figure) => figure?.slice(1, 4) === "PNG");
      expect(drawn).toHaveLength(1);
    });

    it("left the runs by .env and by REST", async () => {
      const { info, data } = await latestRun("example-dotenv");
      expectOwned({ info, data }, ACCOUNT_USER);
      expect(valueOf(data.metrics, "answer")).toBe(42);
      const rest = await latestRun("example-rest");
      expectOwned(rest, ACCOUNT_USER);
      expect(printed.get("bash rest.sh")).toContain(rest.info.run_id);
      expect(valueOf(rest.data.metrics, "loss")).toBeCloseTo(1 / 3);
      expect(valueOf(rest.data.params, "layers")).toBe("3");
      expect(await artifact(rest, "notes.txt")).toBe("Written by curl.\n");
    });

    it("left their objects in the team's bucket", async () => {
      const s3 = adminS3(scene().stack.outputs);
      for (const key of ["examples/curl.csv", "examples/aws.csv"]) {
        expect(await text(await s3.getObject(BUCKET, key)), key).toBe("petal,sepal\n1.4,5.1\n");
        expect((await s3.statObject(BUCKET, key)).lastModified.getTime()).toBeGreaterThan(began - 1000);
      }
    });

    it(
      "work for a person who has signed in by the device code",
      async () => {
        const { outputs } = scene().stack;
        const context = smokeContext(outputs, new Cleanup());
        try {
          const person = await makePerson(context, "member", VISION.name);
          const waiting = workplace.run(
            `mlflow-platform login ${outputs.urls.mlflow} >${LOGIN_LOG} 2>&1; cat ${LOGIN_LOG}`,
          );
          await expect
            .poll(() => workplace.run(`cat ${LOGIN_LOG}`).then(({ stdout }) => stdout), { timeout: MINUTES })
            .toMatch(/Open\s+http/);
          const address = /Open\s+(\S+)/.exec(await workplace.succeeds(`cat ${LOGIN_LOG}`))?.[1] ?? "";
          await visit(person.page, address);
          await fillSignIn(person.page, outputs.oidc.issuer, person.username, person.password);
          await agree(person.page);
          const { stdout } = await waiting;
          expect(stdout).toContain(`as ${person.username}, team ${VISION.name}.`);

          const output = await workplace.succeeds(
            `unset MLFLOW_TRACKING_URI; eval "$(mlflow-platform env)"; python train.py; bash s3-curl.sh`,
          );
          expect(output).toContain("loss 0.0498");
          expect(output).toContain("in the bucket: examples/curl.csv");
          expectOwned(await latestRun("example-script"), person.username);
          // The file of the team without an account does as well: it says where, the sign-in says who.
          await workplace.succeeds("set -a; . ./person.env; set +a; python train.py");
          expectOwned(await latestRun("example-script"), person.username);

          await workplace.succeeds(`mlflow-platform logout ${outputs.urls.mlflow}`);
          const refused = await workplace.run("set -a; . ./person.env; set +a; python train.py");
          expect(refused.exitCode).not.toBe(0);
          expect(refused.stderr).toContain("mlflow-platform login");
        } finally {
          await context.cleanup.run();
        }
      },
      3 * MINUTES,
    );

    async function runsOf(experiment: string): Promise<Run[]> {
      const found = await api().experimentByName(experiment);
      expect(found, experiment).toBeDefined();
      const answer = await api().call("/api/2.0/mlflow/runs/search", {
        method: "POST",
        json: {
          experiment_ids: [found?.experiment_id],
          order_by: ["attributes.start_time DESC"],
          max_results: 20,
        },
      });
      return z.object({ runs: z.array(runSchema) }).parse(jsonOf(answer, `runs of ${experiment}`)).runs;
    }

    async function latestRun(experiment: string): Promise<Run> {
      const [run] = await runsOf(experiment);
      if (run === undefined) throw new Error(`${experiment} has no runs`);
      expect(run.info.start_time).toBeGreaterThanOrEqual(began);
      return run;
    }

    /** A run's file; undefined where there is none. */
    async function artifact({ info }: Run, path: string): Promise<string | undefined> {
      const answer = await api().call("/get-artifact", { query: { run_id: info.run_id, path } });
      if (answer.status === 404 || answer.status === 500) return undefined;
      expectStatus(answer, `${path} of ${info.run_name}`, [200]);
      return answer.text;
    }
  });
}

function expectOwned({ info, data }: Pick<Run, "info" | "data">, username: string): void {
  expect(info.status).toBe("FINISHED");
  expect(info.user_id).toBe(username);
  expect(valueOf(data.tags, "mlflow.user")).toBe(username);
}
