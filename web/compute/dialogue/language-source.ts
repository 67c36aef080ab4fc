/** The files of a language model, but for the model itself, which is loaded as those of `infer` are. */
export interface LanguageFiles {
  /** Its name in results. */
  name: string;
  /** What {@link OnnxSource.loadOnnx} knows its file by. Where there are several, the first that exists is taken. */
  onnx: readonly string[];
  /** A `tokenizer.json`. */
  tokenizer: Uint8Array;
  /** Tokens of a prompt and its answer together. */
  contextTokens: number;
}

/** Where language models come from. */
export interface LanguageSource {
  /** Whether the server's list has a language model of this name. Throws MeshError where the list cannot be read. */
  isListed(name: string): Promise<boolean>;
  /**
   * @param model - a name in the server's list, the name of a folder of the server's, or the address of a folder; undefined: the first of the list.
   *
   * Throws MeshError as {@link OnnxSource.loadOnnx} does.
   */
  loadLanguage(
    model: string | undefined,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<LanguageFiles>;
}
