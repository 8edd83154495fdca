#!/usr/bin/env node
// Starts the CLI: makes sure that the npm packages are the locked ones and that Node is new enough, then hands over
// to cli/main.ts. Uses nothing but Node itself (20 or later), since it runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { constants } from "node:os";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Oldest Node that the CLI itself runs on, where the packaged Node 24 cannot be installed: it loads ES modules with require. */
const OLDEST = [22, 12];

/** Written once all packages are in place: a killed `npm ci` leaves none, and is done again. */
export const STAMP = ".mlflow-platform-stamp";

/**
 * What decides which packages belong into node_modules.
 * @param {string} checkout
 */
export function lockHash(checkout) {
  const hash = createHash("sha256");
  for (const name of ["package-lock.json", "package.json"]) hash.update(readFileSync(join(checkout, name)));
  return hash.update(process.arch).digest("hex");
}

/**
 * Whether node_modules holds what package-lock.json asks for, by the list that npm itself writes there at the very
 * end of an installation. So packages that somebody installed with npm are not installed again.
 * @param {string} checkout
 */
export function installedAsLocked(checkout) {
  const list = join(checkout, "node_modules", ".package-lock.json");
  if (!existsSync(list)) return false;
  const installed = JSON.parse(readFileSync(list, "utf8")).packages ?? {};
  const wanted = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8")).packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    const there = installed[path];
    // Those for other processors are left out by npm.
    if (there === undefined) return path === "" || entry.optional === true;
    // `npm install --package-lock-only` writes the list without installing, so the folders count too.
    if (!["version", "integrity", "resolved"].every((key) => there[key] === entry[key])) return false;
    const manifest = join(checkout, path, "package.json");
    if (!existsSync(manifest)) return false;
    // Some write a `v` before their version, which npm leaves out of its lists.
    return (
      entry.link || JSON.parse(readFileSync(manifest, "utf8")).version.replace(/^v/, "") === entry.version
    );
  });
}

/**
 * Why `npm ci` must run, undefined when it need not.
 * @param {string} checkout
 */
export function whyInstall(checkout) {
  const modules = join(checkout, "node_modules");
  if (!existsSync(modules)) return "they are not installed yet";
  const stamp = join(modules, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === lockHash(checkout)) return undefined;
  if (installedAsLocked(checkout)) {
    writeFileSync(stamp, `${lockHash(checkout)}\n`);
    return undefined;
  }
  return existsSync(stamp) ? "package-lock.json has changed" : "an earlier installation did not end";
}

/**
 * Chooses the Node for the CLI: the packaged Node 24, else the running one if it is new enough.
 * @param {string} checkout
 * @param {{version: string, execPath: string, platform: string, arch: string}} running
 * @returns {string | undefined} absolute path
 */
export function chooseNode(checkout, running) {
  const packaged = join(checkout, "node_modules", `node-${running.platform}-${running.arch}`, "bin", "node");
  if (existsSync(packaged)) return packaged;
  const [major = 0, minor = 0] = running.version.replace(/^v/, "").split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]) ? running.execPath : undefined;
}

/**
 * Says what is wrong and what to do, and ends.
 * @param {string} message
 * @param {string} next
 * @returns {never}
 */
function stop(message, next) {
  console.error(`\n✗ ${message}\n  Next: ${next}`);
  process.exit(1);
}

/** @param {string} checkout */
function install(checkout) {
  const why = whyInstall(checkout);
  if (why === undefined) return;
  console.error(`Installing the npm packages, since ${why} (npm ci, about a minute the first time)`);
  const done = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: checkout,
    stdio: ["ignore", 2, 2],
    // Inside `npm run`, npm hands its own settings down; a dry run or a prefix of the outer one must not reach this.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(config_dry_run|command|lifecycle)/.test(name)),
    ),
  });
  if (done.error)
    stop(
      `npm could not be run: ${done.error.message}`,
      "Install Node.js 20 or later together with npm, and run the same command again.",
    );
  if (done.signal) process.exit(128 + (constants.signals[done.signal] ?? 0));
  if (done.status !== 0)
    stop(
      `npm ci ended with exit code ${done.status}, so the packages are not complete; its messages are above`,
      "Check with `npm ping` that the registry can be reached, and run the same command again.",
    );
  writeFileSync(join(checkout, "node_modules", STAMP), `${lockHash(checkout)}\n`);
}

/** Number of npm's process: the parent, or its parent where npm's shell stays in between. */
function startedBy() {
  try {
    const [, name, , parent] =
      /^\d+ \((.*)\) (\S) (\d+) /s.exec(readFileSync(`/proc/${process.ppid}/stat`, "utf8")) ?? [];
    return /^(ba|da)?sh$/.test(name ?? "") ? Number(parent) : process.ppid;
  } catch {
    // No /proc here, or the parent ended in this moment and the next look shows it.
    return process.ppid;
  }
}

function main() {
  const checkout = realpathSync(dirname(dirname(fileURLToPath(import.meta.url))));
  install(checkout);
  const { version, execPath, platform, arch } = process;
  const node = chooseNode(checkout, { version, execPath, platform, arch });
  if (node === undefined)
    stop(
      `Node ${version} is too old for the CLI, and npm has no packaged Node 24 for ${platform} on ${arch}`,
      "Install Node.js 24 from https://nodejs.org or your package manager, and run the same command again.",
    );
  const child = spawn(
    node,
    [
      "--import",
      pathToFileURL(join(checkout, "node_modules", "tsx", "dist", "loader.mjs")).href,
      join(checkout, "cli", "main.ts"),
      ...process.argv.slice(2),
    ],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        PATH: [dirname(node), process.env.PATH ?? ""].join(delimiter),
        // The CLI ends when this process is killed.
        MLFLOW_PLATFORM_LAUNCHER: String(process.pid),
        // Node takes HTTP(S)_PROXY into account only when told.
        ...(process.env.HTTPS_PROXY ||
        process.env.https_proxy ||
        process.env.HTTP_PROXY ||
        process.env.http_proxy
          ? { NODE_USE_ENV_PROXY: "1" }
          : {}),
      },
    },
  );
  child.on("error", (error) =>
    stop(`${node} could not be run: ${error.message}`, "Run `npm ci` and the same command again."),
  );
  // A terminal sends Ctrl-C to both; a `kill` reaches only this process. The CLI decides how to end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  if (process.env.npm_lifecycle_event !== undefined) {
    // A killed npm tells nobody; the CLI would go on unseen and hold the stack against the next run.
    const npm = startedBy();
    setInterval(() => {
      if (startedBy() === npm) return;
      child.kill("SIGKILL");
      process.exit(1);
    }, 250).unref();
  }
  child.on("close", (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 0)),
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
