import type Docker from "dockerode";
import type { Service } from "../../images/catalogue";
import { ChangeCollector, type ResourceChange } from "../../lib/changes/change";
import { knownSecrets, redaction } from "../../lib/changes/secrets";
import { objectName } from "../../lib/names";
import { UserError } from "../errors";
import { explain } from "../engine/explain";
import { TICK } from "../engine/operations";
import { Progress } from "../engine/progress";
import { pulumi } from "../engine/pulumi";
import { CONTAINER, type State, resourcesOf } from "../engine/recovery/state";
import type { Stack } from "../engine/stack";
import type { Finding, NotCompared } from "./finding";
import { MADE_UP, placeOf } from "./place";

/** What is asked of which services, by the type of resource. */
const ASKED: readonly {
  readonly types: RegExp;
  readonly what: string;
  readonly services: readonly Service[];
}[] = [
  { types: /^postgresql:/, what: "databases and roles in Postgres", services: ["postgres"] },
  { types: /^keycloak:/, what: "everything in Keycloak", services: ["keycloak", "postgres"] },
  { types: /^minio:/, what: "buckets and policies in the object store", services: ["minio"] },
  {
    types: /^pulumi-nodejs:/,
    what: "workspaces, accounts and grants in MLflow",
    services: ["mlflow", "keycloak", "postgres"],
  },
];

/** What cannot be asked now, since its services do not answer, and the URNs of it. */
export async function unreachable(
  engine: Docker,
  state: State,
  stack: string,
): Promise<{ readonly notCompared: readonly NotCompared[]; readonly urns: readonly string[] }> {
  const needed = [...new Set(ASKED.flatMap(({ services }) => services))];
  const states = new Map(
    await Promise.all(
      needed.map(async (service) => [service, await stateOf(engine, objectName(stack, service))] as const),
    ),
  );
  const stopped = !resourcesOf(state).some(({ type }) => type === CONTAINER);
  const closed = ASKED.flatMap((asked) => {
    const down = asked.services.filter((service) => states.get(service) !== "healthy");
    const why = stopped
      ? "the stack is down"
      : down.map((service) => `${service} is ${states.get(service) ?? "absent"}`).join(", ");
    return down.length === 0 ? [] : [{ ...asked, why }];
  });
  return {
    notCompared: closed.map(({ what, why }) => ({ what, why })),
    urns: resourcesOf(state).flatMap(({ urn, type }) =>
      closed.some(({ types }) => types.test(type)) ? [urn] : [],
    ),
  };
}

/** `healthy`, or the word for what a container is instead. */
async function stateOf(engine: Docker, container: string): Promise<string> {
  try {
    const { Status, Health: health } = (await engine.getContainer(container).inspect()).State;
    return Status === "running" ? (health?.Status ?? "healthy") : Status;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    return "absent";
  }
}

/**
 * Asks providers what is really there, and compares it with what the last `up` declared. Writes nothing: neither
 * state nor lock.
 *
 * @param state - with secrets shown, so that none of them is printed
 * @param which - the resources that are asked for, or all but some; URNs
 * @throws UserError when something cannot be read
 */
export async function serviceFindings(
  stack: Stack,
  state: State,
  which: { readonly only: readonly string[] } | { readonly without: readonly string[] },
  say: (line: string) => void,
): Promise<Finding[]> {
  const collector = new ChangeCollector(redaction(knownSecrets(state)));
  const progress = new Progress();
  const flags =
    "only" in which
      ? which.only.flatMap((urn) => ["--target", urn])
      : which.without.flatMap((urn) => ["--exclude", urn]);
  const timer = setInterval(() => say(progress.line()), TICK);
  try {
    const { exitCode, stderr } = await pulumi(stack, ["refresh", "--preview-only", "--json", ...flags], {
      onEvent(event) {
        progress.accept(event);
        collector.accept(event);
      },
    });
    const { errors } = progress.summary();
    if (exitCode !== 0) {
      const { cause, next } = explain(errors.length > 0 ? errors : [stderr.trim()], stack.name);
      throw new UserError(`Stack ${stack.name} could not be compared. Nothing was changed.\n${cause}`, next);
    }
  } finally {
    clearInterval(timer);
  }
  const resources = resourcesOf(state);
  const byUrn = new Map(resources.map((resource) => [resource.urn, placeOf(resource)]));
  // An id that is made up says nothing to people.
  const byId = new Map(
    resources.flatMap((resource) =>
      resource.id !== undefined && MADE_UP.test(resource.id)
        ? [[resource.id, placeOf(resource)] as const]
        : [],
    ),
  );
  return collector.found().map((change) => finding(change, byUrn.get(change.urn) ?? change.name, byId));
}

function finding(
  { op, urn, properties, data }: ResourceChange,
  what: string,
  names: ReadonlyMap<string, string>,
): Finding {
  if (op === "delete")
    return { urn, what, kind: "gone", differences: [], ...(data === undefined ? {} : { lost: data }) };
  // The engine calls what is there the new value, since a refresh would take it into the state.
  const differences = properties.map(({ path, before: declared, after: byHand }) => ({
    path,
    ...(byHand === undefined ? {} : { byHand: names.get(byHand) ?? byHand }),
    ...(declared === undefined ? {} : { declared: names.get(declared) ?? declared }),
  }));
  return { urn, what, kind: "changed", differences };
}
