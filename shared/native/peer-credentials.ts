/**
 * Peer credentials: who sits at the other end of a Unix socket, as the kernel recorded it when they connected
 * (SO_PEERCRED). Node has no way to ask, hence the one foreign call. Nothing a client sends can change it.
 */
import koffi from "koffi";

export interface PeerCredentials {
  /** 0 when the process lives in a pid namespace that we cannot see into. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; empty where the kernel does not tell them. */
  readonly groups: readonly number[];
}

/** Linux on x64 and arm64. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
/** NGROUPS_MAX is 65,536; a user in more groups than this counts as being in none. */
const MAX_GROUPS = 1024;

type GetSockOpt = (
  ...args: readonly [fd: number, level: number, name: number, value: Uint32Array, length: [number]]
) => number;

let getSockOpt: GetSockOpt | null = null;

/** Credentials of the other end of a connected Unix socket. Throws when the kernel gives none. */
export function peerCredentials(fd: number): PeerCredentials {
  const words = readWords(fd, SO_PEERCRED, 3);
  if (words === null || words.length !== 3) throw new Error(`no peer credentials on descriptor ${fd}`);
  const [pid = 0, uid = -1, gid = -1] = words;
  return { pid, uid, gid, groups: readWords(fd, SO_PEERGROUPS, MAX_GROUPS) ?? [] };
}

function readWords(fd: number, name: number, count: number): readonly number[] | null {
  getSockOpt ??= load();
  const words = new Uint32Array(count);
  const length: [number] = [words.byteLength];
  if (getSockOpt(fd, SOL_SOCKET, name, words, length) !== 0) return null;
  return [...words.subarray(0, length[0] / words.BYTES_PER_ELEMENT)];
}

function load(): GetSockOpt {
  const prototype =
    "int getsockopt(int fd, int level, int name, _Out_ uint32_t *value, _Inout_ uint32_t *length)";
  return koffi.load(null).func(prototype) as unknown as GetSockOpt;
}
