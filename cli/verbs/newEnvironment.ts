import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { valueOf } from "../../config/text";
import { listrReporter } from "../bootstrap/listrReporter";
import { encrypt } from "../environment/encrypt";
import { writtenInWords } from "../environment/inWords";
import { type Neighbour, neighbours, suggestPorts } from "../environment/ports";
import { type Answers, askName, askToGoOn, askWish } from "../environment/questions";
import { stackText } from "../environment/stackText";
import { checked, faultsOf, settingsOfWish, TOKEN_VARIABLE, type Wish } from "../environment/wish";
import { exists, writeNew } from "../environment/write";
import { INTERRUPTED, UserError, isInterruption } from "../errors";

interface Flags extends Omit<Wish, "bindAddresses" | "admin"> {
  readonly bindAddress?: readonly string[];
  readonly adminUsername?: string;
  readonly adminEmail?: string;
  readonly adminFirstName?: string;
  readonly adminLastName?: string;
  readonly duckdnsTokenStdin: boolean;
  readonly yes: boolean;
}

/** `new-environment`: writes the settings of another environment. */
export function register(program: Command): void {
  program
    .command("new-environment")
    .description("Write the settings of another environment, Pulumi.NAME.yaml. Asks for what no option says.")
    .argument("[name]", "its name: part of all names on the engine")
    .option("--ingress <mode>", "http, self-signed or acme (default: http)")
    .option("--domain <name>", "name below which the sites are; https needs one")
    .addOption(number("--port-base <port>", "first of its own ports (default: the first that are free)"))
    .addOption(number("--http-port <port>", "port that leads to https (default: 80 if free)"))
    .addOption(number("--https-port <port>", "port of https (default: 443 if free)"))
    .option("--bind-address <address...>", "addresses of the machine to publish on")
    .option("--acme-challenge <way>", "dns-duckdns or http")
    .option("--acme-email <address>", "where the CA may write to")
    .option("--acme-server <url>", "directory of the CA")
    .option("--duckdns-token-stdin", "read the token of DuckDNS from standard input", false)
    .option("--docker-host <address>", "Docker engine to deploy to, such as ssh://user@host")
    .option("--artifacts <way>", "proxied or direct")
    .addOption(number("--protect-data <value>", "true, false or auto"))
    .option("--admin-username <name>", "first administrator")
    .option("--admin-email <address>", "… e-mail address")
    .option("--admin-first-name <name>", "… first name")
    .option("--admin-last-name <name>", "… last name")
    .option("-y, --yes", "ask nothing: defaults for whatever no option says", false)
    .addHelpText(
      "after",
      `\nThe token of DuckDNS is never an option, since other users of the machine can read those: it is asked for, or comes\nin the environment variable ${TOKEN_VARIABLE}, or by standard input. It is written encrypted.`,
    )
    .action(async (name: string | undefined, flags: Flags) => {
      await unlessInterrupted(() => newEnvironment(name, flags));
    });
}

/** An option whose value may be a number or a truth value; what it really is, the settings' own checks say. */
function number(flags: string, description: string): Option {
  return new Option(flags, description).argParser(valueOf);
}

async function newEnvironment(given: string | undefined, flags: Flags): Promise<void> {
  const interactive = !flags.yes && process.stdin.isTTY && process.stdout.isTTY;
  const name = given ?? (await nameOf(interactive));
  const there = exists(name);
  if (there !== undefined) throw there;
  const others = neighbours(name);
  const known = { wish: wishOf(flags), token: await tokenOf(flags) };
  const { wish, token } = interactive
    ? await askWish({ name, others, ...known })
    : await withSuggestions(known, others);
  const secret = wish.ingress === "acme" ? token : undefined;
  const settings = settingsOfWish(wish, secret !== undefined);
  const values = checked(name, settings);
  if (interactive) {
    console.log(`\n${stackText(name, settings)}`);
    if (!(await askToGoOn(`Write this to Pulumi.${name}.yaml?`))) {
      throw new UserError("Nothing was written.", `npm run new-environment -- ${name}`, 2);
    }
  }
  if (secret === undefined) {
    writeNew(name, stackText(name, settings));
  } else {
    const { value, encryption } = await encrypt(name, "duckdnsToken", secret, listrReporter());
    writeNew(name, stackText(name, { ...settings, duckdnsToken: value }, encryption));
  }
  console.log(writtenInWords(values, settings, others));
}

async function nameOf(interactive: boolean): Promise<string> {
  if (!interactive) {
    throw new UserError(
      "The new environment needs a name; nothing was written.",
      "npm run new-environment -- NAME",
      2,
    );
  }
  return askName((name) => {
    const fault = faultsOf(name, { ingress: "self-signed", domain: "localhost" })[0]?.problem;
    return fault ?? exists(name)?.message ?? true;
  });
}

/** What the options say. */
function wishOf(flags: Flags): Wish {
  const { bindAddress, adminUsername, adminEmail, adminFirstName, adminLastName, ...rest } = flags;
  const person = [adminUsername, adminEmail, adminFirstName, adminLastName];
  return {
    ...rest,
    bindAddresses: bindAddress,
    admin: person.every((part) => part === undefined)
      ? undefined
      : {
          username: adminUsername ?? "",
          email: adminEmail,
          firstName: adminFirstName,
          lastName: adminLastName,
        },
  };
}

/** What is not decided: the usual, and ports that are free. */
async function withSuggestions({ wish, token }: Answers, others: readonly Neighbour[]): Promise<Answers> {
  const whole: Wish = { ...wish, ingress: wish.ingress ?? "http" };
  return { wish: { ...whole, ...(await suggestPorts(whole, others)) }, token };
}

/** The token of DuckDNS, from where no other user of the machine can read it. */
async function tokenOf({ duckdnsTokenStdin, ingress }: Flags): Promise<string | undefined> {
  const token = process.env[TOKEN_VARIABLE];
  // The programs that are started from here need not have it.
  Reflect.deleteProperty(process.env, TOKEN_VARIABLE);
  if (!duckdnsTokenStdin) return token?.trim() || undefined;
  if (process.stdin.isTTY) {
    throw new UserError(
      "--duckdns-token-stdin reads standard input, which is this terminal; nothing was written.",
      "Leave the option out and be asked, or: npm run new-environment -- NAME --duckdns-token-stdin … < FILE",
      2,
    );
  }
  if (ingress !== "acme") {
    throw new UserError(
      "--duckdns-token-stdin goes with --ingress acme only; nothing was written.",
      "Add that, or leave this one out.",
      2,
    );
  }
  return (await text(process.stdin)).trim() || undefined;
}

/** Ctrl-C at a question is a decision and no failure; and a terminal that closes ends the process without a word. */
async function unlessInterrupted(body: () => Promise<void>): Promise<void> {
  const interrupted = (): void => {
    console.error("\nInterrupted: nothing was written.");
    process.exitCode = INTERRUPTED;
  };
  process.once("exit", interrupted);
  try {
    await body();
  } catch (error) {
    if (!isInterruption(error)) throw error;
    interrupted();
  } finally {
    process.off("exit", interrupted);
  }
}
