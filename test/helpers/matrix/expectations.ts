import type { Kind, Outcome, Role } from "./types";

const STATUS = {
  /** Let through. */
  allowed: (status: number) => status >= 200 && status < 300,
  /** Not let in: who it is could not be proven. A browser is sent to sign in. */
  unknown: (status: number) => status === 401,
  refused: (status: number) => status === 401 || status === 403 || status === 404,
  /** Whatever is said, there is nothing of the team in it and no fault of the server. */
  nothing: (status: number) => status < 500,
} as const;

export const ALLOWED: Outcome = { words: "allowed", statuses: STATUS.allowed, canary: true };
export const UNKNOWN: Outcome = { words: "401", statuses: STATUS.unknown, canary: false };
export const REFUSED: Outcome = { words: "refused", statuses: STATUS.refused, canary: false };
export const NOTHING: Outcome = { words: "nothing of A", statuses: STATUS.nothing, canary: false };
/** Switched off: MLflow says so in many ways, and some of its handlers look at the request first. */
export const OFF: Outcome = { words: "switched off", statuses: (status) => status >= 400, canary: false };

type Row = Readonly<Record<Exclude<Role, "stranger">, Outcome>>;

const row = (
  outsider: Outcome,
  reader: Outcome,
  member: Outcome,
  admin: Outcome,
  platform: Outcome,
): Row => ({
  outsider,
  reader,
  member,
  admin,
  platform,
});

/** What comes of each kind of operation, by role. Strangers get 401 for all of them. */
export const EXPECTED: Readonly<Record<Exclude<Kind, "blocked" | "public">, Row>> = {
  //            outsider reader   member   admin    platform
  read: /*   */ row(REFUSED, ALLOWED, ALLOWED, ALLOWED, ALLOWED),
  search: /* */ row(NOTHING, ALLOWED, ALLOWED, ALLOWED, ALLOWED),
  write: /*  */ row(REFUSED, REFUSED, ALLOWED, ALLOWED, ALLOWED),
  create: /* */ row(REFUSED, REFUSED, ALLOWED, ALLOWED, ALLOWED),
  manage: /* */ row(REFUSED, REFUSED, REFUSED, ALLOWED, ALLOWED),
  share: /*  */ row(REFUSED, REFUSED, REFUSED, ALLOWED, ALLOWED),
  platform: /**/ row(REFUSED, REFUSED, REFUSED, REFUSED, ALLOWED),
  names: /*  */ row(NOTHING, ALLOWED, ALLOWED, ALLOWED, ALLOWED),
  own: /*    */ row(NOTHING, ALLOWED, ALLOWED, ALLOWED, ALLOWED),
  open: /*   */ row(NOTHING, ALLOWED, ALLOWED, ALLOWED, ALLOWED),
  off: /*    */ row(OFF, OFF, OFF, OFF, OFF),
};

/** Kinds in words, for the page and the reports. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  read: "read one thing of the team",
  search: "search or list: shows what the caller may read",
  write: "log to, tag or change what is the team's",
  create: "make something new in the team's workspace",
  manage: "delete, restore or administer what is not the caller's own",
  share: "see or change who may use what is not the caller's own",
  platform: "administer the platform",
  names: "names of users and groups, for the sharing dialog",
  own: "the caller's own account",
  open: "pages and facts of the server itself",
  off: "features that are switched off",
  blocked: "closed at NGINX for everybody",
  public: "answered without a sign-in",
};

/** What must come of an operation for a caller. */
export function expectedOf(kind: Kind, role: Role): Outcome {
  if (kind === "blocked") return REFUSED;
  if (kind === "public") return NOTHING;
  // The plugin tells even strangers that its trash is for administrators.
  if (role === "stranger") return kind === "platform" ? REFUSED : UNKNOWN;
  return EXPECTED[kind][role];
}
