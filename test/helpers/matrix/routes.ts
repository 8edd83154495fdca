import { execIn } from "../containers";
import type { Operation } from "./types";

/** A route that the server registers. */
export interface Route {
  readonly method: string;
  /** Path with placeholders in braces. */
  readonly path: string;
}

/**
 * Reads MLflow's own routing tables, Flask's and FastAPI's, in the server's container: the application that is served,
 * imported once more.
 */
const READ = `
import json, os
os.environ["_MLFLOW_SERVER_FILE_STORE"] = os.environ["MLFLOW_BACKEND_STORE_URI"]
from mlflow_platform.app import app, flask

found = [(m, r.rule) for r in flask.url_map.iter_rules() for m in r.methods - {"HEAD", "OPTIONS"}]

def walk(routes, prefix=""):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            walk(inner.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            found.extend((m, prefix + route.path) for m in route.methods)
        elif getattr(route, "app", None) is None:
            raise SystemExit(f"a kind of route that this test does not know: {route!r}")
        else:
            found.append(("MOUNT", prefix + route.path))

walk(app.routes)
print("ROUTES" + json.dumps(sorted(set(found))))
`;

/** @param container - of MLflow */
export async function routesOf(container: string): Promise<Route[]> {
  const { exitCode, stdout, stderr } = await execIn(container, ["with-secrets", "python", "-c", READ]);
  const line = stdout.split("\n").find((text) => text.startsWith("ROUTES"));
  if (exitCode !== 0 || line === undefined) throw new Error(`MLflow's routes could not be read: ${stderr}`);
  const pairs = JSON.parse(line.slice("ROUTES".length)) as [string, string][];
  return pairs.map(([method, path]) => ({
    method,
    path: path.replaceAll(/<(?:\w+:)?(\w+)>/g, "{$1}").replaceAll(/\{(\w+):path\}/g, "{$1}"),
  }));
}

/** The name under which an operation knows a route: MLflow serves most of them below two prefixes. */
export function nameOf({ method, path }: Route): string {
  return `${method} ${path.replace(/^\/ajax-api\//, "/api/")}`;
}

/** Addresses of each operation: the paths by which the server serves it. */
export function addressesOf(routes: readonly Route[]): (operation: Operation) => readonly string[] {
  const known = new Map<string, string[]>();
  for (const route of routes) known.set(nameOf(route), [...(known.get(nameOf(route)) ?? []), route.path]);
  return ({ route }) => known.get(route) ?? [];
}

/**
 * What the tables and the server do not have in common.
 *
 * @returns routes that no operation covers, and operations of routes that are no more
 */
export function uncovered(
  routes: readonly Route[],
  operations: readonly Operation[],
  notApplicable: ReadonlyMap<string, string>,
): { readonly missing: string[]; readonly stale: string[] } {
  const served = new Set(routes.map(nameOf));
  const listed = new Set([...operations.map(({ route }) => route), ...notApplicable.keys()]);
  return {
    missing: [...served].filter((name) => !listed.has(name)).sort(),
    stale: [...listed].filter((name) => !served.has(name)).sort(),
  };
}
