import { describe, expect, it } from "vitest";
import { checked, settingsOfWish, type Wish } from "../../../cli/environment/wish";
import { UserError } from "../../../cli/errors";

const ada = { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin" };

function refusalOf(name: string, wish: Wish, token = false): UserError {
  try {
    checked(name, settingsOfWish(wish, token));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(wish)} was accepted`);
}

describe("a wish for a new environment", () => {
  it("becomes settings in the order of the file, with what is decided once written out", () => {
    const settings = settingsOfWish({ portBase: 8100, ingress: "http", admin: ada }, false);
    expect(Object.entries(settings)).toEqual([
      ["ingress", "http"],
      ["portBase", 8100],
      ["artifacts", "proxied"],
      ["protectData", "auto"],
      ["users", [{ ...ada, admin: true }]],
      ["teams", []],
    ]);
    expect(checked("staging", settings)).toMatchObject({ stack: "staging", protectData: true });
  });

  it("is refused with all its faults at once, each by the option that decides", () => {
    const { message, exitCode, next } = refusalOf("Not_A_Name", {
      ingress: "https",
      domain: "UPPER",
      portBase: 80,
      httpsPort: "x",
      bindAddresses: ["1.2.3"],
      acmeEmail: "nobody",
      dockerHost: "somewhere",
      artifacts: "both",
      protectData: "maybe",
      admin: { username: "A" },
    });
    expect(message.split("\n")[0]).toBe(
      "The environment Not_A_Name would have 14 faults; nothing was written.",
    );
    expect([...message.matchAll(/^ {2}(\S+): /gm)].map(([, option]) => option).sort()).toEqual([
      "--acme-email",
      "--admin-email",
      "--admin-first-name",
      "--admin-last-name",
      "--admin-username",
      "--artifacts",
      "--bind-address",
      "--docker-host",
      "--domain",
      "--https-port",
      "--ingress",
      "--port-base",
      "--protect-data",
      "NAME",
    ]);
    expect(exitCode).toBe(2);
    expect(next).toContain("npm run new-environment -- --help");
  });

  it("has contradictions, too: plain http in production, https without a domain", () => {
    expect(refusalOf("prod", { ingress: "http" }).message).toContain("--ingress: http sends passwords");
    expect(refusalOf("staging", { ingress: "self-signed" }).message).toContain(
      "--domain: https needs a domain",
    );
  });

  it("needs DuckDNS's token, which no option takes", () => {
    const wish = { ingress: "acme", domain: "team.duckdns.org" };
    const { message } = refusalOf("prod", wish);
    expect(message).toContain("MLFLOW_PLATFORM_DUCKDNS_TOKEN: DuckDNS needs its token");
    // There is no file yet in which it could be set.
    expect(message).not.toContain("config set");
    expect(checked("prod", settingsOfWish(wish, true)).acme?.challenge).toBe("dns-duckdns");
  });
});
