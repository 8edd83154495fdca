import * as docker from "@pulumi/docker";
import type { Settings } from "../config/settings";
import { endpointsOf } from "../lib/endpoints";
import { servicesOf } from "../lib/services";
import { Access } from "./access/access";
import { Audit } from "./audit";
import { Certbot } from "./certbot";
import { CertificateStore } from "./certificates/certificateStore";
import { PrivateCa } from "./certificates/privateCa";
import { Console } from "./console";
import { Identity } from "./identity/identity";
import { Images } from "./images";
import { KEYCLOAK_ADMIN, Keycloak } from "./keycloak";
import { Minio } from "./minio";
import { Mlflow } from "./mlflow";
import { Network } from "./network";
import { Nginx } from "./nginx";
import { type DeclaredOutputs, stackOutputs } from "./outputs";
import { Postgres } from "./postgres";
import { Storage } from "./storage/storage";
import type { Platform } from "./types";
import { Warden } from "./warden";

/**
 * The whole platform, in the order in which it comes up. Each component gets what it needs from the ones before.
 *
 * @returns the stack's outputs
 */
export function deploy(settings: Settings): DeclaredOutputs {
  const { teams, users, artifacts } = settings;
  const engine = new docker.Provider(
    "docker",
    settings.dockerHost === undefined ? {} : { host: settings.dockerHost },
  );
  const onEngine = { providers: { docker: engine } };
  const images = new Images(
    "images",
    { stack: settings.stack, services: servicesOf(settings.ingress), overrides: settings.images },
    onEngine,
  );
  const { network } = new Network("network", { stack: settings.stack }, onEngine);
  const platform: Platform = {
    stack: settings.stack,
    running: settings.running,
    protectData: settings.protectData,
    endpoints: endpointsOf(settings),
    network,
    image: images.id,
  };

  const postgres = new Postgres("postgres", { platform }, onEngine);
  const { databases } = postgres;
  const keycloak = new Keycloak("keycloak", { platform, database: databases.keycloak }, onEngine);
  const identity = new Identity("identity", {
    platform,
    provider: keycloak.provider,
    admin: { url: keycloak.providerUrl, username: KEYCLOAK_ADMIN, password: keycloak.adminPassword },
    storedIn: postgres.volume,
    users,
    teams,
    temporaryPasswords: settings.temporaryPasswords,
  });
  const audit = new Audit("audit", { platform, identity, days: settings.auditDays }, onEngine);
  const minio = new Minio("minio", { platform, identity, auditToken: audit.storeToken }, onEngine);
  const inStore = { provider: minio.provider, deletedWith: minio.volume };
  const storage = new Storage("storage", { context: inStore, teams, artifacts });
  new Console("console", { platform, identity, store: minio }, onEngine);
  const mlflow = new Mlflow(
    "mlflow",
    { platform, identity, storage, tracking: databases.mlflow, auth: databases.mlflow_auth },
    onEngine,
  );
  new Warden("warden", { platform, identity, store: inStore, storage, mlflow }, onEngine);
  new Access("access", { platform, identity, mlflow, teams, artifacts, storedIn: postgres.volume });

  const { domain = "", acme, ingress, generations } = settings;
  const ca =
    ingress === "self-signed" ? new PrivateCa("certificates", { platform, domain, generations }) : undefined;
  const store = acme && new CertificateStore("certificates", { platform }, onEngine);
  const certificate = ca?.served ?? store?.served;
  const nginx = new Nginx("nginx", { platform, realm: identity.realm, certificate }, onEngine);
  if (acme && store) new Certbot("certbot", { platform, domain, acme, store, nginx }, onEngine);

  return stackOutputs({
    settings,
    endpoints: platform.endpoints,
    identity,
    keycloak,
    minio,
    postgres,
    image: images.reference,
    ca,
  });
}
