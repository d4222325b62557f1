/**
 * HubBook: where the hub may be, when it is several. One address is the present one; after a failure the next of
 * the list takes its place, or whoever the one that failed named as its leader. Pure.
 */

/** `HOST:PORT`, with an IPv6 host in brackets. */
const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;

/** How `HOST:PORT[,HOST:PORT…]` is named where it is wrong. */
export const ADDRESSES_FORM = "must be HOST:PORT, or several with commas between them";

/** The addresses of a list, or null when one of them is none. */
export function splitAddresses(text: string): readonly string[] | null {
  const addresses = text.split(",").map((address) => address.trim());
  return addresses.every((address) => ADDRESS.test(address)) ? addresses : null;
}

export interface HubBook {
  readonly present: string;
  /** The present one did not serve. @param leader whom it named, or null */
  moveOn(leader: string | null): void;
}

/** @param addresses one at least */
export function createHubBook(addresses: readonly string[]): HubBook {
  let index = 0;
  let named: string | null = null;
  const present = (): string => named ?? addresses[index % addresses.length] ?? "";
  return {
    get present() {
      return present();
    },
    moveOn: (leader) => {
      if (leader !== null && leader !== present()) {
        named = leader;
        return;
      }
      // One that was named and does not serve says nothing about the list.
      if (named === null) index += 1;
      named = null;
    },
  };
}
