/**
 * Fifo: makes a named pipe. Node has no way to, and mkfifo(1) costs a process; hence the one foreign call.
 */
import koffi from "koffi";

const OWNER_ONLY = 0o600;

type MkFifo = (path: string, mode: number) => number;

let mkFifo: MkFifo | null = null;

/** For its owner alone; false where it could not be made, for instance because something of that name is there. */
export function makeFifo(path: string): boolean {
  mkFifo ??= koffi.load(null).func("int mkfifo(const char *path, uint32_t mode)") as unknown as MkFifo;
  return mkFifo(path, OWNER_ONLY) === 0;
}
