import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keptPort, TestBed } from '../signaling-server/test-server.ts';
import { documented, expectOwnPagesOnly } from './proxied-pages.ts';
import { hasProxy, installProxies, startApache } from './proxies.mjs';

// As proxies.test.ts, for a proxy that nothing else here needs: installing it takes longer than `npm test` should.
await installProxies(['apache2']);

const bed = new TestBed();
let stopProxy: () => unknown = () => {};
afterEach(async () => {
  await stopProxy();
  await bed.end();
});

/** What docs/hosting.md names, and what that needs. */
const MODULES = ['proxy', 'proxy_http'];

test.skipIf(!hasProxy('apache2'))(
  'behind Apache our own pages connect and others do not, also under a path (skipped without Apache: apt-get install apache2-bin)',
  async () => {
    const pagesDir = await bed.folder();
    await writeFile(join(pagesDir, 'index.html'), 'start');
    const { port } = await bed.server({ trustedProxies: 1, pagesDir });
    const rules = await documented('ProxyPass ', port);
    for (const path of ['/', '/p2c2r/']) {
      const listen = await keptPort();
      stopProxy = await startApache(await bed.folder(), rules.replaceAll(' / ', ` ${path} `), MODULES, listen);
      const url = `http://127.0.0.1:${listen}${path}`;
      expect(await (await fetch(url)).text()).toBe('start');
      await expectOwnPagesOnly(bed, url, path);
      await stopProxy();
    }
  },
);
