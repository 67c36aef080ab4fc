import { appendFileSync } from 'node:fs';
import { gainOf } from '../glass/tuning.ts';
import type { Section } from '../context.ts';
import type * as GlassPage from '../pages/glass.ts';
import { figure, type Row } from '../report.ts';
const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
export const glass: Section = {
  name: 'glass',
  about: 'x',
  onlyWhenNamed: true,
  async run(context) {
    const site = await context.openSite({ modules: ['glass'] });
    const page = await site.page<typeof GlassPage>('glass');
    const clip = process.env.CLIP ?? '/work/shared/frames/supertuxkart/clip.mp4';
    await page.page.route('**/bench/clip', (route) => route.fulfill({ path: clip }));
    console.log(await page.call('load', '/bench/clip', Number(process.env.FRAMES ?? 45)));
    const rows: Row[] = [];
    const base = await page.call('measurePicture', 'bicubic');
    const b = base.scores.map((s) => s.psnrDb);
    const show = (what: string, m: typeof base) => {
      const p = m.scores.map((s) => s.psnrDb);
      const d = p.map((v, i) => v - (b[i] ?? 0));
      const ss = m.scores.flatMap((s) => (s.ssim === null ? [] : [s.ssim]));
      console.log(what.padEnd(40), mean(p).toFixed(2), mean(d).toFixed(2), 'worst', Math.min(...d).toFixed(2), 'ssim', mean(ss).toFixed(4), 'miss', m.missing, Math.round(m.upKbps), Math.round(m.downKbps), 'key', m.keyframeShare.toFixed(2));
      rows.push(figure(what, mean(d), 'dB'));
    };
    show('bicubic', base);
    show('stretch', await page.call('measureStretch'));
    if (process.env.EXPLORE) {
      if (process.env.CUBIC) { show("spatial", await page.call("measurePicture", "spatial")); for (const a of [-0.5, -0.75, -1, -1.25, -1.5]) show(`cubic ${a}`, await page.call("measureCubic", a)); }
      if (process.env.LOCAL) for (const n of ["fast", "balanced", "quality"] as const) { const w = [1, 0.85, 0.7, 0.5]; (await page.call("measureLocal", n, { base: "bicubic", gain: 4, deadZone: 0 }, w)).forEach((m, i) => show(`local ${n} x ${w[i]}`, m)); }
      for (const way of JSON.parse(process.env.EXPLORE)) {
        const startedMs = performance.now();
        const { up, down, network, gain = 4, deadZone = 0 } = way;
        await page.call('experiment', way.tweaks ?? {});
        const st = await page.call('detailStatistics', { network, coding: { base: 'bicubic', gain, deadZone }, up, down });
        const at = (weight: number, deadZoneCodes: number) => gainOf(st.frames, st.missing, gain, { weight, deadZoneCodes });
        const cells = [0, 2].map((dz) => [0, 0.5, 0.7, 0.85, 1].map((w) => { const g = at(w, dz); return `${g.meanDb.toFixed(2)}/${g.worstDb.toFixed(2)}`; }).join(' '));
        console.log(`${network} ${up.codec}${up.kbps}x${up.scale ?? 1}->${down.codec}${down.kbps}x${down.scale ?? 1} g${gain} dz${deadZone} ${way.tweaks ? JSON.stringify(way.tweaks) : ''} | ${cells.join(' | ')} | miss ${st.missing} ${Math.round(st.upKbps)}+${Math.round(st.downKbps)} key ${st.keyframeShare.toFixed(2)} ${Math.round((performance.now() - startedMs) / 1000)} s`);
        if (process.env.JOINT) for (const u of [0, 0.25, 0.4, 0.5, 0.6]) {
          console.log('   u', u, [0.3, 0.4, 0.5, 0.6, 0.7, 0.85].map((wt) => {
            const gs = st.frames.map(({ m: [ed = 0, es = 0, dd = 0, ss = 0, ds = 0], plainSquares: e }) => { const w = wt / gain; return 10 * Math.log10(e / (e - 2 * w * ed - 2 * u * es + w * w * dd + u * u * ss + 2 * w * u * ds)); });
            return `w${wt} ${mean(gs).toFixed(2)}/${Math.min(...gs).toFixed(2)}`; }).join(' '));
        }
        if (process.env.DUMP) appendFileSync(process.env.DUMP, JSON.stringify({ way, st }) + '\n');
      }
      return rows;
    }
    const coding = { base: 'bicubic', gain: 4, deadZone: 0 } as const;
    for (const n of ['fast', 'balanced', 'quality'] as const) {
      const w = [1, 0.85, 0.7, 0.5];
      const l = await page.call('measureLocal', n, coding, w);
      l.forEach((m, i) => show(`local ${n} x ${w[i]}`, m));
    }
    const apps = [{ weight: 1, deadZoneCodes: 0 }, { weight: 0.7, deadZoneCodes: 0 }, { weight: 0.7, deadZoneCodes: 2 }];
    for (const [upC, downC] of [['vp9', 'vp9'], ['h264', 'h264'], ['av1', 'av1'], ['vp8', 'vp8'], ['vp9','h264'], ['vp9','av1'], ['av1','vp9']] as const) {
      const t = performance.now();
      const ms = await page.call('measureDetail', { network: 'fast', coding, up: { codec: upC, kbps: 2000 }, down: { codec: downC, kbps: 1000 } }, apps);
      ms.forEach((m, i) => show(`detail fast ${upC}/${downC} 2+1 ${JSON.stringify(apps[i])}`, m));
      console.log(Math.round(performance.now() - t), 'ms');
    }
    return rows;
  },
};
