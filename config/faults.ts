/** One thing wrong with the configuration. */
export interface Fault {
  /** Path of the setting, such as `teams[1].members[0]`. */
  readonly key: string;
  /** What is wrong, and what to write instead. */
  readonly problem: string;
}

/** All faults of one configuration, in one message. */
export class SettingsError extends Error {
  public constructor(
    stack: string,
    public readonly faults: readonly Fault[],
  ) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super(
      [
        `The configuration of stack ${stack} has ${count}; nothing was changed.`,
        ...faults.map(({ key, problem }) => `  mlflow-platform:${key}: ${problem}`),
        `Correct Pulumi.${stack}.yaml (every key is described in Pulumi.yaml), then: npm run preview -- --stack ${stack}`,
      ].join("\n"),
    );
    this.name = "SettingsError";
  }
}
