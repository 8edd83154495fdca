import type Docker from "dockerode";
import { Parser } from "tar";

/** A file of a container. */
export interface ContainerFile {
  readonly text: string;
  /** When it was written; absent where that was not kept. */
  readonly modified: Date | undefined;
}

/**
 * Reads one file of a container, running or not, volumes included, without starting anything in it.
 *
 * @param path - absolute path of a regular file. What lies in memory (tmpfs) cannot be read
 * @returns undefined when there is no such container or file
 */
export async function containerFile(
  engine: Docker,
  container: string,
  path: string,
): Promise<ContainerFile | undefined> {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await engine.getContainer(container).getArchive({ path });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
  return new Promise((resolve, reject) => {
    let found: ContainerFile | undefined;
    const parser = new Parser({
      strict: true,
      onReadEntry(entry) {
        const chunks: Buffer[] = [];
        entry.on("data", (chunk) => chunks.push(chunk));
        entry.on("end", () => {
          if (entry.type === "File") {
            found = { text: Buffer.concat(chunks).toString("utf8"), modified: entry.mtime };
          }
        });
      },
    });
    parser.on("end", () => resolve(found));
    parser.on("error", reject);
    archive.on("error", reject);
    archive.pipe(parser);
  });
}
