import { z } from "zod";
import { execIn } from "../containers";

const settings = z.object({
  /** How calls of /update fail; see test/acme/duckdns/api.py. */
  fault: z.enum(["", "ko", "html", "404", "timeout", "flaky"]),
  /** How questions to its name server fail; `servfail-tcp`: only over TCP, as Pebble asks them. */
  dnsFault: z.enum(["", "servfail", "servfail-tcp", "silent"]),
  /** Seconds until a new TXT record is visible. */
  delay: z.number(),
  /** What the address look-ups answer; empty: an error. */
  callerIpv4: z.string(),
  callerIpv6: z.string(),
  /** Host whose address all names have, instead of the announced one. */
  addressOf: z.string(),
});

const report = z.object({
  settings,
  record: z.object({ ipv4: z.string(), ipv6: z.string(), txt: z.string() }),
  calls: z.array(
    z.object({
      /** Seconds since 1970. */
      at: z.number(),
      fields: z.record(z.string(), z.string()),
      tokenRight: z.boolean(),
      answer: z.string(),
    }),
  ),
});

/** Settings of the stand-in that tests change. */
export type DuckdnsSettings = z.output<typeof settings>;
/** What the stand-in knows: settings, records, and every call so far without its token. */
export type DuckdnsReport = z.output<typeof report>;

/** The tests' DuckDNS, as they control it. */
export class Duckdns {
  /** Base of its API, as the platform's setting. */
  public readonly api = "https://duckdns";
  /** Where it tells the caller's address. */
  public readonly ipv4Lookup = `${this.api}/ipv4`;
  public readonly ipv6Lookup = `${this.api}/ipv6`;
  /** Its name server, which knows no other domains. */
  public readonly resolver = "duckdns:53";

  /** @param container - in which it runs */
  public constructor(private readonly container: string) {}

  public async change(changed: Partial<DuckdnsSettings>): Promise<DuckdnsReport> {
    return this.control("--data", JSON.stringify(changed));
  }

  public async report(): Promise<DuckdnsReport> {
    return this.control();
  }

  private async control(...args: string[]): Promise<DuckdnsReport> {
    const { exitCode, stdout, stderr } = await execIn(this.container, [
      ...["curl", "--silent", "--show-error", "--fail-with-body", ...args, "http://127.0.0.1:8080/"],
    ]);
    if (exitCode !== 0) throw new Error(`the stand-in for DuckDNS: ${stderr} ${stdout}`);
    return report.parse(JSON.parse(stdout));
  }
}
