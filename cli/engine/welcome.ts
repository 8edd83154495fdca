import type { User } from "../../config/settings";
import { type HttpsNews, lostNames } from "../certificates/news";
import { httpsInWords } from "../certificates/newsInWords";

interface Urls {
  readonly mlflow: string;
  readonly auth: string;
  readonly s3: string;
  readonly console: string;
}

/**
 * What a person reads after `up`: addresses, who may sign in, where the password is, what to do next.
 *
 * @param outputs - the stack's outputs
 * @param words - what was changed
 * @param https - what there is to know of certificates and names, for a stack by https
 * @param tunnel - name of the machine whose loopback address the addresses are of, where that is another one
 */
export function welcome(
  stack: string,
  outputs: unknown,
  users: readonly User[],
  words: string,
  https?: HttpsNews,
  tunnel?: string,
): string {
  const { urls } = outputs as { readonly urls: Urls };
  const first = users.find((user) => user.admin) ?? users[0];
  const flag = stack === "dev" ? "" : ` --stack ${stack}`;
  const dashes = stack === "dev" ? "" : ` --${flag}`;
  return `
✓ Stack ${stack} is up (${words}).

  MLflow           ${urls.mlflow}
  Sign-in          ${urls.auth}
  S3               ${urls.s3}
  Object store     ${urls.console}
${tunnel === undefined ? "" : `\n  These are ports of ${tunnel} itself. Bring them here: npm run tunnel${dashes}\n`}${https === undefined ? "" : `\n${httpsInWords(https, urls.mlflow, `npm run status${dashes}`, Date.now())}\n`}
${
  first === undefined
    ? `  Nobody can sign in yet: declare users in Pulumi.${stack}.yaml.`
    : `  First user       ${first.username}
  First password   npm run -s pulumi -- stack output credentials --show-secrets${flag}   (users.${first.username})`
}

  Next:
${nextCommands([
  [`npm run smoke${smokeOptions(stack, https)}`, "prove it: sign in, log a run, read it back"],
  [`npm run status${dashes}`, "health, addresses, memory and volumes"],
  [`npm run down${dashes}`, "remove the containers, keep all data"],
])}
`;
}

/** Options of the smoke test: where names lead nowhere, it has to be told. */
function smokeOptions(stack: string, https: HttpsNews | undefined): string {
  const options = stack === "dev" ? [] : ["--stack", stack];
  if (https !== undefined) {
    const { unknown, elsewhere } = lostNames(https);
    if (unknown.length + elsewhere.length > 0) options.push("--resolve", https.reachedAt);
  }
  return options.length === 0 ? "" : ` -- ${options.join(" ")}`;
}

/** Commands with what they do, in two columns. */
function nextCommands(commands: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...commands.map(([command]) => command.length));
  return commands.map(([command, what]) => `    ${command.padEnd(width)}    ${what}`).join("\n");
}
