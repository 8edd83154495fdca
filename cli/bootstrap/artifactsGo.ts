import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { GoModuleArtifact, GoSourceArtifact } from "../../images/artifacts";
import type { Service } from "../../images/catalogue";
import { checkout } from "../paths";
import type { CachedArtifact } from "./cachedArtifact";
import type { BootstrapContext } from "./context";
import { GO_ENV, goAtLeast, goBuild, goDirective, goVersion, moduleKey } from "./go";
import { goInContainer } from "./goContainer";
import { runLogged } from "./run";

/** The same Go as for the toolchain builds everything. */
const GO = goDirective(join(checkout, "toolchain", "cli"));

/** What a person can do without Go. */
function alternative(service: Service): string {
  return `give the setting mlflow-platform:images.${service} an image of your own (repo:tag@sha256:…).`;
}

/** A program of a published Go module. */
export function goModule(service: Service, artifact: GoModuleArtifact, goArch: string): CachedArtifact {
  const pin = `${artifact.package}@${artifact.version}`;
  const key = createHash("sha256")
    .update(JSON.stringify([pin, goArch, GO_ENV]))
    .digest("hex")
    .slice(0, 16);
  return {
    folder: `${artifact.file}-${key}`,
    make: async (file, context, task) => {
      task.progress(`building ${artifact.file} from source (2 to 4 minutes the first time)`);
      const command = ["go", "install", "-trimpath", "-ldflags", "-s -w", pin] as const;
      if (!(await hostHasGo(dirname(file)))) {
        await goInContainer({ ...target(service, file, context), command, task });
        return;
      }
      await runLogged({
        name: `build-${artifact.file}`,
        command: [...command],
        cwd: dirname(file),
        env: { ...GO_ENV, GOBIN: dirname(file) },
        failure: {
          message: `${artifact.file} could not be built`,
          next: `If the log tells of a network error, run the same command again: what was fetched and compiled is kept. Or: ${alternative(service)}`,
        },
      });
      const built = join(dirname(file), basename(artifact.package));
      if (built !== file) await rename(built, file);
    },
  };
}

/** A program whose source is in this repository. */
export function goSource(service: Service, artifact: GoSourceArtifact, goArch: string): CachedArtifact {
  const module = join(checkout, artifact.folder);
  return {
    folder: `${artifact.file}-${moduleKey(module, goArch)}`,
    make: async (file, context, task) => {
      task.progress(`building ${artifact.file} from source (1 to 2 minutes the first time)`);
      if (!(await hostHasGo(module))) {
        const command = [
          "go",
          "build",
          "-trimpath",
          "-buildvcs=false",
          "-ldflags",
          "-s -w",
          "-o",
          "/out/",
          ".",
        ] as const;
        await goInContainer({ ...target(service, file, context), command, source: module, task });
        return;
      }
      await goBuild({
        label: artifact.file,
        log: `build-${artifact.file}`,
        module,
        package: ".",
        output: file,
        alternative: alternative(service),
      });
    },
  };
}

function target(
  service: Service,
  file: string,
  context: BootstrapContext,
): {
  file: string;
  dockerHost: string | undefined;
  go: string;
  alternative: string;
} {
  return { file, dockerHost: context.dockerHost, go: GO, alternative: alternative(service) };
}

async function hostHasGo(dir: string): Promise<boolean> {
  const version = await goVersion(dir);
  return version !== undefined && goAtLeast(version, GO);
}
