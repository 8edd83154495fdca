import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is read of the stack's outputs. */
interface CertificateOutputs {
  readonly certificates?: { readonly ca?: string };
}

/**
 * Keeps the file of a stack's own CA in step with its outputs. It lies in the stack's folder, so it goes with the
 * stack. Everybody may read it: it holds no key.
 *
 * @param folder - the stack's folder below the state folder
 * @param outputs - the stack's outputs
 * @returns the file, undefined for a stack without a CA of its own
 */
export function keepCaFile(folder: string, stack: string, outputs: unknown): string | undefined {
  const ca = (outputs as CertificateOutputs).certificates?.ca;
  const file = join(folder, `ca-${stack}.pem`);
  if (ca === undefined) {
    rmSync(file, { force: true });
    return undefined;
  }
  writeFileSync(file, ca);
  // Whatever this user's mask is.
  chmodSync(file, 0o644);
  return file;
}
