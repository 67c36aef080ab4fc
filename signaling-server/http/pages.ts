import { type FileHandle, open, readdir, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { shareWithOtherOrigins } from './security-headers.ts';

const MIME_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
  '.wgsl': 'text/wgsl; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** The build names these after their content, so a name never changes its bytes. */
const HASHED = /^\/assets\/.*-[\w-]{8}\.\w+(\.map)?$/;
const YEAR_S = 31_536_000;

/**
 * The built pages. Which paths exist is read once and a request is only ever looked up in that table, so no spelling of `..`
 * leads out of the folder; a new build is swapped in whole, beside this one, and is served by the server started after it.
 * Files are opened per request and failures answered: a file that has vanished must not end the process.
 */
export class Pages {
  private constructor(private readonly filesByPath: ReadonlyMap<string, string>) {}

  /** @returns null when there are no built pages in `dir`. */
  static async load(dir: string): Promise<Pages | null> {
    const files = new Map<string, string>();
    try {
      // The folder may be a link that the next build moves.
      const root = await realpath(dir);
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || entry.name.startsWith('.')) continue;
        const file = join(entry.parentPath, entry.name);
        files.set(publicPath(relative(root, file)), file);
      }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
    return files.has('/') ? new Pages(files) : null;
  }

  has(path: string): boolean {
    return this.filesByPath.has(path);
  }

  /**
   * Answers a GET or HEAD for a path that exists.
   * @returns false when the file has vanished since, and nothing was answered.
   */
  async serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const file = this.filesByPath.get(path);
    if (!file) return false;
    let handle: FileHandle;
    try {
      handle = await open(file);
    } catch {
      return false;
    }
    try {
      const { size, mtimeMs } = await handle.stat();
      const etag = `W/"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
      const extension = extname(file);
      response.setHeader('Cache-Control', HASHED.test(path) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      response.setHeader('ETag', etag);
      if (extension !== '.html') shareWithOtherOrigins(response);
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304).end();
        return true;
      }
      response.writeHead(200, {
        'Content-Type': MIME_TYPES[extension] ?? 'application/octet-stream',
        'Content-Length': size,
      });
      if (request.method === 'HEAD' || size === 0) response.end();
      // `end` holds a file that grows meanwhile to the length announced.
      else await pipeline(handle.createReadStream({ autoClose: false, end: size - 1 }), response);
      return true;
    } finally {
      await handle.close();
    }
  }
}

/** `gamer.html` is `/gamer`, an `index.html` is its folder; everything else keeps its name. */
function publicPath(file: string): string {
  const path = `/${file.split(sep).join('/')}`;
  return path.endsWith('/index.html') ? path.slice(0, -'index.html'.length) : path.replace(/^(\/[^/]+)\.html$/, '$1');
}
