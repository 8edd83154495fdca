import { link, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors";
import { cacheDir, checkout } from "../paths";
import { isComplete, makeOnce } from "./complete";
import type { BootstrapContext, Step } from "./context";
import { downloadPlugin, findDownloads, type DownloadSite } from "./downloads";
import { goBuild, moduleKey, requireGo } from "./go";
import { elapsed } from "./listrReporter";
import { pluginStarts } from "./pluginStarts";
import { otherRun } from "./pulumi";
import { pulumiHome } from "./pulumiHome";
import type { StepTask } from "./reporter";
import { PLUGINS } from "./versions";

/**
 * Where the engine looks for a plugin.
 * @param name - such as `docker`
 */
export function pluginPath(name: string): string {
  return join(pulumiHome(), "plugins", `resource-${name}-v${PLUGINS[name]}`, `pulumi-resource-${name}`);
}

/** Folder of the one program that is all plugins, when built here. */
export function builtPlugins(goArch: string): string {
  return join(
    cacheDir(),
    "toolchain",
    `providers-${moduleKey(join(checkout, "toolchain", "providers"), goArch)}`,
  );
}

function officialPlugin(name: string, goArch: string): string {
  return join(cacheDir(), "toolchain", `plugin-${name}-${PLUGINS[name]}-${goArch}-official`);
}

/** Provides the provider plugins and lays them out where the engine looks for them. */
export const pluginsStep: Step = {
  name: "plugins",
  title: `Pulumi plugins ${Object.keys(PLUGINS).join(", ")}`,
  async run(context, task) {
    const { goArch } = context.host;
    const started = Date.now();
    const built = join(builtPlugins(goArch), "providers");
    const official = (name: string): string => join(officialPlugin(name, goArch), `pulumi-resource-${name}`);
    const names = Object.keys(PLUGINS);

    const have = await Promise.all(names.map((name) => isComplete(officialPlugin(name, goArch))));
    if (have.every(Boolean)) {
      await layOut(official);
      task.unneeded("downloaded before");
      return;
    }
    if (await isComplete(builtPlugins(goArch))) {
      await layOut(() => built);
      task.unneeded("built before");
      return;
    }
    task.progress("looking for the official downloads");
    const site = await findDownloads();
    let why = "no official download can be reached";
    if (site) {
      try {
        for (const name of names) await fetchPlugin(site, context, name, task);
        await layOut(official);
        task.result(`downloaded from ${site.base} in ${elapsed(Date.now() - started)}`);
        return;
      } catch (error) {
        // Building needs Go; without it the download's own error is the one to show.
        await requireGo({ label: "the plugins", module: join(checkout, "toolchain", "providers") }).catch(
          () => {
            throw error;
          },
        );
        why = messageOf(error);
      }
    }
    await makeOnce(builtPlugins(goArch), (dir) => buildPlugins(dir, task), { waiting: otherRun(task) });
    await layOut(() => built);
    task.result(`built from source in ${elapsed(Date.now() - started)}, since ${why}`);
  },
};

async function fetchPlugin(
  site: DownloadSite,
  context: BootstrapContext,
  name: string,
  task: StepTask,
): Promise<void> {
  const version = PLUGINS[name];
  if (!version) throw new Error(`no version of plugin ${name}`);
  await makeOnce(
    officialPlugin(name, context.host.goArch),
    async (dir) => {
      task.progress(`downloading plugin ${name} ${version}`);
      await downloadPlugin(site, context.host, { name, version }, dir, task.progress);
      await pluginStarts(join(dir, `pulumi-resource-${name}`));
    },
    { waiting: otherRun(task) },
  );
}

async function buildPlugins(dir: string, task: StepTask): Promise<void> {
  task.progress("building the provider plugins from source (3 to 5 minutes the first time)");
  await goBuild({
    label: "the provider plugins",
    log: "build-providers",
    module: join(checkout, "toolchain", "providers"),
    package: ".",
    output: join(dir, "providers"),
    alternative:
      "let this machine reach https://get.pulumi.com, or set MLFLOW_PLATFORM_DOWNLOADS to a mirror of it.",
  });
  // The program serves the provider of its file name.
  const [first = "random"] = Object.keys(PLUGINS);
  const named = join(dir, `pulumi-resource-${first}`);
  await link(join(dir, "providers"), named);
  await pluginStarts(named);
  await rm(named);
}

/** Links every plugin to where the engine looks; each link appears at once or not at all. */
async function layOut(program: (name: string) => string): Promise<void> {
  for (const name of Object.keys(PLUGINS)) {
    const [from, to] = [program(name), pluginPath(name)];
    const [source, target] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
    if (target?.ino === source.ino && target.dev === source.dev) continue;
    await mkdir(join(to, ".."), { recursive: true });
    const temporary = `${to}.${process.pid}`;
    await rm(temporary, { force: true });
    await link(from, temporary);
    await rename(temporary, to);
  }
}
