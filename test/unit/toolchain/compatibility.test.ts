import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bootstrap, silentReporter } from "../../../cli/bootstrap";
import { PLUGINS, PULUMI_VERSION } from "../../../cli/bootstrap/versions";
import { checkout } from "../../../cli/paths";
import { pluginSchemas, type Property, type Schema } from "./schemas";
import { type Inputs, type Usage, usages } from "./usage";

/** A first run on an empty cache builds CLI and plugins. */
const COLD_MS = 20 * 60_000;

let schemas: Record<string, Schema>;
let found: Usage[];

beforeAll(async () => {
  await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
  schemas = await pluginSchemas();
  found = usages();
}, COLD_MS);

/** Names in a tree of inputs that a schema does not have, as paths. */
function unknown(inputs: Inputs, known: Record<string, Property>, schema: Schema, path: string): string[] {
  return [...inputs.properties].flatMap(([name, below]) => {
    const property = known[name];
    return property ? unknownBelow(below, property, schema, `${path}.${name}`) : [`${path}.${name}`];
  });
}

function unknownBelow(inputs: Inputs, property: Property, schema: Schema, path: string): string[] {
  const elements = inputs.elements;
  if (elements)
    return property.items ? unknownBelow(elements, property.items, schema, `${path}[]`) : [`${path}[]`];
  if (property.additionalProperties) return [];
  const type = property.$ref ? schema.types[property.$ref.replace("#/types/", "")] : undefined;
  // Text and numbers have no names below.
  return unknown(inputs, type?.properties ?? {}, schema, path);
}

function opaque(inputs: Inputs, path: string): string[] {
  return [
    ...inputs.opaque.map((text) => `${path}: ${text}`),
    ...[...inputs.properties].flatMap(([name, below]) => opaque(below, `${path}.${name}`)),
    ...(inputs.elements ? opaque(inputs.elements, `${path}[]`) : []),
  ];
}

function problems(usage: Usage): string[] {
  const schema = schemas[usage.plugin];
  if (!schema) return [`${usage.where}: no plugin ${usage.plugin}`];
  const provider = usage.token.startsWith("pulumi:providers:");
  const inputs = provider ? schema.provider?.inputProperties : schema.resources[usage.token]?.inputProperties;
  if (!inputs) return [`${usage.where}: no resource ${usage.token}`];
  return unknown(usage.inputs, inputs, schema, usage.token).map((path) => `${usage.where}: ${path}`);
}

describe("plugins and the program", () => {
  it("finds the resources that the program makes", () => {
    const tokens = new Set(found.map((usage) => usage.token));
    for (const token of [
      "docker:index/container:Container",
      "docker:index/remoteImage:RemoteImage",
      "keycloak:openid/client:Client",
      "keycloak:index/realm:Realm",
      "minio:index/s3Bucket:S3Bucket",
      "postgresql:index/database:Database",
      "pulumi:providers:keycloak",
    ])
      expect(tokens).toContain(token);
    const container = found.find((usage) => usage.token === "docker:index/container:Container");
    expect([...(container?.inputs.properties.keys() ?? [])]).toContain("healthcheck");
  });

  it("gives only inputs that the plugins know, nested ones included", () => {
    expect(found.flatMap(problems)).toEqual([]);
  });

  it("could look into every input", () => {
    expect(found.flatMap((usage) => opaque(usage.inputs, `${usage.where} ${usage.token}`))).toEqual([]);
  });

  it("reports an input, a nested input and a resource that a plugin does not know", () => {
    const below = (name: string, inputs?: Inputs): Inputs => ({
      properties: new Map([[name, inputs ?? { properties: new Map(), opaque: [] }]]),
      opaque: [],
    });
    const usage = { where: "x.ts:1", plugin: "docker", token: "docker:index/container:Container" };
    expect(problems({ ...usage, inputs: below("pidsLimit") })).toEqual([
      "x.ts:1: docker:index/container:Container.pidsLimit",
    ]);
    expect(problems({ ...usage, inputs: below("healthcheck", below("intervall")) })).toEqual([
      "x.ts:1: docker:index/container:Container.healthcheck.intervall",
    ]);
    const organization = "keycloak:index/organization:Organization";
    expect(
      problems({ where: "x.ts:1", plugin: "keycloak", token: organization, inputs: below("name") }),
    ).toEqual(schemas["keycloak"]?.resources[organization] ? [] : [`x.ts:1: no resource ${organization}`]);
  });
});

describe("versions", () => {
  const version = (path: string): string =>
    (JSON.parse(readFileSync(join(checkout, path, "package.json"), "utf8")) as { version: string }).version;

  it("of the plugins are those that the npm SDKs ask for", () => {
    const used = new Set(found.map((usage) => usage.plugin));
    expect(used.size).toBeGreaterThanOrEqual(5);
    for (const plugin of used)
      expect(PLUGINS[plugin], plugin).toBe(version(`node_modules/@pulumi/${plugin}`));
  });

  it("of the plugins are those that the built plugins report", () => {
    for (const [plugin, wanted] of Object.entries(PLUGINS))
      expect(schemas[plugin]?.version, plugin).toBe(wanted);
  });

  it("of the CLI, its source and the SDK are the same", () => {
    const source = readFileSync(join(checkout, "toolchain/cli/go.mod"), "utf8");
    expect(version("node_modules/@pulumi/pulumi")).toBe(PULUMI_VERSION);
    expect(source).toContain(`github.com/pulumi/pulumi/pkg/v3 v${PULUMI_VERSION}\n`);
  });
});
