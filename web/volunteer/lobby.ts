import { z } from '../../shared/zod.ts';

const healthSchema = z.object({ lobby: z.boolean() });

/** Does the server of this page have an open lobby? A server that is away has none; starting then tells more. */
export async function hasLobby(): Promise<boolean> {
  try {
    const response = await fetch('/healthz');
    return healthSchema.parse(await response.json()).lobby;
  } catch {
    return false;
  }
}
