import { CHROMIUM_FLAGS, findBrowser, WEBGPU_FLAG } from './browser.mjs';

/**
 * What Playwright passes to every Chromium and a browser on the system's OpenGL must not get: they select SwiftShader, with which frames
 * neither enter nor leave WebGPU without a copy.
 */
const SOFTWARE_GL_FLAGS = [
  '--use-gl=angle',
  '--use-angle=swiftshader-webgl',
  '--enable-unsafe-swiftshader',
  '--disable-gpu',
];
/** Playwright passes it to every headless Chromium. With it, what is captured of a tab is silent too. */
const MUTE_FLAG = '--mute-audio';
/** No test presses anything in a page of its own before it plays. */
const AUTOPLAY_FLAG = '--autoplay-policy=no-user-gesture-required';
const SYSTEM_GL_FLAGS = ['--use-angle=gl-egl', '--ignore-gpu-blocklist'];

/**
 * How each runner starts its browser. `npm test` finds the executable and passes it in P2C2R_BROWSER.
 * @param {{ hasWebgpu?: boolean, isAudible?: boolean }} [options] `hasWebgpu` is false for tests that do not use it: compiling shaders on
 *   the processor is most of a page's start time. `isAudible` is true for those that play sound and listen to it
 * @returns {Promise<import('playwright').LaunchOptions>}
 */
export async function launchOptions({ hasWebgpu = true, isAudible = false } = {}) {
  const executablePath = process.env.P2C2R_BROWSER ?? (await findBrowser());
  const args = CHROMIUM_FLAGS.filter((flag) => hasWebgpu || flag !== WEBGPU_FLAG);
  return {
    args: isAudible ? [...args, AUTOPLAY_FLAG] : args,
    ...(executablePath && { executablePath }),
    ...(isAudible && { ignoreDefaultArgs: [MUTE_FLAG] }),
  };
}

/**
 * For a browser that draws with the system's OpenGL (Mesa's, on a machine without a GPU) on a screen, or a virtual one. There frames enter
 * WebGPU and leave it without a copy, as on a machine with a GPU.
 * @returns {Promise<import('playwright').LaunchOptions>}
 */
export async function systemGlOptions() {
  const { args = [], ...others } = await launchOptions();
  return { ...others, args: [...args, ...SYSTEM_GL_FLAGS], ignoreDefaultArgs: SOFTWARE_GL_FLAGS };
}
