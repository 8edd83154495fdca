import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../config/settings";
import { ada, vera } from "./fixtures";

describe("settings", () => {
  it("have a default for every key", () => {
    expect(parseSettings("dev", {})).toEqual({
      stack: "dev",
      ingress: "http",
      portBase: 8080,
      domain: undefined,
      httpPort: 80,
      httpsPort: 443,
      bindAddresses: ["127.0.0.1"],
      generations: { ca: 1, certificate: 1 },
      acme: undefined,
      users: [],
      teams: [],
      artifacts: "proxied",
      images: {},
      protectData: false,
      auditDays: 365,
      dockerHost: undefined,
      running: true,
      temporaryPasswords: false,
    });
  });

  it("take every key", () => {
    const nginx = `registry.example:5000/a/nginx:1.28@sha256:${"0a".repeat(32)}`;
    const team = { name: "vision", members: ["vera"], quotaGiB: 10, retain: false };
    const report = { name: "vision-report", role: "reader", generation: 2 };
    const serviceAccounts = ["vision-ci", report];
    expect(
      parseSettings("prod", {
        ingress: "acme",
        portBase: 9080,
        domain: "team.duckdns.org",
        httpPort: 9081,
        httpsPort: 9443,
        bindAddresses: ["10.0.0.5"],
        allowInsecure: false,
        caGeneration: 2,
        certificateGeneration: 3,
        acmeEmail: "ops@example.com",
        acmeServer: "https://ca.example/dir",
        acmeChallenge: "http",
        acmeCaBundle: "",
        acmeResolver: "192.0.2.1:53",
        duckdnsToken: "secret",
        duckdnsApi: "https://duck.example",
        ipv4Lookup: "https://ip.example",
        ipv6Lookup: "",
        users: [{ ...ada, admin: true }, vera],
        teams: [{ ...team, serviceAccounts, admins: ["ada"] }, { name: "empty" }],
        artifacts: "direct",
        images: { nginx },
        protectData: false,
        auditDays: 30,
        dockerHost: "ssh://me@there:22",
        running: false,
      }),
    ).toEqual({
      stack: "prod",
      ingress: "acme",
      portBase: 9080,
      domain: "team.duckdns.org",
      httpPort: 9081,
      httpsPort: 9443,
      bindAddresses: ["10.0.0.5"],
      generations: { ca: 2, certificate: 3 },
      acme: {
        email: "ops@example.com",
        server: "https://ca.example/dir",
        challenge: "http",
        caBundle: undefined,
        resolver: "192.0.2.1:53",
        duckdns: {
          api: "https://duck.example",
          token: "secret",
          ipv4Lookup: "https://ip.example",
          ipv6Lookup: undefined,
        },
      },
      users: [
        { ...ada, admin: true },
        { ...vera, admin: false },
      ],
      teams: [
        {
          ...team,
          admins: ["ada"],
          readers: [],
          serviceAccounts: [{ name: "vision-ci", role: "member", generation: 1 }, report],
        },
        { name: "empty", members: [], admins: [], readers: [], serviceAccounts: [], retain: true },
      ],
      artifacts: "direct",
      images: { nginx },
      protectData: false,
      auditDays: 30,
      dockerHost: "ssh://me@there:22",
      running: false,
      temporaryPasswords: true,
    });
  });

  it.each([
    ["dev", "auto", false],
    ["staging", "auto", true],
    ["dev", true, true],
    ["staging", false, false],
  ])("in stack %s with protectData %s protect data: %s", (stack, protectData, wanted) => {
    expect(parseSettings(stack, { protectData }).protectData).toBe(wanted);
  });

  it.each([
    ["dev", false],
    ["staging", true],
  ])("in stack %s want a new password at the first login: %s", (stack, wanted) => {
    expect(parseSettings(stack, {}).temporaryPasswords).toBe(wanted);
  });

  it.each([
    "",
    "unix:///var/run/docker.sock",
    "tcp://10.0.0.1:2375",
    "ssh://me@there",
    "ssh://alias/run/user/1000/docker.sock",
    "ssh://me@[2001:db8::1]:2222",
    "npipe:////./pipe/docker",
  ])("take the Docker host %j", (dockerHost) => {
    expect(parseSettings("dev", { dockerHost }).dockerHost).toBe(dockerHost === "" ? undefined : dockerHost);
  });

  it.each([1024, 8080, 65_500])("take the first port %i", (portBase) => {
    expect(parseSettings("dev", { portBase }).portBase).toBe(portBase);
  });

  it.each(["a", "dev", "e2e-1", "a".repeat(30)])("take the stack name %s", (stack) => {
    expect(parseSettings(stack, {}).stack).toBe(stack);
  });

  it.each(["ab", "a".repeat(56), "team-1", "0x"])("take the team name %s", (name) => {
    expect(parseSettings("dev", { teams: [{ name }] }).teams[0]?.name).toBe(name);
  });

  it("let one person be in several teams, and in none", () => {
    const teams = [
      { name: "one", members: ["ada"] },
      { name: "two", members: ["ada"] },
    ];
    expect(parseSettings("dev", { users: [ada, vera], teams }).teams).toHaveLength(2);
  });

  it("are frozen, down to the members of a team", () => {
    const settings = parseSettings("dev", { users: [ada], teams: [{ name: "vision", members: ["ada"] }] });
    const parts: unknown[] = [settings, settings.users, settings.users[0], settings.teams, settings.images];
    expect(
      [...parts, settings.teams[0], settings.teams[0]?.members].every((part) => Object.isFrozen(part)),
    ).toBe(true);
    expect(() => {
      (settings.teams[0]?.members as string[]).push("vera");
    }).toThrow(TypeError);
  });

  it("leave what they were read from as it is", () => {
    const raw = { teams: [{ name: "vision" }], images: {} };
    parseSettings("dev", raw);
    expect(raw).toEqual({ teams: [{ name: "vision" }], images: {} });
    expect(Object.isFrozen(raw.teams)).toBe(false);
  });
});
