import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import execa from "execa";
import { messageOf, UserError } from "../errors";
import { cacheDir } from "../paths";
import { aptInstall } from "./apt";
import type { Step } from "./context";
import { engineAddress, engineClient } from "./engine";
import { elapsed } from "./listrReporter";
import { withLock } from "./lock";
import { otherRun } from "./pulumi";
import { runLogged } from "./run";
import type { StepTask } from "./reporter";

const RELEASE = "trixie";
/** What all images of the platform stand on. */
export const BASE_IMAGE = { repo: "debian", tag: `${RELEASE}-slim` } as const;
const REFERENCE = `${BASE_IMAGE.repo}:${BASE_IMAGE.tag}`;
/** A pull that shows no progress for this long is given up: firewalls often swallow it. */
const PULL_STALL_MS = 30_000;
/** Where debootstrap gets packages from, unless DEBIAN_MIRROR says otherwise. */
const MIRROR = "http://deb.debian.org/debian";

/** Provides Debian as an image, from the registry or made of packages under the same name. */
export const baseImageStep: Step = {
  name: "base-image",
  title: `Base image ${REFERENCE}`,
  async run(context, task) {
    const docker = engineClient(engineAddress(context.dockerHost));
    if (await hasImage(docker, REFERENCE)) {
      task.unneeded("there already");
      return;
    }
    const started = Date.now();
    await mkdir(cacheDir(), { recursive: true });
    await withLock(
      join(cacheDir(), "base-image"),
      async () => {
        if (await hasImage(docker, REFERENCE)) {
          task.unneeded("another run made it");
          return;
        }
        task.progress(`pulling ${REFERENCE}`);
        const refused = await pull(docker, REFERENCE);
        if (refused === undefined) {
          task.result(`pulled in ${elapsed(Date.now() - started)}`);
          return;
        }
        const { root, debian } = context.host;
        if (!root || !debian)
          throw new UserError(
            `${REFERENCE} could not be pulled (${refused}), and making it of packages takes root on Debian or Ubuntu`,
            `Let the engine reach a registry that has ${REFERENCE} (a mirror is set in /etc/docker/daemon.json), or load it with \`docker load\`, and run the same command again.`,
          );
        await makeOfPackages(docker, task, BASE_IMAGE);
        task.result(`made of packages in ${elapsed(Date.now() - started)}, since it could not be pulled`);
      },
      otherRun(task),
    );
  },
};

/**
 * Whether the engine has an image.
 * @param reference - `repo:tag`
 */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/**
 * Pulls an image.
 * @param stallMs - give up after this long without progress
 * @returns undefined when it is there now, else why not
 */
export async function pull(
  docker: Docker,
  reference: string,
  stallMs = PULL_STALL_MS,
): Promise<string | undefined> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), stallMs);
  try {
    const stream = await docker.pull(reference, { abortSignal: giveUp.signal });
    await new Promise<void>((resolve, reject) => {
      // The abort ends the request; without this the progress would just never go on.
      giveUp.signal.addEventListener("abort", () => reject(new Error("no progress")));
      stream.once("error", reject);
      docker.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        () => timer.refresh(),
      );
    });
    return undefined;
  } catch (error) {
    return giveUp.signal.aborted ? `no progress for ${stallMs / 1000} s` : messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes Debian of packages, as an image. Takes root on Debian or Ubuntu.
 * @param name - of the image
 */
export async function makeOfPackages(
  docker: Docker,
  task: Pick<StepTask, "progress">,
  name: { repo: string; tag: string },
): Promise<void> {
  const prefix = join(cacheDir(), "debootstrap-");
  for (const name of await readdir(cacheDir()))
    // Under the lock this can only be what a killed run left.
    if (name.startsWith("debootstrap-")) await removeRoot(join(cacheDir(), name));
  if ((await execa("debootstrap", ["--version"], { reject: false })).failed) {
    task.progress("installing debootstrap");
    await aptInstall(["debootstrap", "debian-archive-keyring"], "debootstrap");
  }
  const root = await mkdtemp(prefix);
  try {
    task.progress("making Debian of packages (about half a minute)");
    await runLogged({
      name: "debootstrap",
      command: ["debootstrap", "--variant=minbase", RELEASE, root, process.env["DEBIAN_MIRROR"] || MIRROR],
      failure: {
        message: `${REFERENCE} could neither be pulled nor made of packages`,
        next: "Set DEBIAN_MIRROR to a Debian mirror that this machine can reach, and run the same command again.",
      },
    });
    await rm(join(root, "var/cache/apt/archives"), { recursive: true, force: true });
    await mkdir(join(root, "var/cache/apt/archives/partial"), { recursive: true });
    task.progress("handing it to the engine");
    await importRoot(docker, root, name);
  } finally {
    await removeRoot(root);
  }
}

/**
 * Makes an image of a folder.
 * @param root - becomes `/`
 * @param name - of the image
 */
export async function importRoot(
  docker: Docker,
  root: string,
  name: { repo: string; tag: string },
): Promise<void> {
  const tar = execa("tar", ["-C", root, "--numeric-owner", "-c", "."], { buffer: false });
  if (!tar.stdout) throw new Error("tar has no output");
  const [answer] = await Promise.all([docker.importImage(tar.stdout, name), tar]);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(answer, (error) => (error ? reject(error) : resolve()));
  });
}

async function removeRoot(root: string): Promise<void> {
  // A killed debootstrap may have left /proc mounted there, which must not be walked into.
  await execa("rm", ["-rf", "--one-file-system", root], { reject: false });
}
