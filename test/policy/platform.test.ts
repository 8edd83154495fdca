import { describe, expect, it } from "vitest";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import { checkout } from "../../cli/paths";
import { deploy } from "../../components/platform";
import { judge } from "../../policy/judge";
import { judgeProgram } from "../../policy/judgeProgram";
import { recordedResources } from "../../policy/recorded";
import { RULES } from "../../policy/rules";
import { KNOWN_TYPES } from "../../policy/rules/program/knownTypes";
import { looksAt } from "../../policy/rule";
import { secretsIn } from "../../policy/secretValues";
import { stackFacts } from "../../policy/stack";
import { record } from "../helpers/harness";
import { sampleSettings } from "../helpers/settings";

const TODAY = "2027-05-10";
const CLEAN = { violations: [], waived: [], waiverFaults: [] };

const ACME = {
  ingress: "acme",
  domain: "mlp.duckdns.org",
  duckdnsToken: "a-token-of-duckdns",
  artifacts: "direct",
};
const SELF_SIGNED = { ingress: "self-signed", domain: "ml.example.com" };

// Each records the whole program, which takes seconds on a busy machine.
describe("the platform as it is", { timeout: 120_000 }, () => {
  it.each([
    ["on this machine", "dev", {}],
    ["protected, on this machine", "staging", {}],
    ["with certificates of its own", "staging", SELF_SIGNED],
    ["with certificates of a CA", "prod", ACME],
    ["stopped", "prod", { ...ACME, running: false }],
    [
      "beyond this machine, in development",
      "dev",
      { bindAddresses: ["10.0.0.5"], domain: "ml.lan", allowInsecure: true },
    ],
  ])("%s", async (_, stack, settings) => {
    expect(await judgeProgram(sampleSettings(settings, stack), [], TODAY)).toEqual(CLEAN);
  });

  it("is refused where it is open to others without https, and where a shared stack is not protected", async () => {
    const open = { bindAddresses: ["10.0.0.5"], domain: "ml.lan", allowInsecure: true };
    const plain = await judgeProgram(sampleSettings(open, "shared"), [], TODAY);
    expect(new Set(plain.violations.map(({ rule }) => rule.name))).toEqual(
      new Set(["tls", "exact-redirects"]),
    );
    const lost = await judgeProgram(
      sampleSettings({ ...SELF_SIGNED, protectData: false }, "prod"),
      [],
      TODAY,
    );
    expect(new Set(lost.violations.map(({ rule }) => rule.name))).toEqual(new Set(["protected-volumes"]));
  });

  it("uses every type that the rules know, and each rule has something to look at", async () => {
    const recordings = [
      await record(() => deploy(sampleSettings(SELF_SIGNED, "prod")), { stack: "prod" }),
      await record(() => deploy(sampleSettings(ACME, "prod")), { stack: "prod" }),
    ];
    const types = new Set(recordings.flatMap(({ resources }) => resources.map(({ type }) => type)));
    // Those of Pulumi itself, and those that are known in order to be refused.
    const others = /^pulumi:|S3BucketPolicy$/;
    expect([...KNOWN_TYPES].filter((type) => !types.has(type) && !others.test(type))).toEqual([]);
    expect(RULES.filter((rule) => ![...types].some((type) => looksAt(rule, type)))).toEqual([]);
  });

  it("is refused with a container that a component makes beside the frame", async () => {
    const settings = sampleSettings();
    const recording = await record(() => {
      const outputs = deploy(settings);
      const provider = new docker.Provider("beside", {});
      new docker.Container(
        "nginx",
        { image: "nginx:latest", ports: [{ internal: 80, external: 80 }] },
        { provider },
      );
      return outputs;
    });
    const resources = recordedResources(recording);
    const { violations } = judge(resources, stackFacts("dev", settings, secretsIn(resources)), [], TODAY);
    expect(violations.every(({ resource }) => resource === "nginx")).toBe(true);
    expect(new Set(violations.map(({ rule }) => rule.name))).toEqual(
      new Set([
        ...["published-ports", "pinned-images", "health-checks", "limits", "no-new-privileges"],
        ...["dropped-capabilities", "read-only-root", "bounded-logs", "restarts"],
      ]),
    );
  });
});

describe("the images that are built here", () => {
  it("name a user who is not root, since containers leave it to them", () => {
    const images = readdirSync(join(checkout, "images"), { withFileTypes: true }).filter((it) =>
      it.isDirectory(),
    );
    const users = images.map(({ name }) => {
      const lines = readFileSync(join(checkout, "images", name, "Dockerfile"), "utf8").split("\n");
      return [name, lines.filter((line) => /^USER /i.test(line)).at(-1)] as const;
    });
    const rootless = (line: string | undefined): boolean =>
      line !== undefined && !/^USER\s+(root|0)\b/i.test(line);
    // Images that only others are built on run nothing.
    const bases = new Set(["base", "python"]);
    expect(users.filter(([name, user]) => !bases.has(name) && !rootless(user))).toEqual([]);
  });
});
