import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { SmokeContext } from "../../../cli/smoke/context";
import type { StackOutputs } from "../../../cli/smoke/outputs";
import { reachOf } from "../../../cli/smoke/reach";
import { type TestCa, testCa } from "../../helpers/testCa";
import { sampleContext, sampleOutputs } from "./fixtures";

/** Nobody's domain: no system knows names below it. */
export const DOMAIN = "smoke-test.invalid";
export const HOSTS = ["mlflow", "auth", "s3", "console"].map((site) => `${site}.${DOMAIN}`);

/** Listens on a free port of the loopback address. */
export function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
}): Promise<void> {
  return new Promise((resolve) => void server.listen(0, "127.0.0.1", resolve));
}

/** The port that a server listens on. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** A self-signed stack as far as its doors: all hosts on one port, with a certificate of a CA of its own. */
export class SecureSite {
  private constructor(
    public readonly ca: TestCa,
    private readonly server: Server,
    /** Names that it was asked for, in order. */
    public readonly asked: readonly string[],
  ) {}

  public static async start(): Promise<SecureSite> {
    const ca = testCa();
    // Also valid for the name that the smoke test takes for an unknown one.
    const names = [...HOSTS, `smoke-unknown.${DOMAIN}`].map((host) => `DNS:${host}`);
    const server = createServer(ca.issue(names, 2), (request, response) => {
      if (request.headers.host?.startsWith("s3.")) {
        response.setHeader("Content-Type", "application/xml");
        response.end("<ListBucketResult><Contents><Key>a</Key><Size>3</Size></Contents></ListBucketResult>");
        return;
      }
      response.setHeader("Strict-Transport-Security", "max-age=63072000");
      response.end(`hello from ${request.headers.host ?? ""}`);
    });
    const asked: string[] = [];
    server.on("secureConnection", ({ servername }) => asked.push(String(servername)));
    await listening(server);
    return new SecureSite(ca, server, asked);
  }

  public get port(): number {
    return portOf(this.server);
  }

  /** Outputs of the stack. @param port - where its NGINX listens. @default here */
  public outputs(port = this.port, changed: Partial<StackOutputs> = {}): StackOutputs {
    const url = (name: string): string => `https://${name}.${DOMAIN}:${port}`;
    return {
      ...sampleOutputs(),
      urls: { mlflow: url("mlflow"), auth: url("auth"), s3: url("s3"), console: url("console") },
      certificates: { mode: "self-signed", ca: this.ca.pem },
      ...changed,
    };
  }

  /** What a check gets. @param resolve - address that the names lead to. @default here */
  public async context(outputs = this.outputs(), resolve = "127.0.0.1"): Promise<SmokeContext> {
    return { ...sampleContext(), outputs, reach: await reachOf(outputs, { resolve }) };
  }

  public close(): void {
    this.server.close();
    this.ca.remove();
  }
}
