/**
 * WebM: frames as lossy WebP, and the very same frames as a film. A lossy WebP file holds one VP8 key frame, so
 * the film needs no second encoder: its packets are cut out of the images and muxed as they are.
 */
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from "mediabunny";
import sharp, { type WebpOptions } from "sharp";
import { invariant, must } from "../../../shared/invariant.ts";
import type { RgbImage } from "./rgb-image.ts";

// One runner is one lane of work: the agent counts on it to use one core and little memory.
sharp.concurrency(1);
sharp.cache(false);

/** Versions that decide about encoded bytes (DESIGN section 12). */
export const ENCODER_VERSIONS = {
  sharp: must(sharp.versions.sharp, "sharp does not know its version"),
  webp: must(sharp.versions.webp, "sharp was built without WebP"),
} as const;

/** A lossy WebP file of an image, in the simple format (RIFF with one `VP8 ` chunk). */
export async function encodeWebp(image: RgbImage, options: WebpOptions): Promise<Buffer> {
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  return sharp(image.data, { raw }).webp(options).toBuffer();
}

/** The VP8 key frame inside a simple lossy WebP file. */
export function vp8KeyFrame(webp: Buffer): Uint8Array {
  const isSimpleLossy =
    webp.toString("latin1", 0, 4) === "RIFF" && webp.toString("latin1", 8, 16) === "WEBPVP8 ";
  invariant(isSimpleLossy, "webm: the image is not a simple lossy WebP");
  return webp.subarray(20, 20 + webp.readUInt32LE(16));
}

export interface FilmFormat {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** A WebM film of VP8 key frames in order. */
export async function muxWebm(frames: readonly Uint8Array[], format: FilmFormat): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedVideoPacketSource("vp8");
  output.addVideoTrack(source, { frameRate: format.fps });
  await output.start();
  const decoderConfig = { codec: "vp8", codedWidth: format.width, codedHeight: format.height };
  for (const [index, frame] of frames.entries()) {
    const packet = new EncodedPacket(frame, "key", index / format.fps, 1 / format.fps);
    await source.add(packet, { decoderConfig });
  }
  await output.finalize();
  return new Uint8Array(must(target.buffer, "webm: the muxer left no file"));
}
