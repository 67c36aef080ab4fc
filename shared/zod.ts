import { config, z } from 'zod';

// zod would try `new Function` to speed itself up, which our pages' Content-Security-Policy reports as a violation.
config({ jitless: true });

export { z };
