/** What the parts of the isolation matrix hand to each other. */

/** What a caller is to team A. */
export const ROLES = ["stranger", "outsider", "reader", "member", "admin", "platform"] as const;
export type Role = (typeof ROLES)[number];

/** Kinds of operations; what comes of each is in `expectations.ts`. */
export const KINDS = [
  "read",
  "search",
  "write",
  "create",
  "manage",
  "share",
  "platform",
  "names",
  "own",
  "open",
  "off",
  "blocked",
  "public",
] as const;
export type Kind = (typeof KINDS)[number];

/** Ids of what an operation is done to. All belong to one team and carry its canary text. */
export interface Target {
  readonly workspace: string;
  readonly group: string;
  readonly bucket: string;
  readonly experiment: string;
  readonly experimentName: string;
  readonly run: string;
  /** Folder of the run's artifacts below the artifact proxy. */
  readonly folder: string;
  readonly model: string;
  readonly prompt: string;
  readonly trace: string;
  readonly assessment: string;
  readonly loggedModel: string;
  readonly dataset: string;
  readonly record: string;
  readonly scorer: string;
  readonly issue: string;
  readonly schema: string;
  readonly schemaName: string;
  readonly queue: string;
  readonly queueName: string;
  readonly mcp: string;
  readonly webhook: string;
  /** Username of a member of the team who takes no part. */
  readonly username: string;
  /** Somebody of another team, and that team's group: callers try to let them in. */
  readonly grantee: string;
  readonly granteeGroup: string;
}

/** A part of a target that can be made anew, for an operation that uses it up. */
export type Spare =
  | "experiment"
  | "run"
  | "model"
  | "prompt"
  | "trace"
  | "loggedModel"
  | "dataset"
  | "scorer"
  | "issue"
  | "schema"
  | "queue"
  | "mcp";

/** What is sent. */
export interface Ask {
  /** Values of the placeholders in the route; sent percent-encoded except for slashes. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of MLflow or its login plugin. */
export interface Operation {
  /** Method and route as in the routing table, `/ajax-api` written as `/api`. */
  readonly route: string;
  /** Tells two operations on one route apart. */
  readonly note?: string | undefined;
  readonly kind: Kind;
  readonly ask: (target: Target, unique: string) => Ask;
  /** Is used up, so a caller who may do this gets one of its own. */
  readonly spare?: Spare | undefined;
  /** Names its thing by what counts within one workspace: in another one that is another thing, or none. */
  readonly byName?: boolean | undefined;
  /** Makes a thing of the name that it is given where there is none; so not asked for where the caller may do that. */
  readonly implicit?: boolean | undefined;
  /** Statuses that are right besides those of the kind for those who are let through: MLflow's business, with a reason. */
  readonly through?: readonly number[] | undefined;
}

/** Somebody, or something that claims to be somebody. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** Value of the Authorization header, valid for some minutes; undefined for nobody. */
  readonly authorization: () => Promise<string | undefined>;
  /** Tries each operation at all of its addresses. @default false */
  readonly thorough?: boolean | undefined;
  /** Tries one operation of so many. @default 1 */
  readonly every?: number | undefined;
  /** Which ones, told apart from other callers. @default 0 */
  readonly offset?: number | undefined;
  /** Workspaces that it names in the header, one cell for each. */
  readonly workspaces: readonly (string | undefined)[];
  /** The workspace where it may create things of its own, for somebody from outside team A. */
  readonly home?: string | undefined;
  /** What it acts on, where that is not team A's usual things. */
  readonly target?: Target | undefined;
}

/** What a cell of the matrix asks for. */
export interface Cell {
  readonly identity: string;
  readonly operation: string;
  /** Statuses that are right. */
  readonly expected: Outcome;
  readonly request: WireRequest;
}

/** What must come of a request. */
export interface Outcome {
  /** In words, for the report. */
  readonly words: string;
  readonly statuses: (status: number) => boolean;
  /** Whether the team's canary text may be in the answer. */
  readonly canary: boolean;
}

/** A request byte by byte. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | undefined;
}

/** An answer. */
export interface WireAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** A cell that came out otherwise than expected. */
export interface Wrong {
  readonly cell: Cell;
  readonly got: string;
}
