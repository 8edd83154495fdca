import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { SITES, isAddress } from "../../lib/endpoints";
import type { Platform } from "../types";
import type { ServedCertificate } from "./types";

const HOURS_PER_DAY = 24;
/** Ten years: clients trust it by hand, which nobody wants to repeat often. */
const CA_HOURS = 3650 * HOURS_PER_DAY;
/** Longest life that browsers accept of a public certificate; a private one keeps to it as well. */
const CERTIFICATE_HOURS = 397 * HOURS_PER_DAY;
/** An `up` within this time before the end makes a new certificate. */
const RENEWAL_HOURS = 90 * HOURS_PER_DAY;

export interface PrivateCaArgs {
  readonly platform: Platform;
  /** Name below which the sites are, or a bare address. */
  readonly domain: string;
  /** Raised by one, the CA or its certificate is made anew. */
  readonly generations: { readonly ca: number; readonly certificate: number };
}

/**
 * A CA of the stack's own and one certificate of it for all sites. Keys are made by the engine and lie encrypted in
 * its state. Clients trust the CA, so a new certificate changes nothing for them.
 */
export class PrivateCa extends pulumi.ComponentResource {
  /** The CA's certificate as PEM, for clients. */
  public readonly caCertificate: pulumi.Output<string>;
  /** The CA's name. */
  public readonly issuer: string;
  /** Names or addresses that the certificate is for. */
  public readonly names: readonly string[];
  /** End of the certificate, ISO 8601. */
  public readonly notAfter: pulumi.Output<string>;
  public readonly served: ServedCertificate;

  public constructor(name: string, args: PrivateCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:certificates:PrivateCa", name, {}, opts);
    const { platform, domain, generations } = args;
    this.issuer = `mlflow-platform ${platform.stack} CA ${generations.ca}`;
    this.names = isAddress(domain) ? [domain] : SITES.map((site) => platform.endpoints.sites[site].host);
    const ca = this.authority(`${name}-ca-${generations.ca}`, this.issuer);
    // A new CA signs a new certificate.
    const generation = `${generations.ca}-${generations.certificate}`;
    const key = new tls.PrivateKey(`${name}-server-key-${generation}`, P256, { parent: this });
    const request = new tls.CertRequest(
      `${name}-server-request-${generation}`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: this.names[0] ?? domain },
        ...(isAddress(domain) ? { ipAddresses: [domain] } : { dnsNames: [...this.names] }),
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-server-${generation}`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: ca.key.privateKeyPem,
        caCertPem: ca.certificate.certPem,
        validityPeriodHours: CERTIFICATE_HOURS,
        earlyRenewalHours: RENEWAL_HOURS,
        setSubjectKeyId: true,
        allowedUses: ["digital_signature", "server_auth"],
      },
      { parent: this },
    );
    this.caCertificate = ca.certificate.certPem;
    this.notAfter = certificate.validityEndTime;
    this.served = {
      folder: "/run/platform/secrets",
      secrets: { "fullchain.pem": certificate.certPem, "privkey.pem": pulumi.secret(key.privateKeyPem) },
    };
    this.registerOutputs({ issuer: this.issuer });
  }

  private authority(
    name: string,
    commonName: string,
  ): { readonly key: tls.PrivateKey; readonly certificate: tls.SelfSignedCert } {
    const key = new tls.PrivateKey(`${name}-key`, P256, { parent: this });
    const certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName },
        isCaCertificate: true,
        setSubjectKeyId: true,
        setAuthorityKeyId: true,
        // No certificate may outlive the CA that signed it.
        earlyRenewalHours: CERTIFICATE_HOURS,
        validityPeriodHours: CA_HOURS,
        allowedUses: ["cert_signing", "crl_signing"],
      },
      { parent: this },
    );
    return { key, certificate };
  }
}

const P256 = { algorithm: "ECDSA", ecdsaCurve: "P256" } as const;
