import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { keptPort, TestBed } from '../signaling-server/test-server.ts';
import { documented, expectOwnPagesOnly, PUBLIC } from './proxied-pages.ts';
import { hasProxy, startCaddy, startNginx, UPGRADE_MAP } from './proxies.mjs';

// Real proxies in front of a real server: its own pages are recognised, and pages of other origins are not.
const bed = new TestBed();
let stopProxy: () => unknown = () => {};
afterEach(async () => {
  await stopProxy();
  await bed.end();
});

const WEBSOCKETS =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';

/** How people write it, by what reaches the server. */
const NGINX_HEADERS = {
  'the name without the port': 'proxy_set_header Host $host;',
  'the name with the port': 'proxy_set_header Host $http_host;',
  'the name with the port of the proxy': 'proxy_set_header Host $host:$server_port;',
  'its own name, and the public one in X-Forwarded-Host': 'proxy_set_header X-Forwarded-Host $http_host;',
};

/** The server under a path that it shares with others, which the proxy passes on or removes. */
test.skipIf(!hasProxy('nginx'))(
  'under a path, pages are served and sockets connect, whether or not nginx removes it (skipped without nginx: apt-get install nginx-light)',
  async () => {
    const pagesDir = await bed.folder();
    await writeFile(join(pagesDir, 'index.html'), 'start');
    await writeFile(join(pagesDir, 'gamer.html'), 'gamer');
    const removed = await bed.server({ trustedProxies: 1, pagesDir });
    const passedOn = await bed.server({ trustedProxies: 1, publicUrl: `https://${PUBLIC}/p2c2r/`, pagesDir });
    const targets = [`127.0.0.1:${removed.port}/`, `127.0.0.1:${passedOn.port}`];
    const ports = [await keptPort(), await keptPort()];
    const blocks = targets.map(
      (target, index) =>
        `server { listen 127.0.0.1:${ports[index]}; location /p2c2r/ { proxy_set_header Host $host; ${WEBSOCKETS} proxy_pass http://${target}; } }`,
    );
    stopProxy = await startNginx(await bed.folder(), blocks.join(''), ports);
    for (const port of ports) {
      const url = `http://127.0.0.1:${port}/p2c2r/`;
      expect(await (await fetch(url)).text()).toBe('start');
      expect(await (await fetch(`${url}gamer?a=1`)).text()).toBe('gamer');
      await expectOwnPagesOnly(bed, url, url);
    }
  },
);

test.skipIf(!hasProxy('nginx'))(
  'behind nginx our own pages connect and others do not, however it passes the host on (skipped without nginx: apt-get install nginx-light)',
  async () => {
    const trusting = await bed.server({ trustedProxies: 1 });
    const named = await bed.server({ publicUrl: `https://${PUBLIC}/`, allowedHosts: ['127.0.0.1'] });
    const configs = [
      ...Object.entries(NGINX_HEADERS).map(([what, headers]) => ({ what, headers, port: trusting.port })),
      { what: 'its own name, and PUBLIC_URL is set', headers: '', port: named.port },
    ];
    const [, shown] = (await documented(UPGRADE_MAP, trusting.port)).split(UPGRADE_MAP);
    const shownPort = await keptPort();
    const servers = await Promise.all(configs.map(async (config) => ({ ...config, listen: await keptPort() })));
    const blocks = servers.map(
      ({ headers, port, listen }) =>
        `server { listen 127.0.0.1:${listen}; location / { ${headers} ${WEBSOCKETS} proxy_pass http://127.0.0.1:${port}; } }`,
    );
    stopProxy = await startNginx(
      await bed.folder(),
      [...blocks, `server { listen 127.0.0.1:${shownPort}; ${shown} }`].join('\n'),
      [shownPort, ...servers.map(({ listen }) => listen)],
    );
    await expectOwnPagesOnly(bed, `http://127.0.0.1:${shownPort}/`, 'what docs/hosting.md shows');
    for (const { what, listen } of servers) await expectOwnPagesOnly(bed, `http://127.0.0.1:${listen}/`, what);
  },
);

test.skipIf(!hasProxy('caddy'))('Caddy accepts deploy/Caddyfile (skipped without Caddy: apt-get install caddy)', () => {
  const file = fileURLToPath(new URL('../deploy/Caddyfile', import.meta.url));
  const { status, stderr } = spawnSync('caddy', ['adapt', '--config', file, '--adapter', 'caddyfile'], {
    env: { PATH: process.env.PATH, SITE_ADDRESS: 'play.example.org' },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasProxy('caddy'))(
  'behind Caddy our own pages connect and others do not (skipped without Caddy: apt-get install caddy)',
  async () => {
    const { port } = await bed.server({ trustedProxies: 1 });
    const listen = await keptPort();
    const shown = await documented('play.example.org {', port);
    const site = shown.replace('play.example.org {', `http://:${listen} {\n bind 127.0.0.1`);
    stopProxy = await startCaddy(await bed.folder(), site, [listen]);
    await expectOwnPagesOnly(bed, `http://127.0.0.1:${listen}/`, 'Caddy');
  },
);
