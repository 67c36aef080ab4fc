/** The build without `new Function` (our Content-Security-Policy forbids it) ships without types of its own. */
declare module 'msgpackr/index-no-eval' {
  export { Packr } from 'msgpackr';
}
