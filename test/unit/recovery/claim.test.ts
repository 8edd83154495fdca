import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claim } from "../../../cli/engine/recovery/claim";
import { self } from "../../../cli/engine/recovery/process";
import { checkout } from "../../../cli/paths";

const OWN = `${self().pid}.${self().started}`;
const DEAD = "4194305.1";

describe("claim", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "claim-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const target = (name: string): string => readlinkSync(join(folder, name));

  it("holds a stack that nobody holds, once", () => {
    claim({ name: "dev", folder });
    claim({ name: "dev", folder });
    expect(readdirSync(folder)).toEqual(["run-1"]);
    expect(target("run-1")).toBe(OWN);
  });

  it("passes over a dead owner and clears its claim away", () => {
    symlinkSync(DEAD, join(folder, "run-7"));
    claim({ name: "dev", folder });
    expect(readdirSync(folder)).toEqual(["run-8"]);
    expect(target("run-8")).toBe(OWN);
  });

  it("is refused while another process is alive, and given once that has ended", async () => {
    const holder = other();
    await once(holder.stdout, "data");
    expect(() => claim({ name: "dev", folder })).toThrow(
      new RegExp(`Another run is changing stack dev \\(process ${holder.pid}\\)`),
    );
    expect(readdirSync(folder)).toEqual(["run-1"]);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    claim({ name: "dev", folder });
    expect(readdirSync(folder)).toEqual(["run-2"]);
  });

  it("is given to exactly one of several processes that ask at once", async () => {
    symlinkSync(DEAD, join(folder, "run-1"));
    const runs = Array.from({ length: 6 }, () => other());
    const said = await Promise.all(
      runs.map(async (run) => String((await once(run.stdout, "data"))[0]).trim()),
    );
    for (const run of runs) run.kill("SIGKILL");
    expect(said.filter((line) => line === "claimed")).toHaveLength(1);
    expect(said.filter((line) => line.startsWith("Another run"))).toHaveLength(5);
  }, 60_000);

  /** A process that claims the stack, says how that ended, and stays. */
  function other() {
    const script = `
      const { claim } = require(${JSON.stringify(join(checkout, "cli/engine/recovery/claim.ts"))});
      try { claim({ name: "dev", folder: ${JSON.stringify(folder)} }); console.log("claimed"); }
      catch (error) { console.log(error.message); }
      setTimeout(() => {}, 60000);`;
    return spawn(process.execPath, ["--import", "tsx", "-e", script], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "inherit"],
    });
  }
});
