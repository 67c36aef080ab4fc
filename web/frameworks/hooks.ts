import type { AttachOptions, GamerClient, GamerOptions } from '../sdk/p2c2r.ts';
import { CONNECTING, MeshConnection, type MeshState, NOT_CONNECTED } from './mesh-connection.ts';
import { NOT_ATTACHED, type Picture, SharpenedPicture, type SharpenedState } from './sharpened-picture.ts';

/** Options of `GamerClient.connect`. They are compared by their content: other ones connect anew. */
export type MeshOptions = Omit<GamerOptions, 'wrtc'>;

/**
 * Options of `client.attach`, and the client of `useMesh`; nothing is sharpened while that is null. They are compared by their content, and
 * `renderer` by its identity: other ones attach anew. `resize` may be another function each time.
 */
export interface SharpenedOptions extends AttachOptions {
  client: GamerClient | null;
}

/** What `useMesh` returns: another object for each change. */
export interface MeshStateWithRetry extends MeshState {
  /** Joins anew with the same options, after an `error` that the person could do something about. */
  retry(): void;
}

/** What `useRef` of either framework returns for an element. */
export interface PictureRef {
  readonly current: Picture | null;
}

/** What cannot be ended when a component is unmounted is an unhandled rejection: there is no component left to tell. */
export interface MeshHooks {
  /**
   * Joins a room while the component is mounted. Call it where the component lives as long as the game, and pass the client down.
   *
   * @param options - null: not yet, as long as the invite is not known, for example
   */
  useMesh(options?: MeshOptions | null): MeshStateWithRetry;
  /** Lays the sharpened picture over the canvas or video of a ref, as long as both are mounted. */
  useSharpened(ref: PictureRef, options: SharpenedOptions): SharpenedState;
}

/** What is used of React, or of preact/hooks. */
export interface HookFunctions {
  // biome-ignore lint/suspicious/noConfusingVoidType: the type of both frameworks.
  useEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
  useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
  useRef<T>(initial: T): { current: T };
  useState<T>(initial: T): [T, (value: T) => void];
}

/**
 * The hooks of one framework.
 *
 * @param connect - `GamerClient.connect`
 */
export function createHooks(
  { useEffect, useMemo, useRef, useState }: HookFunctions,
  connect: (options: MeshOptions) => Promise<GamerClient>,
): MeshHooks {
  return {
    useMesh(options = {}) {
      const [attempt, setAttempt] = useState(0);
      const [latest, setLatest] = useState<{ key: string; state: MeshState } | null>(null);
      // By the content: components write their options as a literal, which is another object each time.
      const key = JSON.stringify([options, attempt]);
      useEffect(() => {
        if (options === null) {
          setLatest(null);
          return;
        }
        const connection = new MeshConnection(
          () => connect(options),
          (state) => setLatest({ key, state }),
        );
        return () => void connection.end();
      }, [key]);
      // Before the effect of new options, the latest state is that of a connection about to end.
      const begun = latest?.key === key ? latest.state : CONNECTING;
      const state = options === null ? NOT_CONNECTED : begun;
      return useMemo(() => ({ ...state, retry: () => setAttempt(attempt + 1) }), [state, attempt]);
    },

    useSharpened(ref, { client, renderer, resize, ...plain }) {
      const [element, setElement] = useState<Picture | null>(null);
      const [state, setState] = useState(NOT_ATTACHED);
      const latestResize = useRef(resize);
      // After each render, since nothing else tells which element the ref has now.
      useEffect(() => {
        latestResize.current = resize;
        setElement(ref.current);
      });
      const key = JSON.stringify(plain);
      const isResized = resize !== undefined;
      useEffect(() => {
        setState(NOT_ATTACHED);
        if (!client || !element) return;
        const options: AttachOptions = {
          ...plain,
          ...(renderer !== undefined && { renderer }),
          ...(isResized && { resize: (size) => latestResize.current?.(size) }),
        };
        const picture = new SharpenedPicture(client, element, options, setState);
        return () => void picture.end();
      }, [client, element, renderer, isResized, key]);
      return state;
    },
  };
}
