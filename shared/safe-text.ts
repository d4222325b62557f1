/**
 * safeText: makes control characters, bidi marks and characters without width visible before text from a job, a
 * node or a file reaches a terminal. Tab and newline stay, and the joiners that scripts and emoji need; everything
 * else that moves a cursor, turns text round or lets two different names look alike is spelled out.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming them is this module's purpose
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const WIDTHLESS = /[\u00ad\u200b\u2060-\u2064\ufeff]/;
const UNSAFE = new RegExp(`${CONTROL.source}|${BIDI.source}|${WIDTHLESS.source}`, "g");

/** The text with each unsafe character as `\xNN` or `\uNNNN`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}
