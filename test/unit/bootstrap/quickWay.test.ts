import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import execa from "execa";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { bootstrap, silentReporter } from "../../../cli/bootstrap";
import { hostFacts } from "../../../cli/bootstrap/host";
import { pluginPath } from "../../../cli/bootstrap/plugins";
import { pluginStarts } from "../../../cli/bootstrap/pluginStarts";
import { PLUGINS, PULUMI_VERSION } from "../../../cli/bootstrap/versions";
import { sha256, type Site, startSite, tarball } from "./site";

/** A first run on an empty cache builds CLI and plugins, from which the archives are made. */
const COLD_MS = 20 * 60_000;
const { goArch, nodeArch } = hostFacts();
const CLI = `pulumi-v${PULUMI_VERSION}-linux-${nodeArch}.tar.gz`;

let root: string;
let site: Site;
let goRan: string;

/** The programs of this machine, as the official archives hold them. */
async function archives(): Promise<Map<string, Record<string, string>>> {
  const { env, pulumi } = await bootstrap({ reporter: silentReporter(), only: ["toolchain"] });
  const programs = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"].map((name) => {
    const dir = (env["PATH"] ?? "").split(delimiter).find((folder) => existsSync(join(folder, name)));
    return [`pulumi/${name}`, join(dir ?? "", name)] as const;
  });
  const all = new Map<string, Record<string, string>>();
  all.set(`/releases/sdk/${CLI}`, { "pulumi/pulumi": pulumi, ...Object.fromEntries(programs) });
  for (const [name, version] of Object.entries(PLUGINS)) {
    const file = `pulumi-resource-${name}`;
    all.set(`/releases/plugins/${file}-v${version}-linux-${goArch}.tar.gz`, { [file]: pluginPath(name) });
  }
  return all;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "quick-"));
  const files = await archives();
  const cli = join(root, CLI);
  await pipeline(tarball(files.get(`/releases/sdk/${CLI}`) ?? {}), createWriteStream(cli));
  const sum = await sha256(createReadStream(cli));
  site = await startSite((request, response) => {
    const wanted = files.get(request.url ?? "");
    if (request.url === `/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`)
      response.end(`${sum}  ${CLI}\n`);
    else if (request.url === `/releases/sdk/${CLI}`) createReadStream(cli).pipe(response);
    else if (wanted) tarball(wanted).pipe(response);
    else response.writeHead(404).end();
  });
  // A Go that only notes that it was asked.
  const bin = join(root, "bin");
  goRan = join(root, "go-ran");
  await mkdir(bin);
  await writeFile(join(bin, "go"), `#!/bin/sh\necho "$*" >> ${goRan}\nexit 1\n`);
  await chmod(join(bin, "go"), 0o755);
  vi.stubEnv("PATH", [bin, process.env["PATH"]].join(delimiter));
  vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
  vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", join(root, "state"));
  vi.stubEnv("MLFLOW_PLATFORM_DOWNLOADS", site.base);
}, COLD_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  await site.close();
  await rm(root, { recursive: true, force: true });
});

it("downloads CLI and plugins where they can be reached, builds nothing, and both run", async () => {
  const reporter = silentReporter();
  const { pulumi, env } = await bootstrap({ reporter, only: ["toolchain"] });

  expect(existsSync(goRan)).toBe(false);
  expect(reporter.lines.filter((line) => line.includes("→ downloaded from"))).toHaveLength(2);
  expect(reporter.lines.some((line) => line.includes("building"))).toBe(false);
  expect(pulumi.startsWith(root)).toBe(true);
  expect((await execa(pulumi, ["version"], { env })).stdout).toBe(`v${PULUMI_VERSION}`);
  expect(existsSync(join(dirname(pulumi), "pulumi-language-nodejs"))).toBe(true);
  for (const [name, version] of Object.entries(PLUGINS)) {
    expect(pluginPath(name)).toContain(
      join(root, "cache", "pulumi-home", "plugins", `resource-${name}-v${version}`),
    );
    expect((await stat(pluginPath(name))).mode & 0o111).toBe(0o111);
  }
  expect(await pluginStarts(pluginPath("docker"))).toBeGreaterThan(0);
  // What the engine itself sees.
  const listed = await execa(pulumi, ["plugin", "ls", "--json"], { env });
  const plugins = JSON.parse(listed.stdout) as { name: string; version: string }[];
  for (const [name, version] of Object.entries(PLUGINS))
    expect(plugins).toContainEqual(expect.objectContaining({ name, version }));
}, 120_000);

it("asks nothing of the site once all is there", async () => {
  const before = site.asked.length;
  const reporter = silentReporter();
  const started = Date.now();
  await bootstrap({ reporter, only: ["toolchain"] });
  expect(Date.now() - started).toBeLessThan(1_000);
  expect(site.asked).toHaveLength(before);
  expect(reporter.lines.filter((line) => line.includes("skipped: downloaded before"))).toHaveLength(2);
});
