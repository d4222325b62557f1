/** Published: every output that was promised lies in `renders/` once, written by the token that was accepted. */
import type { Check, Violation } from "../history.ts";
import { jobOf, keyOf, ofKind, tokenOf } from "./journal.ts";

/** No job is published twice, and none that has not succeeded with outputs. */
export const publishedOnce: Check = ({ journal }) => {
  const promised = new Set<string>();
  const seen = new Set<string>();
  return journal.flatMap((line): Violation[] => {
    const jobId = jobOf(line);
    if (line.kind === "job.succeeded" && line["manifestSha256"] !== null) promised.add(jobId);
    if (line.kind !== "job.published") return [];
    const isAgain = seen.has(jobId);
    seen.add(jobId);
    if (isAgain) return [double(`seq ${line.seq}: ${jobId} was published once more`)];
    if (!promised.has(jobId)) return [double(`seq ${line.seq}: ${jobId} was published before its success`)];
    return [];
  });
};

function double(detail: string): Violation {
  return { promise: "doubly published", check: "published once", detail };
}

/** What lies in `renders/` is what the journal says was published, and all of it. */
export const rendersAreThePublished: Check = ({ journal, renders }) => {
  const published = new Set(ofKind(journal, "job.published").map(jobOf));
  const there = new Set(renders.map(({ jobId }) => jobId));
  const promised = ofKind(journal, "job.succeeded").filter((line) => line["manifestSha256"] !== null);
  const missing = promised.map(jobOf).filter((jobId) => !there.has(jobId) || !published.has(jobId));
  const strange = [...there].filter((jobId) => !published.has(jobId));
  return [
    ...missing.map((jobId): Violation => {
      const detail = `${jobId} succeeded with outputs and is not published`;
      return { promise: "lost", check: "published", detail };
    }),
    ...strange.map((jobId) => double(`renders/${jobId} is there, and nobody published it`)),
  ];
};

/** The bytes come from the accepted run of that very job. */
export const outputsAreOfTheAcceptedToken: Check = ({ journal, renders }) => {
  const keys = new Map(ofKind(journal, "job.submitted").map((line) => [jobOf(line), keyOf(line)]));
  const tokens = new Map(ofKind(journal, "job.succeeded").map((line) => [jobOf(line), tokenOf(line)]));
  return renders.flatMap(({ jobId, written }): Violation[] => {
    const token = tokens.get(jobId);
    if (written !== null && written.key === keys.get(jobId) && written.token === token) return [];
    const by = written === null ? "cannot be read" : `was written by ${written.key}, token ${written.token}`;
    return [
      double(
        `renders/${jobId} ${by}; accepted was ${keys.get(jobId) ?? "nothing"}, token ${token ?? "none"}`,
      ),
    ];
  });
};
