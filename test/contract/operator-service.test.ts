import type { ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperatorHandlers } from "../../hub/service/server.ts";
import { FleetError } from "../../shared/errors.ts";
import type { OperatorAnswer } from "../../shared/wire/operator-types.ts";
import { createRig, emptyOperator, type Rig } from "../helpers/control-rig.ts";

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.stop());

const serve = (edit: Partial<OperatorHandlers>) =>
  rig.startHub({ operator: { ...emptyOperator(), ...edit } });

const getStatus = () =>
  new Promise<OperatorAnswer<"GetStatus"> | ServiceError>((resolve) => {
    rig.operatorClient().GetStatus({}, rig.metadata("operator"), (error, answer) => {
      resolve(error ?? (answer as OperatorAnswer<"GetStatus">));
    });
  });

describe("a unary method", () => {
  it("answers with what its handler returns, told who asks", async () => {
    await serve({ GetStatus: (principal) => ({ root: `${principal.role} ${principal.via}` }) });
    expect(await getStatus()).toMatchObject({ root: "operator loopback-secret" });
  });

  it("tells the caller a FleetError by code and message", async () => {
    await serve({
      GetStatus: async () => {
        throw new FleetError("notFound", "no such thing: try spiral jobs");
      },
    });
    expect(await getStatus()).toMatchObject({ code: 5, details: "no such thing: try spiral jobs" });
  });

  it("survives a bug in its handler and tells the caller nothing of it", async () => {
    await serve({
      GetStatus: () => {
        throw new TypeError("x of undefined in /secret/path");
      },
    });
    expect(await getStatus()).toMatchObject({ code: 13, details: "internal error: see the log" });
    expect(await getStatus()).toMatchObject({ code: 13 });
  });

  it("refuses a request above the message limit, and goes on serving", async () => {
    await serve({ Submit: () => ({ jobId: "j_000001" }) });
    const client = rig.operatorClient();
    const submit = (paramsJson: string) =>
      new Promise((resolve) => {
        client.Submit({ paramsJson }, rig.metadata("operator"), (error, answer) => resolve(error ?? answer));
      });
    expect(await submit("x".repeat(10 * 1024 * 1024))).toMatchObject({ code: 8 });
    expect(await submit("{}")).toMatchObject({ jobId: "j_000001" });
  });
});

describe("a streaming method", () => {
  it("waits for a slow reader and delivers everything in order", async () => {
    await serve({
      Events: async (_principal, _request, replies) => {
        for (let seq = 1; seq <= 2_000; seq++) await replies.send({ seq, bodyJson: "x".repeat(1_000) });
      },
    });
    const call = rig.operatorClient().Events({}, rig.metadata("viewer"));
    const seqs: number[] = [];
    for await (const event of call) seqs.push(Number(event.seq));
    expect(seqs).toEqual(Array.from({ length: 2_000 }, (_, i) => i + 1));
  });

  it("keeps no more than a few replies for a reader that has stopped, and hears when it goes", async () => {
    let sent = 0;
    let hearEnd = (): void => {};
    const ended = new Promise<void>((resolve) => {
      hearEnd = resolve;
    });
    await serve({
      Events: async (_principal, _request, replies) => {
        while (!replies.gone.aborted) {
          sent += 1;
          await replies.send({ seq: sent, bodyJson: "x".repeat(10_000) });
        }
        hearEnd();
      },
    });
    const call = rig.operatorClient().Events({}, rig.metadata("viewer"));
    call.on("error", () => {});
    await new Promise((resolve) => call.once("readable", resolve));
    call.cancel();
    await ended;
    expect(sent).toBeLessThan(1_000);
  });
});
