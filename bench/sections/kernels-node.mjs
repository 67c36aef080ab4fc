import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { SetupError } from '../../deploy/failure.mjs';
import { kernelRows } from '../kernel-rows.mjs';

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'kernels-node',
  about: 'the same in Node, for machines with a GPU and no browser; npm install --no-save webgpu first',
  onlyWhenNamed: true,
  async run(context) {
    const webgpu = await importWebgpu();
    /** @type {typeof import('../node/kernels.ts')} */
    const { measureInNode } = await context.load('bench/node/kernels.ts');
    return kernelRows(await measureInNode(webgpu, join(ROOT, 'web/public/models')));
  },
};

/** @returns {Promise<Parameters<typeof import('../node/kernels.ts').measureInNode>[0]>} */
async function importWebgpu() {
  // By a name that the compiler does not look for: most have not installed it.
  const name = 'webgpu';
  return import(name).catch((cause) => {
    throw new SetupError(`The npm package webgpu is missing. Run: npm install --no-save webgpu\n\n${cause.message}`);
  });
}
