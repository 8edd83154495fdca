/** Environment variable in which bin/run.mjs tells its process number. */
const LAUNCHER = "MLFLOW_PLATFORM_LAUNCHER";

/** Milliseconds between two looks. The next run needs longer than that to get as far as the stack. */
const EVERY = 250;

/**
 * Ends this process when bin/run.mjs was killed. Nobody sees it any more then, but it would go on and hold the stack
 * against the next run, which puts in order what is left.
 */
export function endWithLauncher(): void {
  const launcher = process.ppid;
  if (process.env[LAUNCHER] !== String(launcher)) return;
  setInterval(() => {
    if (process.ppid !== launcher) process.exit(1);
  }, EVERY).unref();
}
