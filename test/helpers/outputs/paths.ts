import { z } from "zod";
import { isSecret } from "../secrets";

/** The parts of a JSON Schema that the outputs use. */
interface Node {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly since?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
}

/** One value of the outputs, as it is declared. */
export interface DeclaredPath {
  /** Such as `teams.*.serviceAccounts[].role`; `*` stands for any name. */
  readonly path: string;
  /** Such as `text`, `url`, `"a" | "b"`. */
  readonly type: string;
  /** Version in which it came. */
  readonly since: string;
  readonly description: string;
}

/** Everything that a schema of outputs declares: each output, and each value in it. */
export function declaredPaths(schema: z.ZodType): readonly DeclaredPath[] {
  const root = z.toJSONSchema(schema, { io: "output" }) as Node;
  return Object.entries(root.properties ?? {}).flatMap(([name, node]) => walk(node, name, ""));
}

function walk(node: Node, path: string, inherited: string): DeclaredPath[] {
  const since = node.since ?? inherited;
  const own = { path, type: typeOf(node), since, description: node.description ?? "" };
  return [own, ...children(node).flatMap(([step, child]) => walk(child, `${path}${step}`, since))];
}

function children(node: Node): [step: string, child: Node][] {
  const { additionalProperties: others, items } = node;
  return [
    ...Object.entries(node.properties ?? {}).map(([name, child]): [string, Node] => [`.${name}`, child]),
    ...(typeof others === "object" ? [[".*", others] satisfies [string, Node]] : []),
    ...(items?.properties === undefined ? [] : [["[]", items] satisfies [string, Node]]),
  ];
}

function typeOf({ type = "any", format, enum: values, properties, items }: Node): string {
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (type === "array") return items?.properties === undefined ? `list of ${typeOf(items ?? {})}` : "list";
  if (type === "object") return properties === undefined ? "map" : "object";
  if (type === "string") return format === "uri" ? "url" : "text";
  return type;
}

/** What was seen of one value in one recording. */
export interface SeenPath {
  readonly path: string;
  readonly secret: boolean;
}

/** Where a value is missing: the path, in an object that was seen. */
export interface Seen {
  readonly there: readonly SeenPath[];
  readonly missing: readonly string[];
}

/**
 * What a recording of the program really gives, by the paths of the schema. A name that the schema does not know is a
 * path of its own.
 */
export function seenPaths(schema: z.ZodType, outputs: Readonly<Record<string, unknown>>): Seen {
  const there: SeenPath[] = [];
  const missing: string[] = [];
  const visit = (node: Node, value: unknown, path: string, secret: boolean): void => {
    if (isSecret(value)) {
      visit(node, value.value, path, true);
      return;
    }
    if (path !== "") there.push({ path, secret });
    if (typeof value !== "object" || value === null) return;
    const steps = new Map(children(node));
    const at = (step: string): string => (path === "" ? step.replace(/^\./, "") : `${path}${step}`);
    for (const [key, below] of Object.entries(value)) {
      const step = Array.isArray(value) ? "[]" : steps.has(`.${key}`) ? `.${key}` : ".*";
      const child = steps.get(step);
      if (child !== undefined) visit(child, below, at(step), secret);
      else if (!Array.isArray(value)) there.push({ path: at(`.${key}`), secret });
    }
    for (const step of steps.keys()) {
      const name = step.slice(1);
      if (step.startsWith(".") && step !== ".*" && !Object.hasOwn(value, name)) missing.push(at(step));
    }
  };
  visit(z.toJSONSchema(schema, { io: "output" }) as Node, outputs, "", false);
  return { there, missing };
}
