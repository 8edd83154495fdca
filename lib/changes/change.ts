import { dataReason, isPlumbing, nameIn } from "./data";
import { type ChangeEvent, type Step, isEnvelope, isObject, isSecretEnvelope, isUnknown } from "./event";
import { type Path, child, isNote, leaves, parsePath, pathText } from "./paths";
import { namesSecret } from "../secretNames";
import { REDACTED, type Redact, pathNamesSecret } from "./secrets";

/** What happens to a resource. */
export type Operation = "create" | "update" | "replace" | "delete" | "import";

/** One property that differs. Secrets are taken out of the values already. */
export interface PropertyChange {
  /** As the engine writes it, such as `uploads[0].content`. */
  readonly path: string;
  /** As text; undefined where there was nothing. */
  readonly before?: string;
  /** As text; undefined where nothing will be. */
  readonly after?: string;
  /** The value is a secret; it differs, and is not shown. */
  readonly secret: boolean;
  /** It forces the replacement. */
  readonly replaces: boolean;
}

/** One resource that changes. */
export interface ResourceChange {
  readonly op: Operation;
  readonly urn: string;
  /** Token of the resource, such as `docker:index/volume:Volume`. */
  readonly type: string;
  /** Pulumi's logical name. */
  readonly name: string;
  readonly properties: readonly PropertyChange[];
  readonly holdsData: boolean;
  /** What is lost when it goes or is made anew, in words; undefined when it holds no data. */
  readonly data?: string;
  /** A deletion after which what it stands for is still there: the engine, or the resource itself, leaves it. */
  readonly kept: boolean;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  import: "import",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "read-replacement": "replace",
  "import-replacement": "replace",
};

/** Collects what the engine's events say is changed or would be. */
export class ChangeCollector {
  private readonly planned = new Map<string, ResourceChange>();
  private readonly drifted = new Map<string, ResourceChange>();
  /** Resources that are being compared with what is there. */
  private readonly refreshing = new Set<string>();

  /** @param redact - takes secrets out of every value */
  public constructor(private readonly redact: Redact) {}

  /** Takes one event in. */
  public accept({ resourcePreEvent, resOutputsEvent }: ChangeEvent): void {
    const before = resourcePreEvent?.metadata;
    const after = resOutputsEvent?.metadata;
    if (before?.op === "refresh") {
      this.refreshing.add(before.urn);
    } else if (before !== undefined) {
      this.take(this.planned, before, false);
    } else if (after !== undefined && this.refreshing.delete(after.urn)) {
      this.take(this.drifted, after, true);
    }
  }

  /** What `up` does or would do, in the engine's order. */
  public changes(): readonly ResourceChange[] {
    return [...this.planned.values()];
  }

  /**
   * What a refresh found to be other than the state says: `before` is what the state says, `after` what is there.
   * `delete` means that it is gone. What `up` does about it is in `changes`.
   */
  public found(): readonly ResourceChange[] {
    return [...this.drifted.values()];
  }

  private take(into: Map<string, ResourceChange>, step: Step, refresh: boolean): void {
    const op = OPERATIONS[step.op];
    if (op === undefined || isPlumbing(step.type) || step.type === "pulumi:pulumi:Stack") return;
    const change = this.change(op, step, refresh);
    const known = into.get(step.urn);
    // A replacement comes in several steps; the one that says most counts.
    if (known?.op === "replace" && (op !== "replace" || known.properties.length >= change.properties.length))
      return;
    into.set(step.urn, change);
  }

  private change(op: Operation, step: Step, refresh: boolean): ResourceChange {
    const { urn, type } = step;
    const data = dataReason(urn);
    return {
      op,
      urn: this.redact(urn),
      type,
      name: this.redact(nameIn(urn)),
      properties: op === "delete" ? [] : this.properties(step, refresh),
      holdsData: data !== undefined,
      ...(data === undefined ? {} : { data }),
      kept: op === "delete" && !refresh && isKept(step),
    };
  }

