/** Hands bytes to the browser's downloads. */
export type Download = (blob: Blob, fileName: string) => void;

export const download: Download = (blob, fileName) => {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: fileName }).click();
  // The download has taken its reference by the next turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url));
};
