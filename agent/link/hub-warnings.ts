/** HubWarnings: what the hub would tell a person now; for doctor, on a machine that holds the viewer's secret. */
import { credentials } from "@grpc/grpc-js";
import { createTiming } from "../../shared/model/timing.ts";
import { operatorChannelOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { principalMetadata } from "../../shared/wire/secret.ts";
import { fromWireStatus } from "../../shared/wire/status.ts";

/** Gives up when `signal` aborts. @throws FleetError when the hub refuses or cannot be reached */
export function askWarnings(
  address: string,
  viewerSecret: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const options = operatorChannelOptions(createTiming());
  const client = new (wireServices().Operator)(address, credentials.createInsecure(), options);
  return new Promise<readonly string[]>((resolve, reject) => {
    const call = client.GetStatus({}, principalMetadata("viewer", viewerSecret), (error, status) => {
      if (error === null) resolve(status?.warnings ?? []);
      else reject(fromWireStatus(error));
    });
    signal.addEventListener("abort", () => call.cancel());
  }).finally(() => client.close());
}
