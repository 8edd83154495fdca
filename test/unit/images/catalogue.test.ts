import { cpSync, appendFileSync, mkdtempSync, readFileSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as catalogue from "../../../images/catalogue";
import { CATALOGUE, type ImageName, SERVICES, buildContext, imageReference } from "../../../images/catalogue";

const checkout = join(__dirname, "../../..");
const NAMES: readonly ImageName[] = ["base", "python", ...SERVICES];
const dockerfile = (name: ImageName): string =>
  readFileSync(join(checkout, buildContext(name), "Dockerfile"), "utf8");

describe("the catalogue", () => {
  it("has an entry for every service and what they stand on, and no other", () => {
    expect(Object.keys(CATALOGUE).sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)("%s: the reference holds version and content hash", (name) => {
    const { reference, contextHash } = imageReference(name);
    expect(contextHash).toMatch(/^[0-9a-f]{64}$/);
    expect(reference).toBe(`mlflow-platform/${name}:${CATALOGUE[name].version}-${contextHash.slice(0, 12)}`);
  });

  it.each(NAMES)("%s: the Dockerfile copies exactly the artifacts of the table", (name) => {
    const copied = [...dockerfile(name).matchAll(/\.artifacts\/(\S+)/g)].map(([, file]) => file);
    expect(copied.sort()).toEqual(CATALOGUE[name].artifacts.map(({ file }) => file).sort());
  });

  it.each(SERVICES)("%s: stands on an image of ours and runs as a numeric user that is not root", (name) => {
    expect(dockerfile(name)).toMatch(/^ARG BASE$/m);
    expect(dockerfile(name)).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it.each(NAMES)("%s: the Dockerfile needs no newer builder than the classic one", (name) => {
    expect(dockerfile(name)).not.toMatch(/--mount=|COPY --chmod|COPY --link|<<EOF|# syntax=/);
  });

  it("states the versions that the images really hold", () => {
    const requirements = readFileSync(join(checkout, "images/mlflow/requirements.txt"), "utf8");
    expect(requirements).toContain(`\nmlflow==${CATALOGUE.mlflow.version} `);
    const goMod = readFileSync(join(checkout, "images/console/src/go.mod"), "utf8");
    expect(goMod).toContain(`github.com/minio/console v${CATALOGUE.console.version}\n`);
    expect(dockerfile("postgres")).toContain(`postgresql-${CATALOGUE.postgres.version} `);
  });

  it("names no package index in the requirements, and pins each by hash", () => {
    const requirements = readFileSync(join(checkout, "images/mlflow/requirements.txt"), "utf8");
    expect(requirements).not.toMatch(/:\/\/|--index-url|--extra-index-url|--find-links/);
    const entries = requirements.split(/^(?=[A-Za-z])/m).filter((part) => part.includes("=="));
    expect(entries.length).toBeGreaterThan(90);
    expect(entries.filter((entry) => !entry.includes("--hash=sha256:"))).toEqual([]);
  });
});

describe("a copy of the images", () => {
  let images: string;
  // The catalogue hashes the folder it lies in, so each look needs a copy of the module as well.
  const references = async (): Promise<Record<string, string>> => {
    vi.resetModules();
    const copy = (await import(join(images, "catalogue.ts"))) as typeof catalogue;
    return Object.fromEntries(NAMES.map((name) => [name, copy.imageReference(name).reference]));
  };

  beforeEach(() => {
    images = join(mkdtempSync(join(tmpdir(), "images-")), "images");
    cpSync(join(checkout, "images"), images, {
      recursive: true,
      filter: (source) => !source.endsWith(".artifacts"),
    });
  });
  afterEach(() => rmSync(join(images, ".."), { recursive: true }));

  it("has the same references, with or without artifacts in place", async () => {
    const here = Object.fromEntries(NAMES.map((name) => [name, imageReference(name).reference]));
    expect(await references()).toEqual(here);
    mkdirSync(join(images, "minio/.artifacts"));
    writeFileSync(join(images, "minio/.artifacts/minio"), "another build");
    expect(await references()).toEqual(here);
  });

  it("gets a new reference for one service when a file of that one changes", async () => {
    const before = await references();
    appendFileSync(join(images, "nginx/nginx-start"), "\n");
    const after = await references();
    expect(NAMES.filter((name) => before[name] !== after[name])).toEqual(["nginx"]);
  });

  it("gets new references for all when the base changes", async () => {
    const before = await references();
    appendFileSync(join(images, "base/Dockerfile"), "# changed\n");
    const after = await references();
    expect(NAMES.filter((name) => before[name] !== after[name])).toEqual(NAMES);
  });
});
