import { fileURLToPath } from 'node:url';
import p2c2r from 'p2c2r/vite';

const input = ['./react.html', './preact.html'].map((page) => fileURLToPath(new URL(page, import.meta.url)));

export default {
  plugins: [p2c2r()],
  build: { target: 'es2022', rollupOptions: { input } },
};
