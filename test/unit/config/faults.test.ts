import { describe, expect, it } from "vitest";
import { ada, errorOf, faultsOf, vera } from "./fixtures";

const user = (changed: object): object => ({ users: [{ ...ada, ...changed }] });
const team = (changed: object): object => ({ teams: [{ name: "vision", ...changed }] });
const account = (changed: object): object => team({ serviceAccounts: [{ name: "ci", ...changed }] });
const DIGEST = `sha256:${"0a".repeat(32)}`;

/** A configuration, the key that is at fault, and what the fault must say. */
const SINGLE: readonly (readonly [object, string, RegExp])[] = [
  // Keys that are not known.
  [{ portbase: 9000 }, "portbase", /not known/],
  [user({ phone: "1" }), "users[0].phone", /not known/],
  [team({ color: "red" }), "teams[0].color", /not known/],
  [{ images: { redis: `redis:7@${DIGEST}` } }, "images.redis", /not known/],
  // Values of another type.
  [{ portBase: "8080" }, "portBase", /expected number/],
  [{ users: "ada" }, "users", /expected array/],
  [{ users: null }, "users", /expected array/],
  [{ users: ["ada"] }, "users[0]", /expected object/],
  [{ teams: { name: "vision" } }, "teams", /expected array/],
  [{ images: "nginx" }, "images", /expected record/],
  [{ running: "no" }, "running", /expected boolean/],
  [{ protectData: "yes" }, "protectData", /true, false or auto/],
  [user({ admin: "yes" }), "users[0].admin", /expected boolean/],
  [team({ members: "ada" }), "teams[0].members", /expected array/],
  // Choices.
  [{ ingress: "https" }, "ingress", /`http`, `self-signed` or `acme`/],
  [{ artifacts: "both" }, "artifacts", /"proxied"\|"direct"/],
  // Ports.
  [{ portBase: 80 }, "portBase", /below 1024/],
  [{ portBase: 65_501 }, "portBase", /no room/],
  [{ portBase: 8080.5 }, "portBase", /int/],
  // People.
  [user({ username: "Ada" }), "users[0].username", /lower-case/],
  [user({ username: "a" }), "users[0].username", /2 to 63/],
  [user({ username: undefined }), "users[0].username", /expected string/],
  [
    user({ username: "service-account-mlflow-provisioner" }),
    "users[0].username",
    /pass for a service account/,
  ],
  [user({ email: "ada" }), "users[0].email", /not an e-mail address/],
  [user({ firstName: "" }), "users[0].firstName", /not be empty/],
  [user({ lastName: "" }), "users[0].lastName", /not be empty/],
  // Teams: names are buckets and workspaces.
  [team({ name: "x" }), "teams[0].name", /at least 2/],
  [team({ name: "a".repeat(57) }), "teams[0].name", /S3 allows 63/],
  [team({ name: "Vision" }), "teams[0].name", /lower-case/],
  [team({ name: "vision_1" }), "teams[0].name", /hyphens/],
  [team({ name: "-vision" }), "teams[0].name", /no hyphen first or last/],
  [team({ name: "vision-" }), "teams[0].name", /no hyphen first or last/],
  [team({ name: "a.b" }), "teams[0].name", /lower-case/],
  [team({ quotaGiB: 0 }), "teams[0].quotaGiB", /at least 1 GiB/],
  [team({ quotaGiB: 1.5 }), "teams[0].quotaGiB", /int/],
  [team({ quotaGiB: 2_000_000 }), "teams[0].quotaGiB", /at most 1 PiB/],
  // Service accounts: names are client ids.
  [team({ serviceAccounts: ["CI"] }), "teams[0].serviceAccounts[0]", /client id/],
  [team({ serviceAccounts: ["a".repeat(61)] }), "teams[0].serviceAccounts[0]", /at most 60/],
  [account({ role: "owner" }), "teams[0].serviceAccounts[0].role", /"reader"\|"member"\|"admin"/],
  [account({ generation: 0 }), "teams[0].serviceAccounts[0].generation", /at least 1/],
  [account({ name: "CI" }), "teams[0].serviceAccounts[0].name", /client id/],
  [account({ secret: "x" }), "teams[0].serviceAccounts[0].secret", /not known/],
  [team({ retain: "no" }), "teams[0].retain", /expected boolean/],
  // Names in other scripts: not bucket names, so one clear fault.
  [team({ name: "équipe" }), "teams[0].name", /lower-case letters, digits and hyphens/],
  [team({ name: "视觉" }), "teams[0].name", /lower-case letters, digits and hyphens/],
  // Images.
  [{ images: { nginx: "nginx:1.28" } }, "images.nginx", /by digest/],
  [{ images: { nginx: `nginx@sha256:${"0A".repeat(32)}` } }, "images.nginx", /by digest/],
  [{ images: { nginx: `@${DIGEST}` } }, "images.nginx", /by digest/],
  // Docker host.
  [{ dockerHost: "localhost:2375" }, "dockerHost", /ssh:\/\/user@host/],
  [{ dockerHost: "ssh://" }, "dockerHost", /ssh:\/\/user@host/],
  [{ dockerHost: "ssh://me:hunter2@far" }, "dockerHost", /a password has no place here/],
  [{ dockerHost: "ssh://far?key=x" }, "dockerHost", /and nothing else/],
  [{ dockerHost: "ssh://far:ssh" }, "dockerHost", /\[:port\]/],
];

