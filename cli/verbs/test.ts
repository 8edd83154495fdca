import { type Command, Option } from "commander";
import { bootstrap, listrReporter } from "../bootstrap";
import { elapsed } from "../bootstrap/listrReporter";
import { SUITES, type SuiteResult } from "../suites";

/** `test`: everything, with one closing line. */
export function register(program: Command): void {
  program
    .command("test")
    .description("Run all tests: types, lint, format, unit, end to end, interrupted runs.")
    .addOption(new Option("--only <suite>", "one suite").choices(SUITES.map(({ name }) => name)))
    .action(async ({ only }: { readonly only?: string }) => {
      const started = Date.now();
      // Asked for by itself, it is the long one.
      if (only === "chaos") process.env["CHAOS_KILLS"] ??= "20";
      // The toolchain tests look into the plugins, the end-to-end tests need all of it.
      await bootstrap({ reporter: listrReporter() });
      await bootstrap({ reporter: listrReporter(), only: ["chromium"] });
      const results: SuiteResult[] = [];
      for (const suite of SUITES.filter(({ name, long = false }) =>
        only === undefined ? !long : name === only,
      )) {
        console.log(`\n== ${suite.name}: ${suite.what}`);
        const result = await suite.run();
        results.push(result);
        console.log(
          `== ${suite.name}: ${result.passed} passed, ${result.failures.length} failed, at ${elapsed(Date.now() - started)}`,
        );
      }
      const failures = results.flatMap((result) => result.failures);
      const passed = results.reduce((sum, result) => sum + result.passed, 0);
      // Repeated at the end, since a log is long and often cut.
      for (const failure of failures) console.log(`✗ ${failure}`);
      console.log(`\n${passed} passed, ${failures.length} failed`);
      process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
    });
}
