import { withLock } from "./lock";
import { runLogged } from "./run";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { cacheDir } from "../paths";

/** No questions, and no waiting for ever when another program holds apt's lock. */
const OPTIONS = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];

/**
 * Installs Debian packages. Takes root.
 * @param packages - their names
 * @param what - for messages, such as `the Docker engine`
 * @throws UserError with the end of apt's output when it fails
 */
export async function aptInstall(packages: readonly string[], what: string): Promise<void> {
  await mkdir(cacheDir(), { recursive: true });
  await withLock(join(cacheDir(), "apt"), async () => {
    const failure = {
      message: `${what} could not be installed`,
      next: "Check with `apt-get update` that a Debian mirror can be reached, and run the same command again.",
    };
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await runLogged({ name: "apt-update", command: ["apt-get", ...OPTIONS, "update"], env, failure });
    await runLogged({
      name: "apt-install",
      command: ["apt-get", ...OPTIONS, "install", "-y", "--no-install-recommends", ...packages],
      env,
      failure,
    });
  });
}
