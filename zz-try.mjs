import { chromium } from 'playwright';
import { launchOptions } from './e2e/launch.mjs';
const browser = await chromium.launch(await launchOptions({ hasWebgpu: false }));
const ctx = await browser.newContext({ viewport: { width: 1000, height: 720 } });
const [vol, ...pages] = process.argv.slice(2);
const v = await ctx.newPage();
v.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log('V', m.text().slice(0, 200)));
await v.goto(vol);
await v.getByRole('button', { name: 'Start' }).first().click();
await v.waitForTimeout(8000);
for (const url of pages) {
  const p = await ctx.newPage();
  p.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log('P', m.text().slice(0, 300)));
  p.on('pageerror', (e) => console.log('PE', e.message));
  await p.goto(url);
  for (let i = 0; i < 3; i++) { await p.waitForTimeout(6000); console.log((await p.locator('body').innerText()).replaceAll('\n', ' / ').slice(0, 300)); }
  console.log(url, '|', (await p.locator('body').innerText()).replaceAll('\n', ' / ').slice(0, 400));
  await p.screenshot({ path: `/tmp/fw/shots/${url.replaceAll(/\W+/g, '_')}.png` });
  await p.close();
}
await v.screenshot({ path: '/tmp/fw/shots/volunteer.png' });
await browser.close();
