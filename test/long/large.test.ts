import { randomUUID } from "node:crypto";
import { readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { expectStatus } from "../../cli/smoke/http";
import { MlflowApi, adminApi } from "../../cli/smoke/mlflow";
import { adminS3, listObjects, parseS3Url, removeObjects } from "../../cli/smoke/objects";
import { clientTokens } from "../../cli/smoke/tokens";
import { checkout } from "../../cli/paths";
import { ARTIFACT_BUCKET, objectName } from "../../lib/names";
import { execIn } from "../helpers/containers";
import { twoTeams } from "../helpers/stackFile";
import { TestStack } from "../helpers/testStack";
import { type Seen, Watch } from "../helpers/workplace/watch";
import { Workplace, removeWorkplaces } from "../helpers/workplace/workplace";

const PROGRAM = join(checkout, "test/helpers/workplace/transfer.py");
const MINUTES = 60_000;
const MIB = 2 ** 20;
const BYTES = 5 * 2 ** 30;
const SIGNED = new Intl.NumberFormat("en", { signDisplay: "always", maximumFractionDigits: 0 });
const [TEAM, ACCOUNT] = ["vision", "vision-ci"] as const;
/**
 * Copies that lie on the disk for a moment: the client's and the object store's, and through MLflow two in its scratch,
 * the request's body and the file that is made of it.
 */
const COPIES = { proxied: 4, direct: 2 } as const;
/** Bytes that have to be left free for everybody else on the disk. */
const RESERVE = 5 * 2 ** 30;
/** Longest time of one direction: what a person waits for 5 GiB at 30 MiB/s, which any disk does. */
const LIMIT_SECONDS = 180;
/**
 * Bytes by which a service may grow: a twentieth of the artifact. What is needed does not depend on its size: boto3 in
 * MLflow holds ten parts of 8 MiB, NGINX 0.75 MiB for a transfer, MinIO buffers for as many parts, about 80 MiB, and Go
 * lets a heap double before it collects. Whatever gathers the artifact, or a tenth of it, is beyond.
 */
const MOST_GROWTH = 256 * MIB;
/**
 * Longest wait of others for an answer, in milliseconds, beyond what a small write to the disk takes meanwhile: a disk that
 * is busy with 10 GiB keeps whoever writes to it waiting, whatever the server does.
 */
const PROMPT = 2000;

const uploadSchema = z.object({ run: z.string(), sha256: z.string(), seconds: z.number() });
const downloadSchema = z.object({ bytes: z.number(), sha256: z.string(), seconds: z.number() });

/** Bytes in MLflow's scratch: files of any size that have a name, and those that only an open handle keeps. */
const SCRATCH = `
import os, stat
named = sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk("/tmp") for name in names)
held = {}
for process in filter(str.isdigit, os.listdir("/proc")):
    try:
        for handle in os.scandir(f"/proc/{process}/fd"):
            state = os.stat(handle.path)
            if stat.S_ISREG(state.st_mode) and state.st_nlink == 0:
                held[state.st_dev, state.st_ino] = state.st_size
    except OSError:
        pass
print(named + sum(held.values()))
`;

let stack: TestStack;

/** 5 GiB to MLflow and back, while it goes on serving others from the same memory. */
describe("an artifact of 5 GiB", () => {
  beforeAll(async () => {
    stack = await TestStack.open("large", twoTeams(9940));
    await stack.up();
  }, 15 * MINUTES);
  afterAll(() => stack.remove(), 5 * MINUTES);

  describe("through MLflow", bothWays);

  describe("by the client's own keys", () => {
    beforeAll(async () => {
      await stack.up({ artifacts: "direct" });
    }, 5 * MINUTES);

    bothWays();
  });
});

function bothWays(): void {
  const experiment = `large-${randomUUID()}`;
  let workplace: Workplace | undefined;
  let env: readonly string[];
  let sent: z.output<typeof uploadSchema>;

  beforeAll(async () => {
    expectRoom(COPIES[stack.outputs.settings.artifacts]);
    await removeWorkplaces();
    workplace = await Workplace.open();
    await workplace.copyExamples({ "transfer.py": readFileSync(PROGRAM, "utf8") });
    env = (await stack.succeeds("env", "--team", TEAM, "--account", ACCOUNT)).trim().split("\n");
  }, 5 * MINUTES);

  afterAll(async () => {
    // Without one nothing was begun.
    if (workplace === undefined) return;
    await workplace.close();
    const { outputs } = stack;
    const api = adminApi(outputs, TEAM);
    const made = await api.experimentByName(experiment);
    if (made === undefined) return;
    const { bucket, prefix } = place();
    await removeObjects(adminS3(outputs), { bucket, prefix: `${prefix}${made.experiment_id}/` });
    await api.deleteExperiment(made);
  }, 2 * MINUTES);

  it(
    "is uploaded whole, in flat memory, and nobody else waits",
    async () => {
      const seen = await watched(async () => {
        sent = await transfer(uploadSchema, "upload", experiment, BYTES);
      });
      report("up", sent.seconds, seen);
      const objects = await listObjects(adminS3(stack.outputs), place());
      const [found] = objects.filter(({ key }) => key.includes(sent.run));
      expect(found).toMatchObject({ size: BYTES });
      expect(found?.key).toMatch(/\/artifacts\/large\.bin$/);
      expectFine(sent.seconds, seen);
      expect(await scratch()).toBeLessThan(MIB);
    },
    5 * MINUTES,
  );

  it(
    "is downloaded whole, in flat memory, and nobody else waits",
    async () => {
      let got: z.output<typeof downloadSchema> | undefined;
      const seen = await watched(async () => {
        got = await transfer(downloadSchema, "download", sent.run);
      });
      report("down", got?.seconds ?? NaN, seen);
      expect(got).toMatchObject({ bytes: BYTES, sha256: sent.sha256 });
      expectFine(got?.seconds ?? NaN, seen);
      expect(await scratch()).toBeLessThan(MIB);
    },
    5 * MINUTES,
  );

  /** Where the team's artifacts of this stack lie. */
  function place(): { bucket: string; prefix: string } {
    const { settings, teams } = stack.outputs;
    const team = teams[TEAM];
    if (team === undefined) throw new Error(`the stack has no team ${TEAM}`);
    return settings.artifacts === "direct"
      ? parseS3Url(team.artifactRoot)
      : { bucket: ARTIFACT_BUCKET, prefix: `workspaces/${team.workspace}/` };
  }

  async function transfer<T>(schema: z.ZodType<T>, ...args: Array<string | number>): Promise<T> {
    if (workplace === undefined) throw new Error("there is no workplace");
    const printed = await workplace.succeeds(`python transfer.py ${args.join(" ")}`, env);
    return schema.parse(JSON.parse(printed.trim().split("\n").at(-1) ?? ""));
  }

  /** Does something while somebody else's requests and the services' memory are watched. */
  async function watched(action: () => Promise<void>): Promise<Seen> {
    const { outputs, name } = stack;
    const account = outputs.credentials.serviceAccounts["language-ci"];
    if (account === undefined) throw new Error("there is no service account language-ci");
    const api = new MlflowApi(outputs.urls.mlflow, clientTokens(outputs.oidc.issuer, account), "language");
    const ask = async (): Promise<void> => {
      const json = { max_results: 10 };
      const answer = await api.call("/api/2.0/mlflow/experiments/search", { method: "POST", json });
      expectStatus(answer, "somebody else's search", [200]);
    };
    const watch = await Watch.begin(name, ["mlflow", "nginx", "minio"], ask);
    try {
      await action();
    } finally {
      // Its own faults are told by the call below; here the action's count first.
      await watch.end().catch(() => undefined);
    }
    return watch.end();
  }

  async function scratch(): Promise<number> {
    const { exitCode, stdout, stderr } = await execIn(objectName(stack.name, "mlflow"), [
      ...["python", "-c", SCRATCH],
    ]);
    if (exitCode !== 0) throw new Error(`MLflow's scratch cannot be read: ${stderr}`);
    return Number(stdout);
  }
}

function expectFine(seconds: number, { growth, answers, writes }: Seen): void {
  expect(seconds).toBeLessThan(LIMIT_SECONDS);
  for (const [service, bytes] of Object.entries(growth)) expect(bytes, service).toBeLessThan(MOST_GROWTH);
  // Often enough to have met each stage of the transfer.
  expect(answers.length).toBeGreaterThan(10);
  expect(answers.at(-1)).toBeLessThan(PROMPT + (writes.at(-1) ?? 0));
}

/** Prints the figures, which are in docs/measurements.md. */
function report(direction: string, seconds: number, { growth, answers, writes }: Seen): void {
  const grown = Object.entries(growth).map(
    ([service, bytes]) => `${service} ${SIGNED.format(bytes / MIB)} MiB`,
  );
  const [median, slowest] = [answers[Math.floor(answers.length / 2)] ?? NaN, answers.at(-1) ?? NaN];
  console.log(
    `${direction}: ${seconds.toFixed(1)} s, ${Math.round(BYTES / MIB / seconds)} MiB/s; memory: ${grown.join(", ")}; ` +
      `${answers.length} other requests: median ${Math.round(median)} ms, slowest ${Math.round(slowest)} ms; ` +
      `slowest write to the disk ${Math.round(writes.at(-1) ?? NaN)} ms`,
  );
}

/** @throws Error where the disk has too little room, before anything is written */
function expectRoom(copies: number): void {
  const { bavail, bsize } = statfsSync(checkout);
  const needed = copies * BYTES + RESERVE;
  if (bavail * bsize < needed)
    throw new Error(
      `5 GiB both ways take ${Math.ceil(needed / 2 ** 30)} GiB of free disk for some minutes; ` +
        `${Math.floor((bavail * bsize) / 2 ** 30)} GiB are free`,
    );
}
