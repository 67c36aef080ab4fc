import { type GamerClient as Client, type GamerClient, MeshError } from 'p2c2r';
import type { SharpenElement } from 'p2c2r/element';
import * as preact from 'p2c2r/preact';
import * as react from 'p2c2r/react';

// Only compiled: the types of the hooks and of the element are complete, and need the types of no framework. A wrong option is an error.

export function Component(ref: react.PictureRef, options: react.MeshOptions): string {
  const { client, error }: react.MeshState = react.useMesh(options);
  const same: GamerClient | null = client;
  const { shown, attachment } = react.useSharpened(ref, { client: same, renderScale: 0.5, quality: 'fast' });
  // @ts-expect-error there is no such quality
  react.useSharpened(ref, { client, quality: 'sharper' });
  // @ts-expect-error the client is needed
  preact.useSharpened(ref, { renderScale: 0.5 });
  const gainDb: number | null | undefined = attachment?.stream.stats().gainDb;
  return error instanceof MeshError ? error.reason : `${shown.why} ${gainDb}`;
}

export function place(client: Client): SharpenElement {
  const element = document.createElement('p2c2r-sharpen');
  element.client = client;
  element.resize = ({ width, height }) => void (width * height);
  const state: string = element.mesh.state;
  element.title = state + element.sharpened.shown.why;
  return element;
}
