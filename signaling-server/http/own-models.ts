import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import { StartError } from '../boot/listening.ts';
import { destroyFileWith, dropOtherRanges } from './pages.ts';
import { shareWithOtherOrigins } from './security-headers.ts';

/** Where browsers look for them: `OWN_MODELS` in web/compute/models/url-models.ts, beside the list of models. */
export const OWN_MODELS_PATH = '/models/own/';

/** The files of a model, and nothing else that may lie in its folder: `onnx/model.onnx`, `onnx/model.onnx_data`, `tokenizer.json`. */
const MODEL_FILE = /\.(onnx|onnx_data|data|json)$/;

/**
 * Serves the models that the server's operator put into a folder, each in a folder of its own. As for pages, sirv reads the list of files once, so
 * that no spelling of `..` leads out of it: a new model is there after a restart.
 */
export class OwnModels {
  readonly #serve: ReturnType<typeof sirv>;

  private constructor(root: string) {
    this.#serve = sirv(root, { etag: true, extensions: [] });
  }

  /**
   * @returns null for no folder: the setting is empty.
   * @throws StartError where there is no such folder.
   */
  static async load(dir: string): Promise<OwnModels | null> {
    if (dir === '') return null;
    const found = await stat(dir).catch(() => null);
    if (!found?.isDirectory()) {
      const what = found ? 'no folder' : 'not there';
      throw new StartError(`MODELS_DIR is "${dir}", which is ${what}. Name a folder, or leave the setting out.`);
    }
    return new OwnModels(await realpath(dir));
  }

  /** Answers a GET or HEAD request for a path below {@link OWN_MODELS_PATH}. @param onMissing called instead when there is no such file. */
  serve(path: string, request: IncomingMessage, response: ServerResponse, onMissing: () => void): void {
    if (!MODEL_FILE.test(path)) {
      onMissing();
      return;
    }
    response.setHeader('Cache-Control', 'no-cache');
    response.setHeader('Content-Type', path.endsWith('.json') ? 'application/json' : 'application/octet-stream');
    shareWithOtherOrigins(response);
    dropOtherRanges(request);
    destroyFileWith(response);
    request.url = `/${path.slice(OWN_MODELS_PATH.length)}`;
    this.#serve(request, response, onMissing);
  }
}
