/**
 * safeText: makes control characters and bidi marks visible before text from a job, a node or a file reaches
 * a terminal. Tab and newline stay; everything else that moves a cursor or hides text is spelled out.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming them is this module's purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with each unsafe character as `\xNN` or `\uNNNN`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}