describe("one fault", () => {
  it.each(SINGLE)("%j is one of %s", (raw, key, problem) => {
    expect(faultsOf(raw as Record<string, unknown>)).toEqual([
      { key, problem: expect.stringMatching(problem) as unknown },
    ]);
  });

  it.each(["Dev", "dev_1", "-dev", "dev-", "", "a".repeat(31), "a.b"])("of the stack's name: %j", (stack) => {
    expect(faultsOf({}, stack)).toEqual([
      { key: "(stack)", problem: expect.stringContaining("1 to 30 lower-case letters") as unknown },
    ]);
  });
});

describe("more people than a file can hold", () => {
  const people = (count: number): object[] =>
    Array.from({ length: count }, (_, n) => ({ ...ada, username: `p${n}`, email: `p${n}@example.com` }));

  it("are one fault that says where they belong, whatever else there is to say of them", () => {
    expect(faultsOf({ users: people(10_000) })).toEqual([
      { key: "users", problem: expect.stringMatching(/more than 1000 people .* directory/) as unknown },
    ]);
  });

  it("begin after the thousandth", () => {
    expect(() => faultsOf({ users: people(1000) })).toThrow("was accepted");
  });
});

const twins = (changed: object): object => ({ users: [ada, { ...vera, ...changed }] });

/** Contradictions between values that are each allowed. */
const CONTRADICTIONS: readonly (readonly [object, string, RegExp])[] = [
  [twins({ username: "ada" }), "users[1].username", /user ada is declared already at users\[0\]\.username/],
  [twins({ email: "ada@example.com" }), "users[1].email", /declared already at users\[0\]\.email/],
  [
    twins({ email: "ADA@Example.com" }),
    "users[1].email",
    /e-mail address ADA@Example\.com is declared already/,
  ],
  [
    { teams: [{ name: "vision" }, { name: "vision" }] },
    "teams[1].name",
    /declared already at teams\[0\]\.name/,
  ],
  [
    team({ serviceAccounts: ["ci", "ci"] }),
    "teams[0].serviceAccounts[1]",
    /service account ci is declared already at teams\[0\]\.serviceAccounts\[0\]/,
  ],
  [
    {
      teams: [
        { name: "one", serviceAccounts: ["ci"] },
        { name: "two", serviceAccounts: ["ci"] },
      ],
    },
    "teams[1].serviceAccounts[0]",
    /declared already at teams\[0\]\.serviceAccounts\[0\]/,
  ],
  [team({ members: ["ada"] }), "teams[0].members[0]", /add ada under users/],
  [{ users: [ada], ...team({ members: ["ada", "ada"] }) }, "teams[0].members[1]", /listed twice/],
  [team({ admins: ["ada"] }), "teams[0].admins[0]", /add ada under users/],
  [team({ readers: ["ada"] }), "teams[0].readers[0]", /add ada under users/],
  [
    { users: [ada], ...team({ members: ["ada"], readers: ["ada"] }) },
    "teams[0].readers[0]",
    /under members of this team already; keep one of the two/,
  ],
  // A ring of teams would begin so.
  [
    { teams: [{ name: "vision", members: ["language"] }, { name: "language" }] },
    "teams[0].members[0]",
    /language is a team, and teams cannot hold teams/,
  ],
  [
    team({ serviceAccounts: ["ci", { name: "ci", role: "reader" }] }),
    "teams[0].serviceAccounts[1].name",
    /service account ci is declared already at teams\[0\]\.serviceAccounts\[0\]/,
  ],
];

