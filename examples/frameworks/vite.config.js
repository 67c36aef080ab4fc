import { join } from 'node:path';
import p2c2r from 'p2c2r/vite';

const input = ['react.html', 'preact.html'].map((page) => join(import.meta.dirname, page));

export default {
  plugins: [p2c2r()],
  build: { target: 'es2022', rollupOptions: { input } },
};
