import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keepCaFile } from "../../../cli/certificates/caFile";
import { type HttpsNews, openAddresses } from "../../../cli/certificates/news";
import { httpsInWords } from "../../../cli/certificates/newsInWords";
import { welcome } from "../../../cli/engine/welcome";
import { sampleSettings } from "../../helpers/settings";
import { NOW, sampleObservation, sampleReport } from "./fixtures";

const NAMES = ["mlflow.ml.example", "auth.ml.example", "s3.ml.example", "console.ml.example"];

function news(changed: Partial<HttpsNews> = {}): HttpsNews {
  return {
    observation: sampleObservation(),
    server: "https://ca.example/directory",
    caFile: undefined,
    httpPort: 80,
    httpsPort: 443,
    names: NAMES.map((name) => ({ name, addresses: ["192.0.2.5"] })),
    own: ["192.0.2.5", "127.0.0.1"],
    open: ["192.0.2.5"],
    reachedAt: "127.0.0.1",
    ...changed,
  };
}

const lines = (changed: Partial<HttpsNews> = {}): string[] =>
  httpsInWords(news(changed), "https://mlflow.ml.example", "npm run status", NOW).split("\n");

describe("what up says of https", () => {
  it("is one line where a CA gave the certificate and the names lead here", () => {
    expect(lines()).toEqual(["  Certificate      by R11, Let's Encrypt, 50 days left"]);
  });

  it("is the file of the stack's own CA, and how clients take it", () => {
    const text = lines({ caFile: "/state/ca-dev.pem" });
    expect(text[0]).toMatch(/^ {2}Certificate +by this stack's own CA/);
    expect(text[1]?.trim()).toBe("/state/ca-dev.pem");
    expect(text).toContain("    curl           curl --cacert /state/ca-dev.pem https://mlflow.ml.example/");
    const python = text.slice(-2).map((line) => line.replace("Python", "").trim());
    expect(python).toEqual([
      "for name in MLFLOW_TRACKING_SERVER_CERT_PATH REQUESTS_CA_BUNDLE AWS_CA_BUNDLE SSL_CERT_FILE; do",
      "export $name=/state/ca-dev.pem; done",
    ]);
  });

  describe("before the first certificate of a CA", () => {
    const waiting = { published: undefined, publishedAt: undefined };

    it("says whom the job asks and how to watch", () => {
      expect(lines({ observation: sampleObservation({ ...waiting, job: undefined }) })).toEqual([
        "  Certificate      not there yet: the job is asking https://ca.example/directory for it.",
        "                   Until then NGINX shows a temporary one, which nobody trusts. Watch it come: npm run status",
      ]);
    });

    it("says why the last try failed", () => {
      const report = sampleReport({ certificate: null });
      const job = { ...report, renewal: { ...report.renewal, lastError: "DuckDNS answered KO" } };
      expect(lines({ observation: sampleObservation({ ...waiting, job }) })).toContain(
        "                   Its last try failed: DuckDNS answered KO",
      );
    });
  });

  it("gives the exact line of /etc/hosts for names that nobody knows", () => {
    const text = lines({ names: NAMES.map((name) => ({ name, addresses: [] })) }).slice(1);
    expect(text).toEqual([
      `  Names            this machine does not know ${NAMES.join(", ")}.`,
      "                   To reach them from this machine, put this line into /etc/hosts:",
      `                     127.0.0.1  ${NAMES.join(" ")}`,
      "                   For everybody: DNS records of these names, to an address that leads here, such as 192.0.2.5.",
    ]);
    expect(lines({ names: NAMES.map((name) => ({ name, addresses: [] })), open: [] }).at(-1)).toBe(
      "                   Other machines cannot reach it: it is published on the loopback address only (bindAddresses).",
    );
  });

  it("tells names that lead elsewhere, with when that is right", () => {
    const names = NAMES.map((name, index) => ({
      name,
      addresses: index < 2 ? ["203.0.113.1"] : ["127.0.0.1"],
    }));
    const text = lines({ names, httpPort: 8080, httpsPort: 8443 }).slice(1);
    expect(text[0]).toBe(
      "  Names            mlflow.ml.example, auth.ml.example lead to 203.0.113.1, which is elsewhere.",
    );
    expect(text[1]).toContain("forwards its ports 8080 and 8443 to this machine");
    expect(text[3]).toBe("                     127.0.0.1  mlflow.ml.example auth.ml.example");
  });

  it("stands between the addresses and the first user", () => {
    const outputs = {
      urls: {
        mlflow: "https://m.example",
        auth: "https://a.example",
        s3: "https://s.example",
        console: "https://c.example",
      },
    };
    const { users } = sampleSettings();
    const text = welcome("prod", outputs, users, "1 created", news());
    expect(text.indexOf("https://c.example")).toBeLessThan(text.indexOf("Certificate"));
    expect(text.indexOf("Certificate")).toBeLessThan(text.indexOf("First user"));
    expect(welcome("prod", outputs, users, "1 created")).not.toContain("Certificate");
  });
});

it("gives the smoke test the address where names lead nowhere", () => {
  const urls = {
    mlflow: "https://m.example",
    auth: "https://a.example",
    s3: "https://s.example",
    console: "https://c",
  };
  const lost = news({ names: [{ name: "m.example", addresses: [] }], reachedAt: "192.0.2.5" });
  expect(welcome("prod", { urls }, [], "", lost)).toContain(
    "npm run smoke -- --stack prod --resolve 192.0.2.5  ",
  );
  expect(welcome("dev", { urls }, [], "", news())).toContain("npm run smoke  ");
});

describe("addresses that other machines reach", () => {
  const own = ["192.0.2.5", "2001:db8::5", "127.0.0.1", "::1"];

  it.each([
    [["127.0.0.1"], []],
    [["0.0.0.0"], ["192.0.2.5"]],
    [["::"], ["192.0.2.5", "2001:db8::5"]],
    [["127.0.0.1", "2001:db8::5"], ["2001:db8::5"]],
    [["198.51.100.1"], []],
  ])("of what is published on %j are %j", (published, open) => {
    expect(openAddresses(published, own)).toEqual(open);
  });
});

describe("the file of a stack's own CA", () => {
  it("holds what the outputs say, for all to read, and goes with the CA", () => {
    const folder = mkdtempSync(join(tmpdir(), "ca-file-"));
    const file = join(folder, "ca-dev.pem");
    const mask = process.umask(0o077);
    expect(keepCaFile(folder, "dev", { certificates: { mode: "self-signed", ca: "one" } })).toBe(file);
    expect(keepCaFile(folder, "dev", { certificates: { mode: "self-signed", ca: "two" } })).toBe(file);
    expect(readFileSync(file, "utf8")).toBe("two");
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(keepCaFile(folder, "dev", { certificates: { mode: "acme" } })).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    process.umask(mask);
    rmSync(folder, { recursive: true });
  });
});
