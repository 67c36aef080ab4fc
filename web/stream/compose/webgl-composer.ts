import { lacking } from '../../../shared/browser-needs.ts';
import { MAX_ADDED_LEVELS } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { uprightSize } from '../../compute/frame-orientation.ts';
import { isPlain } from '../../compute/video-frames.ts';
import { isSoftwareName } from '../../compute/wgsl/gpu-device.ts';
import type { AppliedDetail, Composer, RawPicture } from './composer.ts';
import { checkComposition, stepsPerCode } from './composition.ts';
import { OpaqueReader } from './opaque-reader.ts';
import { TILE_SIDE } from './still-tiles.ts';
import { contextLost, GlProgram } from './webgl-programs.ts';

/** Textures kept for the next pictures: one is loaded while the one before is shown. */
const MAX_FREE_TEXTURES = 2;

class GlPicture implements RawPicture {
  readonly width: number;
  readonly height: number;
  readonly owner: WebGlComposer;
  /** Null once it was disposed. */
  texture: WebGLTexture | null;
  readonly #release: (picture: GlPicture) => void;

  constructor(
    owner: WebGlComposer,
    { width, height }: PictureSize,
    texture: WebGLTexture,
    release: (picture: GlPicture) => void,
  ) {
    this.owner = owner;
    this.width = width;
    this.height = height;
    this.texture = texture;
    this.#release = release;
  }

  dispose(): void {
    if (this.texture) this.#release(this);
    this.texture = null;
  }
}

/** Composes with WebGL 2 on a canvas of its own, which is drawn on the target. A lost context is not restored: another way takes over. */
export class WebGlComposer implements Composer {
  readonly name = 'webgl';
  /** Whether plain frames are uploaded as they are; otherwise the processor reads all. */
  isDirect = true;
  readonly #gl: WebGL2RenderingContext;
  readonly #maxSide: number;
  readonly #compose: GlProgram;
  readonly #changes: GlProgram;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #reader = new OpaqueReader();
  readonly #codes: WebGLTexture;
  readonly #changed: WebGLTexture;
  #isDisposed = false;
  #free: { texture: WebGLTexture; width: number; height: number }[] = [];

