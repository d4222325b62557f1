/** A journal worker for the counter over PostgreSQL. */
import { servePostgresWorker } from "../../hub/store/postgres/worker.ts";
import { projectedCounter } from "./journal-counter.fixture.ts";

await servePostgresWorker(projectedCounter);
