import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cleanup } from "../../../cli/smoke/cleanup";
import type { SmokeContext } from "../../../cli/smoke/context";
import { adminApi } from "../../../cli/smoke/mlflow";
import { newRunId } from "../../../cli/smoke/names";
import { adminS3 } from "../../../cli/smoke/objects";
import { clientTokens } from "../../../cli/smoke/tokens";
import { objectName } from "../../../lib/names";
import { snapshot } from "../../helpers/matrix/effects";
import { Cast } from "../../helpers/matrix/identities/cast";
import { INSIDERS, OUTSIDERS, STRANGERS } from "../../helpers/matrix/names";
import { NOT_APPLICABLE, OPERATIONS } from "../../helpers/matrix/operations";
import { lookFor, pagesOf } from "../../helpers/matrix/page";
import { closedProbes, outsideProbes, probe, probeFields } from "../../helpers/matrix/probes";
import { tableOf } from "../../helpers/matrix/report";
import { addressesOf, routesOf, type Route, uncovered } from "../../helpers/matrix/routes";
import { type World, plansOf, run } from "../../helpers/matrix/runner";
import { OBJECT } from "../../helpers/matrix/storage";
import { Maker } from "../../helpers/matrix/targets";
import type { Identity, Target } from "../../helpers/matrix/types";
import { Wire } from "../../helpers/matrix/wire";
import { smokeContext } from "../../helpers/smokeContext";
import type { GetScene } from "./scene";
import { storage } from "./matrixStorage";

const MINUTES = 60_000;
const A = { team: "vision", account: "vision-ci" };
const B = { team: "language", account: "language-ci" };

/** What all parts of the matrix work with. */
export interface Stage {
  readonly context: SmokeContext;
  readonly cast: Cast;
  readonly world: World;
  readonly a: Target;
  readonly canary: string;
}

/** Who may do what: every caller, every route, and the ways to write a request. */
export function matrix(scene: GetScene): void {
  describe("the isolation matrix", () => {
    let stage: Stage;
    let own: Target;
    let routes: Route[];
    let before: Readonly<Record<string, string>>;
    const canary = `canary-${randomUUID().slice(0, 8)}`;
    const cleanup = new Cleanup();
    const someone = (name: string): Identity => {
      const found = stage.cast.identities.get(name);
      if (found === undefined) throw new Error(`nobody is called ${name}`);
      return found;
    };
    const look = (): ReturnType<typeof snapshot> =>
      snapshot(adminApi(stage.context.outputs, A.team), stage.a);
    const cells = async (name: string): Promise<string> =>
      tableOf(await run(stage.world, plansOf(someone(name), OPERATIONS, addressesOf(routes))));

    beforeAll(async () => {
      const { outputs } = scene().stack;
      const context = smokeContext(outputs, cleanup, newRunId());
      routes = await routesOf(objectName(outputs.settings.stack, "mlflow"));
      const cast = new Cast(context, { a: A, b: B }, canary);
      await cast.gather();
      const { keycloak, mlflow } = outputs.providerEndpoints;
      const token = clientTokens(`${keycloak}/realms/${outputs.oidc.realm}`, outputs.credentials.provisioner);
      const maker = (team: string, text: string): Maker =>
        new Maker(adminApi(outputs, team), mlflow, token, text);
      const makerOfA = maker(A.team, canary);
      const a = await makerOfA.target(cast.place());
      own = await maker(B.team, `own-${context.id}`).target({ ...cast.place(), workspace: B.team });
      await adminS3(outputs).putObject(a.bucket, OBJECT, canary);
      await cast.lose(a);
      const wire = new Wire(outputs.urls.mlflow);
      cleanup.add("connections", async () => {
        wire.close();
        return undefined;
      });
      const spare: World["spare"] = async ({ spare: part }, target) =>
        part === undefined ? target : { ...target, ...(await makerOfA.spare(part, target)) };
      stage = { context, cast, a, canary, world: { wire, target: a, canary, spare } };
    }, 5 * MINUTES);

    afterAll(async () => {
      console.log(`isolation matrix: ${stage.world.wire.count} requests`);
      await cleanup.run();
    }, 2 * MINUTES);

    it("covers every route that MLflow and its login plugin serve", () => {
      expect(uncovered(routes, OPERATIONS, NOT_APPLICABLE)).toEqual({ missing: [], stale: [] });
    });

    it("refuses foreign tokens for their audience or age alone: the same client is let in with the right ones", async () => {
      const answer = await stage.world.wire.send({
        method: "GET",
        path: "/api/2.0/mlflow/users/current",
        headers: [["Authorization", stage.cast.control]],
      });
      expect(answer.status).toBe(200);
    });

    it.each(INSIDERS)(
      "%s: does what the role allows, and no more",
      async (name) => {
        expect(await cells(name)).toBe("");
      },
      3 * MINUTES,
    );

    describe("from outside", () => {
      beforeAll(async () => {
        await stage.cast.warmAll();
        before = await look();
      }, MINUTES);

      it.each(OUTSIDERS)(
        "%s: finds nothing of team A, by its header, another one or none",
        async (name) => {
          expect(await cells(name)).toBe("");
        },
        3 * MINUTES,
      );

      it.each(STRANGERS)(
        "%s: is not let in",
        async (name) => {
          expect(await cells(name)).toBe("");
        },
        2 * MINUTES,
      );

      it(
        "opens nothing by another spelling of path, header or method",
        async () => {
          const { host } = new URL(stage.context.outputs.urls.mlflow);
          const teams = [A.team, B.team] as const;
          const outside = [
            ...outsideProbes(someone("anonymous"), [A.team], teams, canary),
            ...outsideProbes(someone("member of B"), teams, teams, canary),
            ...outsideProbes(someone("member of B with grants"), [B.team], teams, canary),
          ];
          const inside = ["admin", "member", "anonymous"].map(someone);
          const wrong = [
            ...(await probe(stage.world, host, outside)),
            ...(await probe(stage.world, host, closedProbes(inside, A.team))),
          ];
          expect(tableOf(wrong)).toBe("");
        },
        4 * MINUTES,
      );

      it(
        "opens nothing by naming two things in one request",
        async () => {
          const callers = ["member of B", "member of B with grants"].map(someone);
          expect(tableOf(await probeFields(stage.world, callers, own, [A.team, B.team]))).toBe("");
        },
        3 * MINUTES,
      );

      it(
        "shows nothing of team A in the browser of a member of B, and everything in a member's of A",
        async () => {
          const base = stage.context.outputs.urls.mlflow;
          const [stranger, member] = [stage.cast.person("member of B"), stage.cast.person("member")];
          await Promise.all([stranger.signIn(), member.signIn()]);
          const sight = await lookFor(stranger, base, pagesOf(stage.a), canary);
          expect(sight.seen).toEqual([]);
          expect(sight.answers).toBeGreaterThan(pagesOf(stage.a).length);
          // The same addresses show it to those whom it belongs to: what was looked for is there.
          const known = await lookFor(member, base, pagesOf(stage.a).slice(0, 5), canary);
          expect(known.seen.filter((where) => where.startsWith("page ")).length).toBeGreaterThan(1);
        },
        3 * MINUTES,
      );

      storage(() => stage);

      it(
        "has had no effect on team A or the platform",
        async () => {
          expect(await look()).toEqual(before);
        },
        MINUTES,
      );
    });
  });
}
