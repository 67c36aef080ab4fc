/** A Vite plugin that copies the SDK's folder into a site unchanged. The type fits every version of Vite. */
export default function p2c2r(): { name: string };
