import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readSettings } from "../../../cli/engine/stack";
import { loadSettings } from "../../../config/load";
import { valueOf } from "../../../config/text";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";

describe("a setting's text", () => {
  it.each([
    ["9600", 9600],
    ["true", true],
    ["false", false],
    ['["127.0.0.1"]', ["127.0.0.1"]],
    ['{"a":[1]}', { a: [1] }],
  ])("%s is a value", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  it.each([
    PEM,
    "",
    "ml.example.com",
    "10.0.0.1",
    "::",
    "[2001:db8::1]:53",
    "null",
    '"quoted"',
    "007",
    "{torn",
    "two\n\nlines",
  ])("%j stays as it is", (text) => {
    expect(valueOf(text)).toBe(text);
  });
});

describe("settings whose numbers `pulumi config set` has turned into text", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  afterEach(() => {
    vi.unstubAllEnvs();
    pulumi.runtime.setAllConfig({});
    rmSync(folder, { recursive: true, force: true });
  });

  it("are read as the same by the commands and by the program", () => {
    const settings = {
      ingress: "acme",
      domain: "team.duckdns.org",
      acmeChallenge: "http",
      portBase: "9600",
      allowInsecure: "false",
      bindAddresses: ["127.0.0.1"],
      acmeCaBundle: PEM,
    };
    const config = Object.entries(settings).map(([key, value]) => [`mlflow-platform:${key}`, value] as const);
    writeFileSync(join(folder, "Pulumi.stack.yaml"), JSON.stringify({ config: Object.fromEntries(config) }));
    vi.stubEnv("MLFLOW_PLATFORM_CONFIG_DIR", folder);
    const byCommands = readSettings("stack");
    expect(byCommands).toMatchObject({
      portBase: 9600,
      bindAddresses: ["127.0.0.1"],
      acme: { caBundle: PEM },
    });
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        config.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
      ),
    );
    expect({ ...loadSettings(), stack: "" }).toEqual({ ...byCommands, stack: "" });
  });
});
