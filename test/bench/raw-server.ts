/** The raw server as a process of its own: `node raw-server.mjs ADDRESS`; tells its port to its parent. */
import { LOCAL_SERVER_OPTIONS } from "../../shared/wire/local-service.ts";
import { startRawServer } from "./raw.ts";

const address = process.argv[2] ?? "127.0.0.1:0";
const port = await startRawServer(address, address.startsWith("unix:") ? LOCAL_SERVER_OPTIONS : undefined);
process.on("disconnect", () => process.exit(0));
process.send?.({ port });
