import { type Command, Option } from "commander";
import { SERVICES } from "../../images/catalogue";
import { httpEndpoints } from "../../lib/endpoints";
import { serviceStatus } from "../engine/serviceStatus";
import { readSettings } from "../engine/stack";
import { stateDir } from "../paths";
import { table } from "../engine/table";
import { type StackOptions, stackOption } from "./options";

/** `status`: how each service is. */
export function register(program: Command): void {
  program
    .command("status")
    .description(
      "Show each service: state, health, image, address, memory, data. Exit 1 unless all are healthy.",
    )
    .addOption(stackOption())
    .addOption(new Option("--json", "one JSON document instead of a table").default(false))
    .action(async ({ stack, json }: StackOptions & { readonly json: boolean }) => {
      const settings = readSettings(stack);
      const { urls } = httpEndpoints(settings.portBase);
      const addresses = { mlflow: urls.mlflow, keycloak: urls.auth, minio: urls.s3, console: urls.console };
      const services = await serviceStatus(settings, SERVICES, addresses);
      const healthy = services.every(({ health }) => health === "healthy");
      if (json) {
        console.log(JSON.stringify({ stack, healthy, stateFolder: stateDir(), services }, undefined, 2));
      } else {
        console.log(
          table(
            ["Service", "State", "Health", "Image", "Memory", "Data", "Address"],
            services.map((row) => [
              row.service,
              row.state,
              row.health,
              row.image,
              row.memory,
              row.data,
              row.url,
            ]),
          ),
        );
        console.log(`\nState and passphrase of this clone: ${stateDir()}`);
        console.log(
          healthy
            ? `✓ Stack ${stack} is healthy.`
            : `✗ Stack ${stack} is not healthy. Next: npm run up -- --stack ${stack}; docker logs mlflow-platform-${stack}-<service>`,
        );
      }
      process.exitCode = healthy ? 0 : 1;
    });
}
