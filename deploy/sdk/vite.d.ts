/** Options of the plugin. */
export interface SdkOptions {
  /**
   * Which builds of onnxruntime-web the site takes. `processor`, 14 MB: models of `infer` tasks run on the processor of whoever computes on this
   * site. `all`, 58 MB: also on its graphics card. Pictures, streams and all other tasks use the graphics card with either.
   * @default 'processor'
   */
  onnxRuntime?: 'processor' | 'all';
}

/** A Vite plugin that copies the SDK's folder into a site. The type fits every version of Vite. */
export default function p2c2r(options?: SdkOptions): { name: string };
