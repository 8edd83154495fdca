import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import execa from "execa";
import { isComplete, makeOnce } from "../../../cli/bootstrap/complete";
import { goBuild, moduleKey } from "../../../cli/bootstrap/go";
import { hostFacts } from "../../../cli/bootstrap/host";
import { builtPlugins, pluginPath } from "../../../cli/bootstrap/plugins";
import { installedPulumi } from "../../../cli/bootstrap/pulumi";
import { PLUGINS } from "../../../cli/bootstrap/versions";
import { cacheDir, checkout } from "../../../cli/paths";

/** A property in a Pulumi schema, as far as the test looks at it. */
export interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}

/** A Pulumi schema, as far as the test looks at it. */
export interface Schema {
  version: string;
  resources: Record<string, { inputProperties?: Record<string, Property> }>;
  types: Record<string, { properties?: Record<string, Property> }>;
  provider?: { inputProperties?: Record<string, Property> };
}

/** The schemas of the plugins that this machine uses: asked of the official ones, generated for the built ones. */
export async function pluginSchemas(): Promise<Record<string, Schema>> {
  const host = hostFacts();
  if (await isComplete(builtPlugins(host.goArch))) return generated(host.goArch);
  const [programs] = await installedPulumi(host);
  const schemas: Record<string, Schema> = {};
  for (const name of Object.keys(PLUGINS)) {
    const { stdout } = await execa(join(programs ?? "", "pulumi"), [
      "package",
      "get-schema",
      pluginPath(name),
    ]);
    schemas[name] = JSON.parse(stdout) as Schema;
  }
  return schemas;
}

async function generated(goArch: string): Promise<Record<string, Schema>> {
  const module = join(checkout, "toolchain", "providers");
  const dir = join(cacheDir(), "toolchain", `schemas-${moduleKey(module, goArch)}`);
  await makeOnce(dir, async (temporary) => {
    const program = join(temporary, "schema");
    const label = "the schema generator";
    await goBuild({ label, log: "build-schema", module, package: "./cmd/schema", output: program });
    await writeFile(join(temporary, "schemas.json"), (await execa(program, [])).stdout);
  });
  return JSON.parse(await readFile(join(dir, "schemas.json"), "utf8")) as Record<string, Schema>;
}
