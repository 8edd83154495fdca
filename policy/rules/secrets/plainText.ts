import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import type { StackFacts } from "../../stack";
import { type Properties, UNKNOWN, fields, items, text, texts } from "../../values";
import { secretsInCommand } from "./inCommand";
import { whySecret } from "./looksSecret";

/** A text that everybody sees who may look at the container or image, with the name it goes by. */
interface Plain {
  readonly name: string;
  readonly value: string;
  /** Where in the inputs, such as `envs.3`. */
  readonly path: string;
}

/** Inputs that are commands: what their words hold is told by the words beside them. */
const COMMANDS = {
  command: ({ command }: Properties) => command,
  entrypoints: ({ entrypoints }: Properties) => entrypoints,
  "healthcheck.tests": ({ healthcheck }: Properties) => fields(healthcheck)["tests"],
} as const;

const entries = (list: unknown, path: string): Plain[] =>
  items(list).flatMap((entry, index) => {
    const [name = "", ...value] = (text(entry) ?? "").split("=");
    return entry === UNKNOWN ? [] : [{ name, value: value.join("="), path: `${path}.${index}` }];
  });

/** The words of a command; nothing in the place of one that is not known yet. */
const words = (list: unknown, path: string): Plain[] =>
  items(list).map((word, index) => ({ name: path, value: text(word) ?? "", path: `${path}.${index}` }));

const pairs = (map: unknown, path: string): Plain[] =>
  Object.entries(fields(map)).map(([name, value]) => ({
    name,
    value: text(value) ?? "",
    path: `${path}.${name}`,
  }));

function open({ type, props }: Resource): Plain[] {
  if (type === TYPES.image) {
    const { buildArgs, labels, label } = fields(props["build"]);
    return [
      ...pairs(buildArgs, "build.buildArgs"),
      ...pairs(labels, "build.labels"),
      ...pairs(label, "build.label"),
    ];
  }
  const labels = items(props["labels"]).map((label, index) => ({
    name: text(fields(label)["label"]) ?? "label",
    value: text(fields(label)["value"]) ?? "",
    path: `labels.${index}`,
  }));
  return [...entries(props["envs"], "envs"), ...labels];
}

/** Why a text is known for a secret, whatever it looks like. */
function known(
  { name, value, path }: Plain,
  resource: Resource,
  { secrets }: StackFacts,
): string | undefined {
  const marked = resource.secrets.some((secret) => secret === path || path.startsWith(`${secret}.`));
  if (marked && value !== "") return `${name} is marked as a secret`;
  return [...secrets].some((secret) => value.includes(secret))
    ? `${name} holds a secret of this stack`
    : undefined;
}

function inCommands(resource: Resource, stack: StackFacts, judged: readonly string[]): string[] {
  return Object.entries(COMMANDS).flatMap(([path, read]) => {
    if (judged.includes(path)) return [];
    const said = words(read(resource.props), path);
    const held = said.flatMap((word) => known(word, resource, stack) ?? []);
    // What is told once need not be guessed.
    if (held.length > 0) return held;
    return secretsInCommand(said.map(({ value }) => value)).map((why) => `${path}: ${why}`);
  });
}

export const plainText: Rule = {
  name: "no-plain-secrets",
  area: "secrets",
  what: "No environment, command, label, health check or build argument holds a secret, or what looks like one.",
  why: "`docker inspect` shows all of them to everybody who may talk to the engine, and images keep their arguments.",
  remedy: "Hand it in with `secrets` of the workload: a file that the entry point reads.",
  types: [TYPES.container, TYPES.image, TYPES.volume, TYPES.network],
  check: (resource, stack) => {
    // A list with a secret in it is secret as a whole, so which one it is cannot be said.
    const whole = resource.secrets.filter((path) =>
      ["envs", "command", "entrypoints", "labels"].includes(path),
    );
    const found = open(resource)
      .filter(({ path }) => !whole.some((list) => path.startsWith(`${list}.`)))
      .flatMap((plain) => known(plain, resource, stack) ?? whySecret(plain.name, plain.value) ?? []);
    const hidden = texts(whole).map((list) => `${list} holds something that is marked as a secret`);
    return [...new Set([...hidden, ...found, ...inCommands(resource, stack, whole)])];
  },
};
