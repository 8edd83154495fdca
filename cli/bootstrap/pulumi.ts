import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir, checkout } from "../paths";
import { isComplete, makeOnce } from "./complete";
import type { BootstrapContext, Step } from "./context";
import { downloadCli, findDownloads } from "./downloads";
import { messageOf } from "../errors";
import { goBuild, moduleKey, requireGo } from "./go";
import { elapsed } from "./listrReporter";
import type { StepTask } from "./reporter";
import { PULUMI_VERSION } from "./versions";

/** The script that Pulumi runs for dynamic providers; the CLI's own archive has it too. */
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";

const CLI_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Says that another process makes the same thing. */
export function otherRun(task: StepTask): (ms: number) => void {
  return () => task.progress("waiting for another run that is making the same");
}

/** Folders of the parts, by where they come from. */
export function pulumiFolders(host: Pick<BootstrapContext["host"], "goArch">): {
  official: string;
  cli: string;
  languageHost: string;
} {
  const toolchain = join(cacheDir(), "toolchain");
  const key = (part: string): string =>
    moduleKey(join(checkout, "toolchain", part), host.goArch, PULUMI_VERSION);
  return {
    official: join(toolchain, `pulumi-${PULUMI_VERSION}-${host.goArch}-official`),
    cli: join(toolchain, `cli-${key("cli")}`),
    languageHost: join(toolchain, `language-host-${key("language-host")}`),
  };
}

/**
 * Folders of programs that are there already, the CLI's first; none when it must be fetched or built.
 * @param host - the machine
 */
export async function installedPulumi(host: Pick<BootstrapContext["host"], "goArch">): Promise<string[]> {
  const { official, cli, languageHost } = pulumiFolders(host);
  if (await isComplete(official)) return [official];
  return (await isComplete(cli)) && (await isComplete(languageHost)) ? [cli, languageHost] : [];
}

/** Provides the CLI, the language host for Node and the script for dynamic providers. */
export const pulumiStep: Step = {
  name: "pulumi",
  title: `Pulumi CLI ${PULUMI_VERSION} and node language host`,
  async run(context, task) {
    const { official, cli, languageHost } = pulumiFolders(context.host);
    context.programs = await installedPulumi(context.host);
    if (context.programs.length > 0) {
      task.unneeded(context.programs[0] === official ? "downloaded before" : "built before");
      return;
    }
    const started = Date.now();
    task.progress("looking for the official download");
    const site = await findDownloads();
    let why = "no official download can be reached";
    if (site) {
      try {
        const fill = (dir: string): Promise<void> => downloadCli(site, context.host, dir, task.progress);
        await makeOnce(official, fill, { waiting: otherRun(task) });
        context.programs = [official];
        task.result(`downloaded from ${site.base} in ${elapsed(Date.now() - started)}`);
        return;
      } catch (error) {
        // Building needs Go; without it the download's own error is the one to show.
        await requireGo({ label: "the Pulumi CLI", module: join(checkout, "toolchain", "cli") }).catch(() => {
          throw error;
        });
        why = messageOf(error);
      }
    }
    await makeOnce(languageHost, (dir) => buildLanguageHost(dir, task), { waiting: otherRun(task) });
    await makeOnce(cli, (dir) => buildCli(dir, task), { waiting: otherRun(task) });
    context.programs = [cli, languageHost];
    task.result(`built from source in ${elapsed(Date.now() - started)}, since ${why}`);
  },
};

const NEEDS =
  "let this machine reach https://get.pulumi.com, or set MLFLOW_PLATFORM_DOWNLOADS to a mirror of it.";

/** Builds the node language host, and puts the dynamic providers' script beside it. */
export async function buildLanguageHost(dir: string, task: Pick<StepTask, "progress">): Promise<void> {
  task.progress("building the node language host from source (about half a minute)");
  const module = join(checkout, "toolchain", "language-host");
  await goBuild({
    label: "the node language host",
    log: "build-language-host",
    module,
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    output: join(dir, "pulumi-language-nodejs"),
    alternative: NEEDS,
  });
  await copyFile(join(module, DYNAMIC_PROVIDER), join(dir, DYNAMIC_PROVIDER));
  await chmod(join(dir, DYNAMIC_PROVIDER), 0o755);
}

async function buildCli(dir: string, task: StepTask): Promise<void> {
  task.progress("building the Pulumi CLI from source (3 to 5 minutes the first time)");
  await goBuild({
    label: "the Pulumi CLI",
    log: "build-cli",
    module: join(checkout, "toolchain", "cli"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    output: join(dir, "pulumi"),
    ldflags: `-X ${CLI_VERSION_VARIABLE}=v${PULUMI_VERSION}`,
    alternative: NEEDS,
  });
}
