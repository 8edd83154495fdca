import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { getCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  caBundle,
  parsePipConfig,
  pemBlocks,
  pipConfig,
  putText,
} from "../../../cli/bootstrap/artifactsHost";
import { mavenFile, mavenUrl } from "../../../cli/bootstrap/artifactsMaven";
import { putFile } from "../../../cli/bootstrap/putFile";
import type { BootstrapContext } from "../../../cli/bootstrap/context";
import { CATALOGUE } from "../../../images/catalogue";
import { startSite } from "./site";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "artifacts-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

describe("Maven", () => {
  const [keycloak] = CATALOGUE.keycloak.artifacts;
  if (keycloak?.kind !== "maven") throw new Error("Keycloak comes from Maven");
  const path = "org/keycloak/keycloak-quarkus-dist/26.7.5/keycloak-quarkus-dist-26.7.5.zip";

  it("addresses follow the repository's layout, mirrors included", () => {
    expect(mavenUrl(keycloak, {})).toBe(`https://repo1.maven.org/maven2/${path}`);
    expect(mavenUrl(keycloak, { MAVEN_REPOSITORY: "https://m.example/repo/" })).toBe(
      `https://m.example/repo/${path}`,
    );
  });

  it("a mirror's file is used only when it is the pinned one", async () => {
    const site = await startSite((_request, response) => response.end("another Keycloak"));
    vi.stubEnv("MAVEN_REPOSITORY", site.base);
    const task = { progress: () => {}, result: () => {}, unneeded: () => {} };
    const made = mavenFile(keycloak).make(join(root, "k.zip"), {} as BootstrapContext, task);
    await expect(made).rejects.toThrow(/not what was expected/);
    await expect(stat(join(root, "k.zip"))).rejects.toThrow();
    expect(site.asked).toEqual([`/${path}`]);
    vi.unstubAllEnvs();
    await site.close();
  });
});

describe("the host's certificates", () => {
  it("are each there once, in a fixed order, all readable, with those of SSL_CERT_FILE", async () => {
    const [extra] = getCACertificates("bundled");
    const file = join(root, "extra.pem");
    // The same certificate, wrapped at another width.
    const body = (extra ?? "").replace(/-----(BEGIN|END) CERTIFICATE-----/g, "").replace(/\s/g, "");
    const wrapped = `-----BEGIN CERTIFICATE-----\n${body.match(/.{1,76}/g)?.join("\n")}\n-----END CERTIFICATE-----`;
    await writeFile(file, `a remark\n${wrapped}\n`);
    const bundle = await caBundle({ SSL_CERT_FILE: file });
    const prints = pemBlocks(bundle).map((pem) => new X509Certificate(pem).fingerprint256);
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints).toContain(new X509Certificate(extra ?? "").fingerprint256);
    const trusted = getCACertificates("default").map((pem) => new X509Certificate(pem).fingerprint256);
    expect(new Set(prints)).toEqual(new Set([...prints, ...trusted]));
    expect(await caBundle({ SSL_CERT_FILE: file })).toBe(bundle);
  });
});

describe("the host's pip settings", () => {
  it("are read from what pip lists, only those on where packages come from", () => {
    const listed = [
      "global.index-url='https://pypi.example/simple'",
      "global.cert='/etc/ssl/x.pem'",
      ":env:.extra-index-url='https://a/simple\\nhttps://b/simple'",
      "global.find-links='/opt/wheels'",
    ];
    expect([...parsePipConfig(listed.join("\n"))]).toEqual([
      ["index-url", "https://pypi.example/simple"],
      ["extra-index-url", "https://a/simple https://b/simple"],
    ]);
  });

  it("become a pip.conf, variables first; without any it is empty", async () => {
    vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
    const bin = join(root, "bin");
    await mkdir(bin);
    const script = `#!/bin/sh\necho "global.index-url='https://file.example/simple'"\n`;
    await writeFile(join(bin, "pip"), script, { mode: 0o755 });
    const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
    expect(await pipConfig(env)).toBe("[global]\nindex-url = https://file.example/simple\n");
    expect(
      await pipConfig({ ...env, PIP_INDEX_URL: "https://env.example/simple", PIP_TRUSTED_HOST: "a b" }),
    ).toBe("[global]\nindex-url = https://env.example/simple\ntrusted-host = a\n    b\n");
    expect(await pipConfig({ PATH: "/nonexistent" })).toBe("");
  });

  it("are asked of pip again when its files, its variables or PATH are others, and not before", async () => {
    vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
    const [bin, file] = [join(root, "bin"), join(root, "pip.conf")];
    await mkdir(bin);
    // It says how often it was asked.
    const asked = join(root, "asked");
    const script = `#!/bin/sh\necho x >> ${asked}\necho "global.index-url='https://$(wc -l < ${asked})/'"\n`;
    await writeFile(join(bin, "pip"), script, { mode: 0o755 });
    const env: NodeJS.ProcessEnv = {
      PATH: [bin, process.env["PATH"]].join(delimiter),
      PIP_CONFIG_FILE: file,
      HOME: root,
    };
    const times = async (changed: NodeJS.ProcessEnv = {}): Promise<string | undefined> =>
      /https:..(\d+)/.exec(await pipConfig({ ...env, ...changed }))?.[1];
    expect([await times(), await times(), await times({ EDITOR: "vi" })]).toEqual(["1", "1", "1"]);
    await writeFile(file, "[global]\n");
    expect([await times(), await times()]).toEqual(["2", "2"]);
    await utimes(file, new Date(0), new Date(0));
    expect(await times()).toBe("3");
    expect(await times({ PIP_TIMEOUT: "5" })).toBe("4");
    expect(await times({ PATH: `${env["PATH"]}${delimiter}/nonexistent` })).toBe("5");
    // It may hold the password of an index.
    const kept = join(root, "cache", "pip");
    const modes = (await readdir(kept)).map(async (name) => (await stat(join(kept, name))).mode & 0o777);
    expect(new Set(await Promise.all(modes))).toEqual(new Set([0o600]));
  });

  it("are not kept when pip fails", async () => {
    vi.stubEnv("MLFLOW_PLATFORM_CACHE_DIR", join(root, "cache"));
    const bin = join(root, "bin");
    await mkdir(bin);
    const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
    await writeFile(join(bin, "pip"), "#!/bin/sh\necho half; exit 1\n", { mode: 0o755 });
    expect(await pipConfig(env)).toBe("");
    await writeFile(join(bin, "pip"), `#!/bin/sh\necho "global.index-url='https://mended/'"\n`);
    expect(await pipConfig(env)).toBe("[global]\nindex-url = https://mended/\n");
  });
});

describe("putting files where images are built", () => {
  it("links once, and again when the cache has another file", async () => {
    const [from, to] = [join(root, "cache-1"), join(root, "image", ".artifacts", "program")];
    await writeFile(from, "one");
    await putFile(from, to);
    const first = await stat(to);
    expect(first.ino).toBe((await stat(from)).ino);
    await putFile(from, to);
    expect((await stat(to)).ctimeMs).toBe(first.ctimeMs);
    const other = join(root, "cache-2");
    await writeFile(other, "two");
    await utimes(other, new Date(0), new Date(0));
    await putFile(other, to);
    expect(await readFile(to, "utf8")).toBe("two");
    expect(await readFile(from, "utf8")).toBe("one");
  });

  it("writes text for this user only, and only when it changed", async () => {
    const to = join(root, "a", "pip.conf");
    expect(await putText("x", to)).toBe(true);
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    expect(await putText("x", to)).toBe(false);
    expect(await putText("y", to)).toBe(true);
  });
});
