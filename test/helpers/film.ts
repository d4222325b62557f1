/** Decodes a film frame by frame, as proof that it is one: each VP8 key frame is a WebP image in disguise. */
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import sharp from "sharp";
import { must } from "../../shared/invariant.ts";

export interface FilmFrame {
  readonly timestampS: number;
  readonly width: number;
  readonly height: number;
  /** RGB, row by row. */
  readonly pixels: Buffer;
}

export async function decodeFilm(film: Uint8Array<ArrayBuffer>): Promise<readonly FilmFrame[]> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(film) });
  const track = must(await input.getPrimaryVideoTrack(), "the film has a video track");
  const frames: FilmFrame[] = [];
  for await (const { data, timestamp } of new EncodedPacketSink(track).packets()) {
    const decoded = await sharp(asWebp(data)).raw().toBuffer({ resolveWithObject: true });
    const { width, height } = decoded.info;
    frames.push({ timestampS: timestamp, width, height, pixels: decoded.data });
  }
  return frames;
}

function asWebp(frame: Uint8Array): Buffer {
  const head = Buffer.alloc(20);
  const padding = frame.length % 2;
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(12 + frame.length + padding, 4);
  head.write("WEBPVP8 ", 8, "latin1");
  head.writeUInt32LE(frame.length, 16);
  return Buffer.concat([head, frame, Buffer.alloc(padding)]);
}
