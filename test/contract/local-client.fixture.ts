/**
 * A workload as a process of its own: `node … SOCKET [UID]`. It calls the client library as the lines on its
 * standard input say, `{method, parameters}`, and answers each with a line, `{answer}` or `{error}`.
 */
import { createInterface } from "node:readline";
import { FleetError } from "../../shared/errors.ts";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";

const [, , socketPath = "", uid] = process.argv;
const client = connectLocal(socketPath);
if (uid !== undefined) {
  // After everything is loaded: the other user may not be able to read this checkout.
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}

type Method = (...parameters: readonly unknown[]) => Promise<unknown>;

for await (const line of createInterface({ input: process.stdin })) {
  const { method, parameters } = JSON.parse(line) as {
    readonly method: keyof LocalClient;
    readonly parameters: readonly unknown[];
  };
  const reply = await (client[method] as Method)(...parameters).then(
    (answer) => ({ answer }),
    (error: unknown) => ({
      error: error instanceof FleetError ? `${error.code}: ${error.message}` : String(error),
    }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
// Whoever told it what to do has gone.
process.exit(0);
