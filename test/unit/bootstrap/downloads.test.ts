import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bootstrap, silentReporter } from "../../../cli/bootstrap";
import { download } from "../../../cli/bootstrap/download";
import { downloadBase, findDownloads, parseChecksums } from "../../../cli/bootstrap/downloads";
import { hostFacts } from "../../../cli/bootstrap/host";
import { PULUMI_VERSION } from "../../../cli/bootstrap/versions";
import { type Site, startSite } from "./site";

let root: string;
let site: Site | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "downloads-"));
  vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
  vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", join(root, "state"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site?.close();
  site = undefined;
  await rm(root, { recursive: true, force: true });
});

const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const spec = (url: string, sha256?: string) => ({
  url,
  to: join(root, "file"),
  label: "the file",
  next: "again",
  sha256,
});

describe("a download", () => {
  it("is written and its sha256 told", async () => {
    site = await startSite((_request, response) => response.end("hello"));
    expect(await download(spec(site.base, HELLO))).toBe(HELLO);
    expect(await readFile(join(root, "file"), "utf8")).toBe("hello");
  });

  it("of other content than expected is thrown away", async () => {
    site = await startSite((_request, response) => response.end("hellO"));
    await expect(download(spec(site.base, HELLO))).rejects.toThrow(/not what was expected.*thrown away/);
    expect(existsSync(join(root, "file"))).toBe(false);
  });

  it("cut short is thrown away", async () => {
    site = await startSite((_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("hello", () => response.destroy());
    });
    await expect(download(spec(site.base))).rejects.toThrow(/the file could not be downloaded from http/);
    expect(existsSync(join(root, "file"))).toBe(false);
  });

  it.each([404, 503])("refused with %i says so", async (status) => {
    site = await startSite((_request, response) => response.writeHead(status).end("no"));
    await expect(download(spec(site.base))).rejects.toThrow(`HTTP ${status}`);
  });

  it("from nowhere says so, with the next command", async () => {
    await expect(download(spec("http://127.0.0.1:1/"))).rejects.toMatchObject({ next: "again", exitCode: 1 });
  });
});

describe("the download site", () => {
  it.each([
    [undefined, "https://get.pulumi.com"],
    ["https://mirror.example/pulumi/", "https://mirror.example/pulumi"],
    ["http://127.0.0.1:8000", "http://127.0.0.1:8000"],
    ["none", undefined],
  ])("set to %s is %s", (value, base) => {
    expect(downloadBase({ MLFLOW_PLATFORM_DOWNLOADS: value })).toBe(base);
  });

  it.each(["http://mirror.example", "ftp://mirror.example", "mirror"])("%s is refused: exit 2", (value) => {
    expect(() => downloadBase({ MLFLOW_PLATFORM_DOWNLOADS: value })).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
  });

  it("is not one that answers everything with a page of its own", async () => {
    site = await startSite((_request, response) => response.end("<html>Please sign in</html>"));
    vi.stubEnv("MLFLOW_PLATFORM_DOWNLOADS", site.base);
    expect(await findDownloads()).toBeUndefined();
    expect(site.asked).toEqual([`/releases/sdk/pulumi-${PULUMI_VERSION}-checksums.txt`]);
  });

  it("tells checksums by file", () => {
    expect([...parseChecksums(`${HELLO}  a.tar.gz\n${HELLO.toUpperCase()} *b\nnonsense\n`)]).toEqual([
      ["a.tar.gz", HELLO],
      ["b", HELLO],
    ]);
  });
});

describe("a CLI that is not the published one", () => {
  const name = `pulumi-v${PULUMI_VERSION}-linux-${hostFacts().nodeArch}.tar.gz`;
  it("is never used: without Go, the error says why and what to do", async () => {
    site = await startSite((request, response) => {
      if (request.url?.endsWith("checksums.txt")) response.end(`${HELLO}  ${name}\n`);
      else response.end("an altered archive");
    });
    vi.stubEnv("MLFLOW_PLATFORM_DOWNLOADS", site.base);
    vi.stubEnv("PATH", "/nonexistent");
    const failed = bootstrap({ reporter: silentReporter(), only: ["pulumi"] });
    await expect(failed).rejects.toThrow(/Pulumi CLI from .* is not what was expected/);
    await expect(failed).rejects.toMatchObject({
      next: expect.stringContaining("MLFLOW_PLATFORM_DOWNLOADS=none") as string,
    });
  });

  it("and no download and no Go: the error names both ways", async () => {
    vi.stubEnv("MLFLOW_PLATFORM_DOWNLOADS", "none");
    vi.stubEnv("PATH", "/nonexistent");
    await expect(bootstrap({ reporter: silentReporter(), only: ["pulumi"] })).rejects.toMatchObject({
      message: expect.stringMatching(/must be built from source here, which takes Go 1\.26/) as string,
      next: expect.stringMatching(/Install Go.*Or: .*MLFLOW_PLATFORM_DOWNLOADS/) as string,
    });
  });
});

it("an unknown step is a usage error that names the steps", async () => {
  await expect(bootstrap({ reporter: silentReporter(), only: ["pluginz"] })).rejects.toMatchObject({
    exitCode: 2,
    next: expect.stringContaining("plugins") as string,
  });
});
