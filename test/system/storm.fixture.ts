/**
 * A storm: `node … ROOT PREFIX AGENTS SOCKETS ADDRESS`. So many agents with real links dial at once, beside so many connections
 * that say nothing. When every agent has been welcomed it prints how long that took from the first dial, and stays until it
 * is killed.
 */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { createLink } from "../../agent/link/link.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { createLoop, delay } from "../../shared/loop.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRng } from "../../shared/rng.ts";
import { agentSecretPath, ensureSecret } from "../../shared/wire/secret.ts";
import { bareHello } from "../helpers/messages.ts";

const [, , root = "", prefix = "", agents = "0", sockets = "0", address = ""] = process.argv;
const timing = createTiming();
const log = createLog({ level: "silent", destination: process.stderr });
const [host, port] = address.split(":");
const secretOf = (node: string): string => ensureSecret(agentSecretPath(root, node));
const nodes = Array.from({ length: Number(agents) }, (_, index) => `${prefix}-${index}`);
const secrets = new Map(nodes.map((node) => [node, secretOf(node)]));

for (let i = 0; i < Number(sockets); i++) connect(Number(port), host).on("error", () => {});

let left = nodes.length;
const startedMs = systemClock.bootMs();
const tell = (): void => {
  const tookMs = systemClock.bootMs() - startedMs;
  process.stdout.write(`${JSON.stringify({ tookMs })}\n`);
};
for (const node of nodes) {
  const agentInstance = randomBytes(8).toString("hex");
  let isNew = true;
  let helloSeq = 0;
  let seq = 0;
  const link = createLink({
    book: createHubBook([address]),
    principal: `agent/${node}`,
    secret: secrets.get(node) ?? "",
    timing: timing,
    clock: systemClock,
    rng: createRng(node),
    log,
    hello: () => ({ ...bareHello(node), agentInstance, generation: 1, helloSeq: ++helloSeq }),
    onWelcome: () => {
      if (isNew && --left === 0) tell();
      isNew = false;
    },
    onMessage: () => {},
    onDown: () => {},
  });
  createLoop({
    everyMs: timing.heartbeatMs,
    jitter: { ratio: 0.5, rng: createRng(node) },
    run: () => void link.send({ kind: "heartbeat", seq: ++seq }),
    onError: () => {},
  });
}
await delay(600_000);
