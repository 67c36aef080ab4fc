/** A Vite plugin that puts the SDK's folder into a site as it is. Typed as every version of Vite takes it. */
export default function p2c2r(): { name: string };
