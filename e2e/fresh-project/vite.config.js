import p2c2r from 'p2c2r/vite';

export default { plugins: [p2c2r()] };
