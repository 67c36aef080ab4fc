import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = join(dirname(fileURLToPath(import.meta.url)), '../node_modules');
/** The packages that a site may serve: those its page names. */
const SERVED = /^\/(three\/[\w./-]+\.js)$/;

export interface ForeignSite {
  origin: string;
  stop(): void;
}

/** A site of somebody else, on another origin than our server: a page, and packages from npm that it imports. */
export async function startForeignSite(page: (path: string) => string): Promise<ForeignSite> {
  const site = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const [, file] = SERVED.exec(pathname) ?? [];
    if (file) response.setHeader('content-type', 'text/javascript').end(await readFile(join(PACKAGES, file)));
    else response.setHeader('content-type', 'text/html').end(page(pathname));
  });
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve));
  const { port } = site.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, stop: () => site.close() };
}
