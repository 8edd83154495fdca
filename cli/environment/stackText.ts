import { Document, isCollection, type Node, Pair, Scalar, YAMLMap } from "yaml";
import { NAMESPACE, type StackConfig } from "../engine/stack";
import { portsOf } from "./ports";

/** Width of the comments, in characters. */
const WIDTH = 116;

/** What stands above a setting. */
type Comment = string | ((settings: Readonly<Record<string, unknown>>) => string);

const COMMENTS: Readonly<Record<string, Comment>> = {
  ingress:
    "How people reach it. `http`: this machine only. `self-signed`: https by a CA of its own. `acme`: https by Let's Encrypt or another CA.",
  domain: ({ ingress }) =>
    ingress === "http"
      ? "Host in the addresses."
      : "The names mlflow., auth., s3. and console. below it have to lead to the machine.",
  acmeChallenge:
    "How the CA sees that the domain is yours: `dns-duckdns`, a TXT record at DuckDNS; `http`, an answer on port 80.",
  acmeEmail: "Where the CA may write to.",
  acmeServer: "Directory of the CA.",
  bindAddresses: "Addresses of the machine that it is published on.",
  httpPort: "Leads to https, whose port is below.",
  portBase: (settings) => {
    const ports = (portsOf(settings) ?? []).filter((port) => port !== settings["httpPort"]);
    const own = ports.filter((port) => port !== settings["httpsPort"]);
    return `First of the ports that are counted from it: ${inRanges(own)}. Ports of environments on one machine have to differ.`;
  },
  dockerHost: "Docker engine that it is deployed to.",
  artifacts:
    "`proxied`: artifacts pass through MLflow. `direct`: clients write to their team's bucket. Decide before the first run is logged.",
  protectData:
    "`auto` protects the data of every environment but dev; `false` lets `npm run down -- --delete-data` delete it.",
  duckdnsToken: "Encrypted; keeps the domain's address at DuckDNS current and answers the CA.",
  users:
    "People. First passwords are generated: npm run -s pulumi -- stack output credentials --show-secrets",
  teams: "Teams: a workspace in MLflow and a bucket each, for these people and programs. docs/teams.md",
};

/** What to write for a first person and a first team, below an empty list. */
const EXAMPLES: Readonly<Record<string, string>> = {
  users: "   - { username: vera, email: vera@example.com, firstName: Vera, lastName: Vision }",
  teams: "   - name: vision\n     members: [vera]\n     serviceAccounts: [vision-ci]",
};

/**
 * The text of a new stack file, with comments.
 *
 * @param name - of the environment
 * @param settings - without their namespace, in the order of the file
 * @param encryption - what stands beside `config`, so that encrypted values can be read
 */
export function stackText(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  encryption: Omit<StackConfig, "config"> = {},
): string {
  const document = new Document({});
  document.commentBefore = wrapped(
    `Settings of the environment ${name}. Commit this file; \`npm run up\` never writes to it. ` +
      "Each key is described in Pulumi.yaml, environments in docs/environments.md. After a change: " +
      `npm run preview -- --stack ${name}`,
  );
  const config = new YAMLMap();
  for (const [key, value] of Object.entries(settings)) {
    config.add(entry(document, key, value, COMMENTS[key], settings));
  }
  for (const [key, value] of Object.entries(encryption)) document.set(key, value);
  document.set("config", config);
  return document.toString({ lineWidth: 0 });
}

function entry(
  document: Document,
  key: string,
  value: unknown,
  comment: Comment | undefined,
  settings: Readonly<Record<string, unknown>>,
): Pair {
  const name = new Scalar(NAMESPACE + key);
  const empty = Array.isArray(value) && value.length === 0;
  if (comment !== undefined) {
    const lines = wrapped(typeof comment === "string" ? comment : comment(settings));
    const example = empty ? EXAMPLES[key] : undefined;
    name.commentBefore = example === undefined ? lines : `${lines}\n${example}`;
  }
  const node = document.createNode(value) as Node;
  if (isCollection(node)) {
    // A list of people has a line for each of them, all else is one line.
    const items: unknown[] = key === "users" && !empty ? node.items : [node];
    for (const item of items) if (isCollection(item)) item.flow = true;
  }
  return new Pair(name, node);
}

/** Text in lines that fit. The library writes `#` before each, and nothing between that and the text. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > WIDTH) lines.push(` ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

/**
 * Ports as people list them.
 *
 * @param ports - in any order
 * @returns such as `8080-8083, 8090-8093`
 */
export function inRanges(ports: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const port of [...ports].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && port <= last[1] + 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(", ");
}
