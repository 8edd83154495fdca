import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import execa from "execa";
import { UserError } from "../errors";
import { runLogged } from "./run";

/** A Go program to build. */
export interface GoBuild {
  /** Name of the log and in messages, such as `the Pulumi CLI`. */
  label: string;
  /** Name of the log file, without `.log`. */
  log: string;
  /** Folder of the module whose go.mod and go.sum pin everything. */
  module: string;
  /** Package to build, `.` for the module itself. */
  package: string;
  /** Path of the program to make. */
  output: string;
  /** Added to the linker's flags, such as `-X path.Version=v1`. */
  ldflags?: string;
  /** What else a person can do where Go is missing; default: nothing. */
  alternative?: string;
}

/**
 * Environment of every build. Static programs: MinIO and its console run in images with another C library than the
 * host's, and without cgo no C compiler is needed. `-mod=readonly`: never another version than the pinned ones.
 */
export const GO_ENV = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" } as const;

/**
 * Whether a Go version is at least another, by its first two numbers and the patch.
 * @param have - as `go env GOVERSION` prints it, such as `go1.26.8`, `go1.27rc1` or `go1.26.8 X:nocoverageredesign`
 * @param want - as a go directive says it, such as `1.26.0`
 */
export function goAtLeast(have: string, want: string): boolean {
  const numbers = (text: string): number[] =>
    (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? []).slice(1).map((n: string | undefined) => Number(n ?? 0));
  const [a, b] = [numbers(have), numbers(want)];
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  return a.length > 0;
}

/**
 * The Go version that a module asks for.
 * @param module - folder with a go.mod
 */
export function goDirective(module: string): string {
  return /^go (\S+)$/m.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1] ?? "1.26.0";
}

/**
 * Version of the Go command as it will build in a folder, undefined when there is none. With GOTOOLCHAIN=auto, Go
 * fetches the version that a module asks for by itself, hence the folder.
 * @param dir - folder of the module
 */
export async function goVersion(dir: string): Promise<string | undefined> {
  const { failed, stdout } = await execa("go", ["env", "GOVERSION"], {
    cwd: dir,
    env: GO_ENV,
    reject: false,
  });
  return failed ? undefined : stdout.trim();
}

/**
 * Makes sure that Go can build a module.
 * @throws UserError that says what to install
 */
export async function requireGo(spec: Pick<GoBuild, "label" | "module" | "alternative">): Promise<void> {
  const want = goDirective(spec.module);
  const have = await goVersion(spec.module);
  if (have && goAtLeast(have, want)) return;
  throw new UserError(
    `${spec.label} must be built from source here, which takes Go ${want} or later; ${have ? `${have.replace("go", "Go ")} is on PATH` : "no usable Go is on PATH"}`,
    `Install Go from https://go.dev/dl/ or your package manager, put it on PATH and run the same command again.${spec.alternative ? ` Or: ${spec.alternative}` : ""}`,
  );
}

/**
 * Builds a program, with its output in a log.
 * @throws UserError without a new enough Go, or when the build fails
 */
export async function goBuild(spec: GoBuild): Promise<void> {
  await requireGo(spec);
  await runLogged({
    name: spec.log,
    command: [
      "go",
      "build",
      "-trimpath",
      "-buildvcs=false",
      "-ldflags",
      ["-s -w", spec.ldflags].filter(Boolean).join(" "),
      "-o",
      spec.output,
      spec.package,
    ],
    cwd: spec.module,
    env: GO_ENV,
    failure: {
      message: `${spec.label} could not be built`,
      next: "If the log tells of a network error, run the same command again: what was fetched and compiled is kept. `go env GOPROXY` shows where Go modules come from.",
    },
  });
}

/**
 * Key of what is built from a module: changes with any of its files, the processor and whatever else is given.
 * @param module - folder of the module
 * @param more - further things the result depends on
 * @returns 16 hex digits
 */
export function moduleKey(module: string, ...more: string[]): string {
  const hash = createHash("sha256");
  const files = readdirSync(module, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash
      .update(`${relative(module, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  hash.update(JSON.stringify([...more, GO_ENV]));
  return hash.digest("hex").slice(0, 16);
}
