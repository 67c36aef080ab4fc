import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { exampleOf, readExamples } from './sdk-document.ts';
import { startServer } from './server.ts';

const TYPES = ['echo', 'upscale', 'infer', 'dialogue', 'pathfinding', 'physics', 'raytracing'];

test('every example of docs/sdk.md runs in a page of another origin and prints what the document says', async ({
  context,
}) => {
  const site = await startSite();
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  try {
    const examples = await readExamples(server.url);
    const continued = examples.filter(({ role }) => role === '');
    expect(continued.map(({ title }) => title)).toEqual(expect.arrayContaining([...TYPES, 'Streams', 'Errors']));
    await site.open(context, exampleOf(examples, 'volunteer').code);
    const connect = exampleOf(examples, 'connect').code;
    for (const { title, code, prints } of continued) {
      expect(prints, `what '${title}' prints`).not.toEqual([]);
      const { page, printed } = await site.open(context, `${connect}\n${code}`);
      expect(printed, title).toEqual(prints);
      await page.close();
    }
  } finally {
    await server.stop();
    site.stop();
  }
});

/** A site that serves one page per script. */
async function startSite() {
  const scripts: string[] = [];
  const site = createServer(({ url = '/' }, response) => {
    const script = /^\/(\d+)\.js$/.exec(url)?.[1];
    if (script) response.setHeader('content-type', 'text/javascript').end(scripts[Number(script)]);
    else {
      const page = `<!doctype html><title>running</title><script type="module" src="${url}.js"></script>`;
      response.setHeader('content-type', 'text/html').end(page);
    }
  });
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve));
  const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  return {
    origin,
    stop: () => site.close(),
    /** Runs a script to its end in a page of its own and returns its console output. */
    async open(context: BrowserContext, script: string): Promise<{ page: Page; printed: string[] }> {
      const printed: string[] = [];
      const page = await context.newPage();
      // Not the browser's own warnings, such as those about WebGPU.
      page.on('console', (message) => message.type() === 'log' && printed.push(message.text()));
      page.on('pageerror', (error) => printed.push(String(error)));
      const ended = page.waitForFunction(() => document.title === 'ended');
      const nth = scripts.push(`${script}\ndocument.title = 'ended';`) - 1;
      await page.goto(`${origin}/${nth}`);
      const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
      await Promise.race([ended, failed]);
      return { page, printed };
    },
  };
}
