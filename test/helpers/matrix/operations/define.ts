import type { Ask, Kind, Operation, Target } from "../types";

/** What an operation sends: the same always, or by what it is done to. */
export type Asks = Ask | ((target: Target, unique: string) => Ask);

/** One line of a table. */
export function op(
  route: string,
  kind: Kind,
  ask: Asks = {},
  extras: Pick<Operation, "note" | "spare" | "through" | "byName" | "implicit"> = {},
): Operation {
  return { route, kind, ask: typeof ask === "function" ? ask : () => ask, ...extras };
}

/** Several routes of one kind that are asked alike. */
export function each(routes: readonly string[], kind: Kind, ask: Asks = {}): Operation[] {
  return routes.map((route) => op(route, kind, ask));
}
