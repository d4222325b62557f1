/**
 * Part files: one file arriving in order, of which size and SHA-256 are known beforehand. What has arrived
 * survives the writer, so a transfer goes on where it was cut; nothing gets its real name before every byte
 * has been checked.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { FleetError } from "./errors.ts";

export interface Content {
  readonly sha256: string;
  readonly bytes: number;
}

export interface PartFile {
  /** Bytes that have arrived: where the sender goes on. */
  readonly offset: number;
  /** @throws FleetError invalid when more arrives than was announced. */
  append(data: Uint8Array): Promise<void>;
  /** Closes. False: the content is another than announced, and the part is gone. */
  finish(): Promise<boolean>;
  /** Closes and keeps what has arrived; calls that follow fail. */
  close(): Promise<void>;
}

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/** Opens the part at `path`, created or as an earlier transfer of the same content left it. */
export async function openPart(path: string, expected: Content): Promise<PartFile> {
  const handle = await open(path, FLAGS, 0o644);
  const hash = createHash("sha256");
  let offset = (await handle.stat()).size;
  if (offset > expected.bytes) {
    await handle.truncate(0);
    offset = 0;
  }
  if (offset > 0) {
    const arrived = handle.createReadStream({ start: 0, end: offset - 1, autoClose: false });
    for await (const data of arrived) hash.update(data);
  }
  return {
    get offset() {
      return offset;
    },
    append: async (data) => {
      if (offset + data.length > expected.bytes) {
        throw new FleetError("invalid", `more than the announced ${expected.bytes} bytes`);
      }
      for (let done = 0; done < data.length; ) {
        done += (await handle.write(data, done, data.length - done, offset + done)).bytesWritten;
      }
      hash.update(data);
      offset += data.length;
    },
    finish: async () => {
      await handle.close();
      if (offset === expected.bytes && hash.digest("hex") === expected.sha256) return true;
      await rm(path, { force: true });
      return false;
    },
    close: () => handle.close(),
  };
}
