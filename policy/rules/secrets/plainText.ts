import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import type { StackFacts } from "../../stack";
import { UNKNOWN, fields, items, text, texts } from "../../values";
import { secretForm, whySecret } from "./looksSecret";

/** A text that everybody sees who may look at the container or image, with the name it goes by. */
interface Plain {
  readonly name: string;
  readonly value: string;
  /** Where in the inputs, such as `envs.3`. */
  readonly path: string;
  /** Whether its name counts: the words of a command have none. */
  readonly named: boolean;
}

const entries = (list: unknown, path: string): Plain[] =>
  items(list).flatMap((entry, index) => {
    const [name = "", ...value] = (text(entry) ?? "").split("=");
    return entry === UNKNOWN ? [] : [{ name, value: value.join("="), path: `${path}.${index}`, named: true }];
  });

const wordsOf = (list: unknown, path: string): Plain[] =>
  items(list).map((word, index) => ({
    name: path,
    value: text(word) ?? "",
    path: `${path}.${index}`,
    named: false,
  }));

const pairs = (map: unknown, path: string): Plain[] =>
  Object.entries(fields(map)).map(([name, value]) => ({
    name,
    value: text(value) ?? "",
    path: `${path}.${name}`,
    named: true,
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
    named: true,
  }));
  return [
    ...entries(props["envs"], "envs"),
    ...wordsOf(props["command"], "command"),
    ...wordsOf(props["entrypoints"], "entrypoints"),
    ...wordsOf(fields(props["healthcheck"])["tests"], "healthcheck.tests"),
    ...labels,
  ];
}

/** Words such as `--token=abc` say what they are. */
function wordSecret(value: string): string | undefined {
  const [, name = "", given = ""] = /^--?([\w-]+)=(.+)$/s.exec(value) ?? [];
  return name === "" ? undefined : whySecret(name, given);
}

function why(plain: Plain, resource: Resource, { secrets }: StackFacts): string | undefined {
  const { name, value, path, named } = plain;
  const shown = named ? name : path;
  const marked = resource.secrets.some((secret) => secret === path || path.startsWith(`${secret}.`));
  if (marked && value !== "") return `${shown} is marked as a secret`;
  if ([...secrets].some((secret) => value.includes(secret))) return `${shown} holds a secret of this stack`;
  if (named) return whySecret(name, value);
  const form = secretForm(value);
  return form === undefined ? wordSecret(value) : `${shown} is ${form}`;
}

export const plainText: Rule = {
  name: "no-plain-secrets",
  area: "secrets",
  what: "No environment, command, label, health check or build argument holds a secret, or what looks like one.",
  why: "`docker inspect` shows all of them to everybody who may talk to the engine, and images keep their arguments.",
  remedy: "Hand it in with `secrets` of the workload: a file that the entry point reads.",
  types: [TYPES.container, TYPES.image],
  check: (resource, stack) => {
    // A list with a secret in it is secret as a whole, so which one it is cannot be said.
    const whole = resource.secrets.filter((path) =>
      ["envs", "command", "entrypoints", "labels"].includes(path),
    );
    const found = open(resource)
      .filter(({ path }) => !whole.some((list) => path.startsWith(`${list}.`)))
      .flatMap((plain) => why(plain, resource, stack) ?? []);
    const hidden = texts(whole).map((list) => `${list} holds something that is marked as a secret`);
    return [...new Set([...hidden, ...found])];
  },
};
