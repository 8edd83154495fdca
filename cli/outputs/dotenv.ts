import { quoted } from "../shell";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z_]\w*$/;

/**
 * Text of a `.env` file: one `NAME=value` for each. Any value is safe in a shell (`set -a; eval "$(…)"`), also one with
 * quotes, `$` or several lines. Plain values stand as they are, so that docker and python-dotenv read them too.
 *
 * @throws Error for a name that is none
 */
export function dotenv(env: Environment): string {
  return Object.entries(env)
    .map(([name, value]) => {
      if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of an environment variable`);
      return `${name}=${value === "" ? "" : quoted(value)}`;
    })
    .join("\n");
}
