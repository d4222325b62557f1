/** Plays a film in a real browser (Debian's Chromium, which .ci/run installs) and tells what the browser saw. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What the page reports of its video element; evaluated inside the browser. */
const REPORT = `(() => {
  const { videoWidth: width, videoHeight: height, duration, error } = document.querySelector("video");
  return { width, height, duration, error: error && error.message };
})()`;

export interface Played {
  readonly width: number;
  readonly height: number;
  readonly duration: number;
  readonly error: string | null;
}

export async function playInBrowser(film: Uint8Array): Promise<Played> {
  const server = createServer((request, response) => {
    const isFilm = request.url === "/film.webm";
    response.setHeader("content-type", isFilm ? "video/webm" : "text/html");
    response.end(isFilm ? film : '<video src="/film.webm" autoplay muted></video>');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('document.querySelector("video").currentTime > 0.2');
    return (await page.evaluate(REPORT)) as Played;
  } finally {
    await browser.close();
    server.close();
  }
}