describe("a contradiction", () => {
  it.each(CONTRADICTIONS)("%j is one of %s", (raw, key, problem) => {
    expect(faultsOf(raw as Record<string, unknown>)).toEqual([
      { key, problem: expect.stringMatching(problem) as unknown },
    ]);
  });

  it("is found for names that differ only by case, since Keycloak and MLflow take them for one", () => {
    const faults = faultsOf(twins({ username: "ADA" }) as Record<string, unknown>);
    expect(faults.map(({ key }) => key)).toEqual(["users[1].username", "users[1].username"]);
    expect(faults[1]?.problem).toContain("declared already");
  });

  it.each([
    "mlflow-users",
    "mlflow-admins",
    "artifacts",
    "default",
    "api",
    "ajax-api",
    "static-files",
    "workspaces",
  ])("is a team called %s", (name) => {
    expect(faultsOf({ teams: [{ name }] })).toEqual([
      { key: "teams[0].name", problem: expect.stringContaining("itself; choose another one") as unknown },
    ]);
  });

  it.each([
    "mlflow",
    "mlflow-cli",
    "minio",
    "mlflow-provisioner",
    "account",
    "broker",
    "admin-cli",
    "realm-management",
  ])("is a service account called %s", (name) => {
    expect(faultsOf(team({ serviceAccounts: [name] }) as Record<string, unknown>)).toEqual([
      { key: "teams[0].serviceAccounts[0]", problem: expect.stringContaining("is a client of") as unknown },
    ]);
  });
});

describe("many faults", () => {
  const error = errorOf(
    {
      portBase: 80,
      colour: "red",
      users: [
        { ...ada, email: "nowhere" },
        { ...vera, username: "ada" },
      ],
      teams: [{ name: "vision", members: ["vera"], serviceAccounts: ["minio"] }, { name: "vision" }],
      images: { nginx: "nginx" },
    },
    "staging",
  );

  it("are all in one error, each once, with its key", () => {
    expect(error.faults.map(({ key }) => key).sort()).toEqual([
      "colour",
      "images.nginx",
      "portBase",
      "teams[0].members[0]",
      "teams[0].serviceAccounts[0]",
      "teams[1].name",
      "users[0].email",
      "users[1].username",
    ]);
  });

  it("are counted, listed one a line, with what to do next", () => {
    const lines = error.message.split("\n");
    expect(lines[0]).toBe("The configuration of stack staging has 8 faults; nothing was changed.");
    expect(lines.slice(1, -1)).toEqual(
      error.faults.map(({ key, problem }) => `  mlflow-platform:${key}: ${problem}`),
    );
    expect(lines.at(-1)).toBe(
      "Correct Pulumi.staging.yaml (every key is described in Pulumi.yaml), then: npm run preview -- --stack staging",
    );
  });

  it("are one fault in the singular", () => {
    expect(errorOf({ portBase: 80 }).message).toContain("has 1 fault; nothing was changed.");
  });
});
