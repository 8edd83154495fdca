import { afterEach, describe, expect, it, vi } from "vitest";
import { hostname } from "node:os";
import { UserError } from "../../../cli/errors";
import { locksInWords } from "../../../cli/state/locks";
import { destination } from "../../../cli/state/move";
import { faultOf } from "../../../cli/state/newPassphrase";
import { inWords } from "../../../cli/state/unlock";
import { passphraseNews } from "../../../cli/verbs/state";

afterEach(() => vi.unstubAllEnvs());

/** As the engine refuses a locked stack. */
const LOCKED = `error: could not create stack: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://states/.pulumi/locks/organization/mlflow-platform/dev/x.json?region=eu-central-1: created by ada@elsewhere (pid 123) at 2026-11-22T04:00:00Z
  s3://states/.pulumi/locks/organization/mlflow-platform/dev/y.json?region=eu-central-1: created by DOMAIN\\ada lovelace@there.example.com (pid 7) at 2026-11-22T05:00:00+01:00`;

describe("locks that the engine names", () => {
  it("are read with owner, process and time", () => {
    expect(locksInWords(LOCKED)).toEqual([
      {
        file: "s3://states/.pulumi/locks/organization/mlflow-platform/dev/x.json?region=eu-central-1",
        username: "ada",
        hostname: "elsewhere",
        pid: 123,
        taken: Date.UTC(2026, 10, 22, 4),
      },
      expect.objectContaining({ username: "DOMAIN\\ada lovelace", hostname: "there.example.com", pid: 7 }),
    ]);
    expect(locksInWords("error: stack 'organization/mlflow-platform/dev' already exists")).toEqual([]);
  });

  it("are told with whether their owner lives", () => {
    const lock = { file: "x", username: "ada", hostname: hostname(), pid: process.pid, taken: Date.now() };
    expect(inWords(lock)).toContain("this machine, process " + String(process.pid) + " (alive)");
    expect(inWords({ ...lock, pid: 2 ** 22 + 1 })).toContain("(dead)");
    expect(inWords({ ...lock, hostname: "elsewhere" })).toContain(
      "elsewhere, process " + String(process.pid) + " (cannot be seen from here)",
    );
  });
});

describe("an address to move to", () => {
  const next = (url: string): string => {
    try {
      destination(url);
      return "accepted";
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).exitCode).toBe(2);
      return (error as UserError).message;
    }
  };

  it.each([
    "file:///srv/states",
    "file://~/states",
    "s3://bucket?region=eu-central-1",
    "gs://bucket",
    "azblob://states",
  ])("may be %s", (url) => expect(destination(url).PULUMI_BACKEND_URL).toBe(url));

  it("of a service takes a token, from the variable or a login", () => {
    vi.stubEnv("PULUMI_HOME", "/nowhere");
    vi.stubEnv("PULUMI_ACCESS_TOKEN", undefined);
    expect(next("https://api.pulumi.com")).toContain(
      "set PULUMI_ACCESS_TOKEN, or `pulumi login https://api.pulumi.com`",
    );
    vi.stubEnv("PULUMI_ACCESS_TOKEN", "pul-of-a-test");
    expect(destination("https://api.pulumi.com").PULUMI_BACKEND_URL).toBe("https://api.pulumi.com");
  });

  it("names all its faults, and never a password in it", () => {
    expect(next("bucket")).toContain("no address of a backend");
    expect(next("file://states")).toContain("begins with / or ~");
    const said = next("postgres://ada:hunter2@db/states");
    expect(said).toContain("holds a password");
    expect(said).not.toContain("hunter2");
  });
});

describe("a new passphrase", () => {
  it.each([
    ["", "was not given"],
    ["fifteen letters", "fewer than 16"],
    [" a-long-enough-passphrase", "white space at an end"],
    ["a-long-enough\npassphrase", "more than one line"],
  ])("may not be %j", (text, said) => {
    expect(faultOf(text)).toContain(said);
  });

  it("may be any other", () => {
    expect(faultOf("correct horse battery staple")).toBeUndefined();
  });
});

describe("what is told after a change of the passphrase", () => {
  const done = {
    resumed: false,
    file: undefined,
    oldFile: undefined,
    displaced: undefined,
    backup: undefined,
  };
  const told = (more: Partial<Parameters<typeof passphraseNews>[1]>) =>
    passphraseNews("dev", { ...done, ...more }).join("\n");

  it("is which variable has to change, where it comes from there", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "the-old-one-of-a-test");
    expect(told({})).toContain("PULUMI_CONFIG_PASSPHRASE has to give the new one");
    expect(told({ file: "/state/passphrases/dev" })).toContain(
      "still gives the old one and comes first: unset it",
    );
    expect(told({})).not.toContain("the-old-one-of-a-test");
  });

  it("is where both are, where they lie in files", () => {
    const text = told({ file: "/state/passphrases/dev", oldFile: "/state/passphrase", resumed: true });
    expect(text).toContain("It is in /state/passphrases/dev.");
    expect(text).toContain("The old one stays in /state/passphrase");
    expect(text).toContain("of the run that was interrupted");
  });

  it("is where the passphrase is that had to make room, and whose it may be", () => {
    const text = told({ file: "/state/passphrases/dev", displaced: "/state/passphrases/dev.until-x" });
    expect(text).toContain(
      "! The stack's file held another passphrase, which is in /state/passphrases/dev.until-x",
    );
  });
});
