import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

/**
 * The picture that chats show beside a link to a page (Open Graph, https://ogp.me). Those who fetch it want its whole address, which the build does
 * not know.
 */
const PICTURE = 'content="./link-picture.png"';
/** References of the build to files beside the page. */
const BESIDE = /(?<=(?:href|src)=")\.\//g;

const NOT_FOUND = '404.html';

/**
 * A person at a wrong address may be this many folders down. The page repeats `../` for each of them in every reference, so that a long path of slashes
 * would have a server send forty times what it is sent.
 */
const MAX_DEPTH = 7;

/** The pages whose text depends on the request: where this server is, and where the visitor is. */
export class PageTemplates {
  private constructor(
    /** By path, such as `/gamer`. */
    private readonly withPicture: ReadonlyMap<string, string>,
    private readonly notFound: string | null,
  ) {}

  /** @param root the folder of built pages */
  static async load(root: string): Promise<PageTemplates> {
    const names = (await readdir(root)).filter((name) => name.endsWith('.html'));
    const pages = await Promise.all(
      names.map(async (name): Promise<[string, string]> => [name, await readFile(join(root, name), 'utf8')]),
    );
    const withPicture = pages.filter(([, text]) => text.includes(PICTURE));
    const paths = withPicture.flatMap(([name, text]) => pathsOf(name).map((path): [string, string] => [path, text]));
    return new PageTemplates(new Map(paths), new Map(pages).get(NOT_FOUND) ?? null);
  }

  /**
   * Answers a GET or HEAD request for a page that links show a picture of.
   * @param base address of this server for others; null when it is not known
   * @returns whether it was answered
   */
  serve(path: string, base: string | null, request: IncomingMessage, response: ServerResponse): boolean {
    const text = this.withPicture.get(path);
    if (text === undefined || base === null) return false;
    const whole = text.replaceAll(PICTURE, `content="${base}link-picture.png"`);
    const tag = `"${createHash('sha256').update(whole).digest('base64url').slice(0, 22)}"`;
    response.setHeader('Cache-Control', 'no-cache');
    // Weak, since proxies that compress a page make a strong one weak.
    response.setHeader('ETag', `W/${tag}`);
    if (isNamed(tag, request.headers['if-none-match'])) response.writeHead(304).end();
    else sendHtml(response, 200, whole);
    return true;
  }

  /**
   * Tells a person that there is no such page. Programs, which do not ask for HTML, are told otherwise, and so is who asks for a path too deep.
   * @returns whether the request was answered
   */
  serveNotFound(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (this.notFound === null || !request.headers.accept?.includes('text/html')) return false;
    const depth = Math.max(0, path.split('/').length - 2);
    if (depth > MAX_DEPTH) return false;
    response.setHeader('Cache-Control', 'no-store');
    // What the page refers to is beside it, while the visitor may be some folders further down.
    sendHtml(response, 404, depth === 0 ? this.notFound : this.notFound.replace(BESIDE, '../'.repeat(depth)));
    return true;
  }
}

/**
 * Whether an If-None-Match header names an entity tag. It may hold a list, or `*` for any; tags are compared weakly (RFC 9110, section 13.1.2).
 * @param tag with its quotes, without `W/`
 */
function isNamed(tag: string, ifNoneMatch = ''): boolean {
  const tags: readonly string[] = ifNoneMatch.match(/"[^"]*"/g) ?? [];
  return ifNoneMatch.trim() === '*' || tags.includes(tag);
}

/** Node sends no body to HEAD. */
function sendHtml(response: ServerResponse, status: number, text: string): void {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}

/** The paths under which a page is served. */
function pathsOf(name: string): string[] {
  const path = `/${name.replace(/\.html$/, '')}`;
  return name === 'index.html' ? ['/', path, `/${name}`] : [path, `/${name}`];
}
