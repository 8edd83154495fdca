import { beforeAll, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import type { Recording } from "../../helpers/recording";
import { generated, isSecret, leaks, opened } from "../../helpers/secrets";
import { sampleSettings } from "../../helpers/settings";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const SIGNED = { ingress: "self-signed", domain: "team.example.org" };
const ACME = { ingress: "acme", domain: "team.duckdns.org", duckdnsToken: "generated!token!" };

const deployed = (changed: object, stack = "dev"): Promise<Recording> =>
  record(() => deploy(sampleSettings(changed as Record<string, unknown>, stack)), { stack });

const named = (recording: Recording, part: RegExp): string[] =>
  recording.list().filter((resource) => part.test(resource));

/** What a service finds in its files, by path below /run/platform; secrets keep their mark. */
function uploads(recording: Recording, service: string): Map<string, unknown> {
  const { inputs } = recording.get("Container", `${service}-files`);
  const list = isSecret(inputs["uploads"]) ? opened(inputs["uploads"]) : inputs["uploads"];
  return new Map(
    (list as { file: string; content: unknown }[]).map(({ file, content }) => [
      file.replace("/run/platform/", ""),
      content,
    ]),
  );
}

describe("ingress http", () => {
  it("has no certificate and no job", async () => {
    const http = await deployed({});
    expect(named(http, /certificate|certbot/)).toEqual([]);
    expect(http.stackOutputs["certificates"]).toEqual({ mode: "http" });
  });
});

describe("ingress self-signed", () => {
  let signed: Recording;

  beforeAll(async () => {
    signed = await deployed(SIGNED);
  });

  it("makes a CA and one certificate for all sites, and no job", () => {
    expect(named(signed, /certificate|certbot/)).toEqual([
      "CertRequest certificates-server-request-1-1",
      "LocallySignedCert certificates-server-1-1",
      "PrivateKey certificates-ca-1-key",
      "PrivateKey certificates-server-key-1-1",
      "SelfSignedCert certificates-ca-1",
    ]);
    expect(signed.get("CertRequest", "certificates-server-request-1-1").inputs["dnsNames"]).toEqual([
      "mlflow.team.example.org",
      "auth.team.example.org",
      "s3.team.example.org",
      "console.team.example.org",
    ]);
  });

  it("may sign nothing but servers, none of which outlives what browsers accept or the CA", () => {
    const { inputs: ca } = signed.get("SelfSignedCert", "certificates-ca-1");
    const { inputs: server } = signed.get("LocallySignedCert", "certificates-server-1-1");
    expect(ca["allowedUses"]).toEqual(["cert_signing", "crl_signing"]);
    expect(ca["isCaCertificate"]).toBe(true);
    expect(server["allowedUses"]).toEqual(["digital_signature", "server_auth"]);
    expect(server).not.toHaveProperty("isCaCertificate");
    expect(server["validityPeriodHours"]).toBeLessThanOrEqual(398 * 24);
    // A CA that is not made anew yet has at least one certificate's life ahead.
    expect(ca["earlyRenewalHours"]).toBeGreaterThanOrEqual(Number(server["validityPeriodHours"]));
  });

  it("hands the pair to NGINX, the key as a secret", () => {
    const files = uploads(signed, "nginx");
    expect(opened(files.get("secrets/privkey.pem"))).toBe(generated("certificates-server-key-1-1"));
    expect(opened(files.get("secrets/fullchain.pem"))).toBe("certificate certificates-server-1-1");
    const companion = signed.get("Container", "nginx-files").inputs;
    expect(leaks(companion)).toEqual([]);
    expect(signed.get("Container", "nginx-container").inputs["envs"]).toContain(
      "TLS_FOLDER=/run/platform/secrets",
    );
  });

  it("tells clients the CA, and what the certificate is", () => {
    expect(signed.stackOutputs["certificates"]).toEqual({
      mode: "self-signed",
      names: expect.arrayContaining(["auth.team.example.org"]) as unknown,
      issuer: "mlflow-platform dev CA 1",
      ca: "certificate certificates-ca-1",
      notAfter: "2027-12-24T00:00:00Z",
    });
  });

  it("makes a certificate anew when its number is raised, and the CA with it when that one is", async () => {
    const certificate = await deployed({ ...SIGNED, certificateGeneration: 2 });
    expect(named(certificate, /certificates-/)).toEqual([
      "CertRequest certificates-server-request-1-2",
      "LocallySignedCert certificates-server-1-2",
      "PrivateKey certificates-ca-1-key",
      "PrivateKey certificates-server-key-1-2",
      "SelfSignedCert certificates-ca-1",
    ]);
    const both = await deployed({ ...SIGNED, caGeneration: 2 });
    expect(named(both, /certificates-/).every((name) => !/-1$|-1-/.test(name.replace(/-1$/, "")))).toBe(true);
  });

  it("of a bare address is for that address", async () => {
    const address = await deployed({ ...SIGNED, domain: "203.0.113.7" });
    const { inputs } = address.get("CertRequest", "certificates-server-request-1-1");
    expect(inputs["ipAddresses"]).toEqual(["203.0.113.7"]);
    expect(inputs).not.toHaveProperty("dnsNames");
    expect(address.stackOutputs["urls"]).toMatchObject({ auth: "https://203.0.113.7:8081" });
  });
});

describe("ingress acme", () => {
  let acme: Recording;

  beforeAll(async () => {
    acme = await deployed({ ...ACME, acmeCaBundle: PEM }, "prod");
  });

  it("keeps certificates and the account in protected volumes, of which NGINX reads one", () => {
    expect(named(acme, /certificate|certbot/)).toEqual([
      "Container certbot-container",
      "Container certbot-files",
      "RemoteImage images-certbot",
      "Volume certificates-account",
      "Volume certificates-published",
    ]);
    for (const volume of ["certificates-account", "certificates-published"]) {
      expect(acme.get("Volume", volume)).toMatchObject({ protect: true, retainOnDelete: true });
    }
    const mounts = (service: string): unknown =>
      acme.get("Container", `${service}-container`).inputs["volumes"];
    expect(mounts("nginx")).toContainEqual({
      containerPath: "/certificates",
      volumeName: "mlflow-platform-prod-certificates-data",
      readOnly: true,
    });
    expect(mounts("certbot")).toEqual([
      { fromContainer: "id-of-certbot-files" },
      { containerPath: "/certificates", volumeName: "mlflow-platform-prod-certificates-data" },
      { containerPath: "/var/lib/certbot", volumeName: "mlflow-platform-prod-certbot-data" },
    ]);
  });

  it("gives the job the token as a secret file, and the CA of the CA as a file", () => {
    const files = uploads(acme, "certbot");
    expect([...files.keys()]).toEqual(["secrets/DUCKDNS_TOKEN", "config/acme-ca.pem"]);
    expect(opened(files.get("secrets/DUCKDNS_TOKEN"))).toBe("generated!token!");
    expect(opened(files.get("config/acme-ca.pem"))).toBe(PEM);
    expect(acme.custom.flatMap(({ name, inputs }) => leaks(inputs, name))).toEqual([]);
  });

  it("starts the job last, since NGINX answers challenges", () => {
    // A component waits for what it depends on before its parts are made.
    const certbot = acme.resources.find(({ name, type }) => name === "certbot" && type.endsWith(":Workload"));
    expect(certbot?.dependencies).toContain(acme.get("Container", "nginx-container").urn);
  });

  it("gives no container the engine's socket or a folder of the host", () => {
    for (const { inputs } of acme.ofType("Container")) {
      expect(JSON.stringify(opened(inputs))).not.toMatch(/docker\.sock|hostPath/);
    }
  });

  it("tells which names the certificate has, and of which CA", () => {
    expect(acme.stackOutputs["certificates"]).toEqual({
      mode: "acme",
      names: ["*.team.duckdns.org"],
      server: "https://acme-v02.api.letsencrypt.org/directory",
    });
  });

  it("without DuckDNS has a job without files", async () => {
    const http = { ingress: "acme", domain: "team.example.org", acmeChallenge: "http" };
    const plain = await deployed(http);
    expect(named(plain, /certbot-files/)).toEqual([]);
    expect(plain.stackOutputs["images"]).toHaveProperty("certbot");
  });
});
