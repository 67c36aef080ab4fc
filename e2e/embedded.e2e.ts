// The SDK where a page may do little: under a strict Content-Security-Policy, in a frame without an origin, with models of another server.

import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { expect, openSdk, test } from './fixtures.ts';
import { runThereAndHere, startVolunteer } from './foreign-page.ts';
import { type RunningServer, startServer } from './server.ts';

/** Of a page that allows nothing but what the SDK needs, as docs/sdk.md lists it. */
function strictPolicy({ url }: RunningServer): Record<string, string> {
  const origin = new URL(url).origin;
  return {
    'default-src': "'none'",
    'script-src': `${origin} 'wasm-unsafe-eval'`,
    'worker-src': 'blob:',
    'connect-src': `${origin} ${origin.replace('http', 'ws')}`,
    'require-trusted-types-for': "'script'",
    'trusted-types': 'p2c2r',
  };
}

/** A game's own site: its pages have the policy of their address' query, and `/frame` has a sandboxed frame. */
async function startSite() {
  const answer: RequestListener = ({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    response.setHeader('content-type', 'text/html');
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('content-security-policy', policy);
    response.end(pathname === '/frame' ? '<iframe sandbox="allow-scripts" src="/inner"></iframe>' : '<h1>A game</h1>');
  };
  const site = createServer(answer);
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve));
  const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  const under = (directives: Record<string, string>) =>
    `${origin}/?policy=${encodeURIComponent(
      Object.entries(directives)
        .map((pair) => pair.join(' '))
        .join('; '),
    )}`;
  return { origin, under, stop: () => site.close() };
}

test('a gamer under a strict policy and a volunteer in a sandboxed frame work; without a directive the error names it', async ({
  context,
}) => {
  const site = await startSite();
  // Pages without an origin can be allowed only with all others.
  const server = await startServer({ env: { ALLOWED_ORIGINS: '*' } });
  try {
    const module = new URL('/p2c2r.js', server.url).href;
    const [outer, gamer] = [await context.newPage(), await context.newPage()];
    await outer.goto(`${site.origin}/frame`);
    const frame = outer.frames().find((one) => one !== outer.mainFrame());
    if (!frame) throw new Error('The page has no frame.');
    await startVolunteer(frame, module, 'embedded');

    const policy = strictPolicy(server);
    await gamer.goto(site.under(policy));
    const ranOn = await runThereAndHere(gamer, module, 'embedded');
    expect(ranOn).toEqual({ there: expect.stringMatching(/^[\w-]{22}$/), here: 'local', width: 16 });

    const missing = {
      'connect-src': 'connect-src must allow',
      'worker-src': 'worker-src must allow blob:',
      'trusted-types': 'trusted-types must allow p2c2r',
    };
    for (const [directive, says] of Object.entries(missing)) {
      await gamer.goto(site.under({ ...policy, [directive]: "'none'" }));
      const message = await gamer.evaluate(async (url) => {
        const { VolunteerNode } = await import(url);
        return VolunteerNode.start({ room: 'embedded', backend: 'js' }).then(
          () => 'no error',
          (error: Error) => error.message,
        );
      }, module);
      expect(message, directive).toContain(says);
    }
  } finally {
    await server.stop();
    site.stop();
  }
});

test('a volunteer on the server’s own page runs a model of an origin that it allows, and says what is wrong with a host', async ({
  browser,
  server,
  roomOf,
}) => {
  const model = await readFile(new URL('../web/public/models/steering.onnx', import.meta.url));
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const host = createSecureServer({ key, cert }, ({ url }, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (url === '/elsewhere.onnx')
      response.writeHead(302, { location: new URL('/models/steering.onnx', server.url).href }).end();
    else if (url === '/moved.onnx') response.writeHead(302, { location: '/steering.onnx' }).end();
    else if (url === '/steering.onnx') response.end(model);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => host.listen(0, 'localhost', resolve));
  const origin = `https://localhost:${(host.address() as AddressInfo).port}`;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await openSdk(page, server.url);
    const ends = await page.evaluate(
      async ({ room, origin }) => {
        const { GamerClient, VolunteerNode } = window.sdk;
        const node = await VolunteerNode.start({ room, backend: 'js', limits: { acceptModelsFrom: [origin] } });
        const client = await GamerClient.connect({ room });
        await client.whenReady({ timeoutMs: 60_000 });
        const observation = { type: 'float32', dims: [1, 15], data: new Float32Array(15) };
        const run = (name: string) =>
          client
            .submitTask('infer', { model: `${origin}/${name}`, inputs: { observation } }, { where: 'volunteers' })
            .result.then(
              ({ outputs }) => Object.keys(outputs).join(),
              ({ reason, message }: InstanceType<typeof window.sdk.MeshError>) => `${reason}: ${message}`,
            );
        const ended = [await run('moved.onnx'), await run('elsewhere.onnx'), await run('gone.onnx')];
        await Promise.all([client.close(), node.stop()]);
        return ended;
      },
      { room: roomOf('elsewhere'), origin },
    );
    const { host: name } = new URL(origin);
    expect(ends).toEqual([
      'controls',
      expect.stringMatching(new RegExp(`^unknown-model: .*${name} redirects to ${new URL(server.url).origin}`)),
      expect.stringMatching(new RegExp(`^unknown-model: .*${name} has no such model.*status 404`)),
    ]);
  } finally {
    await context.close();
    host.close();
  }
});
