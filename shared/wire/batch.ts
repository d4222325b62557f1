/**
 * Batch: keeps every message below the size that the other side accepts. A sender closes a batch at 16 items
 * or 192 KiB, whichever comes first (DESIGN section 4); a message above the limit would end the whole stream.
 */
import { MESSAGE_LIMITS } from "../model/messages.ts";

/** Upper bound of an item's size on the wire: its JSON spells field names where protobuf has tags. */
export function approximateBytes(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item));
}

/** The items in order, in as few batches as the limits allow; at least one batch, which may be empty. */
export function splitBatches<Item>(
  items: readonly Item[],
  maxItems: number = MESSAGE_LIMITS.batchItems,
): readonly (readonly Item[])[] {
  if (items.length <= 1) return [items];
  const batches: Item[][] = [];
  let open: Item[] = [];
  let openBytes = 0;
  for (const item of items) {
    const bytes = approximateBytes(item);
    const isFull = open.length === maxItems || openBytes + bytes > MESSAGE_LIMITS.batchBytes;
    if (isFull && open.length > 0) {
      batches.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(item);
    openBytes += bytes;
  }
  return [...batches, open];
}
