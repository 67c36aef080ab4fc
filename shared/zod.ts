import { config, z } from 'zod';

// Without this, zod tries `new Function`, which our pages' Content-Security-Policy blocks and reports. Import zod only from here.
config({ jitless: true });

export { z };
