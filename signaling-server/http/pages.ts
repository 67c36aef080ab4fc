import { access, readdir, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, extname, join, sep } from 'node:path';
import { lookup } from 'mrmime';
import sirv from 'sirv';
import { PageTemplates } from './page-templates.ts';
import { shareWithOtherOrigins } from './security-headers.ts';

/** The build puts a hash of the content into these names, so what is behind a name never changes. */
const HASHED = /^\/assets\/.*-[\w-]{8}\.\w+(\.map)?$/;
const YEAR_S = 31_536_000;

/** Types that mrmime does not know, by extension. */
const OTHER_TYPES: Record<string, string> = { '.wgsl': 'text/wgsl' };
const TEXT_TYPE = /^text\/|\/json$/;

/** A request for the rest of a file. */
const REST = /^bytes=[1-9]\d{0,11}-$/;

/**
 * Serves the built pages with sirv. It reads the folder once, at the start, and only ever looks a request up in that list, so no
 * spelling of `..` leads out of the folder. A new build goes into a folder of its own and is served by the next server.
 */
export class Pages {
  readonly #serve: ReturnType<typeof sirv>;

  private constructor(
    private readonly root: string,
    private readonly fitted: PageTemplates,
    /** Paths of folders with a page of their own, such as `/docs`. */
    private readonly folders: ReadonlySet<string>,
  ) {
    this.#serve = sirv(root, { etag: true, extensions: ['html'] });
  }

  /** @returns null when `dir` holds no built pages. */
  static async load(dir: string): Promise<Pages | null> {
    try {
      // The folder may be a symbolic link that the next build moves.
      const root = await realpath(dir);
      const pages = new Pages(root, await PageTemplates.load(root), await foldersIn(root));
      return (await pages.arePresent()) ? pages : null;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
  }

  /** Whether the folder is still there: somebody may have deleted the build that this server started with. */
  async arePresent(): Promise<boolean> {
    return access(join(this.root, 'index.html')).then(
      () => true,
      () => false,
    );
  }

  /**
   * Answers a GET or HEAD request for `path`, the URL's path without its query.
   * @param base address of this server for others; null when it is not known
   * @param onMissing called instead when there is no such file, and the visitor is no person.
   */
  serve(
    path: string,
    base: string | null,
    request: IncomingMessage,
    response: ServerResponse,
    onMissing: () => void,
  ): void {
    if (this.fitted.serve(path, base, request, response)) return;
    if (this.folders.has(path)) {
      redirectInto(path, request, response);
      return;
    }
    const extension = extname(path);
    const isPage = extension === '' || extension === '.html';
    response.setHeader('Cache-Control', HASHED.test(path) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
    response.setHeader('Content-Type', isPage ? 'text/html; charset=utf-8' : contentType(extension));
    // Everything but the pages may be imported by a page of another origin, which can then also read why a file is missing.
    if (!isPage) shareWithOtherOrigins(response);
    dropOtherRanges(request);
    destroyFileWith(response);
    this.#serve(request, response, () => {
      if (!this.fitted.serveNotFound(path, request, response)) onMissing();
    });
  }
}

async function foldersIn(root: string): Promise<Set<string>> {
  const files = await readdir(root, { recursive: true });
  const pages = files.filter((file) => basename(file) === 'index.html').map((file) => dirname(file));
  return new Set(pages.filter((folder) => folder !== '.').map((folder) => `/${folder.split(sep).join('/')}`));
}

/** What such a page refers to is in the folder: a browser must know that it is there. The address is relative, since a proxy may add a path before it. */
function redirectInto(path: string, request: IncomingMessage, response: ServerResponse): void {
  const [, query] = (request.url ?? '').split(/(?=\?)/, 2);
  response.writeHead(308, { Location: `${basename(path)}/${query ?? ''}`, 'Cache-Control': 'no-cache' }).end();
}

/**
 * Leaves only requests for the rest of a file: downloads of models go on where they broke. sirv 3 answers `bytes=-500` and `bytes=0-0` with the
 * wrong bytes, and does not know If-Range, which its weak ETags never fulfil (RFC 9110, section 13.1.5). A server may ignore Range (section 14.2).
 */
export function dropOtherRanges({ headers }: IncomingMessage): void {
  if (!REST.test(headers.range ?? '') || headers['if-range']) delete headers.range;
}

/**
 * sirv 3 pipes a file without looking after it: the descriptor stays open when the reader goes away, a file that was deleted
 * ends the process, and for a HEAD request it reads all of it, as fast as the disk can, though nothing is sent.
 */
export function destroyFileWith(response: ServerResponse): void {
  response.once('pipe', (file) => {
    if (response.req.method === 'HEAD') {
      file.unpipe(response);
      // It is still being opened, which may fail.
      file.on('error', () => {});
      file.destroy();
      response.end();
      return;
    }
    // The connection ended while the file was looked up.
    if (response.req.socket.destroyed) file.destroy();
    response.once('close', () => file.destroy());
    file.once('error', () => response.destroy());
  });
}

function contentType(extension: string): string {
  const type = OTHER_TYPES[extension] ?? lookup(extension) ?? 'application/octet-stream';
  return TEXT_TYPE.test(type) ? `${type}; charset=utf-8` : type;
}
