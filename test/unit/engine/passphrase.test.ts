import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  backendEnv,
  backendRemedy,
  chosenBackend,
  filesOf,
  kindOf,
  shown,
} from "../../../cli/engine/backend";
import { ownPassphraseFile, passphraseOf, passphraseText } from "../../../cli/engine/passphrase";
import { writeOnce } from "../../../cli/engine/files";
import { CHANGE, movedFrom, noteMove, refuseUnfinished } from "../../../cli/engine/unfinished";
import { checkout } from "../../../cli/paths";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "passphrase-"));
  vi.stubEnv("MLFLOW_PLATFORM_STATE_DIR", root);
  vi.stubEnv("PULUMI_HOME", root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

describe("the passphrase of a stack", () => {
  it("is the clone's, made once, for its owner only", () => {
    const made = passphraseOf("dev");
    expect(made.origin).toBe("clone");
    expect(passphraseText(made)).toHaveLength(43);
    expect(passphraseText(passphraseOf("prod"))).toBe(passphraseText(made));
    expect(statSync(join(root, "passphrase")).mode & 0o777).toBe(0o600);
  });

  it("is the stack's own where it has one; other stacks keep the clone's", () => {
    mkdirSync(join(root, "passphrases"));
    writeFileSync(ownPassphraseFile("prod"), "prods-own-passphrase\n");
    expect(passphraseOf("prod").origin).toBe("stack");
    expect(passphraseText(passphraseOf("prod"))).toBe("prods-own-passphrase");
    expect(existsSync(join(root, "passphrase"))).toBe(false);
    expect(passphraseOf("dev").origin).toBe("clone");
  });

  it("is empty where the variable is set and empty, as for Pulumi", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", "/not/read");
    const source = passphraseOf("dev");
    expect(source).toMatchObject({ origin: "variable", env: { PULUMI_CONFIG_PASSPHRASE: "" } });
    expect(passphraseText(source)).toBe("");
  });

  it("is not read from a variable for a file that is set and empty, as for Pulumi", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", "");
    expect(passphraseOf("dev").origin).toBe("clone");
  });

  it("is read from the file that the variable names, a relative one from the checkout", () => {
    writeFileSync(join(root, "given"), "  given-passphrase\n");
    for (const name of [join(root, "given"), relative(checkout, join(root, "given"))]) {
      vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", name);
      const source = passphraseOf("dev");
      expect(source.env).toEqual({ PULUMI_CONFIG_PASSPHRASE_FILE: join(root, "given") });
      expect(passphraseText(source)).toBe("given-passphrase");
    }
  });

  it("is never nothing by mistake: a file that is empty or gone is refused", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", join(root, "gone"));
    expect(() => passphraseOf("dev")).toThrow(/gone, cannot be read/);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", "");
    writeFileSync(join(root, "passphrase"), "\n");
    expect(() => passphraseOf("dev")).toThrow(/passphrase, is empty/);
  });

  it("is one for two processes that make it at the same time", () => {
    writeOnce(join(root, "made"), "first");
    writeOnce(join(root, "made"), "second");
    expect(readFileSync(join(root, "made"), "utf8")).toBe("first");
    expect(readdirSync(root)).toEqual(["made"]);
  });
});

describe("a backend", () => {
  it("is the variable's, else the login's with its token, else files of the clone", () => {
    expect(chosenBackend()).toEqual({ PULUMI_BACKEND_URL: `file://${root}/backend` });
    const login = {
      current: "https://pulumi.example",
      accounts: { "https://pulumi.example": { accessToken: "pul-test" } },
    };
    writeFileSync(join(root, "credentials.json"), JSON.stringify(login));
    const service = { PULUMI_BACKEND_URL: "https://pulumi.example", PULUMI_ACCESS_TOKEN: "pul-test" };
    expect(chosenBackend()).toEqual(service);
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://states");
    expect(chosenBackend()).toEqual({ PULUMI_BACKEND_URL: "s3://states" });
    expect(backendEnv("https://pulumi.example")).toEqual(service);
  });

  it("of relative files is the same from every folder", () => {
    expect(backendEnv("file://states").PULUMI_BACKEND_URL).toBe(`file://${checkout}/states`);
    expect(backendEnv("file://~/states").PULUMI_BACKEND_URL).toBe("file://~/states");
    expect(filesOf("file:///srv/states?no_tmp_dir=true")).toBe("/srv/states");
    expect(filesOf("s3://states")).toBeUndefined();
  });

  it("is of one of three kinds", () => {
    expect(["file:///a", "s3://b", "https://c", "postgres://d"].map(kindOf)).toEqual([
      "files",
      "store",
      "service",
      "store",
    ]);
  });

  it("that refuses gets a remedy: MinIO's the parameter that it needs", () => {
    const said = "operation error S3: PutObject, api error InvalidArgument: Invalid checksum provided.";
    expect(backendRemedy(said)).toContain("&request_checksum_calculation=when_supported");
    expect(backendRemedy("error: unable to open bucket")).toContain("PULUMI_BACKEND_URL");
  });

  it("is shown without a password in it", () => {
    expect(shown("postgres://ada:hunter2@db/states")).toBe("postgres://ada:…@db/states");
    expect(shown("s3://states?region=eu")).toBe("s3://states?region=eu");
  });
});

describe("what was left unfinished", () => {
  const [here, there] = ["file:///here", "s3://there"];

  it("is told of a state that was moved, but not where it is now", () => {
    noteMove(root, here, there);
    expect(() => refuseUnfinished("dev", root, here)).toThrow("was moved from file:///here to s3://there");
    expect(() => refuseUnfinished("dev", root, here, "move")).not.toThrow();
    expect(() => refuseUnfinished("dev", root, there)).not.toThrow();
  });

  it("is forgotten of a state that came back", () => {
    noteMove(root, here, there);
    noteMove(root, there, here);
    expect(movedFrom(root, here)).toBeUndefined();
    expect(movedFrom(root, there)?.to).toBe(here);
    expect(readFileSync(join(root, "moved.json"), "utf8")).not.toContain('"file:///here":{');
  });

  it("is told of a passphrase that is being changed", () => {
    mkdirSync(join(root, CHANGE));
    expect(() => refuseUnfinished("dev", root, here)).toThrow("A change of the passphrase of stack dev");
    expect(() => refuseUnfinished("dev", root, here, "move")).toThrow("A change of the passphrase");
    expect(() => refuseUnfinished("dev", root, here, "passphrase")).not.toThrow();
  });
});
