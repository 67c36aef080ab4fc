import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OnnxInput, readModel, TENSOR_TYPE_NUMBERS } from '../../web/compute/infer/graph/onnx-graph.ts';
import { fieldsOf, messageIn, ReadBudget, textIn, wholeNumbers } from '../../web/compute/infer/graph/protobuf.ts';
import type { Section } from '../context.ts';
import type * as OnnxPage from '../pages/onnx.ts';
import { figure, text } from '../report.ts';

/** Cases that a page gets at a time: a reply of a page is a few kilobytes then. */
const CASES_AT_A_TIME = 40;
/** Pages that compute at a time: most of a case is one thread's, which loads a model. */
const PAGES = 2;
/** Share of the cases that bare onnxruntime-web computes right. */
const LEAST_RIGHT_PERCENT = 99.5;
/** Names of cases that are printed. */
const MOST_NAMED = 20;

export const onnx: Section = {
  name: 'onnx',
  about: "the ONNX standard's own node tests (--onnx DIR) through infer, beside bare onnxruntime-web in the same page",
  onlyWhenNamed: true,
  async run(context) {
    const { onnxDir } = context.settings;
    if (onnxDir === null) return [text('the folder of tests', 'not given: --onnx DIR, with a folder for each test')];
    const site = await context.openSite({ modules: ['onnx'] });
    const names = (await readdir(onnxDir)).sort();
    const results: Awaited<ReturnType<typeof OnnxPage.runCases>> = [];
    let untried = 0;
    const starts = Array.from({ length: Math.ceil(names.length / CASES_AT_A_TIME) }, (_, nth) => nth * CASES_AT_A_TIME);
    const runStarts = async () => {
      for (let from = starts.shift(); from !== undefined; from = starts.shift()) {
        const some = names.slice(from, from + CASES_AT_A_TIME);
        const cases = (await Promise.all(some.map((name) => readCase(onnxDir, name)))).filter((one) => one !== null);
        untried += some.length - cases.length;
        // A page of its own: bare onnxruntime-web may be broken by one of them, and its memory only grows.
        const page = await site.page<typeof OnnxPage>('onnx');
        const found = await page.call('runCases', cases);
        results.push(...found);
        for (const { name, bare, ours, said } of found)
          if (bare === 'right' && ours !== 'right') console.log(`${name}: ${ours}: ${said.slice(0, 160)}`);
        await page.page.close();
        console.log(`${results.length + untried} of ${names.length}`);
      }
    };
    await Promise.all(Array.from({ length: PAGES }, runStarts));
    results.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
    const possible = results.filter(({ bare }) => bare === 'right');
    const of = (kind: string) => possible.filter(({ ours }) => ours === kind);
    const named = [...of('wrong'), ...of('refused')].slice(0, MOST_NAMED);
    return [
      text('cases', `${results.length}, and ${untried} with what is no tensor, or a type that no task carries`),
      text('bare onnxruntime-web is right', String(possible.length)),
      figure('of these infer is right', (100 * of('right').length) / possible.length, '%', {
        note: `${of('right').length}; refused ${of('refused').length}`,
        atLeast: LEAST_RIGHT_PERCENT,
      }),
      figure('and wrong', of('wrong').length, '', { atMost: 0 }),
      ...named.map(({ name, ours, said }) => text(name, `${ours}: ${said.slice(0, 160)}`)),
    ];
  },
};

/** Null where an input or output is no tensor that a task carries. */
async function readCase(folder: string, name: string): Promise<OnnxPage.NodeCase | null> {
  const data = join(folder, name, 'test_data_set_0');
  const model = await readFile(join(folder, name, 'model.onnx')).catch(() => null);
  if (!model) return null;
  const { graph } = readModel(model);
  const inputs = await readTensors(data, 'input', graph.inputs);
  const outputs = await readTensors(
    data,
    'output',
    graph.outputs.map((output) => ({ name: output, type: null, dims: null })),
  );
  return inputs && outputs && { name, model: model.toString('base64'), inputs, outputs };
}

async function readTensors(
  folder: string,
  kind: string,
  values: readonly OnnxInput[],
): Promise<OnnxPage.PlainTensor[] | null> {
  const tensors: OnnxPage.PlainTensor[] = [];
  for (const [at, { name }] of values.entries()) {
    const file = await readFile(join(folder, `${kind}_${at}.pb`)).catch(() => null);
    const tensor = file && readTensor(file);
    if (!tensor) return null;
    tensors.push({ name, ...tensor });
  }
  return tensors;
}

/** TensorProto, with its numbers raw as numpy's are written. Null for other types. */
function readTensor(message: Uint8Array): Omit<OnnxPage.PlainTensor, 'name'> | null {
  const dims: number[] = [];
  const texts: string[] = [];
  let raw: Uint8Array = new Uint8Array(0);
  let type: OnnxPage.PlainTensor['type'] | null = null;
  const budget = new ReadBudget();
  for (const field of fieldsOf(message, budget)) {
    if (field.id === 1) dims.push(...wholeNumbers(field, budget));
    else if (field.id === 2) type = TENSOR_TYPE_NUMBERS.get(field.value) ?? null;
    else if (field.id === 6) texts.push(textIn(field, budget));
    else if (field.id === 9) raw = messageIn(field);
  }
  return type && { type, dims, texts, raw: Buffer.from(raw).toString('base64') };
}
