import { errors } from "playwright-core";
import { visit } from "../../../cli/smoke/browser";
import type { Person } from "./identities/people";
import { tells } from "./tells";
import type { Target } from "./types";

/** Longest wait for a page to have all it asks for. */
const PAGE_MILLISECONDS = 8_000;

/** Addresses of MLflow's pages that show a thing of a team. */
export function pagesOf(target: Target): string[] {
  const { workspace, experiment, run, model, prompt, trace } = target;
  return [
    `/#/experiments/${experiment}`,
    `/#/experiments/${experiment}/runs`,
    `/#/experiments/${experiment}/traces`,
    `/#/experiments/${experiment}/traces?selectedEvaluationId=${trace}`,
    `/#/experiments/${experiment}/runs/${run}`,
    `/#/experiments/${experiment}/runs/${run}/artifacts`,
    `/#/experiments/${experiment}/runs/${run}/artifacts/canary.txt`,
    `/#/compare-experiments/s?experiments=["${experiment}"]`,
    `/#/models/${model}`,
    `/#/models/${model}/versions/1`,
    `/#/prompts/${prompt}`,
    `/#/metric?runs=["${run}"]&metric="loss"&experiments=["${experiment}"]`,
  ].map((page) => `${page}${page.includes("?") ? "&" : "?"}workspace=${workspace}`);
}

/** What a person got to see. */
export interface Sight {
  /** Pages on which the text was, or an answer that had it. */
  readonly seen: string[];
  /** Answers of the API that were read. */
  readonly answers: number;
}

/**
 * Opens pages in the person's browser and looks for a text, on the page and in every answer that it got.
 *
 * @param base - MLflow's address
 * @param text - a canary; the pages' addresses say it as well, which is not seen
 */
export async function lookFor(
  person: Person,
  base: string,
  pages: readonly string[],
  text: string,
): Promise<Sight> {
  const { page } = person;
  const seen: string[] = [];
  let answers = 0;
  const reading: Promise<void>[] = [];
  const read = (response: Awaited<ReturnType<typeof page.waitForResponse>>): void => {
    if (!/\/(ajax-)?api\/|graphql|get-artifact/.test(response.url())) return;
    answers += 1;
    reading.push(
      response.text().then(
        (body) => {
          if (tells(body, text, `${response.url()} ${response.request().postData() ?? ""}`))
            seen.push(`answer of ${response.url()}`);
        },
        // A page that is left drops what it was loading.
        () => undefined,
      ),
    );
  };
  page.on("response", read);
  for (const path of pages) {
    // The path alone differs behind the #, which loads nothing anew.
    await visit(page, "about:blank");
    await visit(page, `${base}${path}`);
    // Some pages ask again and again; they are looked at as they are by then.
    await page.waitForLoadState("networkidle", { timeout: PAGE_MILLISECONDS }).catch((error: unknown) => {
      if (!(error instanceof errors.TimeoutError)) throw error;
    });
    if (tells(await page.locator("body").innerText(), text, path)) seen.push(`page ${path}`);
  }
  page.off("response", read);
  await Promise.all(reading);
  return { seen, answers };
}
