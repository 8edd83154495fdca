import { type Command, Option } from "commander";
import { endpointsOf } from "../../lib/endpoints";
import { servicesOf } from "../../lib/services";
import type { Settings } from "../../config/settings";
import { alarmsOf } from "../certificates/alarms";
import { observeCertificates } from "../certificates/observe";
import { certificateLines, certificateReport } from "../certificates/words";
import { type ServiceStatus, serviceStatus } from "../engine/serviceStatus";
import { readSettings } from "../engine/stack";
import { stateDir } from "../paths";
import { table } from "../engine/table";
import { type StackOptions, stackOption } from "./options";

/** `status`: how each service is, and its certificates. */
export function register(program: Command): void {
  program
    .command("status")
    .description(
      "Show each service: state, health, image, address, memory, data; and the certificates. Exit 1 unless all is well.",
    )
    .addOption(stackOption())
    .addOption(new Option("--json", "one JSON document instead of a table").default(false))
    .action(async ({ stack, json }: StackOptions & { readonly json: boolean }) => {
      const settings = readSettings(stack);
      const services = await servicesOfStack(settings);
      const healthy = services.every(({ health }) => health === "healthy");
      const nginx = services.find(({ service }) => service === "nginx");
      const seen = await observeCertificates(settings, nginx?.state === "running");
      const now = Date.now();
      const alarms = seen === undefined ? [] : alarmsOf(seen, now);
      if (json) {
        const certificates =
          seen === undefined ? { mode: "http", alarms: [] } : certificateReport(seen, alarms, now);
        const report = { stack, healthy, stateFolder: stateDir(), services, certificates };
        console.log(JSON.stringify(report, undefined, 2));
      } else {
        console.log(servicesTable(services));
        if (seen !== undefined) console.log(`\n${certificateLines(seen, alarms, now)}`);
        console.log(`\nState and passphrase of this clone: ${stateDir()}`);
        console.log(verdict(settings, healthy, alarms.length));
      }
      process.exitCode = healthy && alarms.length === 0 ? 0 : 1;
    });
}

async function servicesOfStack(settings: Settings): Promise<ServiceStatus[]> {
  const { urls } = endpointsOf(settings);
  const addresses = { mlflow: urls.mlflow, keycloak: urls.auth, minio: urls.s3, console: urls.console };
  return serviceStatus(settings, servicesOf(settings.ingress), addresses);
}

function servicesTable(services: readonly ServiceStatus[]): string {
  return table(
    ["Service", "State", "Health", "Image", "Memory", "Data", "Address"],
    services.map((row) => [row.service, row.state, row.health, row.image, row.memory, row.data, row.url]),
  );
}

function verdict(settings: Settings, healthy: boolean, alarms: number): string {
  const { stack } = settings;
  if (!healthy) {
    return `✗ Stack ${stack} is not healthy. Next: npm run up -- --stack ${stack}; ${docker(settings)} logs mlflow-platform-${stack}-<service>`;
  }
  return alarms === 0
    ? `✓ Stack ${stack} is healthy.`
    : `✗ Stack ${stack} is healthy, but its certificates need you: see above, and docs/https.md.`;
}

/** Docker's own client, towards the stack's engine. */
function docker({ dockerHost }: Settings): string {
  return dockerHost === undefined ? "docker" : `docker --host ${dockerHost}`;
}
