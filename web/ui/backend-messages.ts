/** Ways to compute, for a person. */
const WORDS: Record<string, string> = {
  wgsl: 'graphics card',
  'ort-webgpu': 'graphics card',
  'ort-wasm': 'processor',
  js: 'processor',
};

export function backendWords(backend: string): string {
  return WORDS[backend] ?? backend;
}