  /**
   * Throws MeshError `unsupported-browser`, `device-lost`.
   *
   * @param allowsSoftware - whether to compose on a software GPU too.
   */
  constructor(allowsSoftware = false) {
    const gl = new OffscreenCanvas(1, 1).getContext('webgl2', {
      failIfMajorPerformanceCaveat: !allowsSoftware,
      ...{ alpha: false, antialias: false, depth: false, stencil: false },
      powerPreference: 'high-performance',
    });
    if (!gl || (!allowsSoftware && isOnProcessor(gl))) {
      gl?.getExtension('WEBGL_lose_context')?.loseContext();
      throw lacking('workerWebGl2', 'It must be on a GPU.');
    }
    this.#gl = gl;
    this.#maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.#compose = GlProgram.compose(gl);
    this.#changes = GlProgram.changes(gl);
    this.#framebuffer = gl.createFramebuffer();
    this.#codes = this.#newTexture();
    this.#changed = this.#newTexture();
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, 1, 1, 0, gl.RED, gl.UNSIGNED_BYTE, null);
    this.#uploadCodes(new Uint8Array(1), { width: 1, height: 1 });
    this.#checkContext();
  }

  async load(frame: VideoFrame): Promise<RawPicture> {
    this.#checkContext();
    const gl = this.#gl;
    const size = uprightSize(frame);
    if (Math.max(size.width, size.height) > this.#maxSide) throw tooLarge(size);
    if (this.isDirect && isPlain(frame)) {
      const texture = this.#takeTexture(size);
      // The canvas is opaque: translucent pixels are shown over black.
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, frame);
      return this.#loaded(texture, size);
    }
    const { data, release } = await this.#reader.read(frame);
    try {
      this.#checkContext();
      const texture = this.#takeTexture(size);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, size.width, size.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, data);
      return this.#loaded(texture, size);
    } finally {
      release();
    }
  }

  async compose(
    raw: RawPicture,
    detail: AppliedDetail | null,
    target: OffscreenCanvasRenderingContext2D,
  ): Promise<void> {
    this.#checkContext();
    const gl = this.#gl;
    const { width, height } = target.canvas;
    const texture = this.#textureOf(raw);
    checkComposition(raw, detail, { width, height });
    const isOfOther = detail !== null && detail.of !== raw && this.#compare(raw, detail.of);
    const adds = detail !== null && (detail.of === raw || isOfOther);
    if (adds) this.#uploadCodes(detail.codes, { width, height });
    const { canvas } = gl;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    // A GPU with too little memory gives a smaller canvas.
    if (gl.drawingBufferWidth !== width || gl.drawingBufferHeight !== height) throw tooLarge({ width, height });
    gl.viewport(0, 0, width, height);
    const program = this.#compose;
    program.use();
    program.setTexture('source', 0, texture);
    program.setTexture('codes', 1, this.#codes);
    program.setTexture('changes', 2, this.#changed);
    gl.uniform2i(program.place('resultSize'), width, height);
    gl.uniform1f(program.place('stepsPerCode'), adds ? stepsPerCode(detail) : 0);
    gl.uniform1i(program.place('deadZone'), detail?.deadZoneCodes ?? 0);
    gl.uniform1f(program.place('maxSteps'), detail?.maxSteps ?? MAX_ADDED_LEVELS);
    gl.uniform1i(program.place('isOfOther'), isOfOther ? 1 : 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    // In the same task, before the browser clears the canvas.
    target.drawImage(canvas, 0, 0);
    this.#checkContext();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#free = [];
    // Frees all that is on the GPU at once, rather than when the canvas is collected.
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  /** Marks the tiles that differ. False where the pictures have nothing in common. */
  #compare(picture: RawPicture, other: RawPicture): boolean {
    const { width, height } = picture;
    if (other.width !== width || other.height !== height) return false;
    const gl = this.#gl;
    const across = Math.ceil(width / TILE_SIDE);
    const down = Math.ceil(height / TILE_SIDE);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#changed);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, across, down, 0, gl.RED, gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#changed, 0);
    gl.viewport(0, 0, across, down);
    this.#changes.use();
    this.#changes.setTexture('source', 0, this.#textureOf(picture));
    this.#changes.setTexture('other', 1, this.#textureOf(other));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    return true;
  }

  #uploadCodes(codes: Uint8Array, { width, height }: PictureSize): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.#codes);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, codes);
  }

  #loaded(texture: WebGLTexture, size: PictureSize): GlPicture {
    this.#checkContext();
    return new GlPicture(this, size, texture, (picture) => this.#release(picture));
  }

  /** Bound, and of this size if there is one. */
  #takeTexture({ width, height }: PictureSize): WebGLTexture {
    const gl = this.#gl;
    const index = this.#free.findIndex((free) => free.width === width && free.height === height);
    const [free] = index < 0 ? [] : this.#free.splice(index, 1);
    gl.activeTexture(gl.TEXTURE0);
    if (!free) return this.#newTexture();
    gl.bindTexture(gl.TEXTURE_2D, free.texture);
    return free.texture;
  }

  #newTexture(): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    // Read pixel by pixel. Without this a texture without smaller copies of itself reads as black.
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
    return texture;
  }

  #release({ texture, width, height }: GlPicture): void {
    if (!texture) return;
    this.#free.push({ texture, width, height });
    // Of the oldest size first.
    if (this.#free.length > MAX_FREE_TEXTURES) this.#gl.deleteTexture(this.#free.shift()?.texture ?? null);
  }

  /** Throws MeshError `bad-input`. */
  #textureOf(raw: RawPicture): WebGLTexture {
    if (raw instanceof GlPicture && raw.owner === this && raw.texture) return raw.texture;
    throw MeshError.badInput("The picture is not this composer's, or was disposed. Load it again.");
  }

  /** Throws MeshError `closed`, `device-lost`. */
  #checkContext(): void {
    if (this.#isDisposed) throw MeshError.closed('The composer');
    if (this.#gl.isContextLost()) throw contextLost();
  }
}

/** Software GPUs are not even tried: they are the same processor, and as measured 30 times slower than its own kernels. */
function isOnProcessor(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return isSoftwareName(String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

function tooLarge({ width, height }: PictureSize): MeshError {
  return new MeshError(
    'too-large',
    `WebGL cannot draw ${width}x${height} pixels here. Another way of composing takes over.`,
  );
}
