import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  PYTHONS,
  PythonMachine,
  type PythonName,
  pythonImage,
  removePythonMachines,
} from "../helpers/client/python";

const MINUTES = 60_000;
const NAMES = Object.keys(PYTHONS) as PythonName[];

beforeAll(async () => {
  await removePythonMachines();
  for (const name of NAMES) await pythonImage(name);
}, 20 * MINUTES);

afterAll(removePythonMachines, MINUTES);

/** Side by side: they wait more than they work. */
describe.concurrent("the client package, as a wheel, without a network and without a C compiler", () => {
  it.each(NAMES)(
    "passes its own tests on %s",
    async (name) => {
      const { python, mlflow, tests } = PYTHONS[name];
      const machine = await PythonMachine.open(name, "none");
      try {
        const { exitCode, stdout, stderr } = await machine.run(`test-package ${tests}`);
        expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
        expect(stdout).toContain("No broken requirements");
        expect(stdout).toContain(`mlflow-skinny ${mlflow}\n`);
        expect(stdout).toMatch(new RegExp(`^python ${python.replace(".", "\\.")}\\.`, "m"));
        // Neither skipped nor expected to fail, and none was lost on the way.
        expect(stdout).toMatch(/^1?\d\d passed in /m);
        const compilers = await machine.run("command -v cc gcc c++ g++ clang");
        expect(compilers.stdout).toBe("");
      } finally {
        await machine.close();
      }
    },
    15 * MINUTES,
  );
});
