import { randomBytes } from "node:crypto";
import { NOTHING, expectedOf } from "./expectations";
import { excerpt } from "./report";
import { tells } from "./tells";
import type { Ask, Cell, Identity, Operation, Outcome, Target, WireRequest, Wrong } from "./types";
import { type Wire, eachOf } from "./wire";

/** Header that names the workspace that a request is about. */
export const WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE";

/** A cell before its request is known: what it is done to may have to be made first. */
export interface Plan {
  readonly identity: Identity;
  readonly operation: Operation;
  /** Path of the route, placeholders unfilled. */
  readonly path: string;
  readonly workspace: string | undefined;
}

/** What the runner needs to know of the world. */
export interface World {
  readonly wire: Wire;
  readonly target: Target;
  /** Text that everything of team A carries. */
  readonly canary: string;
  /** Makes something of team A for one cell alone. */
  readonly spare: (operation: Operation, target: Target) => Promise<Target>;
}

/**
 * Every operation, by every header that the caller may send. Whoever is not thorough uses one of an operation's
 * addresses, another than the next caller.
 */
export function plansOf(
  identity: Identity,
  operations: readonly Operation[],
  addresses: (operation: Operation) => readonly string[],
): Plan[] {
  const { thorough = false, every = 1, offset = 0, workspaces } = identity;
  return operations
    .filter((operation, index) => (index + offset) % every === 0 && !outlasts(operation, identity))
    .flatMap((operation, index) => {
      const all = addresses(operation);
      const used = thorough ? all : all.filter((_path, at) => at === (index + offset) % all.length);
      const asked = workspaces.filter((workspace) => !(operation.implicit && isHome(workspace, identity)));
      return used.flatMap((path) => asked.map((workspace) => ({ identity, operation, path, workspace })));
    });
}

/** Whether a caller may do this, and it would outlast the test: a deployment does these things. */
function outlasts({ kind, route }: Operation, { role }: Identity): boolean {
  return kind === "platform" && role === "platform" && !route.startsWith("GET ");
}

function isHome(workspace: string | undefined, { home }: Identity): boolean {
  return workspace !== undefined && workspace === home;
}

/** What is right for a cell: whoever is in another team may make things there. */
function expectedIn({ identity, operation, workspace }: Plan): Outcome {
  return isHome(workspace, identity) && (operation.kind === "create" || operation.byName === true)
    ? NOTHING
    : expectedOf(operation.kind, identity.role);
}

/** Begins the names that cells make, so that those of an earlier run are no hindrance. */
const SEED = randomBytes(3).toString("hex");
let counter = 0;

/** Runs cells and gives back the wrong ones. */
export async function run(world: World, plans: readonly Plan[]): Promise<Wrong[]> {
  const wrong: Wrong[] = [];
  await eachOf(plans, async (plan) => {
    const { identity, operation, path, workspace } = plan;
    const outside = identity.role === "stranger" || identity.role === "outsider";
    const expected = { ...expectedIn(plan), ...(outside ? {} : { canary: true }) };
    let target = identity.target ?? world.target;
    if (operation.spare !== undefined && expected.words === "allowed") {
      target = await world.spare(operation, target);
    }
    counter += 1;
    const request = requestOf(operation, path, operation.ask(target, `m${SEED}${counter}`), [
      ...(await credentialsOf(identity)),
      ...(workspace === undefined ? [] : [[WORKSPACE_HEADER, workspace] as const]),
    ]);
    const where = workspace === undefined ? "no workspace" : `in ${workspace}`;
    const words = `${operation.route}${operation.note === undefined ? "" : ` (${operation.note})`}, ${where}`;
    const fault = await faultOf(
      world,
      { identity: identity.name, operation: words, expected, request },
      operation.through,
    );
    if (fault !== undefined) wrong.push(fault);
  });
  return wrong;
}

/** Sends a cell's request. @returns it where it came out otherwise than expected */
export async function faultOf(
  { wire, canary }: Pick<World, "wire" | "canary">,
  cell: Cell,
  through: readonly number[] = [],
): Promise<Wrong | undefined> {
  const { status, text } = await wire.send(cell.request);
  const leaks = leaked(cell, text, canary);
  const right =
    cell.expected.statuses(status) ||
    (/^(allowed|nothing of A)$/.test(cell.expected.words) && through.includes(status));
  if (right && !leaks) return undefined;
  return { cell, got: `${status}${leaks ? " WITH DATA OF A" : ""}: ${excerpt(text)}` };
}

/** Whether an answer holds the canary text, which is no leak where the caller may see it. */
function leaked({ expected, request }: Cell, text: string, canary: string): boolean {
  return !expected.canary && tells(text, canary, `${request.path} ${request.body ?? ""}`);
}

/** The Authorization header of an identity. */
export async function credentialsOf(identity: Identity): Promise<(readonly [string, string])[]> {
  const value = await identity.authorization();
  return value === undefined ? [] : [["Authorization", value]];
}

/** The request of an operation. */
export function requestOf(
  operation: Operation,
  path: string,
  ask: Ask,
  headers: readonly (readonly [string, string])[],
): WireRequest {
  const [method = ""] = operation.route.split(" ");
  // A table may give one body for several methods; with GET it would be another request.
  const json = method === "GET" ? undefined : ask.json;
  const query = new URLSearchParams(
    Object.entries(ask.query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    ),
  ).toString();
  const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = ask.path?.[name];
    if (value === undefined) throw new Error(`${operation.route}: the table gives no value for {${name}}`);
    return value.split("/").map(encodeURIComponent).join("/");
  });
  const body = json === undefined ? ask.body : JSON.stringify(json);
  return {
    method,
    path: query === "" ? filled : `${filled}?${query}`,
    headers: [
      ...headers,
      ...(json === undefined ? [] : [["Content-Type", "application/json"] as const]),
      ...Object.entries(ask.headers ?? {}),
    ],
    body,
  };
}
