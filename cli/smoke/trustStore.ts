import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { messageOf } from "../errors";

/** A home folder for a browser. */
export interface BrowserHome {
  readonly path: string;
  /** Removes it; the browser must have ended. */
  remove(): Promise<void>;
}

/**
 * Makes a home folder whose certificate database holds CAs, so that Chromium trusts them as it trusts those that it
 * brings. Nothing of the person's own browser is read or changed.
 *
 * @param ca - certificates, PEM, one after the other
 * @throws Error when `certutil` is missing or refuses a certificate
 */
export async function trustingHome(ca: string): Promise<BrowserHome> {
  const path = await mkdtemp(join(tmpdir(), "mlflow-platform-browser-"));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    const database = join(path, ".pki", "nssdb");
    await mkdir(database, { recursive: true, mode: 0o700 });
    await certutil(["-N", "-d", `sql:${database}`, "--empty-password"]);
    for (const [index, certificate] of certificatesOf(ca).entries()) {
      const file = join(path, `ca-${index}.pem`);
      await writeFile(file, certificate);
      // Trusted to sign servers, and nothing else.
      await certutil(["-A", "-d", `sql:${database}`, "-n", `platform-${index}`, "-t", "C,,", "-i", file]);
    }
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The certificates of a bundle, one by one. */
export function certificatesOf(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

async function certutil(args: readonly string[]): Promise<void> {
  try {
    await execa("certutil", [...args]);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new Error(
      missing
        ? "there is no program certutil, so the browser cannot be told to trust the CA; install it: npm run bootstrap -- --only chromium (Debian's package libnss3-tools)"
        : `certutil does not take the CA, so the browser would not trust it: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
