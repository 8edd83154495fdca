import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";

/** A key and the certificate for it, PEM. */
export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** A CA that signs certificates of tests, with the `openssl` of this machine. */
export interface TestCa {
  readonly pem: string;
  /**
   * Signs a server's certificate.
   *
   * @param names - as OpenSSL writes them: `DNS:host`, `IP:address`
   * @param days - lifetime, from now
   */
  issue(names: readonly string[], days: number): Pair;
  remove(): void;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Makes a CA. */
export function testCa(commonName = "Test CA"): TestCa {
  const folder = mkdtempSync(join(tmpdir(), "mlflow-platform-ca-"));
  const path = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  const openssl = (...args: string[]): void => void execa.sync("openssl", args, { cwd: folder });
  openssl(
    ...["req", "-x509", ...KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"],
    ...["-subj", `/O=Tests/CN=${commonName}`, "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  let count = 0;
  return {
    pem: read("ca.pem"),
    issue(names, days) {
      const base = `server-${(count += 1)}`;
      openssl("req", ...KEY, "-keyout", `${base}.key`, "-out", `${base}.csr`, "-subj", "/CN=server");
      writeFileSync(path("extensions"), `subjectAltName=${names.join(",")}\nextendedKeyUsage=serverAuth\n`);
      openssl(
        ...["x509", "-req", "-in", `${base}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
        ...["-out", `${base}.pem`, "-days", String(days), "-extfile", "extensions"],
      );
      return { key: read(`${base}.key`), cert: read(`${base}.pem`) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
