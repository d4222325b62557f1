/**
 * Health: the gRPC health service, for load balancers and for people with grpcurl. It says who serves and nothing
 * else, so it asks nobody who he is. The hub's own services serve on the hub that leads; `spiral.Replica` serves on
 * every hub that leads or could take over now.
 */
import {
  type Server,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { wireServices } from "../../shared/wire/load.ts";

/** Null: there is no such service. */
export type IsServing = (service: string) => boolean | null;

export interface Health {
  /** Tells those who watch. */
  changed(): void;
}

/** How many may watch; the next is asked to come again. */
export const WATCHERS_MAX = 64;

/** `isServing` for a hub that leads or stands by. */
export function healthOf(hub: { readonly leads: () => boolean; readonly isReady: () => boolean }): IsServing {
  const { AgentGateway, Operator } = wireServices();
  const paths = [AgentGateway, Operator].flatMap(({ service }) =>
    Object.values(service).map(({ path }) => path),
  );
  const own = new Set(["", ...paths.map((path) => path.split("/")[1])]);
  return (service) => {
    if (service === "spiral.Replica") return hub.isReady();
    return own.has(service) ? hub.leads() : null;
  };
}

interface Request {
  readonly service: string;
}
type Watcher = ServerWritableStream<Request, { readonly status: string }>;
type Answer = (error: object | null, reply?: { readonly status: string }) => void;

export function addHealth(server: Server, isServing: IsServing): Health {
  /** What each was told last. */
  const watchers = new Map<Watcher, string>();
  const stateOf = (service: string): string => {
    const serving = isServing(service);
    if (serving === null) return "SERVICE_UNKNOWN";
    return serving ? "SERVING" : "NOT_SERVING";
  };
  const tell = (watcher: Watcher): void => {
    const state = stateOf(watcher.request.service);
    if (watchers.get(watcher) === state) return;
    watchers.set(watcher, state);
    watcher.write({ status: state });
  };
  const check = ({ request }: { readonly request: Request }, answer: Answer): void => {
    const state = stateOf(request.service);
    if (state !== "SERVICE_UNKNOWN") return answer(null, { status: state });
    answer({
      code: status.NOT_FOUND,
      details: `there is no service "${request.service.slice(0, 128)}" here`,
    });
  };
  const watch = (watcher: Watcher): void => {
    // Without a listener an error would end the process.
    watcher.on("error", () => watchers.delete(watcher));
    if (watchers.size >= WATCHERS_MAX) {
      watcher.emit("error", { code: status.RESOURCE_EXHAUSTED, details: `${WATCHERS_MAX} watch already` });
      return;
    }
    for (const event of ["cancelled", "close"]) watcher.on(event, () => watchers.delete(watcher));
    tell(watcher);
  };
  const handlers: Readonly<Record<"Check" | "Watch", unknown>> = { Check: check, Watch: watch };
  server.addService(wireServices().Health.service, handlers as UntypedServiceImplementation);
  return {
    changed: () => {
      for (const watcher of watchers.keys()) tell(watcher);
    },
  };
}
