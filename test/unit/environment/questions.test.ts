import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { type Known, askName, askToGoOn, askWish } from "../../../cli/environment/questions";
import { isInterruption } from "../../../cli/errors";

const ENTER = "\r";
const DOWN = "\u001b[B";
const CTRL_C = "\u0003";

/** A person at a terminal, who answers each question as soon as it is asked. */
function person(answers: readonly (readonly [question: string, keys: string])[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  // Every question ends the stream it was asked on, which a terminal's does not mind.
  output.end = () => output;
  const left = [...answers];
  let seen = "";
  let answered = 0;
  output.setEncoding("utf8").on("data", (text: string) => {
    seen += stripVTControlCharacters(text);
    const [next] = left;
    if (next === undefined || !seen.slice(answered).includes(next[0])) return;
    answered = seen.length;
    left.shift();
    // Each key by itself, as a terminal sends them.
    for (const key of next[1].match(/\u001b\[B|[^]/g) ?? []) setImmediate(() => input.write(key));
  });
  return { terminal: { input, output }, left, seen: () => seen };
}

const known = (name: string, more: Partial<Known> = {}): Known => ({
  ...{ name, wish: {}, token: undefined, others: [] },
  listening: () => Promise.resolve(false),
  ...more,
});

describe("questions about a new environment", () => {
  it("lead to settings; what is left empty is left out", async () => {
    const { terminal, left } = person([
      ["How do people reach it?", `${DOWN}${ENTER}`],
      ["Domain below", `one.example.com${ENTER}`],
      ["Docker engine", ENTER],
      ["First of its own ports (8080)", ENTER],
      ["Port of http, which leads to https (80)", ENTER],
      ["Port of https (443)", `8443${ENTER}`],
      ["How do artifacts", ENTER],
      ["Username", `ada${ENTER}`],
      ["e-mail", `ada@example.com${ENTER}`],
      ["first name", `Ada${ENTER}`],
      ["last name", `Admin${ENTER}`],
    ]);
    expect(await askWish(known("staging"), terminal)).toEqual({
      wish: {
        ...{ ingress: "self-signed", domain: "one.example.com", artifacts: "proxied" },
        ...{ portBase: 8080, httpPort: 80, httpsPort: 8443 },
        admin: { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin" },
      },
      token: undefined,
    });
    expect(left).toEqual([]);
  });

  it("are not asked about what is known", async () => {
    const wish = { ingress: "http", dockerHost: "ssh://one@elsewhere", portBase: 9000, artifacts: "direct" };
    const { terminal, seen } = person([["Username", ENTER]]);
    expect(await askWish(known("staging", { wish }), terminal)).toEqual({ wish, token: undefined });
    expect(seen()).not.toMatch(/reach it|Docker|ports|artifacts/);
  });

  it("are asked again when an answer is wrong", async () => {
    const wish = { ingress: "http", artifacts: "proxied" };
    const { terminal, left } = person([
      ["Docker engine", `somewhere${ENTER}`],
      ["a Docker host such as", `\u0015ssh://one@elsewhere${ENTER}`],
      ["First of its own ports", `80${ENTER}`],
      ["below 1024 only root", `\u00158200${ENTER}`],
      ["Username", ENTER],
    ]);
    expect((await askWish(known("staging", { wish }), terminal)).wish).toEqual({
      ...wish,
      ...{ dockerHost: "ssh://one@elsewhere", portBase: 8200 },
    });
    expect(left).toEqual([]);
  });

  it("offer no plain http to production, and hide DuckDNS's token", async () => {
    const { terminal, left, seen } = person([
      ["How do people reach it?", `${DOWN}${ENTER}`],
      ["Domain below", `team.duckdns.org${ENTER}`],
      ["How does the CA see", ENTER],
      ["CA write to", ENTER],
      ["Token of the DuckDNS account", `very-secret${ENTER}`],
      ["Docker engine", ENTER],
      ["First of its own ports", ENTER],
      ["Port of http,", ENTER],
      ["Port of https", ENTER],
      ["How do artifacts", ENTER],
      ["Username", ENTER],
    ]);
    const { wish, token } = await askWish(known("prod"), terminal);
    expect(wish).toMatchObject({ ingress: "acme", acmeChallenge: "dns-duckdns" });
    expect(token).toBe("very-secret");
    expect(seen()).not.toContain("very-secret");
    expect(seen()).not.toContain("this machine only");
    expect(left).toEqual([]);
  });

  it("leave no choice of the challenge for a domain that is not DuckDNS's", async () => {
    const wish = { ingress: "acme", domain: "ml.example.com", dockerHost: "", artifacts: "proxied" };
    const ports = { portBase: 8100, httpPort: 80, httpsPort: 443 };
    const { terminal, seen } = person([
      ["CA write to", ENTER],
      ["Username", ENTER],
    ]);
    const answers = await askWish(known("prod", { wish: { ...wish, ...ports } }), terminal);
    expect(answers).toMatchObject({ wish: { acmeChallenge: "http" }, token: undefined });
    expect(seen()).not.toMatch(/Token|How does the CA/);
  });

  it.each([
    ["a wish", (at: object) => askWish(known("staging"), at)],
    ["a name", (at: object) => askName(() => true, at)],
    ["whether to go on", (at: object) => askToGoOn("Write this?", at)],
  ])("end with Ctrl-C: %s", async (_what, asking) => {
    const { terminal } = person([
      ["?", CTRL_C],
      ["Name", CTRL_C],
    ]);
    await expect(asking(terminal)).rejects.toSatisfy(isInterruption);
  });

  it("ask for a name until it will do", async () => {
    const { terminal } = person([
      ["Name", `one${ENTER}`],
      ["one is taken", `\u0015two${ENTER}`],
    ]);
    expect(await askName((name) => (name === "one" ? "one is taken" : true), terminal)).toBe("two");
  });
});
