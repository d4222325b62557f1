/**
 * Classify: which events of the journal a person should hear of, and in what words. One row a kind; whatever has
 * no row is for the reader of the log.
 */
import type { HubEvent } from "../event.ts";
import type { HubState } from "../state.ts";
import type { Notice } from "./notice.ts";

type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;
type Words = Omit<Notice, "id" | "wallMs" | "node" | "campaign"> & Partial<Pick<Notice, "node" | "campaign">>;

/** The notice of an event; null for most. `state` may be newer than the event: only names are read from it. */
export function noticeOf(event: HubEvent, seq: number, state: Pick<HubState, "jobs">): Notice | null {
  const words = wordsOf(event, state);
  if (words === null) return null;
  return { node: null, campaign: null, ...words, id: `event-${seq}`, wallMs: event.at.wallMs };
}

function wordsOf(event: HubEvent, state: Pick<HubState, "jobs">): Words | null {
  switch (event.kind) {
    case "attempt.ended":
      return wordsOfEnd(event, state);
    case "node.quarantined": {
      const { node, gpu, reason, cure } = event;
      const subject = gpu === null ? node : `${node}/${gpu}`;
      const text = cure === null ? reason : `${reason}. What helps: ${cure}`;
      return {
        topic: "quarantine",
        severity: "warning",
        subject,
        title: `${subject} is quarantined`,
        text,
        node,
      };
    }
    case "campaign.stopped":
      return wordsOfCampaign(event);
    case "panic.began": {
      const { silent, fleet, nodes } = event;
      const text = `${nodes.join(", ")}. If they are lost: \`spiral up --accept-loss --reason …\``;
      const title = `${silent} of ${fleet} nodes went silent at once: their work is given to nobody else`;
      return { topic: "panic", severity: "critical", subject: "fleet", title, text };
    }
    case "rollback.suspected": {
      const { node, tokenSeen } = event;
      const text = `${node} has seen token ${tokenSeen}. Restore the newer journal, or \`spiral up --accept-rollback --reason …\``;
      const title = "SAFE: the journal is older than what its agents have seen; nothing is granted";
      return { topic: "safe", severity: "critical", subject: "fleet", title, text, node };
    }
    case "rollback.accepted": {
      const title = `SAFE is over: ${event.actor} gave up what the lost journal knew`;
      return { topic: "safe", severity: "info", subject: "fleet", title, text: event.reason };
    }
    case "node.refused": {
      const { node, reason } = event;
      const title = `a second agent for ${node} is refused`;
      return { topic: "clone", severity: "warning", subject: node, title, text: reason, node };
    }
    case "panic.ended": {
      const title = `the panic is over: ${event.reason}`;
      return { topic: "panic", severity: "info", subject: "fleet", title, text: `by ${event.actor}` };
    }
    default:
      return null;
  }
}

function wordsOfEnd(event: Of<"attempt.ended">, { jobs }: Pick<HubState, "jobs">): Words | null {
  const { jobId, node, detail, outcome, next } = event;
  const job = jobs.get(jobId);
  const campaign = job?.slot?.campaign ?? job?.spec.campaign ?? null;
  const name = job === undefined ? jobId : `${jobId} (${job.spec.runner})`;
  const about = { subject: jobId, text: detail, node, campaign };
  if (outcome === "wedged")
    return {
      ...about,
      topic: "wedged",
      severity: "critical",
      title: `a process of ${name} on ${node} cannot be ended`,
    };
  if (next.state !== "quarantined") return null;
  if (job?.spec.kind === "service")
    return { ...about, topic: "service", severity: "warning", title: `the service ${name} has given up` };
  return { ...about, topic: "quarantine", severity: "warning", title: `${name} is quarantined` };
}

function wordsOfCampaign({ campaign, arming, state, verdict }: Of<"campaign.stopped">): Words {
  const facts = verdict.evidence.map(({ name, value, limit }) => `${name} ${value} (limit ${limit})`);
  return {
    topic: "campaign",
    severity: state === "converged" ? "info" : "warning",
    subject: `${campaign}#${arming}`,
    title: `campaign ${campaign} has ${state}: ${verdict.rule}`,
    text: facts.join(", "),
    campaign,
  };
}
