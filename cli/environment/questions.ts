import { duckdnsDomain } from "../../config/domains";
import { isProduction } from "../../config/ingressFaults";
import { valueOf } from "../../config/text";
import { type Neighbour, suggestPorts } from "./ports";
import { faultsOf, settingsOfWish, type Wish } from "./wish";

/** Where questions are asked. @default this terminal */
export interface Terminal {
  readonly input?: NodeJS.ReadableStream;
  readonly output?: NodeJS.WritableStream;
}

/** What is wanted of a new environment, with what must not be seen. */
export interface Answers {
  readonly wish: Wish;
  /** Token of DuckDNS, in clear. Absent where none is given. */
  readonly token: string | undefined;
}

/** What is known before anything is asked. */
export interface Known extends Answers {
  /** Of the environment. */
  readonly name: string;
  readonly others: readonly Neighbour[];
  /** Whether a port is in use. @default asks this machine */
  readonly listening?: (port: number) => Promise<boolean>;
}

/** The library that asks. Loaded when it is needed: every other command would wait for it, too. */
const library = () => import("@inquirer/prompts");

/**
 * Asks for the name of a new environment.
 *
 * @param problem - what is wrong with a name, `true` if nothing
 * @throws Error of {@link isInterruption}
 */
export async function askName(
  problem: (name: string) => string | true,
  terminal: Terminal = {},
): Promise<string> {
  const { input } = await library();
  return input({ message: "Name of the environment, such as staging", validate: problem }, terminal);
}

/**
 * Asks whether to go on.
 *
 * @throws Error of {@link isInterruption}
 */
export async function askToGoOn(message: string, terminal: Terminal = {}): Promise<boolean> {
  const { confirm } = await library();
  return confirm({ message }, terminal);
}

/**
 * Asks for what a new environment needs and is not known yet. Each answer is checked where it is given.
 *
 * @throws Error of {@link isInterruption}
 */
export async function askWish(known: Known, terminal: Terminal = {}): Promise<Answers> {
  return new Interview(known, terminal, await library()).conduct();
}

interface Choice {
  readonly value: string;
  readonly name: string;
}

/** Plain http is refused to production, so it is not offered. */
function ingresses(name: string): Choice[] {
  const http = { value: "http", name: "http         this machine only, a port per service" };
  return [
    ...(isProduction(name) ? [] : [http]),
    { value: "self-signed", name: "self-signed  https by a CA of its own, which clients are told to trust" },
    { value: "acme", name: "acme         https by Let's Encrypt or another public CA" },
  ];
}

const CHALLENGES: readonly Choice[] = [
  {
    value: "dns-duckdns",
    name: "dns-duckdns  a TXT record at DuckDNS; no port has to be open to the internet",
  },
  { value: "http", name: "http         an answer on port 80 of this domain" },
];

const ARTIFACTS: readonly Choice[] = [
  { value: "proxied", name: "proxied      through MLflow" },
  { value: "direct", name: "direct       from the client into its team's bucket" },
];

class Interview {
  private wish: Wish;
  private token: string | undefined;

  public constructor(
    private readonly known: Known,
    private readonly terminal: Terminal,
    private readonly prompts: Awaited<ReturnType<typeof library>>,
  ) {
    this.wish = known.wish;
    this.token = known.token;
  }

  public async conduct(): Promise<Answers> {
    await this.choice("ingress", "How do people reach it?", ingresses(this.known.name));
    const secure = this.wish.ingress !== "http";
    if (secure) await this.text("domain", "Domain below which mlflow., auth., s3. and console. are");
    if (this.wish.ingress === "acme") await this.acme();
    await this.text("dockerHost", "Docker engine, such as ssh://user@host (empty: the usual one)");
    await this.port("portBase", "First of its own ports");
    if (secure) {
      await this.port("httpPort", "Port of http, which leads to https");
      await this.port("httpsPort", "Port of https");
    }
    await this.choice("artifacts", "How do artifacts reach the object store?", ARTIFACTS);
    await this.admin();
    return { wish: this.wish, token: this.token };
  }

  private async acme(): Promise<void> {
    // Only a domain of DuckDNS leaves a choice.
    if (duckdnsDomain(String(this.wish.domain)) === undefined) {
      this.wish = { ...this.wish, acmeChallenge: this.wish.acmeChallenge ?? "http" };
    }
    await this.choice("acmeChallenge", "How does the CA see that the domain is yours?", CHALLENGES);
    await this.text("acmeEmail", "Where may the CA write to? (empty: nowhere)");
    if (this.token !== undefined || this.wish.acmeChallenge !== "dns-duckdns") return;
    const answer = await this.prompts.password(
      {
        message: "Token of the DuckDNS account (encrypted before it is written)",
        mask: "*",
        validate: (text) => text.trim() !== "" || "DuckDNS needs its token",
      },
      this.terminal,
    );
    this.token = answer.trim();
  }

  private async admin(): Promise<void> {
    if (this.wish.admin !== undefined) return;
    const username = await this.line(
      "Username of the first administrator (empty: nobody yet)",
      (answer) => answer === "" || this.problem("users[0].username", { admin: { username: answer } }),
    );
    if (username === "") return;
    let admin = { username };
    const about = async (key: "email" | "firstName" | "lastName", message: string): Promise<void> => {
      const withIt = (answer: string) => ({ ...admin, [key]: answer });
      admin = withIt(
        await this.line(message, (answer) => this.problem(`users[0].${key}`, { admin: withIt(answer) })),
      );
    };
    await about("email", "… e-mail address");
    await about("firstName", "… first name");
    await about("lastName", "… last name");
    this.wish = { ...this.wish, admin };
  }

  private async choice(key: keyof Wish, message: string, choices: readonly Choice[]): Promise<void> {
    if (this.wish[key] !== undefined) return;
    this.wish = { ...this.wish, [key]: await this.prompts.select({ message, choices }, this.terminal) };
  }

  private async text(key: keyof Wish, message: string): Promise<void> {
    if (this.wish[key] !== undefined) return;
    const answer = await this.line(message, (text) => this.problem(key, { [key]: text }));
    if (answer !== "") this.wish = { ...this.wish, [key]: answer };
  }

  private async port(key: "portBase" | "httpPort" | "httpsPort", message: string): Promise<void> {
    if (this.wish[key] !== undefined) return;
    const { others, listening } = this.known;
    const proposal = (await suggestPorts(this.wish, others, listening))[key];
    const answer = await this.line(
      message,
      (text) => this.problem(key, { [key]: valueOf(text) }),
      String(proposal),
    );
    this.wish = { ...this.wish, [key]: valueOf(answer) };
  }

  private line(
    message: string,
    validate: (answer: string) => string | boolean,
    proposal?: string,
  ): Promise<string> {
    const offered = proposal === undefined ? {} : { default: proposal };
    return this.prompts.input({ message, validate, ...offered }, this.terminal);
  }

  /** What the checks say of one answer beside those before it, `true` for nothing. */
  private problem(key: string, changed: Wish): string | true {
    const settings = settingsOfWish({ ...this.wish, ...changed }, true);
    const fault = faultsOf(this.known.name, settings).find(
      (found) => found.key === key || found.key.startsWith(`${key}[`),
    );
    return fault?.problem ?? true;
  }
}
