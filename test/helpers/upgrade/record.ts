import { writeFileSync } from "node:fs";
import { declaredResources, MODES } from "./names";
import { FIXTURE, git } from "./release";

/** What decides which resources there are. */
const PROGRAM = ["index.ts", "components", "config", "lib", "images/catalogue.ts"];

/**
 * Writes down the resources of a release, once it is made: the first commit after it holds them.
 *
 * `npx tsx test/helpers/upgrade/record.ts v0.2.0` — or `COMMIT VERSION` for a release without a tag
 */
async function main(ref = "", version = ref): Promise<void> {
  const commit = await git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
  if (commit === "") throw new Error(`there is no release ${ref} in this clone`);
  if ((await git("diff", "--name-only", commit, "--", ...PROGRAM)) !== "") {
    throw new Error(
      `this checkout is not ${ref}, so it cannot tell its resources: git switch --detach ${ref}`,
    );
  }
  const resources = new Map<string, { modes: string; fixed?: Readonly<Record<string, unknown>> }>();
  for (const mode of Object.keys(MODES)) {
    for (const { urns, fixed } of await declaredResources(mode)) {
      const modes = [resources.get(urns[0])?.modes ?? [], mode].flat().join(" ");
      resources.set(urns[0], Object.keys(fixed).length === 0 ? { modes } : { modes, fixed });
    }
  }
  const sorted = Object.fromEntries([...resources].sort(([a], [b]) => (a < b ? -1 : 1)));
  const fixture = { release: { version, commit }, resources: sorted };
  writeFileSync(FIXTURE, `${JSON.stringify(fixture, undefined, 2)}\n`);
  console.log(`${resources.size} resources of ${version} are in ${FIXTURE}`);
}

void main(...process.argv.slice(2));