  private properties(step: Step, refresh: boolean): PropertyChange[] {
    const detailed = Object.entries(step.detailedDiff ?? {});
    const keys = new Set(step.keys ?? []);
    if (detailed.length > 0) {
      const found = detailed.flatMap(([text, { diffKind, inputDiff }]) => {
        const path = parsePath(text);
        if (isInternal(path)) return [];
        const old = inputDiff ? step.old?.inputs : step.old?.outputs;
        const [before, after] = [at(old, path), at(refresh ? step.new?.outputs : step.new?.inputs, path)];
        const replaces = diffKind.endsWith("-replace") || keys.has(String(path[0]));
        const pairs = [...leaves(path, before, after)];
        // The engine says that it differs, even where both values look alike here, such as two secrets.
        return (pairs.length > 0 ? pairs : [[path, before, after] as const]).map((pair) =>
          this.property(...pair, replaces),
        );
      });
      return found.sort(byPath);
    }
    if (refresh && (step.diffs ?? []).length === 0 && keys.size === 0) return this.answers(step);
    const tops =
      step.diffs?.length || keys.size > 0
        ? new Set([...(step.diffs ?? []), ...keys])
        : new Set(step.old ? [] : Object.keys(step.new?.inputs ?? {}));
    return [...tops]
      .filter((top) => !isInternal([top]))
      .flatMap((top) => {
        const before = child(step.old?.inputs, top) ?? child(step.old?.outputs, top);
        const after = child(refresh ? step.new?.outputs : step.new?.inputs, top);
        const pairs = [...leaves([top], before, after)];
        return (pairs.length > 0 || !step.old ? pairs : [[[top], before, after] as const]).map((pair) =>
          this.property(...pair, keys.has(top)),
        );
      })
      .sort(byPath);
  }

  /** Resources of this program's own say that they differ, and not in what: then it is all that they answer. */
  private answers({ old, new: now }: Step): PropertyChange[] {
    return [...leaves([], old?.outputs ?? {}, now?.outputs ?? {})]
      .filter(([path]) => !isInternal(path))
      .map((pair) => this.property(...pair, false));
  }

  private property(path: Path, before: unknown, after: unknown, replaces: boolean): PropertyChange {
    const secret =
      holdsSecret(before) ||
      holdsSecret(after) ||
      (pathNamesSecret(path) &&
        [before, after].some((value) => typeof value === "string" || isObject(value)));
    const [was, will] = [before, after].map((value) =>
      value === undefined || value === null ? undefined : secret ? REDACTED : this.redact(text(value)),
    );
    return {
      path: this.redact(pathText(path)),
      ...(was === undefined ? {} : { before: was }),
      ...(will === undefined ? {} : { after: will }),
      secret,
      replaces,
    };
  }
}

const UNKNOWN_TEXT = "(known after up)";

/** Numbers and words as they are, the rest as JSON. */
function text(value: unknown): string {
  if (isUnknown(value)) return UNKNOWN_TEXT;
  if (isEnvelope(value)) return "(a file)";
  if (typeof value === "string") return value;
  return JSON.stringify(value, (key, below: unknown) => {
    if (isNote(key)) return undefined;
    // Whole objects and lists come here, whose parts no path names.
    if (namesSecret(key) && (typeof below === "string" || isObject(below) || Array.isArray(below)))
      return REDACTED;
    return isSecretEnvelope(below) ? REDACTED : isUnknown(below) ? UNKNOWN_TEXT : below;
  });
}

/** Stops at an envelope: what lies below a secret is that secret. */
function at(properties: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (isEnvelope(value) ? value : child(value, part)),
    properties ?? {},
  );
}

function holdsSecret(value: unknown): boolean {
  if (isSecretEnvelope(value)) return true;
  return Array.isArray(value)
    ? value.some(holdsSecret)
    : isObject(value) && Object.values(value).some(holdsSecret);
}

/** The engine's own notes, such as the code of a dynamic resource. */
function isInternal(path: Path): boolean {
  return path.some((part) => typeof part === "string" && isNote(part));
}

/** MLflow keeps a workspace that was not said to go; absent in the state of earlier versions, which kept all. */
function isKept({ type, old }: Step): boolean {
  if (old?.retainOnDelete === true) return true;
  return type.endsWith("mlflow-platform:Workspace") && old?.inputs?.["retain"] !== false;
}

/** One collator, since making it is what takes time. */
const { compare } = new Intl.Collator("en", { numeric: true });

function byPath(one: PropertyChange, other: PropertyChange): number {
  return compare(one.path, other.path);
}
